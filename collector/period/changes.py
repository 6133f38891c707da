"""Changes: how each population differs from one complete snapshot to the next, which is a population of its own.

A change is dated by the two snapshots that bound it. What was changed and changed back between two polls is not
seen; the audit logs of the sources are for that.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from itertools import pairwise

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
        reading = _complete(reader, Header.decode(data, f"the header of record {seq}"))
        if reading is not None:
            yield reading


def _complete(reader: Reader, header: Header) -> tuple[str, Reading] | None:
    if header.kind is not Kind.SNAPSHOT or reader.withheld(header):
        return None
    body = decode_object(fetch(reader, header.body), f"the body of record {header.seq}")
    whole = body.get("complete") is True
    return (header.subject, Reading(header.seq, header.time, str(body["items"]))) if whole else None


def snapshots_of(reader: Reader, subject: str, start: int, stop: int) -> Iterator[Reading]:
    """Give the complete snapshots of one population in a range of records, in order."""
    spelled = encode(subject)
    for seq, data in reader.headers(max(start, reader.first), stop):
        # A substring test skips the parsing of nearly all headers; decoding then decides.
        if spelled in data:
            header = Header.decode(data, f"the header of record {seq}")
            found = _complete(reader, header) if header.subject == subject else None
            if found is not None:
                yield found[1]


def changes_between(reader: Reader, subject: str, snapshots: Iterable[Reading]) -> Iterator[Change]:
    """Give the changes from each snapshot of a population to the next."""
    for before, after in pairwise(snapshots):
        if before.items != after.items:
            yield from _between(reader, subject, before, after)


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
