"""Changes: how each population differs from one complete snapshot to the next, which is a population of its own.

A change is dated by the two snapshots that bound it. What was changed and changed back between two polls is not
seen; the audit logs of the sources are for that.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from collector.ledger.bodies import read_list
from collector.ledger.reader import Reader, fetch
from collector.model.canonical import decode_object, encode
from collector.model.record import Header, Kind


class Nature(StrEnum):
    """What happened to an item between two snapshots."""

    ADDED = "added"
    CHANGED = "changed"
    REMOVED = "removed"


@dataclass(frozen=True, slots=True)
class Reading:
    """A complete snapshot: its record, when that was made, and the digest of its list of items."""

    seq: int
    time: datetime
    items: str


@dataclass(frozen=True, slots=True)
class Change:
    """One item that differs between two consecutive complete snapshots of a population.

    Attributes:
        subject, item: the population and the item's id.
        nature: what happened.
        before, after: the snapshots that bound it.
        was, became: digests of the item's content; None where it was not there.

    """

    subject: str
    item: str
    nature: Nature
    before: Reading
    after: Reading
    was: str | None
    became: str | None


class Changes:
    """The changes of all populations while their complete snapshots stream by."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._last: dict[str, Reading] = {}

    def take(self, subject: str, reading: Reading) -> Iterator[Change]:
        """Take the next complete snapshot, and give what it shows to have changed, in order of item."""
        before = self._last.get(subject)
        self._last[subject] = reading
        if before is not None and before.items != reading.items:
            yield from _between(self._reader, subject, before, reading)


def complete(header: Header, body: Mapping[str, Any]) -> Reading | None:
    """Read a snapshot from its record, if it is complete."""
    return Reading(header.seq, header.time, str(body["items"])) if body.get("complete") is True else None


def snapshots_of(reader: Reader, subject: str, start: int, stop: int) -> Iterator[Reading]:
    """Give the complete snapshots of one population in a range of records, in order."""
    spelled = encode(subject)
    for seq, data in reader.headers(max(start, reader.first), stop):
        # A substring test skips the parsing of nearly all headers; decoding then decides.
        if spelled in data:
            header = Header.decode(data, f"the header of record {seq}")
            if header.kind is Kind.SNAPSHOT and header.subject == subject and not reader.withheld(header):
                reading = complete(header, decode_object(fetch(reader, header.body), f"the body of record {seq}"))
                if reading is not None:
                    yield reading


def changes_between(reader: Reader, subject: str, snapshots: Iterable[Reading]) -> Iterator[Change]:
    """Give the changes from each snapshot of a population to the next."""
    changes = Changes(reader)
    for reading in snapshots:
        yield from changes.take(subject, reading)


def items_of(reader: Reader, subject: str, reading: Reading) -> dict[str, str]:
    """Give the digest of each item of a snapshot, by id."""
    return dict(read_list(reader, reading.items, f"the items of record {reading.seq} ({subject})"))


def _between(reader: Reader, subject: str, before: Reading, after: Reading) -> Iterator[Change]:
    were, are = items_of(reader, subject, before), items_of(reader, subject, after)
    for item in sorted(were.keys() | are.keys()):
        was, became = were.get(item), are.get(item)
        if was != became:
            nature = Nature.ADDED if was is None else Nature.REMOVED if became is None else Nature.CHANGED
            yield Change(subject, item, nature, before, after, was, became)
