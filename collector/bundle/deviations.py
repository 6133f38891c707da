"""`deviations.csv`: every deviation of the period, for how long it stood, and what management answered to it."""

from collections.abc import Iterator

from collector.bundle.reader import BundleReader
from collector.bundle.table import Body, Table, line
from collector.model.instant import format_instant
from collector.model.record import Header, Kind
from collector.period.deviations import Deviation, Deviations, responses


class DeviationsTable(Table):
    """The table under way. A deviation that was answered holds its last response, whenever that was made."""

    kinds = (Kind.RESULT,)
    columns = (
        "control",
        "item",
        "first_seen",
        "last_seen",
        "results",
        "first_record",
        "last_record",
        "reason",
        "response",
        "response_by",
        "response_time",
        "response_record",
    )

    def __init__(self, reader: BundleReader) -> None:
        self._answered = responses(reader)
        self._deviations = Deviations(reader)

    def take(self, header: Header, body: Body | None) -> Iterator[bytes]:
        """Write the deviations that ended with a result, each on a line."""
        return map(self._line, self._deviations.take(header, body)) if body is not None else iter(())

    def end(self) -> Iterator[bytes]:
        """Write those that still stand."""
        return map(self._line, self._deviations.end())

    def _line(self, each: Deviation) -> bytes:
        response = self._answered.get((each.control, each.item))
        answer = (response.text, response.by, format_instant(response.made), response.seq) if response else ("",) * 4
        return line(
            (
                each.control,
                each.item,
                format_instant(each.first.time),
                format_instant(each.last.time),
                each.results,
                each.first.seq,
                each.last.seq,
                each.reason,
                *answer,
            )
        )
