"""`changes.csv`: how each population changed from one complete snapshot to the next."""

from collections.abc import Iterator

from collector.bundle.reader import BundleReader
from collector.bundle.table import Body, Table, line
from collector.model.instant import format_instant
from collector.model.record import Header, Kind
from collector.period.changes import Changes, complete


class ChangesTable(Table):
    """The table under way."""

    kinds = (Kind.SNAPSHOT,)
    columns = (
        "population",
        "item",
        "change",
        "not_before",
        "not_after",
        "record_before",
        "record_after",
        "was",
        "became",
    )

    def __init__(self, reader: BundleReader) -> None:
        self._changes = Changes(reader)

    def take(self, header: Header, body: Body | None) -> Iterator[bytes]:
        """Write what a snapshot shows to have changed, each change on a line."""
        reading = None if body is None else complete(header, body)
        for change in self._changes.take(header.subject, reading) if reading else ():
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
