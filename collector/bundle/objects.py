"""`objects.jsonl`: the objects that a bundle holds, in the order in which its records name them.

The records of the period are taken by group, and in a group by seq; then those of `earlier.jsonl` by seq. A group is
a subject without a hyphen and digits at its end, so the results of `ACC-1` and `ACC-3` are one. Each record names its
body, then what the body refers to: single objects, the index of a list, each chunk with its items. Every object
stands where it is named first, once, and what is below it is not named again.

The order is there for the size: deflate finds what repeats within 32 KiB. Polls of one population differ in little
but their times, and results of one domain rest on the same readings, whose digests nothing else can make shorter.
"""

import re
from array import array
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from collector.ledger.bodies import read_inputs, referenced
from collector.ledger.chunks import read_chunk, read_index
from collector.ledger.reader import MissingObjectError, Reader, fetch
from collector.model.canonical import decode_object
from collector.model.errors import IntegrityError
from collector.model.record import Header, Kind

_BATCH = 64
"""How many bodies are read in one query."""

_KINDS = tuple(Kind)
_NUMBER = re.compile(r"-[0-9]+\Z")


class MissingBodyError(MissingObjectError):
    """A record's body is not there."""

    def __init__(self, seq: int, address: str) -> None:
        super().__init__(f"the body of record {seq}, the object {address}, is missing")
        self.seq = seq


class Named(NamedTuple):
    """An object that is named for the first time.

    Attributes:
        address: its digest.
        data: its bytes, where they had to be read for what they name.
        item: whether it is an item of a population, which an export may withhold.

    """

    address: str
    data: bytes | None
    item: bool = False


class _Record(NamedTuple):
    seq: int
    kind: Kind
    body: str


class _Group:
    """The records of one group: 41 bytes each, for a bundle may have millions."""

    def __init__(self) -> None:
        self._seqs = array("Q")
        self._kinds = bytearray()
        self._bodies = bytearray()

    def add(self, header: Header) -> None:
        self._seqs.append(header.seq)
        self._kinds.append(_KINDS.index(header.kind))
        self._bodies += bytes.fromhex(header.body)

    def batches(self) -> Iterator[list[_Record]]:
        for start in range(0, len(self._seqs), _BATCH):
            numbers = range(start, min(start + _BATCH, len(self._seqs)))
            yield [
                _Record(self._seqs[at], _KINDS[self._kinds[at]], self._bodies[32 * at : 32 * at + 32].hex())
                for at in numbers
            ]


def group_of(subject: str) -> str:
    """Give the group in which a subject's records are taken."""
    return _NUMBER.sub("", subject)


class Naming:
    """Walks the records whose bodies a bundle holds, and gives the objects that they name.

    Attributes:
        earlier: records from before the period that belong in: those given, and in the end the inputs of results.

    """

    def __init__(self, first: int, earlier: Iterable[int] = ()) -> None:
        self.earlier = set(earlier)
        self._first = first
        self._groups: dict[str, _Group] = {}
        self._seen: set[bytes] = set()

    def add(self, header: Header) -> None:
        """Take a record of the period, in order of seq."""
        self._groups.setdefault(group_of(header.subject), _Group()).add(header)

    def objects(self, reader: Reader) -> Iterator[Named]:
        """Give every object that the records name, once all were added.

        Raises:
            MissingBodyError: a body is not there.
            IntegrityError, MalformedError: so is something else that must be read, or it is not what it must be.

        """
        for _, group in sorted(self._groups.items()):
            for records in group.batches():
                reader.prefetch([record.body for record in records])
                for record, data in [(record, _body(reader, record)) for record in records]:
                    yield from self._record(reader, record, data)
        for seq in sorted(self.earlier):
            header = reader.header(seq)
            if header is None:
                raise IntegrityError(f"record {seq}, which a result of the period rests on, is missing")
            early = _Record(seq, header.kind, header.body)
            yield from self._record(reader, early, _body(reader, early))

    def _record(self, reader: Reader, record: _Record, data: bytes) -> Iterator[Named]:
        what = f"record {record.seq}"
        body = decode_object(data, f"the body of {what}")
        index, singles = referenced(record.kind, body, what)
        if self._first_time(record.body):
            yield Named(record.body, data)
        for address in singles:
            if self._first_time(address):
                yield Named(address, None)
        if index is not None and self._first_time(index):
            yield from self._list(reader, index, what, items=record.kind is Kind.SNAPSHOT)
        if record.kind is Kind.RESULT:
            self.earlier.update(reading.seq for reading in read_inputs(body, what) if reading.seq < self._first)

    def _list(self, reader: Reader, index: str, what: str, *, items: bool) -> Iterator[Named]:
        data = fetch(reader, index)
        yield Named(index, data)
        for address in read_index(data, f"the index of {what}"):
            if self._first_time(address):
                chunk = fetch(reader, address)
                yield Named(address, chunk)
                for _, member in read_chunk(chunk, f"a chunk of {what}"):
                    if self._first_time(member):
                        yield Named(member, None, items)

    def _first_time(self, address: str) -> bool:
        digest = bytes.fromhex(address)
        if digest in self._seen:
            return False
        self._seen.add(digest)
        return True


def _body(reader: Reader, record: _Record) -> bytes:
    try:
        return fetch(reader, record.body)
    except MissingObjectError:
        raise MissingBodyError(record.seq, record.body) from None
