"""Canonical JSON: RFC 8785 for the subset that the ledger allows, and the digests over it.

Allowed are objects, arrays, strings, booleans, null and integers within +-(2^53-1). Floats, NaN and lone
surrogates are refused, so two implementations can never disagree about a byte.
"""

import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, cast

import orjson
import rfc8785

from collector.model.errors import MalformedError

Json = None | bool | int | str | Sequence["Json"] | Mapping[str, "Json"]
JsonObject = Mapping[str, Json]

MAX_INTEGER = 2**53 - 1
MAX_DEPTH = 64


def encode(value: Json) -> bytes:
    """Give the canonical bytes of `value` (RFC 8785).

    Raises:
        MalformedError: naming the place, when a value is outside the allowed subset.

    """
    only_ascii_keys = _is_plain(value, 0) or _check(value, "$", 0)
    try:
        # orjson sorts keys by code point, RFC 8785 by UTF-16 code unit: the same for ASCII. It is some
        # 80 times faster than rfc8785, which serves the rest.
        if only_ascii_keys:
            # orjson leaves its spare buffer, several kB, behind what it returns: a copy is as long as it is.
            return memoryview(orjson.dumps(value, option=orjson.OPT_SORT_KEYS)).tobytes()
        return rfc8785.dumps(cast("Any", value))
    except (orjson.JSONEncodeError, rfc8785.CanonicalizationError, UnicodeEncodeError) as error:
        raise MalformedError(f"not canonical JSON: {error}") from None


def decode(data: bytes, what: str) -> Json:
    """Parse canonical bytes, refusing anything that `encode` would not have written.

    Args:
        data: the bytes; `what` names them in the error, for example "header of record 41".

    Raises:
        MalformedError: not JSON, not canonical (spaces, key order, duplicate keys), or outside the subset.

    """
    try:
        value: Json = orjson.loads(data)
    except orjson.JSONDecodeError as error:
        raise MalformedError(f"{what} is not JSON: {error}") from None
    try:
        canonical = _dump_plain(value) if _is_plainly_written(data) else encode(value)
    except MalformedError as error:
        raise MalformedError(f"{what}: {error.message}") from None
    if canonical != data:
        raise MalformedError(f"{what} is JSON, but not in canonical form (RFC 8785)")
    return value


def decode_object(data: bytes, what: str) -> dict[str, Any]:
    """Parse canonical bytes that must be a JSON object."""
    value = decode(data, what)
    if not isinstance(value, dict):
        raise MalformedError(f"{what} must be a JSON object")
    return value


def digest(data: bytes) -> str:
    """Give the lower-case hex SHA-256 of `data`."""
    return hashlib.sha256(data).hexdigest()


def is_digest(value: object) -> bool:
    """Tell whether `value` is a lower-case hex SHA-256."""
    return isinstance(value, str) and len(value) == 64 and not value.strip("0123456789abcdef")


_FRACTION = re.compile(rb"\.[0-9]+(?:e[+-]?[0-9]+)?[,\]}]")
_EXPONENT = re.compile(rb"e[+-]?[0-9]+[,\]}]")
"""Find every float that a canonical object or array could hold, and some strings that look like one; times do not.

Two patterns that begin with one character each are found faster than one pattern of both.
"""


def _is_plainly_written(data: bytes) -> bool:
    """Tell that what was parsed from these bytes has ASCII keys, no float and no nesting that is too deep.

    It says so of nearly all records from their bytes alone, and where it does not, the value is looked at.
    """
    whole = data.startswith((b"{", b"[")) and data.isascii() and data.count(b"[") + data.count(b"{") <= MAX_DEPTH
    return whole and not _FRACTION.search(data) and not _EXPONENT.search(data)


def _dump_plain(value: Json) -> bytes:
    try:
        return orjson.dumps(value, option=orjson.OPT_SORT_KEYS | orjson.OPT_STRICT_INTEGER)
    except orjson.JSONEncodeError:
        return encode(value)


_ATOMS = frozenset((str, bool, type(None)))


def _is_plain(value: Any, depth: int) -> bool:
    """Tell that a value is in the subset and every key is ASCII, as nearly all are; `_check` looks at the others.

    It says nothing of where something is wrong, so it builds no names of places, which is most of the work. It is run
    for every value that is written, and to call a function for each would take as long as what is done here.
    """
    kind = type(value)
    members: Iterable[Any]
    if kind is dict:
        for key in value:
            if type(key) is not str or not key.isascii():
                return False
        members = value.values()
    elif kind is list or kind is tuple:
        members = value
    else:
        return kind in _ATOMS or (kind is int and -MAX_INTEGER <= value <= MAX_INTEGER)
    if depth >= MAX_DEPTH:
        return False
    for member in members:
        kind = type(member)
        if kind is int:
            if not -MAX_INTEGER <= member <= MAX_INTEGER:
                return False
        elif kind not in _ATOMS and not _is_plain(member, depth + 1):
            return False
    return True


def _check(value: object, place: str, depth: int) -> bool:
    """Refuse what the subset does not allow; tell whether every key is ASCII."""
    if depth > MAX_DEPTH:
        raise MalformedError(f"{_printable(place)} is nested deeper than {MAX_DEPTH} levels")
    kind = type(value)
    if value is None or kind is str or kind is bool:
        return True
    if kind is int:
        if abs(cast("int", value)) > MAX_INTEGER:
            raise MalformedError(f"{_printable(place)} is an integer beyond +-(2^53-1): write it as a string")
        return True
    if isinstance(value, Mapping):
        return _check_object(value, place, depth)
    if isinstance(value, (list, tuple)):
        ascii_keys = True
        for index, member in enumerate(value):
            ascii_keys &= _check(member, f"{place}[{index}]", depth + 1)
        return ascii_keys
    mend = ": write decimals as strings" if kind is float else ""
    raise MalformedError(f"{_printable(place)} is a {kind.__name__}, which canonical JSON does not allow{mend}")


def _check_object(value: Mapping[Any, Any], place: str, depth: int) -> bool:
    ascii_keys = True
    for key, member in value.items():
        if type(key) is not str:
            raise MalformedError(f"{_printable(place)} has a key that is not a string: {key!r}")
        ascii_keys &= key.isascii()
        ascii_keys &= _check(member, f"{place}.{key}", depth + 1)
    return ascii_keys


def _printable(place: str) -> str:
    """Escape what does not print: a place holds keys that a stranger chose, and is shown on a terminal."""
    return "".join(character if character.isprintable() else ascii(character)[1:-1] for character in place)
