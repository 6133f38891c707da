"""Writing a bundle: the ledger's part first, then what is derived from it, then the manifest.

Where there are many records, another process verifies the ledger's part while page and tables are derived from it.
The same ledger and arguments give the same bytes: names, order and stamps are fixed, and nothing of the machine or the
moment is written. The zip is written beside its target and moved there once it verified.
"""

import hashlib
import os
import tempfile
import zipfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Literal

from collector.bundle import manifest as layout
from collector.bundle.anchors import anchor_files
from collector.bundle.archive import Archive
from collector.bundle.beside import beside
from collector.bundle.formats import Write, derive
from collector.bundle.manifest import File, Items, Manifest
from collector.bundle.objects import MissingBodyError, Naming
from collector.bundle.product import product
from collector.bundle.reader import BundleReader, is_withheld, open_bundle
from collector.bundle.verify import Records, verify_bundle, verify_records
from collector.ledger.bodies import read_sampled
from collector.ledger.checkpoint import SignedCheckpoint
from collector.ledger.merkle import Frontier, inclusion_proof, leaf_hash
from collector.ledger.reader import Reader, fetch, of_kind
from collector.ledger.retention import boundary, is_pruned, prunings
from collector.ledger.verification import Verification
from collector.ledger.verify import Trust
from collector.model.canonical import decode_object, encode
from collector.model.errors import ExportError, IntegrityError, MalformedError
from collector.model.period import Period
from collector.model.record import Header, Kind

_BATCH = 256
"""How many objects are read in one query."""


@dataclass(frozen=True, slots=True)
class _Extent:
    """The records of the period, and what the ledger holds before them."""

    first: int
    size: int
    range: tuple[bytes, ...]
    configuration: int | None
    keys: tuple[int, ...]


def export_bundle(
    reader: Reader,
    period: Period,
    controls: Sequence[str] | None,
    target: Path,
    progress: Callable[[str, int], None] = lambda _what, _count: None,
    *,
    items: Items = Items.ALL,
    worth_it: int | None = None,
) -> tuple[Manifest, Verification]:
    """Write the bundle of a period and verify it under the ledger's own key before it is put in place.

    Args:
        reader: the whole ledger, one state of it.
        period: which records.
        controls: control ids to narrow to, or None for everything. Headers are exported all the same.
        target: the zip; an existing one is replaced only by a whole new one.
        progress: told what is being written and how many of it since the last call.
        items: which items of populations to export in full; those sampled are those of all samples on record by now.
        worth_it: from how many records on another process verifies them while page and tables are derived here. It
            takes half as much memory again, so it is for those who have it.

    Raises:
        ExportError: the period holds no records, no sample of it is on record, or something that belongs in is
            missing.

    """
    extent = _find_extent(reader, period)
    manifest = Manifest(
        origin=reader.origin,
        key=reader.key,
        period=period,
        first=extent.first,
        size=extent.size,
        range=extent.range,
        controls=tuple(sorted(controls)) if controls is not None else None,
        items=items,
        product=product(),
    )
    descriptor, name = tempfile.mkstemp(prefix=f".{target.name}.", suffix=".partial", dir=_folder(target))
    os.close(descriptor)
    unfinished = Path(name)
    try:
        manifest = _write_records(reader, manifest, extent, unfinished, progress)
        with _verified_beside(unfinished, manifest, worth_it) as verified, _derived(unfinished, manifest) as derived:
            records = verified()
            manifest = _add_derived(unfinished, manifest, derived)
        digests = {name: manifest.files[name].digest for name in derived}
        with open_bundle(unfinished) as written:
            verification = verify_bundle(written, _trust(manifest), derived=lambda: digests, records=records)
        if verification.exit:
            problem = verification.problems[0].message if verification.problems else "its signatures do not verify"
            raise ExportError(
                f"nothing was exported, because it would not verify: {problem}", "run: controlproof verify"
            )
        unfinished.chmod(0o644)
        unfinished.replace(target)
    except (IntegrityError, MalformedError) as error:
        raise ExportError(f"nothing was exported: {error.message}", "run: controlproof verify") from None
    finally:
        unfinished.unlink(missing_ok=True)
    return manifest, verification


def _folder(target: Path) -> Path:
    if not target.parent.is_dir():
        raise ExportError(f"there is no folder {target.parent} to write {target.name} into")
    if target.is_dir():
        raise ExportError(f"{target} is a folder", "name the file to write, such as bundle.zip")
    return target.parent


def _find_extent(reader: Reader, period: Period) -> _Extent:
    """Walk the headers up to the period's end, keeping only what the bundle needs of those before it."""
    before = Frontier()
    first = size = None
    configuration = None
    keys: list[int] = []
    for seq, data in reader.headers():
        header = Header.decode(data, f"the header of record {seq}")
        if header.time >= period.end:
            break
        if header.time >= period.start:
            first = seq if first is None else first
            size = seq + 1
            continue
        before.append(leaf_hash(data))
        if header.kind is Kind.CONFIG:
            configuration = seq
        if header.kind is Kind.KEY:
            keys.append(seq)
    if first is None or size is None:
        raise ExportError(f"the ledger holds no record of the period {period}", "status shows what it holds")
    return _Extent(first, size, tuple(before.hashes), configuration, tuple(keys))


def _write_records(
    reader: Reader, manifest: Manifest, extent: _Extent, path: Path, progress: Callable[[str, int], None]
) -> Manifest:
    """Write the ledger's part of the bundle; give its manifest with these files."""
    naming = _naming(reader, manifest, extent, progress)
    full = _sampled(reader, manifest) if manifest.items is Items.SAMPLED else None
    with _append(path, "w") as archive:
        sizes = {
            layout.RECORDS: _add(archive, layout.RECORDS, (d for _, d in reader.headers(extent.first, extent.size))),
            layout.CHECKPOINTS: _add(archive, layout.CHECKPOINTS, _checkpoints(reader, extent)),
            layout.OBJECTS: _add(archive, layout.OBJECTS, _objects(reader, naming, full, progress)),
            layout.EARLIER: _add(archive, layout.EARLIER, _earlier(reader, sorted(naming.earlier), extent.size)),
        }
        for name, lines in anchor_files(reader, extent.first, extent.size).lines.items():
            sizes[name] = _add(archive, name, lines)
    return replace(manifest, files=sizes)


@contextmanager
def _verified_beside(path: Path, manifest: Manifest, worth_it: int | None) -> Iterator[Callable[[], Records | None]]:
    """Have another process verify what was written so far; what is given waits for what it found."""
    if worth_it is None or manifest.size - manifest.first < worth_it:
        yield lambda: None
        return
    with beside(_verify_written, (path, manifest)) as answer:
        yield answer


def _verify_written(written: tuple[Path, Manifest]) -> Records | None:
    """Verify the ledger's part of a bundle; None if anything is wrong, which whoever asked has to find for himself."""
    path, manifest = written
    with BundleReader(Archive(path), manifest) as reader:
        found = verify_records(reader, _trust(manifest))
    return found if found.faultless else None


def _trust(manifest: Manifest) -> Trust:
    return Trust(pins=(manifest.key,))


@contextmanager
def _derived(path: Path, manifest: Manifest) -> Iterator[Mapping[str, Path]]:
    """Derive page and tables from what was written so far, into temporary files."""
    with tempfile.TemporaryDirectory() as folder:
        # Derived from what the bundle holds, never from more: the same code derives it again in verify.
        spooled = _Spooled(Path(folder))
        with BundleReader(Archive(path), manifest) as written:
            derive(written, spooled.open)
        yield spooled.files


def _add_derived(path: Path, manifest: Manifest, derived: Mapping[str, Path]) -> Manifest:
    """Write what was derived, and the manifest of it all."""
    files = dict(manifest.files)
    with _append(path) as archive:
        for name, file in derived.items():
            with file.open("rb") as pieces:
                files[name] = _add_pieces(archive, name, iter(lambda: pieces.read(1 << 20), b""))
    manifest = replace(manifest, files=files)
    with _append(path) as archive:
        _add_pieces(archive, layout.NAME, [manifest.encode()])
    return manifest


class _Spooled:
    """Derived files before they are put into the zip, which takes one at a time."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.files: dict[str, Path] = {}

    @contextmanager
    def open(self, name: str) -> Iterator[Write]:
        path = self._folder / str(len(self.files))
        self.files[name] = path
        with path.open("wb") as file:
            yield file.write


def _naming(reader: Reader, manifest: Manifest, extent: _Extent, progress: Callable[[str, int], None]) -> Naming:
    """Take the records whose bodies the bundle holds."""
    configuration = [] if extent.configuration is None else [extent.configuration]
    naming = Naming(extent.first, [*extent.keys, *configuration])
    for seq, data in reader.headers(manifest.first, manifest.size):
        header = Header.decode(data, f"the header of record {seq}")
        if not is_withheld(header, manifest.controls):
            naming.add(header)
        progress("records", 1)
    return naming


def _checkpoints(reader: Reader, extent: _Extent) -> Iterator[bytes]:
    for data in reader.checkpoints():
        if extent.first < SignedCheckpoint.decode(data, "a checkpoint").size <= extent.size:
            yield encode(data.decode("utf-8"))


def _earlier(reader: Reader, seqs: Sequence[int], size: int) -> Iterator[bytes]:
    if not seqs:
        return
    leaves = [leaf_hash(data) for _, data in reader.headers(0, size)]
    for seq in seqs:
        header = next(reader.headers(seq, seq + 1))[1]
        proof = [node.hex() for node in inclusion_proof(leaves, seq)]
        yield encode({"header": decode_object(header, f"the header of record {seq}"), "proof": proof})


def _sampled(reader: Reader, manifest: Manifest) -> frozenset[str]:
    """Give the digests of all items that samples of the bundle's records drew, whenever they were drawn."""
    drawn: set[str] = set()
    samples = 0
    for seq, data in of_kind(reader.headers(), Kind.SAMPLE):
        what = f"the body of record {seq}"
        body = decode_object(fetch(reader, Header.decode(data, f"the header of record {seq}").body), what)
        if body.get("record") in range(manifest.first, manifest.size):
            samples += 1
            drawn.update(address for _, address in read_sampled(body, what))
    if not samples:
        raise ExportError(
            "no sample of this period's records is on record, so nothing would be exported in full",
            "draw one first: controlproof sample --population SUBJECT --seed SEED",
        )
    return frozenset(drawn)


def _objects(
    reader: Reader, naming: Naming, full: frozenset[str] | None, progress: Callable[[str, int], None]
) -> Iterator[bytes]:
    named = (each for each in naming.objects(reader) if full is None or not each.item or each.address in full)
    try:
        while batch := list(islice(named, _BATCH)):
            reader.prefetch([each.address for each in batch if each.data is None])
            for each in batch:
                yield fetch(reader, each.address) if each.data is None else each.data
            progress("objects", len(batch))
    except MissingBodyError as error:
        _explain_pruned(reader, error.seq)
        raise


def _explain_pruned(reader: Reader, seq: int) -> None:
    """Say so if retention dropped the body of a record."""
    header = reader.header(seq)
    found = prunings(reader)
    if header is not None and is_pruned(header, boundary(found)):
        raise ExportError(
            f"the bodies of old records up to record {boundary(found) - 1} were dropped by retention (record "
            f"{found[-1].seq}), that of record {seq} among them: this period can no longer be exported whole",
            "use the bundle that was exported before, or a later period",
        ) from None


def _add(archive: zipfile.ZipFile, name: str, lines: Iterable[bytes]) -> File:
    return _add_pieces(archive, name, (line + b"\n" for line in lines))


def _add_pieces(archive: zipfile.ZipFile, name: str, pieces: Iterable[bytes]) -> File:
    size, state = 0, hashlib.sha256()
    # By its name alone, a file is dated 1980, the earliest time that a zip can state: a real one would make equal
    # exports differ.
    with archive.open(name, "w", force_zip64=True) as file:
        for piece in pieces:
            file.write(piece)
            state.update(piece)
            size += len(piece)
    info = archive.getinfo(name)
    info.create_system = 3
    info.external_attr = 0o100644 << 16
    return File(size, state.hexdigest())


def _append(path: Path, mode: Literal["w", "a"] = "a") -> zipfile.ZipFile:
    return zipfile.ZipFile(path, mode, zipfile.ZIP_DEFLATED, compresslevel=9)
