"""`coverage.csv`: every expected window of the period, consecutive ones of one kind together, and what they lack."""

from collections.abc import Iterator

from collector.bundle.reader import BundleReader
from collector.bundle.table import line
from collector.model.instant import format_instant
from collector.period.coverage import Coverage, coverage

_COLUMNS = ("control", "state", "windows", "start", "end", "seconds", "missing", "causes", "reasons")


def bundle_coverage(reader: BundleReader) -> Coverage:
    """Judge the windows of a bundle's period; a narrowed one says nothing of controls whose evidence it withholds."""
    return coverage(reader, reader.manifest.period, controls=reader.manifest.controls)


def coverage_table(reader: BundleReader) -> Iterator[bytes]:
    """Stream the table; the windows of a control sum up to those expected."""
    yield line(_COLUMNS)
    for control in bundle_coverage(reader).controls:
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
