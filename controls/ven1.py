"""VEN-1: every third-party model that is in use is in the vendor register.

The tested population is every third-party model that was found, once for each place in which it was.
"""

from datetime import datetime, timedelta

from collector.model.attestation import VENDOR_ASSESSMENT
from collector.model.control import Control, Parameters
from collector.model.errors import MalformedError
from collector.model.evidence import Evidence
from collector.model.result import Assessment, Result, conclude, not_applicable
from collector.model.vendors import NAMES
from controls.fault import Fault, assess
from controls.vendors.found import NEEDS, Found
from controls.vendors.population import PARAMETERS, Vendors, nothing_in_use, read_vendors

_OWN_ACCOUNTS = "own_accounts"
"""The parameter that names further AWS accounts of the organization, whose model packages are nobody else's."""


def test(evidence: Evidence, parameters: Parameters, as_of: datetime) -> Result:
    """Assess every model that was found."""
    try:
        vendors = read_vendors(evidence, parameters, parameters[_OWN_ACCOUNTS])
    except MalformedError as error:
        return conclude("VEN-1", [], [error.message])
    if not vendors.found and not vendors.absent:
        return not_applicable("VEN-1", nothing_in_use(parameters))
    return conclude("VEN-1", [_assess(model, vendors, as_of) for model in vendors.found], vendors.absent)


def _assess(model: Found, vendors: Vendors, as_of: datetime) -> Assessment:
    registered = vendors.of(model)
    detail = {"model": model.name, "seen": model.where, "vendor": registered.id if registered else model.vendor}
    return assess(model.id, model.name, _faults(model, vendors, as_of), detail)


def _faults(model: Found, vendors: Vendors, as_of: datetime) -> list[Fault]:
    registered = vendors.of(model)
    if registered is None and model.vendor is None:
        mend = f"register its vendor with this name among its models, or name its account in {_OWN_ACCOUNTS}"
        return [Fault(f"is in use {model.where}, and whose it is is not known: {mend}", certain=False)]
    if registered is None:
        name = NAMES.get(model.vendor or "", model.vendor)
        mend = "assess it, and record it with controlproof attest vendor"
        return [Fault(f"is in use {model.where}, and {name} ({model.vendor}) is not in the vendor register: {mend}")]
    if registered.retired is not None and registered.retired <= as_of.date():
        since = registered.retired.isoformat()
        mend = "end the use, or assess the vendor again"
        return [
            Fault(f"is in use {model.where}, and the register has {registered.name} as retired since {since}: {mend}")
        ]
    return []


VEN_1 = Control(
    id="VEN-1",
    title="Every third-party model in use is in the vendor register",
    criteria=("CC9.2",),
    populations=NEEDS,
    attestations=(VENDOR_ASSESSMENT,),
    test=test,
    defaults={**PARAMETERS, _OWN_ACCOUNTS: []},
    limits=(
        "What is found is set up: hosts and keys of the APIs of known vendors in workloads, ConfigMaps, services and "
        "MLflow's gateway, and what Bedrock, SageMaker and Vertex AI name. A host or key in a secret whose variable "
        "has a name of its own, a host in an image and an unknown vendor's host are not seen; calls of foundation "
        "models on demand show only where CloudWatch counts them, on Bedrock. Environments of SageMaker's and Vertex "
        "AI's containers are not read. Of a Bedrock agent the working draft counts. Open weights that are served from "
        "one's own storage have a maker, but no vendor who processes anything."
    ),
    cadence=timedelta(days=1),
)
