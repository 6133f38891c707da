"""VEN-4: nothing that a vendor's report leaves to us is left open: exceptions, its opinion, and controls on our side.

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
from controls.vendors.population import PARAMETERS, assess_vendors, unreported
from controls.vendors.register import Registered

_UNQUALIFIED = "unqualified"
_OPINIONS = {
    "adverse": "an adverse opinion",
    "disclaimer": "a disclaimer of opinion",
    "qualified": "a qualified opinion",
}


def test(evidence: Evidence, parameters: Parameters, as_of: datetime) -> Result:
    """Assess what every vendor's report leaves open."""
    del as_of  # An exception stays open until it is treated; no age matters here.
    return assess_vendors("VEN-4", evidence, parameters, _faults)


def _faults(vendor: Registered) -> Iterator[Fault]:
    report = vendor.report
    if report is None:
        yield unreported(vendor)
        return
    if report.opinion != _UNQUALIFIED and not report.opinion_treatment:
        opinion = _OPINIONS.get(report.opinion, report.opinion)
        yield Fault(f"has a report with {opinion}, and nobody stated what was made of it: treat it, and record how")
    for exception in report.exceptions:
        if not exception["treatment"]:
            yield Fault(
                f"has an exception to {exception['control']} ({exception['description']}) that nobody treated: assess "
                "what it means here, and record it"
            )
    for ours in vendor.user_controls:
        lacking = [name for name in ("owner", "evidence") if not ours[name]]
        if lacking:
            yield Fault(
                f"takes for granted that {ours['control']}, which has no {' and no '.join(lacking)} here: give it"
            )


VEN_4 = Control(
    id="VEN-4",
    title="No exception, qualified opinion or complementary control of a vendor's report is left unaddressed",
    criteria=("CC9.2",),
    populations=NEEDS,
    attestations=(VENDOR_ASSESSMENT,),
    test=test,
    defaults=PARAMETERS,
    limits=(
        "That something was treated is what the assessor states, and how well is for the auditor to judge. An "
        "exception that the register leaves out is not seen: compare it with the report, whose digest is recorded."
    ),
    cadence=timedelta(days=1),
)
