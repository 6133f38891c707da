"""`collect`: read the sources now, test the controls, record both, and say what to do."""

from collections.abc import Callable
from datetime import datetime
from typing import Annotated

import typer

from collector.cli import console
from collector.cli.opening import open_ledger, redaction_of
from collector.cli.options import DEFAULT_CONFIGURATION, ConfigurationOption, ControlOption, JsonOption
from collector.cli.report import print_report, report_json
from collector.config import Configuration, load
from collector.ledger.store import Ledger
from collector.model import instant
from collector.model.control import Control
from collector.period.deviations import responses
from collector.pipeline.collection import Interruption
from collector.pipeline.plan import limits_of, make_plan
from collector.pipeline.run import Plan, Report, run
from connectors.registry import connect
from controls.registry import CONTROLS, select


def collect(
    control: ControlOption = None,
    config: ConfigurationOption = DEFAULT_CONFIGURATION,
    as_json: JsonOption = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Print the outcomes only.")] = False,
) -> None:
    """Read the configured sources, test the controls, record evidence and results."""
    configuration = load(config)
    plan = make_plan(configuration, selected(control))
    ledger = open_ledger(configuration)
    report = run_plan(configuration, ledger, plan)
    if as_json:
        console.print_json(report_json(report, ledger))
    else:
        with ledger.read() as reader:
            print_report(report, details=not quiet, answers=responses(reader))
    raise typer.Exit(int(report.exit))


def selected(names: list[str] | None) -> tuple[Control, ...]:
    """Give the controls that any of the names stands for, each once; all without names."""
    if not names:
        return CONTROLS
    wanted = {control.id for name in names for control in select(name)}
    return tuple(control for control in CONTROLS if control.id in wanted)


def run_plan(
    configuration: Configuration, ledger: Ledger, plan: Plan, clock: Callable[[], datetime] = instant.now
) -> Report:
    """Do the run with progress on the terminal."""
    redaction = redaction_of(configuration)
    interruption = Interruption()
    with console.named_progress() as advance:
        progress = interruption.watched(advance)
        sources = [
            connect(settings, clock=clock, progress=progress, redaction=redaction) for settings in configuration.sources
        ]
        return run(ledger, sources, plan, clock, interruption, limits=limits_of(configuration))
