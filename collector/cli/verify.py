"""`verify`: check a bundle, or the configured ledger, and say what is proven and what is not."""

from pathlib import Path
from typing import Annotated

import typer
from rich.text import Text

from collector.bundle.reader import BundleReader
from collector.bundle.two_cores import verify_on_two_cores
from collector.cli import console
from collector.cli.console import printable
from collector.cli.opening import open_target, read_trust
from collector.cli.options import (
    DEFAULT_CONFIGURATION,
    ConfigurationOption,
    JsonOption,
    KeyOption,
    SinceOption,
    TsaOption,
    WitnessOption,
)
from collector.ledger.store import LedgerReader
from collector.ledger.verification import Verdict, Verification
from collector.ledger.verify import Trust
from collector.ledger.verify import verify as verify_ledger

TargetArgument = Annotated[Path | None, typer.Argument(help="A bundle; without one, the configured ledger.")]

_STYLES = {
    Verdict.PROVEN: "green",
    Verdict.PARTLY: "green",
    Verdict.REFUTED: "red",
    Verdict.UNPROVEN: "yellow",
}


def verify(
    bundle: TargetArgument = None,
    key: KeyOption = None,
    since: SinceOption = None,
    tsa: TsaOption = None,
    witness: WitnessOption = None,
    config: ConfigurationOption = DEFAULT_CONFIGURATION,
    as_json: JsonOption = False,
) -> None:
    """Check that records are intact, signed, timestamped and witnessed, each apart, in numbered steps."""
    with open_target(bundle, config, read_trust(key, since, tsa, witness)) as (reader, trust):
        verification = verify_target(reader, trust)
    if as_json:
        console.print_json({**verification.to_json(), "exit": int(verification.exit)})
    else:
        print_verification(verification)
    raise typer.Exit(int(verification.exit))


def verify_target(reader: BundleReader | LedgerReader, trust: Trust) -> Verification:
    """Verify with a progress bar."""
    with console.progress("verifying", reader.size - reader.first) as advance:
        if isinstance(reader, BundleReader):
            return verify_on_two_cores(reader, trust, advance)
        return verify_ledger(reader, trust, advance)


def print_verification(verification: Verification) -> None:
    """Print the steps, then the statements."""
    out = console.out
    out.print(
        f"{printable(verification.origin)}: {_range(verification)}",
        style="bold",
        markup=False,
    )
    for number, step in enumerate(verification.steps, 1):
        mark = ("✗", "red") if step.problem else ("✓", "green") if step.done else ("–", "dim")
        out.print(Text.assemble(f"  {number}. ", mark, f" {step.title}: {printable(step.detail)}"))
        if step.problem:
            first = f"first bad record {step.problem.seq}: " if step.problem.seq is not None else ""
            out.print(Text(f"       {first}{printable(step.problem.message)}", "red"))
    for statement in verification.statements:
        out.print(
            Text.assemble(
                (f"{statement.name}: {statement.verdict.value}. ", _STYLES[statement.verdict]),
                printable(statement.sentence),
            )
        )


def _range(verification: Verification) -> str:
    return f"records {verification.first} to {verification.size - 1}"
