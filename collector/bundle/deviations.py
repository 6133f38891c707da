"""`deviations.csv`: every deviation of the period, for how long it stood, and what management answered to it."""

from collections.abc import Iterator

from collector.bundle.reader import BundleReader
from collector.bundle.table import line
from collector.model.instant import format_instant
from collector.period.deviations import deviations, responses

_COLUMNS = (
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


def deviations_table(reader: BundleReader) -> Iterator[bytes]:
    """Stream the table. A deviation that was answered holds its last response, whenever that was made."""
    answered = responses(reader)
    yield line(_COLUMNS)
    for each in deviations(reader):
        response = answered.get((each.control, each.item))
        answer = (response.text, response.by, format_instant(response.made), response.seq) if response else ("",) * 4
        yield line(
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
