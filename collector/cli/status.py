"""`status`: what the ledger holds, the newest result of each control, open gaps, and what is due next."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import typer
from rich.table import Table
from rich.text import Text

from collector.cli import console
from collector.cli.console import printable
from collector.cli.coverage import last_record, print_gap, span_json, spelled
from collector.cli.options import DEFAULT_CONFIGURATION, ConfigurationOption, JsonOption
from collector.cli.report import STYLES
from collector.config import load
from collector.ledger.store import Ledger, LedgerReader
from collector.model import instant
from collector.model.errors import ConfigurationError, Exit
from collector.model.instant import format_instant
from collector.model.outcome import Outcome
from collector.model.period import Period
from collector.model.record import Header
from collector.period.coverage import Coverage, Span, State, coverage

_RECENT = timedelta(days=31)
"""The longest cadence: each control's last window and the one before it lie within twice this."""


@dataclass(frozen=True, slots=True)
class Status:
    """What the ledger holds at one moment.

    Attributes:
        size, first, last: how many records, and when the first and the last were made.
        coverage: of the recent past.
        results: the newest of each control, a crash of its test included.

    """

    origin: str
    size: int
    first: datetime
    last: datetime
    coverage: Coverage
    results: tuple[Header, ...]

    @property
    def open_gaps(self) -> tuple[Span, ...]:
        """Give the gaps that no complete window has ended since."""
        return tuple(each.gaps[-1] for each in self.coverage.controls if each.gaps and _is_last(each.spans))

    def due(self) -> tuple[tuple[str, datetime], ...]:
        """Give by when each control is to be tested next."""
        return tuple((each.control, _due(each.spans[-1], each.cadence)) for each in self.coverage.controls)


def _is_last(spans: tuple[Span, ...]) -> bool:
    decided = [span for span in spans if span.state is not State.OPEN]
    return bool(decided) and decided[-1].state is not State.COMPLETE


def _due(last: Span, cadence: timedelta) -> datetime:
    return last.end + cadence if last.state is State.COMPLETE else last.end


def status(config: ConfigurationOption = DEFAULT_CONFIGURATION, as_json: JsonOption = False) -> None:
    """Show what the ledger holds, newest results, open gaps and the next windows due."""
    with Ledger.open(load(config).database).read() as reader:
        found = _look(reader, instant.now())
    if as_json:
        console.print_json(_json(found))
    else:
        _print(found)
    raise typer.Exit(int(_exit(found)))


def _look(reader: LedgerReader, now: datetime) -> Status:
    first = reader.header(0)
    if first is None:
        raise ConfigurationError("the ledger is empty", "controlproof collect makes its first records")
    last = last_record(reader)
    end = max(now, last.time) + timedelta(microseconds=1)
    recent = coverage(reader, Period(max(first.time, end - 2 * _RECENT), end), now)
    return Status(reader.origin, reader.size, first.time, last.time, recent, tuple(_newest(reader, recent)))


def _newest(reader: LedgerReader, recent: Coverage) -> list[Header]:
    found = (next(reader.headers_of(each.control, reader.size), None) for each in recent.controls)
    return [header for header in found if header is not None]


def _exit(found: Status) -> Exit:
    outcomes = {header.outcome for header in found.results}
    if found.open_gaps or not found.results or outcomes & {None, Outcome.INCONCLUSIVE}:
        return Exit.INCONCLUSIVE
    return Exit.DEVIATIONS if Outcome.FAIL in outcomes else Exit.PASS


def _json(found: Status) -> dict[str, Any]:
    return {
        "due": [{"control": control, "until": format_instant(until)} for control, until in found.due()],
        "first": format_instant(found.first),
        "last": format_instant(found.last),
        "ledger": found.origin,
        "open_gaps": [{"control": gap.control, **span_json(gap)} for gap in found.open_gaps],
        "records": found.size,
        "results": [
            {
                "control": header.subject,
                "outcome": header.outcome.value if header.outcome else "crashed",
                "record": header.seq,
                "time": format_instant(header.time),
            }
            for header in found.results
        ],
    }


def _print(found: Status) -> None:
    out = console.out
    span = f"{format_instant(found.first)} to {format_instant(found.last)}"
    out.print(f"{found.origin}: {found.size} records, {span}", markup=False)
    due = dict(found.due())
    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in ("Control", "Newest result", "Record", "Time", "Due until"):
        table.add_column(heading, justify="right" if heading == "Record" else "left")
    for header in found.results:
        outcome = Text(header.outcome.value, STYLES[header.outcome]) if header.outcome else Text("crashed", "yellow")
        until = f"{format_instant(due[header.subject])[:16]}Z"
        table.add_row(printable(header.subject), outcome, str(header.seq), format_instant(header.time), until)
    out.print(table)
    for gap in found.open_gaps:
        print_gap(gap)
    told = f"{len(found.open_gaps)} open gaps" if found.open_gaps else "No open gap"
    out.print(f"{told} (the last {spelled(2 * _RECENT)} were looked at; coverage shows all).", style="dim")
