"""`results.csv`: one line for each result of the period, in order."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from collector.bundle.table import Body, Table, line
from collector.ledger.reader import Reader, fetch, of_kind
from collector.model.canonical import decode_object
from collector.model.instant import format_instant
from collector.model.record import Header, Kind


@dataclass(frozen=True, slots=True)
class Recorded:
    """A record of the period whose body is in the bundle: its header and its parsed body."""

    header: Header
    body: dict[str, Any]


def recorded(reader: Reader, kind: Kind) -> Iterator[Recorded]:
    """Stream the records of one kind whose bodies are not withheld."""
    for seq, data in of_kind(reader.headers(reader.first), kind):
        header = Header.decode(data, f"the header of record {seq}")
        if not reader.withheld(header):
            yield Recorded(header, decode_object(fetch(reader, header.body), f"the body of record {seq}"))


class ResultsTable(Table):
    """The table under way."""

    kinds = (Kind.RESULT,)
    columns = ("record", "time", "control", "outcome", "population", "deviations", "undecided", "reason", "as_of")

    def take(self, header: Header, body: Body | None) -> Iterator[bytes]:
        """Write a result on a line."""
        if body is not None:
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
