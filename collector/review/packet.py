"""The packet of an access review: everyone who can read, as one recorded result says, to be decided one by one."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields
from datetime import datetime
from typing import Any

from collector.ledger.bodies import read_assessments, read_inputs
from collector.ledger.reader import fetch
from collector.ledger.store import LedgerReader
from collector.model.attestation import ACCESS_REVIEW, Reading
from collector.model.canonical import decode_object
from collector.model.control import Control
from collector.model.errors import ConfigurationError
from collector.model.outcome import Outcome
from collector.model.record import Header, Kind


@dataclass(frozen=True, slots=True)
class PacketEntry:
    """One reader. All but `decision` and `note` is what the record says; those two are the reviewer's.

    `line` is where it stands in the file that it was read from, 0 when it was not read from one.
    """

    location: str
    principal: str
    kind: str
    access: str
    path: str
    conditions: str
    reachable_from: str
    last_used: str
    previous: str
    decision: str = ""
    note: str = ""
    line: int = field(default=0, compare=False)

    @property
    def reading(self) -> Reading:
        """Give what it is about."""
        return self.location, self.principal


COLUMNS = tuple(each.name for each in fields(PacketEntry) if each.name != "line")


@dataclass(frozen=True, slots=True)
class Packet:
    """One packet: the ledger and the result record that it was opened on, and its entries.

    `undecided` says of what the result could not decide who can read it: the entries do not cover that.
    """

    ledger: str
    control: str
    record: int
    body: str
    opened: datetime
    entries: tuple[PacketEntry, ...]
    undecided: tuple[str, ...] = field(default=(), compare=False)

    @property
    def name(self) -> str:
        """Give the name of its files, without the ending."""
        return f"review-{self.control}-{self.record}"


def newest_result(reader: LedgerReader, control: str) -> Header:
    """Find the last result of a control.

    Raises:
        ConfigurationError: there is none.

    """
    found = last_result(reader, control)
    if found is None:
        mend = f"run: controlproof collect --control {control}"
        raise ConfigurationError(f"there is no result of {control} in {reader.origin}", mend)
    return found


def last_result(reader: LedgerReader, control: str, start: int = 0) -> Header | None:
    """Find the last result of a control from record `start` on."""
    found: Header | None = None
    for seq, data in reader.headers(start):
        # The substring skips most headers without parsing; decoding decides.
        if b'"kind":"result"' in data and control.encode() in data:
            header = Header.decode(data, f"the header of record {seq}")
            found = header if header.kind is Kind.RESULT and header.subject == control else found
    return found


def reviews_of(reader: LedgerReader, control: str) -> Iterator[tuple[Header, Mapping[str, Any]]]:
    """Give the reviews of a control's readers with their bodies, oldest first."""
    for header in reader.attestation_headers():
        if header.subject.endswith(f"/{ACCESS_REVIEW}"):
            body = decode_object(fetch(reader, header.body), f"the body of record {header.seq}")
            if body.get("control") == control:
                yield header, body


def build(reader: LedgerReader, header: Header, control: Control) -> Packet:
    """Make the packet of a result record.

    Raises:
        ConfigurationError: its list of readers is not whole, or empty.

    """
    what = f"record {header.seq}"
    body = decode_object(fetch(reader, header.body), f"the body of {what}")
    gaps = list(gaps_of(reader, body, control, what))
    if gaps:
        mend = f"mend them, then run: controlproof collect --control {control.id}"
        raise ConfigurationError(f"the readers in {what} are not a whole list; gaps: {', '.join(gaps)}", mend)
    previous = _previous(reader, control.id, header.seq)
    assessed = list(read_assessments(reader, body["assessments"], what))
    entries = tuple(_entry(each.detail, previous) for each in assessed if "principal" in each.detail)
    others = (each for each in assessed if "principal" not in each.detail)
    undecided = tuple(each.reason for each in others if each.outcome is Outcome.INCONCLUSIVE)
    if not entries and undecided:
        raise ConfigurationError(f"{what} does not decide who can read: {'; '.join(undecided)}")
    if not entries:
        raise ConfigurationError(f"{what} lists nobody who can read: there is nothing to review")
    return Packet(reader.origin, control.id, header.seq, header.body, header.time, entries, undecided)


def gaps_of(reader: LedgerReader, body: Mapping[str, Any], control: Control, what: str) -> Iterator[str]:
    """Name the gaps that a result rests on, in the populations that its control must have."""
    for used in read_inputs(body, what):
        header = reader.header(used.seq)
        needed = used.subject.split("/", 1)[1] in control.populations
        if header is not None and header.kind is Kind.GAP and needed:
            yield f"{used.subject} (record {used.seq})"


def decisions_of(body: Mapping[str, Any]) -> dict[Reading, str]:
    """Give what a review decides: keep, revoke or empty."""
    return {(each["location"], each["principal"]): each["decision"] for each in body["entries"]}


def _previous(reader: LedgerReader, control: str, before: int) -> Mapping[Reading, str]:
    """Give the decisions of the last review that was there when the result was recorded."""
    decisions: dict[Reading, str] = {}
    for header, body in reviews_of(reader, control):
        if header.seq < before:
            decisions = decisions_of(body)
    return decisions


def _entry(detail: Mapping[str, Any], previous: Mapping[Reading, str]) -> PacketEntry:
    return PacketEntry(
        location=detail["location"],
        principal=detail["principal"],
        kind=detail["kind"],
        access=detail["access"],
        path="; ".join(" → ".join(steps) for steps in detail["path"]),
        conditions="; ".join(detail["conditions"]),
        reachable_from="; ".join([*detail["assumable_by"], *detail["reachable_from"]]),
        last_used=detail.get("last_used") or "",
        previous=previous.get((detail["location"], detail["principal"]), ""),
    )
