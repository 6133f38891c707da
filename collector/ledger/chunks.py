"""Lists as content-addressed objects: index -> chunks -> items, so that a snapshot costs what changed.

A list is sorted by id and cut where an id's SHA-256 has six low zero bits, or after 192 entries. The cut
depends on ids alone, so one changed item rewrites one chunk and the index, wherever it stands.
"""

import hashlib
from collections.abc import Iterable, Iterator, Sequence

from collector.ledger.entry import Object
from collector.model.canonical import decode, digest, encode, is_digest
from collector.model.errors import IntegrityError, MalformedError

BOUNDARY_MASK = 0x3F
MAX_CHUNK = 192
"""Entries. It bounds what one changed item can cost where the ids' hashes leave a long run uncut."""


def chunk(items: Iterable[tuple[str, bytes]]) -> Object:
    """Build the object of a list: an index over chunks over items.

    Args:
        items: (id, canonical bytes), sorted by id, every id once.

    Raises:
        MalformedError: not sorted, an id twice, or an id that is not Unicode text.

    """
    chunks: list[Object] = []
    entries: list[tuple[str, str]] = []
    objects: list[Object] = []
    previous: str | None = None
    for item_id, data in items:
        if previous is not None and item_id <= previous:
            raise MalformedError(f"items must be sorted by id, each once: {item_id!r} stands after {previous!r}")
        previous = item_id
        entries.append((item_id, digest(data)))
        objects.append(Object(data))
        if _ends_chunk(item_id) or len(entries) == MAX_CHUNK:
            chunks.append(Object(encode(entries), tuple(objects)))
            entries, objects = [], []
    if entries:
        chunks.append(Object(encode(entries), tuple(objects)))
    return Object(encode([part.address for part in chunks]), tuple(chunks))


def _ends_chunk(item_id: str) -> bool:
    try:
        spelled = item_id.encode("utf-8")
    except UnicodeEncodeError:
        raise MalformedError(f"the item id {item_id!r} holds a lone surrogate, which is not Unicode text") from None
    return hashlib.sha256(spelled).digest()[-1] & BOUNDARY_MASK == 0


def read_index(data: bytes, what: str) -> Sequence[str]:
    """Parse an index: the digests of the chunks in order."""
    value = decode(data, what)
    if not isinstance(value, list) or not all(is_digest(member) for member in value):
        raise MalformedError(f"{what} must be a list of digests")
    return value


def read_chunk(data: bytes, what: str) -> Iterator[tuple[str, str]]:
    """Parse a chunk: pairs of item id and digest."""
    value = decode(data, what)
    if not isinstance(value, list):
        raise MalformedError(f"{what} must be a list of [id, digest]")
    for pair in value:
        if not (isinstance(pair, list) and len(pair) == 2 and isinstance(pair[0], str) and is_digest(pair[1])):
            raise MalformedError(f"{what} must be a list of [id, digest]")
        yield pair[0], pair[1]


def check_order(ids: Iterable[tuple[str, str]], what: str) -> Iterator[tuple[str, str]]:
    """Pass entries on, refusing ids out of order or twice: a list has one spelling only."""
    previous: str | None = None
    for item_id, address in ids:
        if previous is not None and item_id <= previous:
            raise IntegrityError(f"{what} is not sorted by id: {item_id!r} stands after {previous!r}")
        previous = item_id
        yield item_id, address
