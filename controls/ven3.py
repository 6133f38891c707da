"""VEN-3: each vendor's report covers the services that are used, and controls on AI.

The tested population is every vendor of third-party models that is in use or registered.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from collector.model.attestation import VENDOR_ASSESSMENT
from collector.model.control import Control, Parameters
from collector.model.evidence import Evidence
from collector.model.result import Result
from controls.fault import Fault
from controls.vendors.found import NEEDS
from controls.vendors.population import PARAMETERS, assess_vendors, unreported
from controls.vendors.register import Registered

_TOPICS = "ai_topics"


def test(evidence: Evidence, parameters: Parameters, as_of: datetime) -> Result:
    """Assess the scope of every vendor's report."""
    del as_of  # What a report covers is judged as stated; VEN-2 judges its age.
    return assess_vendors("VEN-3", evidence, parameters, lambda vendor: _faults(vendor, parameters[_TOPICS]))


def _faults(vendor: Registered, topics: Sequence[str]) -> Iterator[Fault]:
    report = vendor.report
    if report is None:
        yield unreported(vendor)
        return
    if not vendor.services:
        yield Fault(f"has no service that is used in the register ({vendor.where}): state which are")
    in_scope = {service.casefold() for service in report.services}
    beyond = [service for service in vendor.services if service.casefold() not in in_scope]
    if beyond:
        yield Fault(f"is used for {', '.join(beyond)}, which its report does not cover: ask for one that does")
    lacking = [topic for topic in topics if topic not in report.ai_controls]
    if lacking:
        yield Fault(f"has a report without controls on {', '.join(lacking)}: ask for them, or for another assurance")
    elif not report.ai_controls:
        yield Fault("has a report without any control on AI: ask for them, or for another assurance")


VEN_3 = Control(
    id="VEN-3",
    title="Each vendor's report covers the services that are used, and controls on AI",
    criteria=("CC9.2",),
    populations=NEEDS,
    attestations=(VENDOR_ASSESSMENT,),
    test=test,
    defaults={**PARAMETERS, _TOPICS: ["customer-data-use", "model-access", "model-change"]},
    limits=(
        "Which services are used and what the report covers is what the assessor states; services are compared by "
        "name. Whether a control named for a topic is the right one is the assessor's judgement."
    ),
    cadence=timedelta(days=1),
)
