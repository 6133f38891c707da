"""A bundle as a `Reader`: the same verification, replay and reports run over it as over a ledger."""

import hashlib
from array import array
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self

from collector.bundle import manifest as layout
from collector.bundle.anchors import MAX_ANCHORS, MAX_LINE, read_cosignature, read_later, read_timestamp
from collector.bundle.archive import Archive
from collector.bundle.manifest import Items, Manifest
from collector.ledger.anchors import Anchor
from collector.ledger.checkpoint import SignedCheckpoint
from collector.ledger.merkle import Frontier
from collector.ledger.note import MAX_NOTE
from collector.ledger.reader import MAX_OBJECT, Later, of_kind
from collector.model.canonical import decode, decode_object, encode, is_digest
from collector.model.errors import BundleError, MalformedError
from collector.model.record import MAX_HEADER, Header, Kind

_BLOCK = 512
"""Headers that are read together, 8 MB of them at most."""

MAX_EARLIER = 100_000
ALWAYS_EXPORTED = (Kind.CONFIG, Kind.KEY, Kind.PRUNE)
"""Kinds whose bodies no narrowing withholds: nothing can be judged without them."""


def is_withheld(header: Header, controls: tuple[str, ...] | None) -> bool:
    """Tell whether an export narrowed to `controls` leaves out the body of this record."""
    if controls is None or header.kind in ALWAYS_EXPORTED:
        return False
    return not set(header.controls) & set(controls)


Each = Callable[[bytes], object]
"""Is told a line."""


class Lines:
    """A spooled file of lines with random access; memory is eight bytes a line.

    Args:
        file, name: the file, and what errors call it.
        limit: the longest line, in bytes.
        each: is told each line as the file is gone through.

    """

    def __init__(self, file: IO[bytes], name: str, limit: int, each: Each | None = None) -> None:
        self._file = file
        self._ends = array("Q")
        end = 0
        file.seek(0)
        # readline is bounded, so a file without newlines cannot fill the memory.
        while line := file.readline(limit + 2):
            if not line.endswith(b"\n") or len(line) > limit + 1:
                raise BundleError(f"line {len(self._ends) + 1} of {name} is longer than {limit} bytes or not ended")
            end += len(line)
            self._ends.append(end)
            if each is not None:
                each(line[:-1])

    def __len__(self) -> int:
        return len(self._ends)

    def __getitem__(self, number: int) -> bytes:
        start = self._ends[number - 1] if number else 0
        self._file.seek(start)
        return self._file.read(self._ends[number] - start - 1)

    def __iter__(self) -> Iterator[bytes]:
        return (self[number] for number in range(len(self)))

    def between(self, start: int, stop: int) -> Iterator[bytes]:
        """Give lines in order, a block of them at a time: for lines of which a block fits into memory."""
        for number in range(start, stop, _BLOCK):
            begin, end = self._ends[number - 1] if number else 0, self._ends[min(number + _BLOCK, stop) - 1]
            self._file.seek(begin)
            yield from self._file.read(end - begin - 1).split(b"\n")

    def close(self) -> None:
        """Close the file."""
        self._file.close()


class Earlier:
    """A record before `first` that the bundle rests on, with its RFC 6962 inclusion proof."""

    def __init__(self, data: bytes, number: int) -> None:
        what = f"line {number} of {layout.EARLIER}"
        value = decode_object(data, what)
        if value.keys() != {"header", "proof"} or not isinstance(value["header"], dict):
            raise MalformedError(f"{what} must hold a header and a proof")
        proof: Any = value["proof"]
        if not isinstance(proof, list) or len(proof) > 64 or not all(is_digest(node) for node in proof):
            raise MalformedError(f"{what} has a malformed proof")
        self.data = encode(value["header"])
        self.header = Header.decode(self.data, f"the header in {what}")
        self.proof = tuple(bytes.fromhex(node) for node in proof)


class BundleReader:
    """The records of a bundle. Close it, or use it as a context."""

    absence = "was altered or removed: nothing in the bundle has its digest"

    def __init__(self, archive: Archive, manifest: Manifest) -> None:
        self.archive = archive
        self.manifest = manifest
        self.origin = manifest.origin
        self.key = manifest.key
        self.first = manifest.first
        self.size = manifest.size
        self._open: list[Lines] = []
        try:
            self._records = self._lines(layout.RECORDS, MAX_HEADER)
            self._checkpoints = self._lines(layout.CHECKPOINTS, MAX_NOTE * 2)
            digests: list[bytes] = []
            self._objects = self._lines(
                layout.OBJECTS, MAX_OBJECT, lambda line: digests.append(hashlib.sha256(line).digest())
            )
            self._addresses = _Addresses(digests)
            self.earlier = self._read_earlier()
            self._anchors, self._later = self._read_anchors()
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the archive and the temporary files."""
        for lines in self._open:
            lines.close()
        self.archive.close()

    def frontier(self) -> Frontier:
        """Give the compact Merkle range of the records before `first`."""
        return self.manifest.frontier()

    def headers(self, start: int = 0, stop: int | None = None) -> Iterator[tuple[int, bytes]]:
        """Give (place, header bytes), places counted from `first`."""
        end = self.first + len(self._records)
        places = range(max(start, self.first), end if stop is None else min(stop, end))
        yield from zip(places, self._records.between(places.start - self.first, places.stop - self.first), strict=True)

    def header(self, seq: int) -> Header | None:
        """Give one header, of the period or of an earlier record that came with a proof."""
        if seq in self.earlier:
            return self.earlier[seq].header
        found = next(self.headers(seq, seq + 1), None) if seq >= self.first else None
        return None if found is None else Header.decode(found[1], f"the header of record {seq}")

    def key_headers(self) -> Iterator[tuple[int, bytes]]:
        """Give the headers of `key` records, earlier ones first."""
        return of_kind(self._earlier_and_period(), Kind.KEY)

    def config_headers(self) -> Iterator[tuple[int, bytes]]:
        """Give the headers of `config` records, the one in force before the period first."""
        return of_kind(self._earlier_and_period(), Kind.CONFIG)

    def _earlier_and_period(self) -> Iterator[tuple[int, bytes]]:
        yield from ((seq, record.data) for seq, record in sorted(self.earlier.items()))
        yield from self.headers()

    def checkpoints(self) -> Iterator[bytes]:
        """Give the signed checkpoints over the period's records."""
        for number, line in enumerate(self._checkpoints, 1):
            note = decode(line, f"line {number} of {layout.CHECKPOINTS}")
            if not isinstance(note, str):
                raise MalformedError(f"line {number} of {layout.CHECKPOINTS} must be a string")
            yield note.encode("utf-8")

    def last_checkpoint(self) -> SignedCheckpoint:
        """Give the checkpoint over the last record."""
        *_, last = self.checkpoints()
        return SignedCheckpoint.decode(last, "the last checkpoint")

    def anchors(self) -> Iterator[Anchor]:
        """Give the timestamps and cosignatures that came along."""
        return iter(self._anchors)

    def later(self) -> Iterator[Later]:
        """Give the checkpoints over more records that some of them are of."""
        return iter(self._later)

    def object(self, address: str) -> bytes | None:
        """Give the line whose digest is `address`."""
        number = self.line_of(address)
        return None if number is None else self._objects[number]

    def line_of(self, address: str) -> int | None:
        """Give the number of the line whose digest is `address`, counted from 0."""
        return self._addresses.find(bytes.fromhex(address))

    @property
    def objects(self) -> int:
        """Count the objects held."""
        return len(self._objects)

    def prefetch(self, addresses: Sequence[str]) -> None:
        """Do nothing: the lines of a spooled file are at hand."""

    def withheld(self, header: Header) -> bool:
        """Tell whether the bundle's narrowing leaves out the body."""
        return is_withheld(header, self.manifest.controls)

    @property
    def withholds_items(self) -> bool:
        """Tell whether only the items that were sampled were exported."""
        return self.manifest.items is Items.SAMPLED

    def _lines(self, name: str, limit: int, each: Each | None = None) -> Lines:
        spooled = self.archive.spool(name)
        try:
            lines = Lines(spooled, name, limit, each)
        except BaseException:
            spooled.close()
            raise
        self._open.append(lines)
        return lines

    def _read_anchors(self) -> tuple[tuple[Anchor, ...], tuple[Later, ...]]:
        """Read the files of anchors, none of which must be there."""
        found = [
            anchor
            for name, read in ((layout.TIMESTAMPS, read_timestamp), (layout.COSIGNATURES, read_cosignature))
            for number, line in self._few(name)
            for anchor in [read(line, f"line {number} of {name}")]
        ]
        later = [read_later(line, f"line {number} of {layout.LATER}") for number, line in self._few(layout.LATER)]
        return tuple(sorted(found, key=lambda anchor: anchor.size)), tuple(later)

    def _few(self, name: str) -> Iterator[tuple[int, bytes]]:
        if name not in self.archive.names:
            return
        lines = self._lines(name, MAX_LINE)
        if len(lines) > MAX_ANCHORS:
            raise BundleError(f"{name} has more than {MAX_ANCHORS} lines")
        yield from enumerate(lines, 1)

    def _read_earlier(self) -> dict[int, Earlier]:
        lines = self._lines(layout.EARLIER, MAX_HEADER * 2)
        if len(lines) > MAX_EARLIER:
            raise BundleError(f"{layout.EARLIER} has more than {MAX_EARLIER} lines")
        found: dict[int, Earlier] = {}
        for number, line in enumerate(lines, 1):
            record = Earlier(line, number)
            if not max(found, default=-1) < record.header.seq < self.first:
                raise BundleError(f"line {number} of {layout.EARLIER} is not an earlier record, or is out of order")
            found[record.header.seq] = record
        return found


class _Addresses:
    """The digests of the lines of `objects.jsonl`, 36 bytes each, in a bucket for each of their first two bytes."""

    def __init__(self, digests: list[bytes]) -> None:
        order = sorted(range(len(digests)), key=digests.__getitem__)
        self._numbers = array("L", order)
        self._digests = b"".join(digests[number] for number in order)
        self._starts = array("L", bytes(array("L").itemsize * (2**16 + 1)))
        for digest in digests:
            self._starts[int.from_bytes(digest[:2]) + 1] += 1
        for bucket in range(2**16):
            self._starts[bucket + 1] += self._starts[bucket]

    def find(self, address: bytes) -> int | None:
        bucket = int.from_bytes(address[:2])
        start, end = (32 * self._starts[at] for at in (bucket, bucket + 1))
        at = self._digests.find(address, start, end)
        # Bytes of two digests side by side may look like a third.
        while at % 32 and at >= 0:
            at = self._digests.find(address, at + 1, end)
        return None if at < 0 else self._numbers[at // 32]


@contextmanager
def open_bundle(path: Path) -> Iterator[BundleReader]:
    """Open a bundle for reading.

    Raises:
        BundleError: it is not a bundle, or not a safe one.

    """
    archive = Archive(path)
    try:
        with BundleReader(archive, _manifest(archive, path)) as reader:
            yield reader
    finally:
        archive.close()


def manifest_of(path: Path) -> Manifest:
    """Read what a bundle says of itself, and nothing else of it.

    Raises:
        BundleError: it is not a bundle, or not a safe one.

    """
    archive = Archive(path)
    try:
        return _manifest(archive, path)
    finally:
        archive.close()


def _manifest(archive: Archive, path: Path) -> Manifest:
    if layout.NAME not in archive.names:
        raise BundleError(f"{path} is a zip, but no bundle: it holds no {layout.NAME}")
    return Manifest.decode(archive.read(layout.NAME, layout.MAX_SIZE))
