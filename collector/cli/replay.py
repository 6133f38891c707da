"""`replay`: run every recorded test again on its recorded inputs and compare."""

import typer
from rich.text import Text

from collector.bundle.replay import Replay
from collector.bundle.replay import replay as replay_records
from collector.cli import console
from collector.cli.console import printable
from collector.cli.opening import open_target, read_trust
from collector.cli.options import DEFAULT_CONFIGURATION, ConfigurationOption, JsonOption, KeyOption, SinceOption
from collector.cli.verify import TargetArgument, print_verification, verify_target
from collector.model.errors import Exit
from controls.registry import CONTROLS
from controls.source import source_files


def replay(
    bundle: TargetArgument = None,
    key: KeyOption = None,
    since: SinceOption = None,
    config: ConfigurationOption = DEFAULT_CONFIGURATION,
    as_json: JsonOption = False,
) -> None:
    """Verify, then compute every recorded result again from its recorded evidence."""
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
        with console.progress("replaying") as advance:
            found = replay_records(reader, {control.id: control for control in CONTROLS}, source_files(), advance)
    code = max(found.exit, verification.exit)
    if as_json:
        console.print_json({**found.to_json(), "exit": int(code), "verification": verification.to_json()})
    else:
        print_replay(found)
        if verification.exit:
            console.out.print("The signatures rest on no pinned key (see verify --key).", style="yellow")
    raise typer.Exit(int(code))


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
    if found.withheld:
        out.print(Text(f"{found.withheld} results are withheld by the export's narrowing", "yellow"))
