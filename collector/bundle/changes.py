"""`changes.csv`: how each population changed from one complete snapshot to the next."""

from collections.abc import Iterator

from collector.bundle.reader import BundleReader
from collector.bundle.table import line
from collector.model.instant import format_instant
from collector.period.changes import changes

_COLUMNS = ("population", "item", "change", "not_before", "not_after", "record_before", "record_after", "was", "became")


def changes_table(reader: BundleReader) -> Iterator[bytes]:
    """Stream the table."""
    yield line(_COLUMNS)
    for change in changes(reader):
        yield line(
            (
                change.subject,
                change.item,
                change.nature.value,
                format_instant(change.before.time),
                format_instant(change.after.time),
                change.before.seq,
                change.after.seq,
                change.was or "",
                change.became or "",
            )
        )
