"""VEN-5: whom a vendor relies on was reviewed too.

The tested population is every vendor of third-party models that is in use or registered.
"""

from collections.abc import Iterator
from datetime import date, datetime, timedelta

from collector.model.attestation import VENDOR_ASSESSMENT
from collector.model.control import Control, Parameters
from collector.model.evidence import Evidence
from collector.model.result import Result
from controls.fault import Fault
from controls.vendors.found import NEEDS
from controls.vendors.months import months_after
from controls.vendors.population import PARAMETERS, assess_vendors, unreported
from controls.vendors.register import Registered

_MONTHS = "review_months"
_INCLUSIVE = "inclusive"


def test(evidence: Evidence, parameters: Parameters, as_of: datetime) -> Result:
    """Assess the subservice organisations of every vendor."""
    months = parameters[_MONTHS]
    return assess_vendors("VEN-5", evidence, parameters, lambda vendor: _faults(vendor, months, as_of.date()))


def _faults(vendor: Registered, months: int, today: date) -> Iterator[Fault]:
    if vendor.report is None:
        yield unreported(vendor)
        return
    for organisation in vendor.organisations:
        if organisation["method"] == _INCLUSIVE:
            continue
        what = f"relies on {organisation['name']} ({organisation['service']}), which its report carves out"
        review = organisation["review"]
        if review is None:
            yield Fault(f"{what} and nobody reviewed: review its own report or an assessment, and record it")
        elif months_after(date.fromisoformat(review["period_end"]), months) < today:
            ended = f"what was reviewed of it ({review['report']}) covers until {review['period_end']}"
            yield Fault(f"{what}, and {ended}, more than {months} months ago: review the next one")


VEN_5 = Control(
    id="VEN-5",
    title="The organisations that vendors of third-party models rely on were reviewed",
    criteria=("CC9.2",),
    populations=NEEDS,
    attestations=(VENDOR_ASSESSMENT,),
    test=test,
    defaults={**PARAMETERS, _MONTHS: 12},
    limits=(
        "Which organisations a vendor relies on, and by which method its report treats them, is what the assessor "
        "states of the report. Of an inclusive one, the vendor's own report speaks."
    ),
    cadence=timedelta(days=1),
)
