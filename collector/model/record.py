"""The ledger's unit: a header that the chain hashes, over a body that the header's digest names."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import lru_cache
from typing import Any

from collector.model.canonical import MAX_INTEGER, decode_object, encode, is_digest
from collector.model.errors import MalformedError
from collector.model.instant import format_instant, parse_instant
from collector.model.outcome import Outcome

VERSION = 1
NO_PREVIOUS = "0" * 64
"""`prev` of record 0."""

MAX_HEADER = 16 * 1024
"""The largest header that is read, in bytes; real ones are some 350."""

_FIELDS = frozenset(
    ("body", "collector", "controls", "kind", "outcome", "prev", "seq", "subject", "time", "v"),
)


class Kind(StrEnum):
    """What a record holds."""

    SNAPSHOT = "snapshot"
    GAP = "gap"
    RESULT = "result"
    ATTESTATION = "attestation"
    CONFIG = "config"
    KEY = "key"
    SAMPLE = "sample"
    PRUNE = "prune"


@dataclass(frozen=True, slots=True)
class Header:
    """A record's header. Its canonical JSON is the leaf of the Merkle tree and is always exported."""

    body: str
    collector: str
    controls: tuple[str, ...]
    kind: Kind
    outcome: Outcome | None
    prev: str
    seq: int
    subject: str
    time: datetime

    def encode(self) -> bytes:
        """Give the canonical bytes."""
        return encode(
            {
                "body": self.body,
                "collector": self.collector,
                "controls": self.controls,
                "kind": self.kind.value,
                "outcome": self.outcome.value if self.outcome else None,
                "prev": self.prev,
                "seq": self.seq,
                "subject": self.subject,
                "time": format_instant(self.time),
                "v": VERSION,
            }
        )

    @classmethod
    def decode(cls, data: bytes, what: str) -> "Header":
        """Read a header, refusing unknown versions, fields and values.

        Raises:
            MalformedError: naming `what` and the field.

        """
        if len(data) > MAX_HEADER:
            raise MalformedError(f"{what} is larger than {MAX_HEADER} bytes")
        return _decode_plain(data) or cls._decode(data, what)

    @classmethod
    def _decode(cls, data: bytes, what: str) -> "Header":
        value = decode_object(data, what)
        if value.get("v") != VERSION or type(value["v"]) is not int:
            raise MalformedError(f"{what} has version {value.get('v')!r}; this program reads version {VERSION}")
        if value.keys() != _FIELDS:
            odd = ", ".join(map(repr, sorted(value.keys() ^ _FIELDS)))
            raise MalformedError(f"{what} has missing or unknown fields: {odd}")
        return cls(
            body=_digest(value, "body", what),
            collector=_text(value, "collector", what),
            controls=_controls(value, what),
            kind=_kind(value, what),
            outcome=_outcome(value, what),
            prev=_digest(value, "prev", what),
            seq=_seq(value, what),
            subject=_text(value, "subject", what),
            time=parse_instant(value["time"], f"time of {what}"),
        )


_TEXT = r'"([ !#-\[\]-~]+)"'
_PLAIN = re.compile(
    r'\{"body":"([0-9a-f]{64})","collector":'
    + _TEXT
    + r',"controls":\[((?:"[ !#-\[\]-~]*"(?:,"[ !#-\[\]-~]*")*)?)\],"kind":"([a-z]+)","outcome":(?:null|"([a-z_]+)"),'
    r'"prev":"([0-9a-f]{64})","seq":(0|[1-9][0-9]{0,14}),"subject":' + _TEXT + r',"time":"([0-9TZ:.-]+)","v":1\}'
)
"""A header as nearly all are written: in ASCII, with nothing escaped. What has this form is canonical."""


def _decode_plain(data: bytes) -> Header | None:
    """Read a header of the plain form, as every walk over a ledger does with every header, in a third of the time.

    It gives None for any other form, and where a value is not allowed: who parses the JSON names what is wrong.
    """
    try:
        found = _PLAIN.fullmatch(data.decode("ascii"))
        if found is None:
            return None
        body, collector, controls, kind, outcome, prev, seq, subject, time = found.groups()
        at = parse_instant(time, "time")
        return Header(
            body, collector, _plain_controls(controls), _KINDS[kind], _OUTCOMES[outcome], prev, int(seq), subject, at
        )
    except (KeyError, MalformedError, UnicodeDecodeError):
        return None


@lru_cache(1024)
def _plain_controls(names: str) -> tuple[str, ...]:
    controls = tuple(names[1:-1].split('","')) if names else ()
    if not _is_sorted(controls):
        raise MalformedError("controls are not sorted")
    return controls


def _digest(value: Mapping[str, Any], name: str, what: str) -> str:
    found = value[name]
    if not is_digest(found):
        raise MalformedError(f"{name} of {what} must be a lower-case hex SHA-256")
    return str(found)


def _text(value: Mapping[str, Any], name: str, what: str) -> str:
    found = value[name]
    if not isinstance(found, str) or not found:
        raise MalformedError(f"{name} of {what} must be a non-empty string")
    return found


def _controls(value: Mapping[str, Any], what: str) -> tuple[str, ...]:
    found = value["controls"]
    if not isinstance(found, list) or not all(isinstance(name, str) for name in found):
        raise MalformedError(f"controls of {what} must be a list of strings")
    controls = tuple(found)
    if not _is_sorted(controls):
        raise MalformedError(f"controls of {what} must be sorted and unique")
    return controls


@lru_cache(1024)
def _is_sorted(names: tuple[str, ...]) -> bool:
    return list(names) == sorted(set(names))


# Looking a word up takes a tenth of the time that an enumeration takes to find its member, and headers are many.
_KINDS: Mapping[object, Kind] = {kind.value: kind for kind in Kind}
_OUTCOMES: Mapping[object, Outcome | None] = {None: None} | {outcome.value: outcome for outcome in Outcome}


def _kind(value: Mapping[str, Any], what: str) -> Kind:
    try:
        return _KINDS[value["kind"]]
    except (KeyError, TypeError):
        raise MalformedError(f"kind of {what} is unknown: {value['kind']!r}") from None


def _outcome(value: Mapping[str, Any], what: str) -> Outcome | None:
    try:
        return _OUTCOMES[value["outcome"]]
    except (KeyError, TypeError):
        raise MalformedError(f"outcome of {what} is unknown: {value['outcome']!r}") from None


def _seq(value: Mapping[str, Any], what: str) -> int:
    found = value["seq"]
    if type(found) is not int or not 0 <= found <= MAX_INTEGER:
        raise MalformedError(f"seq of {what} must be a whole number")
    return found
