"""`review`: open a packet of everyone who can read, submit it decided, and say how reviews stand."""

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table
from rich.text import Text

from collector.cli import console
from collector.cli.console import printable
from collector.cli.opening import open_ledger
from collector.cli.options import DEFAULT_CONFIGURATION, ConfigurationOption, JsonOption
from collector.config import load
from collector.ledger.store import Ledger
from collector.model import instant
from collector.model.control import Control
from collector.model.errors import ConfigurationError
from collector.model.record import Kind
from collector.pipeline.parameters import parameters_for
from collector.review.files import read_packet, to_csv, to_yaml
from collector.review.packet import Packet, build, newest_result
from collector.review.signature import verify_signature
from collector.review.standing import Standing, standing_of
from collector.review.submission import check, review_entry
from controls.access.case import REVIEW_DEFAULTS
from controls.registry import CONTROLS

review = typer.Typer(help="Access reviews: open a packet, submit it decided, see how reviews stand.")
REVIEWED = {control.id: control for control in CONTROLS if REVIEW_DEFAULTS.keys() <= control.defaults.keys()}
"""The controls whose readers are reviewed: those of model weights, and those of what is logged of outputs."""


@review.command("open")
def open_(
    control: Annotated[str, typer.Option("--control", help="The control whose readers are reviewed.")] = "ACC-3",
    output: Annotated[Path, typer.Option("--output", "-o", help="The folder to write to.")] = Path(),
    config: ConfigurationOption = DEFAULT_CONFIGURATION,
    as_json: JsonOption = False,
) -> None:
    """Write the packet of the control's last result, as YAML and as CSV; fill in one of them."""
    reviewed = _reviewed(control)
    with Ledger.open(load(config).database).read() as reader:
        packet = build(reader, newest_result(reader, reviewed.id), reviewed)
    paths = write_packet(packet, output)
    if as_json:
        files = [str(path) for path in paths]
        answer = {"entries": len(packet.entries), "files": files, "not_covered": list(packet.undecided)}
        console.print_json({**answer, "record": packet.record})
        return
    for path in paths:
        console.out.print(str(path), style="bold", markup=False)
    console.out.print(
        f"{len(packet.entries)} entries, from record {packet.record} of {instant.format_instant(packet.opened)}. "
        "Fill in decision (keep or revoke) and note in one file, then: controlproof review submit FILE --reviewer NAME",
        markup=False,
    )
    for reason in packet.undecided:
        console.err.print(f"not covered: {printable(reason)}", style="yellow", markup=False)


def write_packet(packet: Packet, folder: Path) -> tuple[Path, Path]:
    """Write both files of a packet, and never over a file that is there: it may hold decisions.

    Raises:
        ConfigurationError: a file is there, or cannot be written.

    """
    texts = {folder / f"{packet.name}.yaml": to_yaml(packet), folder / f"{packet.name}.csv": to_csv(packet)}
    made: list[Path] = []
    try:
        for path, text in texts.items():
            with path.open("x", encoding="utf-8", newline="") as file:
                made.append(path)
                file.write(text)
    except OSError as error:
        for path in made:
            path.unlink()
        if isinstance(error, FileExistsError):
            problem = f"{error.filename} is there already and may hold decisions"
            raise ConfigurationError(problem, "use another --output") from None
        # A full disk is an error without a name.
        name = error.filename or made[-1]
        raise ConfigurationError(f"{name} cannot be written: {error.strerror}") from None
    yaml_path, csv_path = texts
    return yaml_path, csv_path


@review.command("submit")
def submit(
    packet: Annotated[Path, typer.Argument(help="The filled packet, YAML or CSV.")],
    reviewer: Annotated[str, typer.Option("--reviewer", help="Who decided: an ARN, or a name.")],
    signature: Annotated[Path | None, typer.Option("--signature", help="An SSH signature over the packet.")] = None,
    allowed_signers: Annotated[
        Path | None, typer.Option("--allowed-signers", help="Who may sign, as ssh-keygen has it.")
    ] = None,
    partial: Annotated[bool, typer.Option("--partial", help="Attest it although decisions are missing.")] = False,
    config: ConfigurationOption = DEFAULT_CONFIGURATION,
    as_json: JsonOption = False,
) -> None:
    """Check a filled packet against its record, and append it as an attestation."""
    reviewer = reviewer.strip()
    if not reviewer or len(reviewer) > 200 or not reviewer.isprintable():
        raise ConfigurationError("a reviewer has a name of 1 to 200 printable characters", "--reviewer NAME")
    if (signature is None) != (allowed_signers is None):
        raise ConfigurationError("--signature and --allowed-signers go together")
    filled, data = read_packet(packet)
    ledger = open_ledger(load(config))
    if filled.ledger != ledger.origin:
        raise ConfigurationError(f"{packet} was opened on the ledger {filled.ledger}; this is {ledger.origin}")
    control = _reviewed(filled.control)
    with ledger.read() as reader:
        header = reader.header(filled.record)
        if header is None or header.kind is not Kind.RESULT or header.subject != control.id:
            raise ConfigurationError(f"record {filled.record} of {reader.origin} is no result of {control.id}")
        check(filled, build(reader, header, control), reviewer, partial=partial)
    signed = verify_signature(data, signature, allowed_signers, reviewer) if signature and allowed_signers else None
    (appended,) = ledger.append([review_entry(filled, reviewer, instant.now(), signed)])
    counts = {name: sum(entry.decision == name for entry in filled.entries) for name in ("keep", "revoke", "")}
    answer = {"keep": counts["keep"], "record": appended.seq, "revoke": counts["revoke"], "undecided": counts[""]}
    if as_json:
        console.print_json({**answer, "signed": signed.key if signed else None})
        return
    told = f"signed with {signed.key}" if signed else "not signed: who reviewed rests on this command's caller"
    console.out.print(
        f"record {appended.seq}: {counts['keep']} keep, {counts['revoke']} revoke, {counts['']} undecided; {told}",
        markup=False,
    )


@review.command("status")
def status(config: ConfigurationOption = DEFAULT_CONFIGURATION, as_json: JsonOption = False) -> None:
    """Say of each reviewed control when it was last reviewed, by whom, when it is due, and what is still to revoke."""
    configuration = load(config)
    now = instant.now()
    with Ledger.open(configuration.database).read() as reader:
        standings = {
            name: standing_of(reader, control, parameters_for(control, configuration))
            for name, control in REVIEWED.items()
        }
    if as_json:
        console.print_json([standing_json(standing, name, now) for name, standing in standings.items()])
        return
    _print_status(standings, now)


def standing_json(standing: Standing | None, control: str, now: datetime) -> dict[str, Any]:
    """Give how the reviews of a control stand; all is null for one that was never reviewed."""
    if standing is None:
        names = ("age_days", "due", "last_review", "overdue", "record", "reviewer", "signed")
        counts: dict[str, Any] = {"keep": None, "open_revocations": [], "revoke": None, "undecided": None}
        return {"control": control, **dict.fromkeys(names), **counts}
    return {
        "age_days": (now - standing.made).days,
        "control": control,
        "due": instant.format_instant(standing.due),
        "keep": standing.count("keep"),
        "last_review": instant.format_instant(standing.made),
        "open_revocations": [
            {"due": instant.format_instant(due), "location": location, "principal": principal}
            for (location, principal), due in standing.open_revocations.items()
        ],
        "overdue": now > standing.due,
        "record": standing.record,
        "reviewer": standing.reviewer,
        "revoke": standing.count("revoke"),
        "signed": standing.signed,
        "undecided": standing.count(""),
    }


def _print_status(standings: Mapping[str, Standing | None], now: datetime) -> None:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in ("Control", "Last review", "By", "Age (days)", "Keep", "Revoke", "Undecided", "Due"):
        table.add_column(heading, overflow="fold")
    for control, standing in standings.items():
        if standing is None:
            table.add_row(control, "never", *["–"] * 5, "overdue")
            continue
        due = standing.due.date().isoformat() + (" (overdue)" if now > standing.due else "")
        counts = [str(standing.count(decision)) for decision in ("keep", "revoke", "")]
        age = str((now - standing.made).days)
        table.add_row(control, standing.made.date().isoformat(), Text(printable(standing.reviewer)), age, *counts, due)
    console.out.print(table)
    for control, standing in standings.items():
        for (location, principal), until in standing.open_revocations.items() if standing else ():
            by = until.date().isoformat()
            told = f"{control}: take away {principal}'s access to {location} by {by}; no result says it is gone"
            console.out.print(printable(told), style="yellow", markup=False)


def _reviewed(name: str) -> Control:
    if name not in REVIEWED:
        raise ConfigurationError(
            f"{name} is not a control whose readers are reviewed", f"one of: {', '.join(REVIEWED)}"
        )
    return REVIEWED[name]
