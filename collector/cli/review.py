"""`review`: open a packet of everyone who can read, submit it decided, and say how reviews stand."""

from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from collector.cli import console
from collector.cli.console import printable
from collector.cli.opening import open_ledger
from collector.cli.options import DEFAULT_CONFIGURATION, ConfigurationOption, JsonOption
from collector.config import load
from collector.ledger.reader import fetch
from collector.ledger.store import Ledger, LedgerReader
from collector.model import instant
from collector.model.attestation import ACCESS_REVIEW
from collector.model.canonical import decode_object
from collector.model.control import Control
from collector.model.errors import ConfigurationError
from collector.model.record import Kind
from collector.pipeline.parameters import parameters_for
from collector.review.files import read_packet, to_csv, to_yaml
from collector.review.packet import Packet, build, newest_result
from collector.review.signature import verify_signature
from collector.review.submission import check, review_entry
from controls.registry import CONTROLS

review = typer.Typer(help="Access reviews: open a packet, submit it decided, see how reviews stand.")
REVIEWED = {control.id: control for control in CONTROLS if control.id == "ACC-3"}
"""The controls whose readers are reviewed."""


@review.command("open")
def open_(
    control: Annotated[str, typer.Option("--control", help="The control whose readers are reviewed.")] = "ACC-3",
    output: Annotated[Path, typer.Option("--output", "-o", help="The folder to write to.")] = Path(),
    config: ConfigurationOption = DEFAULT_CONFIGURATION,
    as_json: JsonOption = False,
) -> None:
    """Write the packet of the control's last result, as YAML and as CSV; fill in one of them."""
    with Ledger.open(load(config).database).read() as reader:
        packet = build(reader, newest_result(reader, control), _reviewed(control))
    paths = write_packet(packet, output)
    if as_json:
        files = [str(path) for path in paths]
        console.print_json({"entries": len(packet.entries), "files": files, "record": packet.record})
        return
    for path in paths:
        console.out.print(str(path), style="bold", markup=False)
    console.out.print(
        f"{len(packet.entries)} entries, from record {packet.record} of {instant.format_instant(packet.opened)}. "
        "Fill in decision (keep or revoke) and note in one file, then: controlproof review submit FILE --reviewer NAME",
        markup=False,
    )


def write_packet(packet: Packet, folder: Path) -> tuple[Path, Path]:
    """Write both files of a packet, and never over a file that is there: it may hold decisions.

    Raises:
        ConfigurationError: a file is there, or cannot be written.

    """
    pairs = [(folder / f"{packet.name}.{ending}", write) for ending, write in (("yaml", to_yaml), ("csv", to_csv))]
    for path, _ in pairs:
        if path.exists():
            raise ConfigurationError(f"{path} is there already and may hold decisions", "use another --output")
    for path, write in pairs:
        try:
            path.write_text(write(packet), "utf-8", newline="")
        except OSError as error:
            raise ConfigurationError(f"{path} cannot be written: {error.strerror}") from None
    return pairs[0][0], pairs[1][0]


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
    if not reviewer.strip() or len(reviewer) > 200:
        raise ConfigurationError("a reviewer has a name of at most 200 characters", "--reviewer NAME")
    if (signature is None) != (allowed_signers is None):
        raise ConfigurationError("--signature and --allowed-signers go together")
    filled, data = read_packet(packet)
    ledger = open_ledger(load(config))
    with ledger.read() as reader:
        header = reader.header(filled.record)
        if header is None or header.kind is not Kind.RESULT or header.subject != filled.control:
            raise ConfigurationError(f"record {filled.record} of {reader.origin} is no result of {filled.control}")
        check(filled, build(reader, header, _reviewed(filled.control)), reviewer, partial=partial)
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
    """Say of each reviewed control when it was last reviewed, by whom, and when it is due."""
    configuration = load(config)
    with Ledger.open(configuration.database).read() as reader:
        rows = [
            _status(reader, control, parameters_for(control, configuration)["max_review_age_days"])
            for control in REVIEWED.values()
        ]
    if as_json:
        console.print_json(rows)
        return
    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in ("Control", "Last review", "By", "Age (days)", "Keep", "Revoke", "Undecided", "Due"):
        table.add_column(heading)
    for row in rows:
        table.add_row(
            *(printable("never" if value is None else value) for name, value in row.items() if name != "record")
        )
    console.out.print(table)


def _status(reader: LedgerReader, control: Control, most: int) -> dict[str, Any]:
    last: dict[str, Any] = dict.fromkeys(
        ("last_review", "reviewer", "age_days", "keep", "revoke", "undecided", "due", "record")
    )
    for header in reader.attestation_headers():
        if not header.subject.endswith(f"/{ACCESS_REVIEW}"):
            continue
        body: Any = decode_object(fetch(reader, header.body), f"the body of record {header.seq}")
        if body.get("control") != control.id:
            continue
        decisions = [entry["decision"] for entry in body["entries"]]
        age = (instant.now() - header.time).days
        last = {
            "last_review": header.time.date().isoformat(),
            "reviewer": body["reviewer"],
            "age_days": age,
            "keep": decisions.count("keep"),
            "revoke": decisions.count("revoke"),
            "undecided": decisions.count(""),
            "due": "overdue" if age > most else f"in {most - age} days",
            "record": header.seq,
        }
    return {"control": control.id, **last}


def _reviewed(name: str) -> Control:
    if name not in REVIEWED:
        raise ConfigurationError(
            f"{name} is not a control whose readers are reviewed", f"one of: {', '.join(REVIEWED)}"
        )
    return REVIEWED[name]
