"""VEN-6: a new report each year is something that the vendor owes by contract.

The tested population is every vendor of third-party models that is in use or registered.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta

from collector.model.attestation import VENDOR_ASSESSMENT
from collector.model.control import Control, Parameters
from collector.model.evidence import Evidence
from collector.model.result import Result
from controls.fault import Fault
from controls.vendors.found import NEEDS
from controls.vendors.population import PARAMETERS, assess_vendors
from controls.vendors.register import Registered


def test(evidence: Evidence, parameters: Parameters, as_of: datetime) -> Result:
    """Assess what every vendor is bound to."""
    del as_of  # A commitment stands until the register says otherwise.
    return assess_vendors("VEN-6", evidence, parameters, _faults)


def _faults(vendor: Registered) -> Iterator[Fault]:
    if not vendor.contract["annual_report"] or not vendor.contract["clause"]:
        mend = "agree on a clause, and record it"
        yield Fault(f"is not bound by contract to a new report each year, as {vendor.where} has it: {mend}")


VEN_6 = Control(
    id="VEN-6",
    title="Vendors of third-party models are bound by contract to renew their report each year",
    criteria=("CC9.2", "P6.4"),
    populations=NEEDS,
    attestations=(VENDOR_ASSESSMENT,),
    test=test,
    defaults=PARAMETERS,
    limits="The clause is what the assessor states of the contract, which is not read.",
    cadence=timedelta(days=1),
)
