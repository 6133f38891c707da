"""`coverage`: which expected readings and tests of a period are on record, and which are missing, and why."""

from datetime import datetime, timedelta
from typing import Annotated, Any

import typer
from rich.table import Table
from rich.text import Text

from collector.bundle.reader import BundleReader
from collector.cli import console
from collector.cli.collect import selected
from collector.cli.console import printable
from collector.cli.opening import open_target
from collector.cli.options import DEFAULT_CONFIGURATION, ConfigurationOption, ControlOption, JsonOption
from collector.cli.verify import TargetArgument
from collector.ledger.store import LedgerReader
from collector.ledger.verify import Trust
from collector.model import instant
from collector.model.errors import ConfigurationError, Exit
from collector.model.instant import format_instant
from collector.model.period import Period
from collector.model.record import Header
from collector.period.coverage import ControlCoverage, Coverage, Span, State
from collector.period.coverage import coverage as judge

PeriodOption = Annotated[
    str | None, typer.Option("--period", help="A..B: dates or UTC times; B is not part of it. Without it, all of it.")
]


def coverage(
    bundle: TargetArgument = None,
    period: PeriodOption = None,
    control: ControlOption = None,
    config: ConfigurationOption = DEFAULT_CONFIGURATION,
    as_json: JsonOption = False,
) -> None:
    """Show for each control the windows that were expected, and every one that is not complete."""
    with open_target(bundle, config, Trust()) as (reader, _):
        now = None if isinstance(reader, BundleReader) else instant.now()
        found = judge(reader, wanted_period(reader, period, now), now)
    names = {chosen.id for chosen in selected(control)} if control else None
    controls = [each for each in found.controls if names is None or each.control in names]
    if as_json:
        console.print_json(coverage_json(found, controls))
    else:
        _print(found, controls)
    raise typer.Exit(int(Exit.INCONCLUSIVE if not controls or any(each.gaps for each in controls) else Exit.PASS))


def wanted_period(reader: BundleReader | LedgerReader, text: str | None, now: datetime | None) -> Period:
    """Give the period that is asked for, or else the bundle's own, or from the ledger's first record until now.

    Raises:
        ConfigurationError: it is none, or the ledger is empty.

    """
    if text is not None:
        return Period.parse(text)
    if isinstance(reader, BundleReader):
        return reader.manifest.period
    first = reader.header(0)
    if first is None or now is None:
        raise ConfigurationError("the ledger is empty", "controlproof collect makes its first records")
    return Period(first.time, max(now, last_record(reader).time + timedelta(microseconds=1)))


def last_record(reader: LedgerReader) -> Header:
    """Give the header of the last record of a ledger that is not empty."""
    header = reader.header(reader.size - 1)
    if header is None:
        raise ConfigurationError(f"record {reader.size - 1} is missing", "run: controlproof verify")
    return header


def coverage_json(found: Coverage, controls: list[ControlCoverage]) -> dict[str, Any]:
    """Give the coverage as one JSON document."""
    return {
        "controls": [
            {
                "cadence": int(each.cadence.total_seconds()),
                "control": each.control,
                "gaps": [span_json(gap) for gap in each.gaps],
                "windows": {"expected": each.count(), **{state.value: each.count(state) for state in State}},
            }
            for each in controls
        ],
        "period": {"end": format_instant(found.period.end), "start": format_instant(found.period.start)},
        "until": format_instant(found.until),
    }


def span_json(span: Span) -> dict[str, Any]:
    """Give a span of windows as JSON."""
    return {
        "end": format_instant(span.end),
        "lacks": [{"cause": lack.cause, "reason": lack.reason, "subject": lack.subject} for lack in span.lacks],
        "seconds": int(span.length.total_seconds()),
        "start": format_instant(span.start),
        "state": span.state.value,
        "windows": span.windows,
    }


def _print(found: Coverage, controls: list[ControlCoverage]) -> None:
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("Control")
    for heading in ("Every", "Expected", "Complete", "Incomplete", "Missed", "Open"):
        table.add_column(heading, justify="right")
    for each in controls:
        counts = [each.count(state) for state in State]
        table.add_row(
            each.control,
            spelled(each.cadence),
            str(each.count()),
            *map(str, counts),
            style="" if each.gaps else "green",
        )
    console.out.print(table)
    for each in controls:
        for gap in each.gaps:
            print_gap(gap)
    told = f"Windows of {found.period}, judged up to {format_instant(found.until)}, by the configuration then in force."
    console.out.print(told, style="dim")
    if not controls:
        console.out.print("No configuration of this period expects anything of these controls.", style="yellow")


def print_gap(gap: Span) -> None:
    """Print when a control was not covered, for how long, and why."""
    windows = f"{gap.windows} window{'s' if gap.windows > 1 else ''} {gap.state.value}"
    when = f"{format_instant(gap.start)[:16]}Z for {spelled(gap.length)}"
    console.out.print(Text.assemble(("gap ", "yellow"), (gap.control, "bold"), f" from {when}: {windows}"))
    for lack in gap.lacks:
        subject = f"{lack.subject}: " if lack.subject else ""
        console.out.print(Text(f"      {printable(subject)}{lack.cause}: {printable(lack.reason)}", "yellow"))


def spelled(length: timedelta) -> str:
    """Spell a length of time as people do: `3 d 4 h`, `15 min`."""
    minutes, seconds = divmod(int(length.total_seconds()), 60)
    parts = ((minutes // 1440, "d"), (minutes // 60 % 24, "h"), (minutes % 60, "min"), (seconds, "s"))
    return " ".join(f"{count} {unit}" for count, unit in parts if count) or "0 s"
