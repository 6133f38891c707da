"""`bundle.json`: what a bundle says of itself, and the digest of every other file in it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from collector.ledger.merkle import HASH_SIZE, Frontier, ProofError
from collector.ledger.note import VerifierKey, is_key_name
from collector.model.canonical import MAX_INTEGER, Json, decode_object, encode, is_digest
from collector.model.errors import BundleError, ConfigurationError, MalformedError
from collector.model.instant import format_instant, parse_instant
from collector.model.period import Period

VERSION = 1
NAME = "bundle.json"
MAX_SIZE = 8 * 1024 * 1024

RECORDS = "ledger/records.jsonl"
CHECKPOINTS = "ledger/checkpoints.jsonl"
EARLIER = "ledger/earlier.jsonl"
OBJECTS = "objects.jsonl"

TIMESTAMPS = "ledger/timestamps.jsonl"
COSIGNATURES = "ledger/cosignatures.jsonl"
LATER = "ledger/later.jsonl"
ANCHORS = (TIMESTAMPS, COSIGNATURES, LATER)
"""Files that are only there when they hold something."""

_FIELDS = frozenset(("controls", "files", "first", "items", "key", "origin", "period", "product", "range", "size", "v"))


class Items(StrEnum):
    """Which items of populations a bundle holds in full; of all others it holds the digests."""

    ALL = "all"
    SAMPLED = "sampled"


@dataclass(frozen=True, slots=True)
class File:
    """A file of the bundle: its size in bytes and its hex SHA-256."""

    size: int
    digest: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a bundle says of itself.

    Attributes:
        origin, key: the ledger's name and current vkey; claims, as everything here.
        period: what was asked for; records first..size-1 are those dated within it.
        range: the compact Merkle range of the records before `first`.
        controls: what the export was narrowed to, sorted; None for everything.
        items: which items of populations are here in full.
        product: the program that wrote it (see `product`).
        files: every other file, by name.

    """

    origin: str
    key: str
    period: Period
    first: int
    size: int
    range: tuple[bytes, ...]
    controls: tuple[str, ...] | None
    items: Items
    product: str
    files: Mapping[str, File] = field(default_factory=dict)

    def frontier(self) -> Frontier:
        """Give the compact range as a tree that can be continued."""
        return Frontier(self.first, self.range)

    def encode(self) -> bytes:
        """Give the canonical bytes."""
        return encode(
            {
                "controls": self.controls,
                "files": {name: {"digest": file.digest, "size": file.size} for name, file in self.files.items()},
                "first": self.first,
                "items": self.items.value,
                "key": self.key,
                "origin": self.origin,
                "period": {"end": format_instant(self.period.end), "start": format_instant(self.period.start)},
                "product": self.product,
                "range": [node.hex() for node in self.range],
                "size": self.size,
                "v": VERSION,
            }
        )

    @classmethod
    def decode(cls, data: bytes) -> "Manifest":
        """Read `bundle.json` strictly.

        Raises:
            BundleError: naming the field.

        """
        try:
            value = decode_object(data, NAME)
        except MalformedError as error:
            raise BundleError(error.message) from None
        if value.get("v") != VERSION or type(value["v"]) is not int:
            raise BundleError(
                f"{NAME} has version {value.get('v')!r}; this program reads version {VERSION}",
                "read it with the version of controlproof that wrote it",
            )
        if value.keys() != _FIELDS:
            raise BundleError(f"{NAME} has missing or unknown fields: {', '.join(sorted(value.keys() ^ _FIELDS))}")
        try:
            manifest = cls(
                origin=_require(value["origin"], is_key_name(str(value["origin"])), "origin"),
                key=VerifierKey.decode(_text(value["key"], "key")).encode(),
                period=_period(value["period"]),
                first=_number(value["first"], "first"),
                size=_number(value["size"], "size"),
                range=tuple(_hash(node) for node in _list(value["range"], "range")),
                controls=_controls(value["controls"]),
                items=Items(value["items"]),
                product=_text(value["product"], "product"),
                files={name: _file(name, entry) for name, entry in _mapping(value["files"], "files").items()},
            )
            manifest.frontier()
        except BundleError:
            raise
        except (ConfigurationError, MalformedError, ProofError, KeyError, TypeError, ValueError) as error:
            raise BundleError(f"{NAME} is malformed: {getattr(error, 'message', error)}") from None
        if manifest.first >= manifest.size:
            raise BundleError(f"{NAME} claims no records: first {manifest.first}, size {manifest.size}")
        return manifest


def _require(value: Json, holds: object, name: str) -> Any:
    if not holds:
        raise BundleError(f"{name} in {NAME} is malformed")
    return value


def _text(value: Json, name: str) -> str:
    return str(_require(value, isinstance(value, str) and value, name))


def _number(value: Json, name: str) -> int:
    return int(_require(value, type(value) is int and 0 <= value <= MAX_INTEGER, name))


def _list(value: Json, name: str) -> list[Any]:
    return list(_require(value, isinstance(value, list), name))


def _mapping(value: Json, name: str) -> dict[str, Any]:
    return dict(_require(value, isinstance(value, dict), name))


def _hash(value: Json) -> bytes:
    return bytes.fromhex(str(_require(value, is_digest(value), "range")))[:HASH_SIZE]


def _period(value: Json) -> Period:
    entry = _mapping(value, "period")
    _require(value, entry.keys() == {"start", "end"}, "period")
    return Period(parse_instant(entry["start"], "the start"), parse_instant(entry["end"], "the end"))


def _controls(value: Json) -> tuple[str, ...] | None:
    if value is None:
        return None
    names = _list(value, "controls")
    _require(value, names and all(isinstance(n, str) for n in names) and names == sorted(set(names)), "controls")
    return tuple(names)


def _file(name: str, value: Json) -> File:
    entry = _mapping(value, "files")
    _require(value, entry.keys() == {"digest", "size"} and is_digest(entry.get("digest")), f"files[{name!r}]")
    return File(_number(entry["size"], f"files[{name!r}].size"), str(entry["digest"]))
