"""The state as of a moment: for each control the result in force then, for each population its last reading."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from collector.ledger.reader import Reader
from collector.model.record import Header, Kind
from collector.period.extent import first_since


@dataclass(frozen=True, slots=True)
class State:
    """What the records said at one moment.

    Attributes:
        at: the moment; records of that very time are not part of it.
        records: how many there were by then.
        results: the last result of each control, by control; a crash of its test where that came later.
        readings: the last snapshot or gap of each population, by subject.

    """

    at: datetime
    records: int
    results: dict[str, Header]
    readings: dict[str, Header]


def state_at(reader: Reader, at: datetime) -> State:
    """Find what was in force at a moment, among the records that the reader holds."""
    stop = first_since(reader, at)
    results: dict[str, Header] = {}
    readings: dict[str, Header] = {}
    for seq, data in reader.headers(reader.first, stop):
        header = Header.decode(data, f"the header of record {seq}")
        # The gap of a control, whose subject has no source, is a crash of its test.
        if header.kind is Kind.RESULT or (header.kind is Kind.GAP and "/" not in header.subject):
            results[header.subject] = header
        elif header.kind in (Kind.SNAPSHOT, Kind.GAP):
            readings[header.subject] = header
    return State(at, stop, dict(sorted(results.items())), dict(sorted(readings.items())))


def newest(reader: Reader, subject: str, kinds: Collection[Kind], before: datetime | None = None) -> Header | None:
    """Give the last record with a subject, of some kinds, made before a moment if one is given."""
    found = None
    stop = first_since(reader, before) if before else None
    spelled = subject.encode("utf-8")
    for seq, data in reader.headers(reader.first, stop):
        # A substring test skips the parsing of nearly all headers; decoding then decides.
        if spelled in data:
            header = Header.decode(data, f"the header of record {seq}")
            if header.subject == subject and header.kind in kinds:
                found = header
    return found
