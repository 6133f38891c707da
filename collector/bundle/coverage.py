"""`coverage.csv`: every expected window of the period, consecutive ones of one kind together, and what they lack."""

from collections.abc import Iterator

from collector.bundle.reader import BundleReader
from collector.bundle.table import Body, Table, line
from collector.model.instant import format_instant
from collector.model.record import Header, Kind
from collector.period.coverage import Watch


class CoverageTable(Table):
    """The table under way; the windows of a control sum up to those expected.

    A narrowed bundle says nothing of controls whose evidence it withholds.
    """

    kinds = tuple(Kind)
    columns = ("control", "state", "windows", "start", "end", "seconds", "missing", "causes", "reasons")

    def __init__(self, reader: BundleReader) -> None:
        self._watch = Watch(reader, reader.manifest.period, reader.manifest.controls)

    def take(self, header: Header, body: Body | None) -> Iterator[bytes]:
        """Take the next record."""
        self._watch.take(header, body)
        return iter(())

    def end(self) -> Iterator[bytes]:
        """Write the windows, those of one control and kind on a line."""
        for control in self._watch.end().controls:
            for span in control.spans:
                yield line(
                    (
                        span.control,
                        span.state.value,
                        span.windows,
                        format_instant(span.start),
                        format_instant(span.end),
                        int(span.length.total_seconds()),
                        "; ".join(lack.subject for lack in span.lacks if lack.subject),
                        "; ".join(dict.fromkeys(lack.cause for lack in span.lacks)),
                        "; ".join(dict.fromkeys(lack.reason for lack in span.lacks)),
                    )
                )
