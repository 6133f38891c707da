"""`populations/*.csv`: for each population, every item that it held in the period, each content of it on a line."""

import re
from array import array
from collections.abc import Iterable, Iterator

from collector.bundle.reader import BundleReader
from collector.bundle.table import line
from collector.model.instant import format_instant
from collector.period.changes import Reading, complete_snapshots, items_of

FOLDER = "populations/"
_COLUMNS = ("item", "digest", "first_seen", "last_seen", "first_record", "last_record")
_UNSAFE = re.compile(r"[^A-Za-z0-9_.@=-]+")


def population_tables(reader: BundleReader) -> Iterator[tuple[str, Iterator[bytes]]]:
    """Give a table for each population of which the period has a complete snapshot, in order of name."""
    seqs: dict[str, array[int]] = {}
    for subject, reading in complete_snapshots(reader):
        seqs.setdefault(subject, array("Q")).append(reading.seq)
    for subject, name in file_names(sorted(seqs)).items():
        yield f"{FOLDER}{name}.csv", _table(reader, subject, seqs[subject])


def file_names(subjects: Iterable[str]) -> dict[str, str]:
    """Name a file for each subject; of those that files' names do not tell apart, later ones are numbered."""
    names: dict[str, str] = {}
    taken: set[str] = set()
    for number, subject in enumerate(subjects):
        name = _UNSAFE.sub("-", subject).strip("-.") or "population"
        names[subject] = f"{name}-{number}" if name.casefold() in taken else name
        taken.add(names[subject].casefold())
    return names


def _table(reader: BundleReader, subject: str, seqs: "array[int]") -> Iterator[bytes]:
    yield line(_COLUMNS)
    present: dict[str, tuple[str, Reading]] = {}
    last: Reading | None = None
    for reading in _readings(reader, seqs):
        if last is None or reading.items != last.items:
            items = items_of(reader, subject, reading)
            for item in [item for item, (address, _) in present.items() if items.get(item) != address]:
                yield _line(item, *present.pop(item), last or reading)
            present.update((item, (address, reading)) for item, address in items.items() if item not in present)
        last = reading
    for item in sorted(present):
        yield _line(item, *present[item], last or present[item][1])


def _readings(reader: BundleReader, seqs: "array[int]") -> Iterator[Reading]:
    for seq in seqs:
        yield from (reading for _, reading in complete_snapshots(reader, seq, seq + 1))


def _line(item: str, address: str, first: Reading, last: Reading) -> bytes:
    return line((item, address, format_instant(first.time), format_instant(last.time), first.seq, last.seq))
