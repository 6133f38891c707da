"""Changes: how each population differs from one complete snapshot to the next, which is a population of its own.

A change is dated by the two snapshots that bound it. What was changed and changed back between two polls is not
seen; the audit logs of the sources are for that.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from collector.ledger.bodies import read_list
from collector.ledger.reader import Reader, fetch
from collector.model.canonical import decode_object
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


def changes(reader: Reader) -> Iterator[Change]:
    """Give the changes between the complete snapshots that a reader holds, in order of record, then of item."""
    last: dict[str, Reading] = {}
    for subject, reading in complete_snapshots(reader):
        before = last.get(subject)
        if before is not None and before.items != reading.items:
            yield from _between(reader, subject, before, reading)
        last[subject] = reading


def complete_snapshots(
    reader: Reader, start: int | None = None, stop: int | None = None
) -> Iterator[tuple[str, Reading]]:
    """Give the complete snapshots of a range of records, or of all, whose bodies are not withheld, in order."""
    for seq, data in reader.headers(reader.first if start is None else start, stop):
        header = Header.decode(data, f"the header of record {seq}")
        if header.kind is Kind.SNAPSHOT and not reader.withheld(header):
            body = decode_object(fetch(reader, header.body), f"the body of record {seq}")
            if body.get("complete") is True:
                yield header.subject, Reading(seq, header.time, str(body["items"]))


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
