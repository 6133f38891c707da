"""`populations/*.csv`: for each population, every item that it held in the period, each content of it on a line."""

import re
from array import array
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta

from collector.bundle.reader import BundleReader
from collector.bundle.table import Body, line
from collector.model.instant import format_instant
from collector.model.record import Header, Kind
from collector.period.changes import Reading, complete, items_of

FOLDER = "populations/"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_COLUMNS = ("item", "digest", "first_seen", "last_seen", "first_record", "last_record")
_UNSAFE = re.compile(r"[^A-Za-z0-9_.@=-]+")


class _Readings:
    """The complete snapshots of one population: 48 bytes each, for a period may have very many."""

    def __init__(self) -> None:
        self._seqs = array("Q")
        self._times = array("q")
        self._items = bytearray()

    def add(self, reading: Reading) -> None:
        self._seqs.append(reading.seq)
        self._times.append((reading.time - _EPOCH) // _MICROSECOND)
        self._items += bytes.fromhex(reading.items)

    def __iter__(self) -> Iterator[Reading]:
        for at, (seq, time) in enumerate(zip(self._seqs, self._times, strict=True)):
            yield Reading(seq, _EPOCH + time * _MICROSECOND, self._items[32 * at : 32 * at + 32].hex())


class PopulationTables:
    """The tables under way: one for each population of which the period has a complete snapshot, in order of name."""

    folder = FOLDER

    def __init__(self, reader: BundleReader) -> None:
        self._reader = reader
        self._readings: dict[str, _Readings] = {}

    def take(self, header: Header, body: Body | None) -> None:
        """Take the next record."""
        reading = complete(header, body) if header.kind is Kind.SNAPSHOT and body is not None else None
        if reading is not None:
            self._readings.setdefault(header.subject, _Readings()).add(reading)

    def end(self) -> Iterator[tuple[str, Iterator[bytes]]]:
        """Give the name and the lines of each table."""
        for subject, name in file_names(sorted(self._readings)).items():
            yield f"{FOLDER}{name}.csv", _table(self._reader, subject, self._readings[subject])


def file_names(subjects: Iterable[str]) -> dict[str, str]:
    """Name a file for each subject; of those that files' names do not tell apart, later ones are numbered."""
    names: dict[str, str] = {}
    taken: set[str] = set()
    for number, subject in enumerate(subjects):
        name = _UNSAFE.sub("-", subject).strip("-.") or "population"
        names[subject] = f"{name}-{number}" if name.casefold() in taken else name
        taken.add(names[subject].casefold())
    return names


def _table(reader: BundleReader, subject: str, readings: Iterable[Reading]) -> Iterator[bytes]:
    yield line(_COLUMNS)
    present: dict[str, tuple[str, Reading]] = {}
    last: Reading | None = None
    for reading in readings:
        if last is None or reading.items != last.items:
            items = items_of(reader, subject, reading)
            for item in [item for item, (address, _) in present.items() if items.get(item) != address]:
                yield _line(item, *present.pop(item), last or reading)
            present.update((item, (address, reading)) for item, address in items.items() if item not in present)
        last = reading
    for item in sorted(present):
        yield _line(item, *present[item], last or present[item][1])


def _line(item: str, address: str, first: Reading, last: Reading) -> bytes:
    return line((item, address, format_instant(first.time), format_instant(last.time), first.seq, last.seq))
