"""Samples that anyone draws again: the items with the lowest SHA-256 of seed and id.

The rank of an item is SHA-256(seed || 0x00 || id), both in UTF-8, compared as bytes; the sample of size n is the n
items of lowest rank. The zero byte cannot occur in a seed, so no seed and id run into one another.

The changes of a population are one to draw from too. Their ids are the record that first shows the change, a space,
and the id of the item; so the same changes have the same ids in a ledger and in every bundle of it.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from heapq import nsmallest
from typing import TypeVar

from collector.ledger.bodies import read_list
from collector.ledger.checkpoint import SignedCheckpoint
from collector.ledger.entry import Entry, Object
from collector.ledger.reader import Reader, fetch
from collector.model.canonical import Json, decode_object, encode
from collector.model.errors import ConfigurationError, IntegrityError
from collector.model.record import VERSION, Header, Kind
from collector.period.changes import Change, changes_between, snapshots_of

T = TypeVar("T")

CHANGES = "changes:"
"""What the subject of a sample of a population's changes begins with."""

MAX_SEED = 200
MAX_SIZE = 10_000


@dataclass(frozen=True, slots=True)
class Drawn:
    """One item of a sample: its id, the digest of its content, and its rank in hex."""

    id: str
    digest: str
    rank: str

    def to_json(self) -> dict[str, Json]:
        """Give it as a sample holds it."""
        return {"digest": self.digest, "id": self.id, "rank": self.rank}


@dataclass(frozen=True, slots=True)
class DrawnChange:
    """One change of a sample: its id, what changed, and its rank in hex."""

    id: str
    change: Change
    rank: str

    def to_json(self) -> dict[str, Json]:
        """Give it as a sample holds it."""
        return {
            "became": self.change.became,
            "change": self.change.nature.value,
            "id": self.id,
            "item": self.change.item,
            "rank": self.rank,
            "record_after": self.change.after.seq,
            "record_before": self.change.before.seq,
            "was": self.change.was,
        }


@dataclass(frozen=True, slots=True)
class Sample:
    """A sample of one population as one record holds it, or of its changes as several do.

    Attributes:
        record, body, subject: the snapshot or result that was drawn from; of changes, the last of the snapshots.
        first: of changes, the first of the snapshots; None otherwise.
        count: how many items it has; `complete` tells whether it is all there was.
        seed, size: what was asked for.
        checkpoint: the size of the first signed checkpoint over the record: the population was fixed by then.
        items: in order of rank.

    """

    record: int
    body: str
    subject: str
    count: int
    complete: bool
    seed: str
    size: int
    checkpoint: int
    items: tuple[Drawn | DrawnChange, ...]
    first: int | None = None

    def to_json(self) -> dict[str, Json]:
        """Give the sample as a `sample` record's body holds it, but for the version."""
        return {
            "body": self.body,
            "checkpoint": self.checkpoint,
            "complete": self.complete,
            "count": self.count,
            "items": [each.to_json() for each in self.items],
            "record": self.record,
            "seed": self.seed,
            "size": self.size,
            "subject": self.subject,
            **({} if self.first is None else {"first": self.first}),
        }


def rank(seed: str, item: str) -> str:
    """Give an item's rank in hex."""
    return hashlib.sha256(seed.encode("utf-8") + b"\0" + item.encode("utf-8")).hexdigest()


def draw(seed: str, size: int, items: Iterable[tuple[str, str]]) -> tuple[Drawn, ...]:
    """Draw from (id, digest) pairs, in whatever order they come.

    Raises:
        ConfigurationError: the seed or the size cannot be used.

    """
    return tuple(Drawn(item, address, place) for place, item, address in _lowest(seed, size, items))


def draw_changes(seed: str, size: int, found: Iterable[Change]) -> tuple[DrawnChange, ...]:
    """Draw from changes, in whatever order they come.

    Raises:
        ConfigurationError: the seed or the size cannot be used.

    """
    members = ((f"{change.after.seq} {change.item}", change) for change in found)
    return tuple(DrawnChange(item, change, place) for place, item, change in _lowest(seed, size, members))


def _lowest(seed: str, size: int, members: Iterable[tuple[str, T]]) -> list[tuple[str, str, T]]:
    """Give (rank, id, member) of those of lowest rank."""
    if not 0 < len(seed) <= MAX_SEED or not seed.isprintable():
        raise ConfigurationError(f"the seed must have 1 to {MAX_SEED} printable characters")
    if not 0 < size <= MAX_SIZE:
        raise ConfigurationError(f"the size must be 1 to {MAX_SIZE}, not {size}")
    ranked = ((rank(seed, item), item, member) for item, member in members)
    return nsmallest(size, ranked, key=lambda each: each[:2])


def sample_of(reader: Reader, header: Header, seed: str, size: int) -> Sample:
    """Draw from the population that a snapshot, a gap's part or a result holds.

    Raises:
        ConfigurationError: the record has no population, or its body is withheld here.
        IntegrityError: what it names is missing, or no checkpoint covers it.

    """
    what = f"record {header.seq} ({header.subject})"
    name = {Kind.SNAPSHOT: "items", Kind.RESULT: "assessments"}.get(header.kind)
    if name is None:
        raise ConfigurationError(f"{what} is a {header.kind.value}; samples are drawn of snapshots and results")
    if reader.withheld(header):
        raise ConfigurationError(f"the export's narrowing withholds {what}", "draw over the ledger, or a wider export")
    body = decode_object(fetch(reader, header.body), f"the body of {what}")
    members = list(read_list(reader, str(body.get(name)), f"the items of {what}"))
    return Sample(
        record=header.seq,
        body=header.body,
        subject=header.subject,
        count=len(members),
        complete=header.kind is Kind.RESULT or body.get("complete") is True,
        seed=seed,
        size=size,
        checkpoint=_fixed_by(reader, header.seq),
        items=draw(seed, size, members),
    )


def sample_of_changes(reader: Reader, subject: str, seed: str, size: int, start: int, stop: int) -> Sample:
    """Draw from the changes between the complete snapshots of one population.

    Args:
        reader: a ledger, or a bundle: drawn over the records of its period, they give the same sample.
        subject: the population.
        seed, size: as `draw` says.
        start, stop: the records from `start` up to before `stop` are looked at.

    Raises:
        ConfigurationError: there are fewer than two complete snapshots, or the seed or the size cannot be used.
        IntegrityError: what they name is missing, or no checkpoint covers them.

    """
    snapshots = list(snapshots_of(reader, subject, start, stop))
    last = reader.header(snapshots[-1].seq) if len(snapshots) > 1 else None
    if last is None:
        raise ConfigurationError(
            f"there are not two complete snapshots of {subject!r} here, and so no changes",
            "name a population, such as changes:aws:123456789012/s3.buckets, and times between which it was polled",
        )
    found = list(changes_between(reader, subject, snapshots))
    return Sample(
        record=last.seq,
        body=last.body,
        subject=f"{CHANGES}{subject}",
        count=len(found),
        complete=True,
        seed=seed,
        size=size,
        checkpoint=_fixed_by(reader, last.seq),
        items=draw_changes(seed, size, found),
        first=snapshots[0].seq,
    )


def _fixed_by(reader: Reader, seq: int) -> int:
    """Give the size of the first checkpoint that covers a record."""
    for data in reader.checkpoints():
        size = SignedCheckpoint.decode(data, "a checkpoint").size
        if size > seq:
            return size
    raise IntegrityError(f"no checkpoint covers record {seq}", "run: controlproof verify")


def sample_entry(sample: Sample, controls: tuple[str, ...]) -> Entry:
    """Write a sample for the ledger; that it is recorded after the checkpoint it names shows the order."""
    return Entry(Kind.SAMPLE, sample.subject, Object(encode({**sample.to_json(), "v": VERSION})), controls)
