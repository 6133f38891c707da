"""`replay`: run every recorded test again on its recorded inputs and compare."""

from typing import Annotated

import typer
from rich.text import Text

from collector.bundle.reader import BundleReader
from collector.bundle.replay import Replay
from collector.bundle.replay import replay as replay_records
from collector.cli import console
from collector.cli.collect import selected
from collector.cli.console import printable
from collector.cli.opening import open_target, read_trust
from collector.cli.options import (
    DEFAULT_CONFIGURATION,
    ConfigurationOption,
    ControlOption,
    JsonOption,
    KeyOption,
    SinceOption,
)
from collector.cli.report import Answers, print_report, state_json
from collector.cli.verify import TargetArgument, print_verification, verify_target
from collector.config import load
from collector.ledger.bodies import read_assessments
from collector.ledger.reader import fetch
from collector.ledger.store import LedgerReader
from collector.model.canonical import decode_object
from collector.model.errors import Exit
from collector.model.period import moment
from collector.model.record import Header, Kind
from collector.model.result import Result
from collector.period.deviations import responses
from collector.period.state import State, state_at
from collector.pipeline.halves import INSTALLED, Place, replay_in_halves
from collector.pipeline.run import Report, Tested
from controls.source import source_files


def replay(
    bundle: TargetArgument = None,
    key: KeyOption = None,
    since: SinceOption = None,
    at: Annotated[
        str | None,
        typer.Option("--at", help="Show the state as of a time such as 2026-03-03T14:00:00Z, computed again."),
    ] = None,
    control: ControlOption = None,
    each: Annotated[
        bool, typer.Option("--each", help="Run the test for every result, also where inputs are equal.")
    ] = False,
    config: ConfigurationOption = DEFAULT_CONFIGURATION,
    as_json: JsonOption = False,
) -> None:
    """Verify, then compute every recorded result again from its recorded evidence."""
    names = {chosen.id for chosen in selected(control)}
    shown: Report | None = None
    answers: Answers = {}
    with open_target(bundle, config, read_trust(key, since)) as (reader, trust):
        verification = verify_target(reader, trust)
        if verification.exit is Exit.INTEGRITY:
            # Evidence that does not verify is not evidence: replaying it would say nothing.
            if as_json:
                console.print_json({"exit": int(Exit.INTEGRITY), "verification": verification.to_json()})
            else:
                print_verification(verification)
                console.out.print("Not replayed: the records do not verify.", style="red")
            raise typer.Exit(int(Exit.INTEGRITY))
        state = state_at(reader, moment(at)) if at else None
        only = None if state is None else {h.seq for name, h in state.results.items() if name in names}
        if only is None and control:
            only = _results_of(reader, names)
        with console.progress("replaying") as advance:
            if only is None:
                place = Place(bundle) if bundle else Place(database=load(config).database)
                found = replay_in_halves(reader, place, advance, each=each)
            else:
                found = replay_records(reader, INSTALLED, source_files(), advance, each=each, only=only)
        if state is not None:
            shown, answers = _report(reader, state, names), responses(reader)
    code = max(found.exit, verification.exit)
    if as_json:
        told = {**found.to_json(), "exit": int(code), "verification": verification.to_json()}
        console.print_json({**told, "state": state_json(shown)} if shown else told)
    else:
        if shown:
            console.out.print(f"State as of {at}: the last result of each control before it.", markup=False)
            print_report(shown, details=True, answers=answers)
        print_replay(found)
        if verification.exit:
            console.out.print("The signatures rest on no pinned key (see verify --key).", style="yellow")
    raise typer.Exit(int(code))


def _results_of(reader: BundleReader | LedgerReader, names: set[str]) -> set[int]:
    """Give the records of the results of some controls."""
    headers = (Header.decode(data, f"the header of record {seq}") for seq, data in reader.headers(reader.first))
    return {header.seq for header in headers if header.kind is Kind.RESULT and header.subject in names}


def _report(reader: BundleReader | LedgerReader, state: State, names: set[str]) -> Report:
    """Give the results in force as a run is reported."""
    tested = [
        Tested(header.seq, INSTALLED[name], _recorded_result(reader, header))
        for name, header in state.results.items()
        if name in names and not reader.withheld(header)
    ]
    return Report((), tuple(tested))


def _recorded_result(reader: BundleReader | LedgerReader, header: Header) -> Result | None:
    if header.outcome is None:
        return None
    what = f"record {header.seq}"
    body = decode_object(fetch(reader, header.body), f"the body of {what}")
    assessments = tuple(read_assessments(reader, body["assessments"], what))
    return Result(header.subject, header.outcome, body["reason"], assessments)


def print_replay(found: Replay) -> None:
    """Print what was reproduced and every difference."""
    out = console.out
    out.print(
        Text.assemble(
            ("✓ " if found.reproduced else "✗ ", "green" if found.reproduced else "yellow"),
            f"{found.reproduced} results reproduced from their recorded evidence",
        )
    )
    for difference in found.differences:
        where = f"record {difference.seq}, {difference.control}" + (f", {difference.item}" if difference.item else "")
        out.print(Text.assemble(("✗ ", "red"), (printable(where), "bold"), f": {printable(difference.message)}"))
    if found.other_source:
        out.print(
            Text(
                f"{found.other_source} results were made by another version of the tests' source than this one",
                "yellow",
            )
        )
    for control, count in sorted(found.unknown.items()):
        out.print(
            Text(
                f"{count} results of {printable(control)} not replayed: that control is not installed here",
                "yellow",
            )
        )
    if found.pruned:
        out.print(Text(f"{found.pruned} results are past retention: their evidence was dropped", "yellow"))
    if found.without_items:
        told = f"{found.without_items} results cannot be replayed: the export withholds items that their tests need"
        out.print(Text(told, "yellow"))
    if found.withheld:
        out.print(Text(f"{found.withheld} results are withheld by the export's narrowing", "yellow"))
