"""Retention: dropping the content of old records. Headers, and with them chain, tree and signatures, stay whole.

A `prune` record says up to which record bodies may be gone and why; it is appended in the transaction that drops them,
so nothing disappears unsaid. What a retained record still names, such as an input of a retained result, is kept.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from collector.ledger.bodies import read_inputs, read_list, referenced
from collector.ledger.chunks import read_index
from collector.ledger.entry import Entry, Object
from collector.ledger.reader import Reader, fetch
from collector.model.canonical import JsonObject, decode_object, encode
from collector.model.errors import IntegrityError, MalformedError
from collector.model.instant import format_instant, parse_instant
from collector.model.record import VERSION, Header, Kind

PRUNABLE = frozenset((Kind.SNAPSHOT, Kind.GAP, Kind.RESULT))
"""Kinds whose bodies retention may drop; attestations, configurations, keys and the like are small and stay."""


@dataclass(frozen=True, slots=True)
class Pruning:
    """What one `prune` record says.

    Attributes:
        seq: of the record.
        time: when.
        before: bodies of prunable records with a lower seq may be gone.
        cutoff: what is older than this was past retention.
        records, objects: how many bodies were dropped, and how many objects in all.

    """

    seq: int
    time: datetime
    before: int
    cutoff: datetime
    records: int
    objects: int


@dataclass(frozen=True, slots=True)
class PrunePlan:
    """What retention drops now."""

    before: int
    cutoff: datetime
    records: int
    objects: frozenset[bytes]

    def entry(self, ledger: str) -> Entry:
        """Write the `prune` record."""
        body: JsonObject = {
            "before": self.before,
            "cutoff": format_instant(self.cutoff),
            "objects": len(self.objects),
            "records": self.records,
            "v": VERSION,
        }
        return Entry(Kind.PRUNE, ledger, Object(encode(body)))


def plan_pruning(reader: Reader, cutoff: datetime) -> PrunePlan:
    """Find what only records older than `cutoff` name.

    The newest complete snapshot of each population is kept however old it is: the next test may compare with it.

    Raises:
        IntegrityError, MalformedError: an object that must be there is missing, or is not what its digest says.

    """
    old: list[Header] = []
    kept: set[bytes] = set()
    before = 0
    for seq, data in reader.headers():
        header = Header.decode(data, f"the header of record {seq}")
        if header.time < cutoff:
            before = seq + 1
        if header.time < cutoff and header.kind in PRUNABLE:
            old.append(header)
        else:
            kept |= _named(reader, header, kept)
    candidates: set[bytes] = set()
    dropped: list[Header] = []
    compared: set[str] = set()
    for header in reversed(old):
        if reader.object(header.body) is None:
            continue  # dropped before
        if header.kind is Kind.SNAPSHOT and header.subject not in compared:
            if _body(reader, header).get("complete"):
                compared.add(header.subject)
            kept |= _named(reader, header, kept)
            continue
        dropped.append(header)
    for header in dropped:
        candidates |= _named(reader, header, candidates)
    gone = frozenset(candidates - kept)
    return PrunePlan(before, cutoff, sum(bytes.fromhex(header.body) in gone for header in dropped), gone)


def prunings(reader: Reader) -> tuple[Pruning, ...]:
    """Read the `prune` records, oldest first.

    Raises:
        MalformedError: one is not what it must be.

    """
    found = []
    for seq, data in reader.headers(reader.first):
        # A substring test skips the parsing of nearly all headers; decoding then decides.
        if b'"kind":"prune"' in data:
            header = Header.decode(data, f"the header of record {seq}")
            if header.kind is Kind.PRUNE:
                found.append(_read(header, decode_object(fetch(reader, header.body), f"the body of record {seq}")))
    return tuple(found)


def boundary(found: Iterable[Pruning]) -> int:
    """Give the seq below which bodies of prunable records may be gone."""
    return max((each.before for each in found), default=0)


def is_pruned(header: Header, before: int) -> bool:
    """Tell whether retention may have dropped the body of this record."""
    return header.seq < before and header.kind in PRUNABLE


def _read(header: Header, body: Mapping[str, Any]) -> Pruning:
    what = f"record {header.seq}"
    numbers = [body.get(name) for name in ("before", "records", "objects")]
    if any(type(number) is not int or number < 0 for number in numbers) or body["before"] > header.seq:
        raise MalformedError(f"{what} is not a pruning")
    cutoff = parse_instant(body.get("cutoff"), f"cutoff of {what}")
    return Pruning(header.seq, header.time, body["before"], cutoff, body["records"], body["objects"])


def _named(reader: Reader, header: Header, known: set[bytes]) -> set[bytes]:
    """Give the digests of a record's body and everything below it, and of the records that a result rests on."""
    found: set[bytes] = set()
    for each in (header, *_inputs(reader, header)):
        if bytes.fromhex(each.body) not in known:
            found |= set(_below(reader, each, known))
    return found


def _inputs(reader: Reader, header: Header) -> Iterator[Header]:
    if header.kind is not Kind.RESULT:
        return
    for reading in read_inputs(_body(reader, header), f"record {header.seq}"):
        found = reader.header(reading.seq)
        if found is None:
            raise IntegrityError(f"record {reading.seq}, which record {header.seq} rests on, is missing")
        yield found


def _below(reader: Reader, header: Header, known: set[bytes]) -> Iterator[bytes]:
    what = f"record {header.seq} ({header.subject})"
    body = _body(reader, header)
    yield bytes.fromhex(header.body)
    index, singles = referenced(header.kind, body, what)
    yield from (bytes.fromhex(address) for address in singles)
    if index is not None:
        yield from _list(reader, index, known, what)
    partial = body.get("partial") if header.kind is Kind.GAP else None
    if partial is not None:
        items = decode_object(fetch(reader, partial), f"the partial snapshot of {what}").get("items")
        yield from _list(reader, str(items), known, what)


def _list(reader: Reader, index: str, known: set[bytes], what: str) -> Iterator[bytes]:
    if bytes.fromhex(index) in known:
        return
    yield bytes.fromhex(index)
    yield from (bytes.fromhex(address) for address in read_index(fetch(reader, index), f"the index of {what}"))
    yield from (bytes.fromhex(address) for _, address in read_list(reader, index, f"the items of {what}"))


def _body(reader: Reader, header: Header) -> dict[str, Any]:
    return decode_object(fetch(reader, header.body), f"the body of record {header.seq}")
