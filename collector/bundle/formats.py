"""What is derived from a bundle's records for people: one file each, in a registry that a reader can see.

A format is a pure function of the bundle's records, which it is given one by one, so that one pass over them makes
every file. Adding one is one module here and one line in `FORMATS`; verification derives it again and compares, so a
format can say no more than the records do.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass
from itertools import chain

from collector.bundle.changes import ChangesTable
from collector.bundle.conclusions import Conclusions
from collector.bundle.coverage import CoverageTable
from collector.bundle.deviations import DeviationsTable
from collector.bundle.ocsf import Findings
from collector.bundle.oscal import AssessmentResults
from collector.bundle.page import page
from collector.bundle.page_data import ChangesScript, RecordsScript, overview_script
from collector.bundle.populations import PopulationTables
from collector.bundle.reader import BundleReader
from collector.bundle.readings import ReadingsTable
from collector.bundle.readme import readme_text
from collector.bundle.results import ResultsTable
from collector.bundle.table import Body, Derived, Whole
from collector.ledger.reader import fetch
from collector.model.canonical import decode_object
from collector.model.record import Header, Kind

Write = Callable[[bytes], object]
"""Takes the next bytes of a file."""


@dataclass(frozen=True, slots=True)
class Format:
    """A derived file: its name in the bundle, and what makes it from the records and what is concluded from them."""

    name: str
    begin: Callable[[BundleReader, Conclusions], Derived]


FORMATS = (
    Format("README.txt", lambda reader, _: Whole(readme_text(reader))),
    Format("changes.csv", lambda reader, _: ChangesTable(reader)),
    Format("coverage.csv", lambda reader, _: CoverageTable(reader)),
    Format("data/changes.js", lambda reader, _: ChangesScript(reader)),
    Format("data/overview.js", lambda reader, _: Whole(overview_script(reader))),
    Format("data/records.js", lambda reader, _: RecordsScript(reader)),
    Format("deviations.csv", lambda reader, _: DeviationsTable(reader)),
    Format("index.html", lambda reader, _: Whole(page(reader))),
    Format("ocsf/findings.jsonl", Findings),
    Format("oscal/assessment-results.json", AssessmentResults),
    Format("readings.csv", lambda _reader, _: ReadingsTable()),
    Format("results.csv", lambda _reader, _: ResultsTable()),
)
FAMILIES = (PopulationTables,)
"""Derived files of one kind, in a folder of theirs, as many as the records give."""


def derive(reader: BundleReader, open_file: Callable[[str], AbstractContextManager[Write]]) -> None:
    """Derive every file from the records, in one pass over them.

    Args:
        reader: the bundle, of which nothing that is derived needs to be there yet.
        open_file: opens a file by its name; it is closed once it is complete.

    Raises:
        IntegrityError, MalformedError: an object that is needed is missing, or is not what it must be.

    """
    conclusions = Conclusions(reader)
    families = [family(reader) for family in FAMILIES]
    followers = [conclusions.take, *(family.take for family in families)]
    with ExitStack() as stack:
        files = [(fmt.begin(reader, conclusions), stack.enter_context(open_file(fmt.name))) for fmt in FORMATS]
        wanting = {kind: [(file.take, write) for file, write in files if kind in file.kinds] for kind in Kind}
        for file, write in files:
            _write(file.begin(), write)
        for header, body in _records(reader):
            for take, write in wanting[header.kind]:
                _write(take(header, body), write)
            for follow in followers:
                follow(header, body)
        for file, write in files:
            _write(file.end(), write)
    for name, pieces in chain.from_iterable(family.end() for family in families):
        with open_file(name) as write:
            _write(pieces, write)


def _write(pieces: Iterable[bytes], write: Write) -> None:
    for piece in pieces:
        write(piece)


def _records(reader: BundleReader) -> Iterator[tuple[Header, Body | None]]:
    """Give every record of the period with its body, None where the export withholds it."""
    for seq, data in reader.headers():
        header = Header.decode(data, f"the header of record {seq}")
        if reader.withheld(header):
            yield header, None
        else:
            yield header, decode_object(fetch(reader, header.body), f"the body of record {seq}")
