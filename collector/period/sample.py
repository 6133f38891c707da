"""Samples that anyone draws again: the items with the lowest SHA-256 of seed and id.

The rank of an item is SHA-256(seed || 0x00 || id), both in UTF-8, compared as bytes; the sample of size n is the n
items of lowest rank. The zero byte cannot occur in a seed, so no seed and id run into one another.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from heapq import nsmallest

from collector.ledger.bodies import read_list
from collector.ledger.checkpoint import SignedCheckpoint
from collector.ledger.entry import Entry, Object
from collector.ledger.reader import Reader, fetch
from collector.model.canonical import Json, decode_object, encode
from collector.model.errors import ConfigurationError, IntegrityError
from collector.model.record import VERSION, Header, Kind

MAX_SEED = 200
MAX_SIZE = 10_000


@dataclass(frozen=True, slots=True)
class Drawn:
    """One item of a sample: its id, the digest of its content, and its rank in hex."""

    id: str
    digest: str
    rank: str


@dataclass(frozen=True, slots=True)
class Sample:
    """A sample of one population as one record holds it.

    Attributes:
        record, body, subject: the snapshot or result that was drawn from.
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
    items: tuple[Drawn, ...]

    def to_json(self) -> dict[str, Json]:
        """Give the sample as a `sample` record's body holds it, but for the version."""
        return {
            "body": self.body,
            "checkpoint": self.checkpoint,
            "complete": self.complete,
            "count": self.count,
            "items": [{"digest": each.digest, "id": each.id, "rank": each.rank} for each in self.items],
            "record": self.record,
            "seed": self.seed,
            "size": self.size,
            "subject": self.subject,
        }


def rank(seed: str, item: str) -> str:
    """Give an item's rank in hex."""
    return hashlib.sha256(seed.encode("utf-8") + b"\0" + item.encode("utf-8")).hexdigest()


def draw(seed: str, size: int, items: Iterable[tuple[str, str]]) -> tuple[Drawn, ...]:
    """Draw from (id, digest) pairs, in whatever order they come.

    Raises:
        ConfigurationError: the seed or the size cannot be used.

    """
    if not 0 < len(seed) <= MAX_SEED or not seed.isprintable():
        raise ConfigurationError(f"the seed must have 1 to {MAX_SEED} printable characters")
    if not 0 < size <= MAX_SIZE:
        raise ConfigurationError(f"the size must be 1 to {MAX_SIZE}, not {size}")
    drawn = (Drawn(item, address, rank(seed, item)) for item, address in items)
    return tuple(nsmallest(size, drawn, key=lambda each: (each.rank, each.id)))


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
