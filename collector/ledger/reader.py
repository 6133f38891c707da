"""What verification, replay and export read: a ledger's database and a bundle's zip look the same to them."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Protocol

from collector.ledger.anchors import Anchor
from collector.ledger.merkle import Frontier
from collector.model.canonical import digest
from collector.model.errors import IntegrityError
from collector.model.record import Header, Kind

_BATCH = 128
"""How many headers are read before what they name is."""

MAX_OBJECT = 64 * 1024 * 1024
"""The largest object that is stored or read, in bytes."""


@dataclass(frozen=True, slots=True)
class Later:
    """A checkpoint over more records than a bundle holds, and the proof that it extends the bundle's last one."""

    note: bytes
    proof: tuple[bytes, ...]


class Reader(Protocol):
    """Records first..size-1 of one ledger, as stored. Nothing is verified by reading; see `verify`."""

    @property
    def origin(self) -> str:
        """The ledger's name, as it claims it."""
        ...

    @property
    def key(self) -> str:
        """The vkey that came with the records: a claim, never a reason to trust."""
        ...

    @property
    def first(self) -> int:
        """The seq of the first record held; 0 in a ledger."""
        ...

    @property
    def size(self) -> int:
        """One more than the seq of the last record claimed."""
        ...

    @property
    def absence(self) -> str:
        """What it means that no object has a digest: "is missing", or more where altering looks the same."""
        ...

    def frontier(self) -> Frontier:
        """Give the compact Merkle range of the records before `first`."""
        ...

    def headers(self, start: int = 0, stop: int | None = None) -> Iterator[tuple[int, bytes]]:
        """Give (place, header bytes) in order of place, from `start` up to before `stop`."""
        ...

    def header(self, seq: int) -> Header | None:
        """Give one header, also of an earlier record that a bundle carries with a proof; None if not held."""
        ...

    def key_headers(self) -> Iterator[tuple[int, bytes]]:
        """Give the headers of all `key` records up to `size`, those before `first` included."""
        ...

    def config_headers(self) -> Iterator[tuple[int, bytes]]:
        """Give the headers of all `config` records up to `size`, with the one in force before `first`."""
        ...

    def checkpoints(self) -> Iterator[bytes]:
        """Give the signed checkpoints over sizes first+1..size, in order of size."""
        ...

    def anchors(self) -> Iterator[Anchor]:
        """Give what vouches for checkpoints from outside, in order of size."""
        ...

    def later(self) -> Iterator[Later]:
        """Give checkpoints over more than `size` records that anchors are of, which only a bundle needs."""
        ...

    def object(self, address: str) -> bytes | None:
        """Give the bytes stored under a digest, or None when there are none. They may be any bytes."""
        ...

    def prefetch(self, addresses: Sequence[str]) -> None:
        """Say which objects are read next, so that a database can give them in one query."""
        ...

    def withheld(self, header: Header) -> bool:
        """Tell whether this reader leaves out the body of a record by its declared narrowing."""
        ...

    @property
    def withholds_items(self) -> bool:
        """Tell whether items of populations may be missing, because only their digests were exported."""
        ...


class MissingObjectError(IntegrityError):
    """A digest under which nothing is stored."""


class ForeignObjectError(IntegrityError):
    """Content that does not have the digest it is stored under."""

    def __init__(self, address: str, actual: str) -> None:
        super().__init__(f"the object stored under {address} has the digest {actual}")
        self.actual = actual


def fetch(reader: Reader, address: str) -> bytes:
    """Give an object after checking its digest.

    Raises:
        MissingObjectError, ForeignObjectError: nothing is there, or something else.

    """
    data = reader.object(address)
    if data is None:
        raise MissingObjectError(f"the object {address} is missing")
    actual = digest(data)
    if actual != address:
        raise ForeignObjectError(address, actual)
    return data


def batches(reader: Reader, start: int, stop: int | None = None) -> Iterator[Sequence[Header]]:
    """Give the headers from a place on, up to before another, some at a time, so that what they name can be prefetched.

    Raises:
        MalformedError: one is not a header.

    """
    headers = reader.headers(start, stop)
    while batch := list(islice(headers, _BATCH)):
        yield [Header.decode(data, f"the header of record {place}") for place, data in batch]


def of_kind(headers: Iterable[tuple[int, bytes]], kind: Kind) -> Iterator[tuple[int, bytes]]:
    """Pass on the headers of one kind."""
    for place, data, _ in decoded(headers, (kind,)):
        yield place, data


def decoded(headers: Iterable[tuple[int, bytes]], kinds: Collection[Kind]) -> Iterator[tuple[int, bytes, Header]]:
    """Give the headers of some kinds, each with its place and its bytes."""
    spelled = [f'"kind":"{kind.value}"'.encode("ascii") for kind in kinds]
    for place, data in headers:
        # A substring test skips the parsing of nearly all headers; decoding then decides.
        if any(each in data for each in spelled):
            header = Header.decode(data, f"the header of record {place}")
            if header.kind in kinds:
                yield place, data, header
