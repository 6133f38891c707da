"""`readings.csv`: one line for each reading of the period, with what shows that a list is complete and accurate."""

from collections.abc import Iterator, Sequence
from typing import Any

from collector.bundle.table import Body, Table, line
from collector.model.errors import MalformedError
from collector.model.instant import format_instant
from collector.model.record import Header, Kind


class ReadingsTable(Table):
    """The table under way: snapshots and gaps, in order of record."""

    kinds = (Kind.SNAPSHOT, Kind.GAP)
    columns = (
        "record",
        "time",
        "population",
        "kind",
        "complete",
        "count",
        "started",
        "finished",
        "caller",
        "endpoint",
        "connector",
        "calls",
        "operations",
        "first_request",
        "last_request",
        "clock_skew",
        "failure",
        "reason",
    )

    def take(self, header: Header, body: Body | None) -> Iterator[bytes]:
        """Write a reading on a line."""
        if body is not None:
            try:
                evidence = _evidence(body)
            except (AttributeError, KeyError, TypeError) as error:
                raise MalformedError(f"the body of record {header.seq} is not a reading: {error!r}") from None
            yield line((header.seq, format_instant(header.time), header.subject, header.kind.value, *evidence))


def _evidence(body: dict[str, Any]) -> tuple[object, ...]:
    operations = body.get("operations", ())
    failures: Sequence[dict[str, Any]] = body.get("failures") or [{}]
    return (
        "yes" if body.get("complete") is True else "no",
        body.get("count", ""),
        body.get("started", body.get("at", "")),
        body.get("finished", ""),
        body.get("caller", ""),
        body.get("endpoint", ""),
        body.get("connector", ""),
        sum(operation["calls"] for operation in operations),
        "; ".join(f"{operation['name']} x {operation['calls']}" for operation in operations),
        body.get("first_request") or "",
        body.get("last_request") or "",
        "" if body.get("clock_skew") is None else body["clock_skew"],
        body.get("class", failures[0].get("class", "")),
        body.get("reason", failures[0].get("reason", "")),
    )
