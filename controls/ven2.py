"""VEN-2: each vendor has a SOC 2 Type 2 report that is not older than twelve months.

The tested population is every vendor of third-party models that is in use or registered.
"""

import re
from collections.abc import Iterator
from datetime import date, datetime, timedelta

from collector.model.attestation import VENDOR_ASSESSMENT
from collector.model.control import Control, Parameters
from collector.model.evidence import Evidence
from collector.model.result import Result
from controls.fault import Fault
from controls.vendors.found import NEEDS
from controls.vendors.months import months_after
from controls.vendors.population import PARAMETERS, assess_vendors, spell_day, unreported
from controls.vendors.register import Registered, Report

_MONTHS, _BRIDGE_MONTHS = "report_months", "bridge_months"
# Type 2 is also written Type II and Type2.
_SOC_2_TYPE_2 = re.compile(r"soc\s*2\b.*\btype[\s-]*(?:2|ii)\b", re.IGNORECASE)


def test(evidence: Evidence, parameters: Parameters, as_of: datetime) -> Result:
    """Assess the report of every vendor."""
    return assess_vendors("VEN-2", evidence, parameters, lambda vendor: _faults(vendor, parameters, as_of.date()))


def _faults(vendor: Registered, parameters: Parameters, today: date) -> Iterator[Fault]:
    report = vendor.report
    if report is None:
        yield unreported(vendor)
        return
    if not _SOC_2_TYPE_2.search(report.type):
        yield Fault(f"has a report of type {report.type}, and not a SOC 2 Type 2 report: ask for one")
    if months_after(_covered_until(report, parameters[_BRIDGE_MONTHS]), parameters[_MONTHS]) < today:
        yield _too_old(report, parameters)
    if not report.compared:
        mend = f"controlproof attest vendor … --document {vendor.id}=FILE"
        yield Fault(f"has a report that nobody compared with the digest in {vendor.where}: {mend}", certain=False)


def _covered_until(report: Report, bridge_months: int) -> date:
    """Give the day until which report and bridge letter speak; a letter carries a report only so far."""
    if report.bridged_until is None:
        return report.end
    return max(report.end, min(report.bridged_until, months_after(report.end, bridge_months)))


def _too_old(report: Report, parameters: Parameters) -> Fault:
    ended = f"has a report whose period ended on {spell_day(report.end)}, more than {parameters[_MONTHS]} months ago"
    if report.bridged_until is not None:
        ended += f" even with its bridge letter, which counts for {parameters[_BRIDGE_MONTHS]} months at most"
    return Fault(f"{ended}: get the next one, and record it")


VEN_2 = Control(
    id="VEN-2",
    title="Each vendor of third-party models has a SOC 2 Type 2 report not older than twelve months",
    criteria=("CC9.2", "P6.4"),
    populations=NEEDS,
    attestations=(VENDOR_ASSESSMENT,),
    test=test,
    defaults={**PARAMETERS, _MONTHS: 12, _BRIDGE_MONTHS: 3},
    limits=(
        "Type, period and digest are what the assessor states, and the digest that of the file the assessor had: that "
        "the auditor issued it is not shown. A bridge letter is the vendor's own word."
    ),
    cadence=timedelta(days=1),
)
