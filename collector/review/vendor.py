"""The vendor register: what a person states of each vendor of models, and what of it is refused.

Source of the terms: AICPA, SOC 2 reporting guide (opinions, subservice organisations by the inclusive or the carve-out
method, complementary user entity controls, bridge letters).
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Annotated, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
    model_validator,
)

from collector.config import yaml
from collector.config.explanation import explain
from collector.config.files import decode_utf8, read_bounded
from collector.ledger.bodies import attestation_entry
from collector.ledger.entry import Entry
from collector.model.attestation import VENDOR_ASSESSMENT
from collector.model.canonical import Json
from collector.model.errors import ConfigurationError
from collector.review.document import Document
from collector.review.provenance import Commit
from collector.review.signature import Signature

MAX_SIZE = 256 * 1024
"""The largest register that is read, in bytes."""
MAX_MEMBERS = 200
"""Members of any one list."""
CONTROLS = ("VEN-1", "VEN-2", "VEN-3", "VEN-4", "VEN-5", "VEN-6")
"""What an assessment is evidence of."""
EXAMPLE = "see controlproof attest vendor --example"

_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)


def _printable(value: str) -> str:
    if not value.isprintable():
        raise ValueError("must be on one line, without control characters")
    return value


def _day(value: object) -> date:
    """Read a day as ISO 8601 has it. YAML would read 2026-11-23 as a moment, so it stands in quotes."""
    try:
        found = date.fromisoformat(value) if isinstance(value, str) and _DAY.fullmatch(value) else None
    except ValueError:
        found = None
    if found is None:
        raise ValueError('must be a day such as "2026-11-23"')
    return found


Text = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=2_000), AfterValidator(_printable)
]
Texts = Annotated[tuple[Text, ...], Field(max_length=MAX_MEMBERS, strict=False)]
Day = Annotated[date, BeforeValidator(_day)]
Id = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]([a-z0-9._-]{0,61}[a-z0-9])?$")]
Digest = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class Period(_Part):
    """What a report covers, both days included."""

    start: Day
    end: Day

    @model_validator(mode="after")
    def _in_order(self) -> "Period":
        if self.end <= self.start:
            raise ValueError("the period ends before it begins")
        return self


class ReportException(_Part):
    """An exception that the auditor found; `treatment` is what we made of it, absent as long as nobody did."""

    control: Text
    description: Text
    treatment: Text | None = None


class BridgeLetter(_Part):
    """The vendor's own word that nothing material changed from the end of the period to `until`."""

    until: Day
    reference: Text | None = None


class Report(_Part):
    """What an auditor says of the vendor. `services` are in its scope; `ai_controls` are those on AI, by topic."""

    type: Text
    auditor: Text
    period: Period
    opinion: Literal["unqualified", "qualified", "adverse", "disclaimer"]
    opinion_treatment: Text | None = None
    services: Texts
    ai_controls: Annotated[Mapping[Id, Text], Field(max_length=MAX_MEMBERS)]
    exceptions: Annotated[tuple[ReportException, ...], Field(max_length=MAX_MEMBERS, strict=False)]
    digest: Digest
    bridge_letter: BridgeLetter | None = None

    @model_validator(mode="after")
    def _bridged(self) -> "Report":
        if self.bridge_letter and self.bridge_letter.until <= self.period.end:
            raise ValueError("the bridge letter ends before the period that it continues")
        return self


class Review(_Part):
    """That we looked at a subservice organisation: at which report or assessment, until when it holds, and who did."""

    report: Text
    period_end: Day
    reviewed: Day
    reviewed_by: Text


class SubserviceOrganisation(_Part):
    """Whom the vendor relies on; with `carve-out` its controls are not in the vendor's report."""

    name: Text
    service: Text
    method: Literal["inclusive", "carve-out"]
    review: Review | None = None


class UserEntityControl(_Part):
    """A control that the report takes for granted on our side; without owner and evidence we do not have it."""

    control: Text
    owner: Text | None = None
    evidence: Text | None = None


class Contract(_Part):
    """What the vendor is bound to: whether by `clause` a new report is owed each year."""

    annual_report: bool
    clause: Text | None = None
    reference: Text | None = None

    @model_validator(mode="after")
    def _says_where(self) -> "Contract":
        if self.annual_report and self.clause is None:
            raise ValueError("a commitment needs the clause that states it")
        return self


class Vendor(_Part):
    """One vendor.

    Attributes:
        services: those that are used; `models` are further names of its models, with * for any text.
        retired: since when it is not used any more.

    """

    name: Text
    services: Texts
    models: Texts = ()
    report: Report | None
    subservice_organisations: Annotated[tuple[SubserviceOrganisation, ...], Field(max_length=MAX_MEMBERS, strict=False)]
    user_entity_controls: Annotated[tuple[UserEntityControl, ...], Field(max_length=MAX_MEMBERS, strict=False)]
    contract: Contract
    retired: Day | None = None


class Register(_Part):
    """The vendors, and who assessed them."""

    assessed_by: Text
    vendors: Annotated[Mapping[Id, Vendor], Field(min_length=1, max_length=MAX_MEMBERS)]


@dataclass(frozen=True, slots=True)
class Assessed:
    """A register as it was handed in: its vendors, its bytes, and where they lie."""

    register: Register
    data: bytes
    path: Path


def read_register(path: Path, today: date) -> Assessed:
    """Read a vendor register from a YAML file.

    Raises:
        ConfigurationError: it cannot be read or is too large, or all its problems at once, each with its line.

    """
    data = read_bounded(path, MAX_SIZE)
    document = yaml.parse(decode_utf8(data, path), str(path), EXAMPLE)
    try:
        register = Register.model_validate(document.value)
    except ValidationError as error:
        raise explain(str(path), document, error.errors(), _known_names, EXAMPLE) from None
    _refuse_what_is_to_come(register, path, document, today)
    return Assessed(register, data, path)


def vendor_entries(
    assessed: Assessed,
    documents: Mapping[str, Document],
    commit: Commit | None,
    signature: Signature | None,
) -> Sequence[Entry]:
    """Write each vendor of a register as an attestation.

    Args:
        assessed: the register.
        documents: the reports that were compared with it, by vendor.
        commit: where the register lies in git, if it does.
        signature: over the register's bytes.

    Raises:
        ConfigurationError: a document is of a vendor that is not in the register, or is not the stated one.

    """
    for vendor, document in documents.items():
        _compare(assessed, vendor, document)
    shared: dict[str, Json] = {
        "assessed_by": assessed.register.assessed_by,
        "commit": commit.to_json() if commit else None,
        "signature": signature.to_json() if signature else None,
    }
    entries = []
    for vendor, stated in sorted(assessed.register.vendors.items()):
        compared = documents.get(vendor)
        content = {**stated.model_dump(mode="json"), **shared, "vendor": vendor}
        content["document"] = compared.to_json() if compared else None
        entries.append(attestation_entry(VENDOR_ASSESSMENT, content, CONTROLS))
    return entries


def _compare(assessed: Assessed, vendor: str, document: Document) -> None:
    stated = assessed.register.vendors.get(vendor)
    if stated is None:
        known = ", ".join(sorted(assessed.register.vendors))
        raise ConfigurationError(f"--document: {assessed.path} has no vendor {vendor!r}", f"its vendors: {known}")
    if stated.report is None:
        raise ConfigurationError(
            f"--document: {assessed.path} states no report of {vendor}", "state it, with its digest"
        )
    if stated.report.digest != document.digest:
        raise ConfigurationError(
            f"--document: {document.path} is not the report that {assessed.path} states of {vendor}: its SHA-256 is "
            f"{document.digest}, {stated.report.digest} is stated",
            "give the very file that was assessed; if it is this one, assess it and state its digest",
        )


def _refuse_what_is_to_come(register: Register, path: Path, document: yaml.Document, today: date) -> None:
    """Refuse days that have not been yet: no report covers them, and nobody reviewed anything on them."""
    for name, vendor in register.vendors.items():
        days: list[tuple[yaml.Path, date]] = []
        if vendor.report:
            days.append((("report", "period", "end"), vendor.report.period.end))
        if vendor.retired:
            days.append((("retired",), vendor.retired))
        for number, organisation in enumerate(vendor.subservice_organisations):
            if organisation.review:
                at = ("subservice_organisations", number, "review", "reviewed")
                days.append((at, organisation.review.reviewed))
        for place, day in days:
            if day > today:
                line = document.places["vendors", name, *place][0]
                said = ".".join(map(str, ("vendors", name, *place)))
                raise ConfigurationError(f"{path}:{line}: {said}: {day} lies in the future", "state what has been")


_FORMS: Mapping[str, type[BaseModel]] = {
    "report": Report,
    "period": Period,
    "exceptions": ReportException,
    "bridge_letter": BridgeLetter,
    "subservice_organisations": SubserviceOrganisation,
    "review": Review,
    "user_entity_controls": UserEntityControl,
    "contract": Contract,
}


def _known_names(place: yaml.Path) -> list[str]:
    """Give the keys of what stands at a place."""
    named = [part for part in place if isinstance(part, str)]
    if len(named) < 2:
        form: type[BaseModel] = Register
    else:
        form = Vendor if len(named) == 2 else _FORMS.get(named[-1], Vendor)
    return list(form.model_fields)
