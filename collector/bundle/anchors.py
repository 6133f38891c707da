"""The files of a bundle that hold what vouches for its checkpoints from outside, each line one canonical value."""

import base64
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from collector.bundle import manifest as layout
from collector.ledger.anchors import MAX_ANCHOR, Anchor, AnchorKind
from collector.ledger.checkpoint import SignedCheckpoint
from collector.ledger.merkle import consistency_proof, leaf_hash
from collector.ledger.note import MAX_NOTE, decode_base64
from collector.ledger.reader import Later, Reader
from collector.model.canonical import MAX_INTEGER, decode_object, encode, is_digest
from collector.model.errors import IntegrityError, MalformedError

MAX_ANCHORS = 100_000
MAX_LINE = 2 * MAX_NOTE
_MAX_PROOF = 64
# When an anchor was taken in is the collector's word, which a bundle leaves out.
_NO_TIME = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class AnchorFiles:
    """The lines of the files, by name; only those that hold something are written."""

    lines: dict[str, list[bytes]]


def anchor_files(reader: Reader, first: int, size: int) -> AnchorFiles:
    """Select the anchors of records first..size-1.

    An anchor of a larger checkpoint covers these records too. The first one of each name is taken along, with the
    checkpoint and the proof that it extends the last one of the bundle.
    """
    anchors = [anchor for anchor in reader.anchors() if anchor.kind is not AnchorKind.COPY and anchor.size > first]
    within = [anchor for anchor in anchors if anchor.size <= size]
    at_end = {(anchor.kind, anchor.name) for anchor in within if anchor.size == size}
    beyond: dict[tuple[AnchorKind, str], Anchor] = {}
    for anchor in anchors:
        if anchor.size > size and (anchor.kind, anchor.name) not in at_end:
            beyond.setdefault((anchor.kind, anchor.name), anchor)
    chosen = [*within, *beyond.values()]
    lines = {
        layout.TIMESTAMPS: [_timestamp(a) for a in chosen if a.kind is AnchorKind.TIMESTAMP],
        layout.COSIGNATURES: [_cosignature(a) for a in chosen if a.kind is AnchorKind.COSIGNATURE],
        layout.LATER: list(_later(reader, size, sorted({anchor.size for anchor in beyond.values()}))),
    }
    return AnchorFiles({name: found for name, found in lines.items() if found})


def read_timestamp(line: bytes, what: str) -> Anchor:
    """Read a line of `ledger/timestamps.jsonl`."""
    value = _object(line, what, {"name", "size", "token"})
    return _anchor(value, AnchorKind.TIMESTAMP, decode_base64(str(value["token"]), f"the token in {what}"), what)


def read_cosignature(line: bytes, what: str) -> Anchor:
    """Read a line of `ledger/cosignatures.jsonl`."""
    value = _object(line, what, {"line", "name", "size"})
    if not isinstance(value["line"], str):
        raise MalformedError(f"{what} has no signature line")
    return _anchor(value, AnchorKind.COSIGNATURE, value["line"].encode("utf-8"), what)


def read_later(line: bytes, what: str) -> Later:
    """Read a line of `ledger/later.jsonl`."""
    value = _object(line, what, {"checkpoint", "proof"})
    proof: Any = value["proof"]
    if not isinstance(value["checkpoint"], str):
        raise MalformedError(f"{what} has no checkpoint")
    if not isinstance(proof, list) or len(proof) > _MAX_PROOF or not all(is_digest(node) for node in proof):
        raise MalformedError(f"{what} has a malformed proof")
    return Later(value["checkpoint"].encode("utf-8"), tuple(bytes.fromhex(node) for node in proof))


def _timestamp(anchor: Anchor) -> bytes:
    token = base64.b64encode(anchor.data).decode("ascii")
    return encode({"name": anchor.name, "size": anchor.size, "token": token})


def _cosignature(anchor: Anchor) -> bytes:
    return encode({"line": anchor.data.decode("utf-8"), "name": anchor.name, "size": anchor.size})


def _later(reader: Reader, size: int, sizes: Iterable[int]) -> Iterator[bytes]:
    wanted = set(sizes)
    if not wanted:
        return
    leaves = [leaf_hash(data) for _, data in reader.headers(0, max(wanted))]
    for data in reader.checkpoints():
        found = SignedCheckpoint.decode(data, "a checkpoint").size
        if found in wanted:
            wanted.remove(found)
            proof = [node.hex() for node in consistency_proof(leaves[:found], size)]
            yield encode({"checkpoint": data.decode("utf-8"), "proof": proof})
    if wanted:
        raise IntegrityError(f"there is an anchor of a checkpoint over {min(wanted)} records, and no such checkpoint")


def _object(line: bytes, what: str, fields: set[str]) -> dict[str, Any]:
    value = decode_object(line, what)
    if value.keys() != fields:
        raise MalformedError(f"{what} must hold {', '.join(sorted(fields))}")
    return value


def _anchor(value: dict[str, Any], kind: AnchorKind, data: bytes, what: str) -> Anchor:
    size, name = value["size"], value["name"]
    if type(size) is not int or not 0 < size <= MAX_INTEGER or not isinstance(name, str) or not name:
        raise MalformedError(f"{what} does not say whose it is and of which checkpoint")
    if len(data) > MAX_ANCHOR:
        raise MalformedError(f"{what} is larger than {MAX_ANCHOR} bytes")
    return Anchor(size, kind, name, _NO_TIME, data)
