"""The tested population of VEN-2 to VEN-6: every vendor whose models are in use or that is registered."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from collector.model.canonical import JsonObject
from collector.model.control import Parameters
from collector.model.errors import MalformedError
from collector.model.evidence import Evidence
from collector.model.result import Assessment, Result, conclude, not_applicable
from collector.model.vendors import NAMES
from controls.fault import Fault, assess
from controls.needs import configured, missing
from controls.vendors.found import NEEDS, Found, found_models
from controls.vendors.register import Registered, Report, read_register

PARAMETERS: Parameters = {"sources": []}

Judge = Callable[[Registered, Report], Iterator[Fault]]
"""Yields what is wrong with one vendor that has a report."""


@dataclass(frozen=True, slots=True)
class Vendors:
    """The models that are in use, and the register.

    Attributes:
        found: every third-party model in use.
        register: vendors by id.
        absent: sentences on what is not known.

    """

    found: Sequence[Found]
    register: Mapping[str, Registered]
    absent: Sequence[str]

    def of(self, model: Found) -> Registered | None:
        """Give the vendor that a model is registered under, if any."""
        claiming = [vendor for _, vendor in sorted(self.register.items()) if vendor.claims(model.name)]
        return claiming[0] if claiming else self.register.get(model.vendor or "")

    def unregistered(self) -> dict[str, Found]:
        """Give the vendors in use that nobody registered, each with a model that shows it."""
        return {model.vendor: model for model in reversed(self.found) if model.vendor and self.of(model) is None}


def read_vendors(evidence: Evidence, parameters: Parameters, own_accounts: Iterable[str] = ()) -> Vendors:
    """Read what is in use and what is registered.

    Args:
        evidence: what was read and attested; `parameters` name the configured sources.
        parameters: see there.
        own_accounts: further AWS accounts whose model packages are nobody else's.

    Raises:
        MalformedError: an attestation does not have the form that `attest vendor` writes.

    """
    found, problems = found_models(evidence, own_accounts)
    absent = [*missing(evidence, parameters, *NEEDS), *problems]
    return Vendors(found, read_register(evidence), absent)


def assess_vendors(
    control: str, evidence: Evidence, parameters: Parameters, judge: Callable[[Registered], Iterable[Fault]]
) -> Result:
    """Assess every vendor in use or registered, but those that are retired."""
    try:
        vendors = read_vendors(evidence, parameters)
    except MalformedError as error:
        return conclude(control, [], [error.message])
    assessments = [_unregistered(vendor, model) for vendor, model in vendors.unregistered().items()]
    assessments += [
        assess(vendor.id, vendor.name, judge(vendor), _detail(vendor))
        for vendor in vendors.register.values()
        if vendor.retired is None
    ]
    if not assessments and not vendors.absent:
        return not_applicable(control, nothing_in_use(parameters))
    return conclude(control, assessments, vendors.absent)


def nothing_in_use(parameters: Parameters) -> str:
    """Say why there is nothing to test."""
    if not configured(parameters, *NEEDS):
        return "no source that can use third-party models is configured"
    return "no third-party model of a known vendor is in use, and no vendor of one is registered"


def unreported(vendor: Registered) -> Fault:
    """Say that a vendor has no report."""
    return Fault(
        f"has no report in the register ({vendor.where}): get one, and record it with controlproof attest vendor"
    )


def spell_day(day: date) -> str:
    """Write a day."""
    return day.isoformat()


def _unregistered(vendor: str, model: Found) -> Assessment:
    words = f"is not in the vendor register, and {model.name} is in use {model.where}: assess and register it"
    return assess(vendor, NAMES.get(vendor, vendor), [Fault(words)], {"model": model.name, "seen": model.place})


def _detail(vendor: Registered) -> JsonObject:
    report = vendor.report
    if report is None:
        return {"record": vendor.where, "report": None}
    told = {"end": spell_day(report.end), "opinion": report.opinion, "type": report.type, "digest": report.digest}
    return {"record": vendor.where, "report": told}
