"""Writing a bundle: the ledger's part first, then what is derived from it, then the manifest.

The same ledger and arguments give the same bytes: names, order and stamps are fixed, and nothing of the
machine or the moment is written. The zip is written beside its target and moved there once it verified.
"""

import hashlib
import os
import tempfile
import zipfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

from collector.bundle import manifest as layout
from collector.bundle.anchors import anchor_files
from collector.bundle.archive import Archive
from collector.bundle.formats import FORMATS
from collector.bundle.manifest import File, Manifest
from collector.bundle.product import product
from collector.bundle.reader import BundleReader, is_withheld, open_bundle
from collector.bundle.verify import verify_bundle
from collector.ledger.bodies import read_inputs, read_list, referenced
from collector.ledger.checkpoint import SignedCheckpoint
from collector.ledger.chunks import read_index
from collector.ledger.merkle import Frontier, inclusion_proof, leaf_hash
from collector.ledger.reader import MissingObjectError, Reader, fetch
from collector.ledger.retention import boundary, is_pruned, prunings
from collector.ledger.verification import Verification
from collector.ledger.verify import Trust
from collector.model.canonical import decode_object, encode
from collector.model.errors import ExportError, IntegrityError, MalformedError
from collector.model.period import Period
from collector.model.record import Header, Kind

_STAMP = (1980, 1, 1, 0, 0, 0)
"""The earliest time that a zip can state; a real one would make equal exports differ."""

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
) -> tuple[Manifest, Verification]:
    """Write the bundle of a period and verify it under the ledger's own key before it is put in place.

    Args:
        reader: the whole ledger, one state of it.
        period: which records.
        controls: control ids to narrow to, or None for everything. Headers are exported all the same.
        target: the zip; an existing one is replaced only by a whole new one.
        progress: told what is being written and how many of it since the last call.

    Raises:
        ExportError: the period holds no records, or something that belongs in is missing.

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
        product=product(),
    )
    descriptor, name = tempfile.mkstemp(prefix=f".{target.name}.", suffix=".partial", dir=_folder(target))
    os.close(descriptor)
    partial = Path(name)
    try:
        manifest = _write(reader, manifest, extent, partial, progress)
        with open_bundle(partial) as written:
            verification = verify_bundle(written, Trust(pins=(reader.key,)))
        if verification.exit:
            problem = verification.problems[0].message if verification.problems else "its signatures do not verify"
            raise ExportError(
                f"nothing was exported, because it would not verify: {problem}", "run: controlproof verify"
            )
        partial.chmod(0o644)
        partial.replace(target)
    except (IntegrityError, MalformedError) as error:
        raise ExportError(f"nothing was exported: {error.message}", "run: controlproof verify") from None
    finally:
        partial.unlink(missing_ok=True)
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


def _write(
    reader: Reader, manifest: Manifest, extent: _Extent, path: Path, progress: Callable[[str, int], None]
) -> Manifest:
    selection = _select(reader, manifest, progress)
    earlier = sorted(
        {*extent.keys, *selection.earlier, *([] if extent.configuration is None else [extent.configuration])}
    )
    with zipfile.ZipFile(path, "w") as archive:
        sizes = {
            layout.RECORDS: _add(archive, layout.RECORDS, (d for _, d in reader.headers(extent.first, extent.size))),
            layout.CHECKPOINTS: _add(archive, layout.CHECKPOINTS, _checkpoints(reader, extent)),
            layout.EARLIER: _add(archive, layout.EARLIER, _earlier(reader, earlier, extent.size)),
            layout.OBJECTS: _add(archive, layout.OBJECTS, _objects(reader, selection, earlier, progress)),
        }
        for name, lines in anchor_files(reader, extent.first, extent.size).lines.items():
            sizes[name] = _add(archive, name, lines)
    manifest = replace(manifest, files=sizes)
    derived: dict[str, File] = {}
    for fmt in FORMATS:
        # Derived from what the bundle holds, never from more: the same code derives it again in verify.
        with BundleReader(Archive(path), manifest) as written, tempfile.TemporaryFile() as spooled:
            spooled.writelines(fmt.derive(written))
            spooled.seek(0)
            with zipfile.ZipFile(path, "a") as archive:
                derived[fmt.name] = _add_pieces(archive, fmt.name, iter(lambda: spooled.read(1 << 20), b""))
    manifest = replace(manifest, files={**sizes, **derived})
    with zipfile.ZipFile(path, "a") as archive:
        _add_pieces(archive, layout.NAME, [manifest.encode()])
    return manifest


@dataclass(frozen=True, slots=True)
class _Selection:
    """Which objects the bundle needs, and which records before the period its results rest on."""

    objects: frozenset[bytes]
    earlier: frozenset[int]


def _select(reader: Reader, manifest: Manifest, progress: Callable[[str, int], None]) -> _Selection:
    objects: set[bytes] = set()
    earlier: set[int] = set()
    for seq, data in reader.headers(manifest.first, manifest.size):
        header = Header.decode(data, f"the header of record {seq}")
        progress("records", 1)
        if is_withheld(header, manifest.controls):
            continue
        body = _select_record(reader, header, objects)
        if header.kind is Kind.RESULT:
            inputs = {reading.seq for reading in read_inputs(body, f"record {seq}")}
            earlier |= {at for at in inputs if at < manifest.first}
    for seq in earlier:
        early = reader.header(seq)
        if early is None:
            raise ExportError(f"record {seq}, which a result of the period rests on, is missing")
        _select_record(reader, early, objects)
    return _Selection(frozenset(objects), frozenset(earlier))


def _select_record(reader: Reader, header: Header, objects: set[bytes]) -> dict[str, object]:
    """Add a record's body and everything below it to the set; lists already there are not walked again."""
    what = f"record {header.seq} ({header.subject})"
    objects.add(bytes.fromhex(header.body))
    body = decode_object(_fetch_body(reader, header), f"the body of {what}")
    index, singles = referenced(header, body, what)
    objects.update(bytes.fromhex(address) for address in singles)
    if index is not None and bytes.fromhex(index) not in objects:
        objects.add(bytes.fromhex(index))
        objects.update(bytes.fromhex(address) for address in read_index(fetch(reader, index), f"the index of {what}"))
        objects.update(bytes.fromhex(address) for _, address in read_list(reader, index, f"the items of {what}"))
    return body


def _fetch_body(reader: Reader, header: Header) -> bytes:
    try:
        return fetch(reader, header.body)
    except MissingObjectError:
        found = prunings(reader)
        if not is_pruned(header, boundary(found)):
            raise
        raise ExportError(
            f"the bodies of old records up to record {boundary(found) - 1} were dropped by retention (record "
            f"{found[-1].seq}), that of record {header.seq} among them: this period can no longer be exported whole",
            "use the bundle that was exported before, or a later period",
        ) from None


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


def _objects(
    reader: Reader, selection: _Selection, earlier: Sequence[int], progress: Callable[[str, int], None]
) -> Iterator[bytes]:
    # The bodies of earlier key and config records are small and always there.
    bodies = {bytes.fromhex(header.body) for seq in earlier if (header := reader.header(seq))}
    addresses = iter(sorted(selection.objects | bodies))
    while batch := [address.hex() for address in islice(addresses, _BATCH)]:
        reader.prefetch(batch)
        for address in batch:
            yield fetch(reader, address)
        progress("objects", len(batch))


def _add(archive: zipfile.ZipFile, name: str, lines: Iterable[bytes]) -> File:
    return _add_pieces(archive, name, (line + b"\n" for line in lines))


def _add_pieces(archive: zipfile.ZipFile, name: str, pieces: Iterable[bytes]) -> File:
    info = zipfile.ZipInfo(name, _STAMP)
    info.compress_type = zipfile.ZIP_DEFLATED
    info.create_system = 3
    info.external_attr = 0o100644 << 16
    size, state = 0, hashlib.sha256()
    with archive.open(info, "w", force_zip64=True) as file:
        for piece in pieces:
            file.write(piece)
            state.update(piece)
            size += len(piece)
    return File(size, state.hexdigest())
