"""`results.csv`: one line for each result of the period, in order."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from collector.bundle.table import line
from collector.ledger.reader import Reader, fetch
from collector.model.canonical import decode_object
from collector.model.instant import format_instant
from collector.model.record import Header, Kind

_COLUMNS = ("record", "time", "control", "outcome", "population", "deviations", "undecided", "reason", "as_of")


@dataclass(frozen=True, slots=True)
class Recorded:
    """A record of the period whose body is in the bundle: its header and its parsed body."""

    header: Header
    body: dict[str, Any]


def recorded(reader: Reader, kind: Kind) -> Iterator[Recorded]:
    """Stream the records of one kind whose bodies are not withheld."""
    mark = b'"kind":"' + kind.value.encode("ascii") + b'"'
    for seq, data in reader.headers(reader.first):
        if mark not in data:
            continue
        header = Header.decode(data, f"the header of record {seq}")
        if header.kind is kind and not reader.withheld(header):
            yield Recorded(header, decode_object(fetch(reader, header.body), f"the body of record {seq}"))


def results_table(reader: Reader) -> Iterator[bytes]:
    """Stream the table as CSV (RFC 4180), safe to open in a spreadsheet."""
    yield line(_COLUMNS)
    for result in recorded(reader, Kind.RESULT):
        header, body = result.header, result.body
        yield line(
            (
                header.seq,
                format_instant(header.time),
                header.subject,
                header.outcome,
                body["population"],
                body["deviations"],
                body["undecided"],
                body["reason"],
                body["as_of"],
            )
        )
