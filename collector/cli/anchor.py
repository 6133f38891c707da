"""`anchor`: take the newest checkpoint to timestamp authorities, witnesses and locked copies, and see what is there."""

from importlib import import_module
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.text import Text

from collector.anchors.outcome import AnchorGap, AnchorOutcome, AnchorState
from collector.cli import console
from collector.cli.console import printable
from collector.cli.opening import MAX_CHECKPOINT_FILE, last_of, open_ledger, read_pin
from collector.cli.options import DEFAULT_CONFIGURATION, ConfigurationOption, JsonOption, WitnessOption
from collector.config import load
from collector.config.files import read_bounded
from collector.ledger.anchors import Anchor, AnchorKind
from collector.ledger.checkpoint import SignedCheckpoint
from collector.ledger.cosignature import verify_cosignature
from collector.ledger.note import VerifierKey
from collector.ledger.store import Ledger, LedgerReader
from collector.ledger.trust import witness_pin
from collector.ledger.witness import witness_request
from collector.model.canonical import decode_object
from collector.model.errors import ConfigurationError, Exit, IntegrityError
from collector.model.instant import format_instant, now
from collector.model.period import Period

anchor = typer.Typer(help="Take the newest checkpoint to others, so that it does not rest on the key alone.")

_MARKS = {
    AnchorState.DONE: ("✓", "green"),
    AnchorState.GAP: ("–", "yellow"),
    AnchorState.REFUSED: ("✗", "red"),
}


@anchor.callback(invoke_without_command=True)
def anchor_checkpoint(
    context: typer.Context,
    period: Annotated[
        str | None, typer.Option(help="A..B: anchor the last checkpoint of this period, not the newest.")
    ] = None,
    config: ConfigurationOption = DEFAULT_CONFIGURATION,
    as_json: JsonOption = False,
) -> None:
    """Anchor the newest checkpoint now, everywhere that `anchors` in the configuration names."""
    if context.invoked_subcommand is not None:
        return
    configuration = load(config)
    ledger = open_ledger(configuration)
    size = last_of(ledger, Period.parse(period)) if period else None
    with console.named_progress() as advance:
        advance("anchoring", 0)
        outcomes = _anchoring().anchor_now(ledger, configuration, size=size)
    if not outcomes:
        raise ConfigurationError("there is nothing to anchor, or nowhere to", "name tsas, witnesses or object_lock")
    _print_outcomes(outcomes, as_json=as_json)
    raise typer.Exit(int(_exit(outcomes)))


@anchor.command("status")
def anchor_status(config: ConfigurationOption = DEFAULT_CONFIGURATION, as_json: JsonOption = False) -> None:
    """Say what was anchored where, and which records rest on the key alone."""
    configuration = load(config)
    with Ledger.open(configuration.database).read() as reader:
        size, kept, origin = reader.size, list(reader.anchors()), reader.origin
    settings = configuration.anchors
    expected = {
        *((AnchorKind.TIMESTAMP, tsa.name) for tsa in settings.tsas),
        *((AnchorKind.COSIGNATURE, witness.verifier.name) for witness in settings.witnesses),
        *([(AnchorKind.COPY, settings.object_lock.name)] if settings.object_lock else []),
    }
    newest: dict[tuple[AnchorKind, str], Anchor | None] = dict.fromkeys(sorted(expected))
    newest.update({(each.kind, each.name): each for each in kept})
    if as_json:
        rows = [
            {"kind": kind, "name": name, "size": a.size if a else 0, "time": format_instant(a.time) if a else None}
            for (kind, name), a in newest.items()
        ]
        console.print_json({"anchors": rows, "size": size})
        return
    for (kind, name), found in newest.items():
        state = f"{found.size} of {size} records, on {format_instant(found.time)}" if found else "nothing yet"
        console.out.print(Text(f"{kind.value:12} {printable(name)}: {state}"))
    # The ledger's own second signature is no anchor outside our hands.
    covered = max((each.size for each in kept if each.name != origin), default=0)
    if covered < size:
        console.out.print(Text(f"Records {covered} to {size - 1} rest on the key alone.", "yellow"))


@anchor.command("copy")
def copy_bundle(
    bundle: Annotated[Path, typer.Argument(help="A bundle that `controlproof export` wrote.")],
    config: ConfigurationOption = DEFAULT_CONFIGURATION,
    as_json: JsonOption = False,
) -> None:
    """Copy the bundle of a closed period to the bucket with Object Lock, and read it and its lock back."""
    configuration = load(config)
    try:
        copied = _anchoring("closed").copy_bundle(configuration, bundle, now)
    except AnchorGap as gap:
        console.err.print(f"no copy was made: {printable(gap)}", style="red", markup=False)
        raise typer.Exit(int(Exit.INCONCLUSIVE)) from None
    open_ledger(configuration).anchor([copied])
    said = decode_object(copied.data, "the copy")
    if as_json:
        console.print_json({name: said[name] for name in ("digest", "locked_until", "url")})
        return
    console.out.print(Text(f"{copied.name} holds it, locked until {said['locked_until']}."))


@anchor.command("request")
def print_request(
    old: Annotated[
        int, typer.Option(min=0, help="The size of the checkpoint that the witness cosigned last; 0 the first time.")
    ] = 0,
    config: ConfigurationOption = DEFAULT_CONFIGURATION,
) -> None:
    """Print what a witness is asked, for one that is reached by e-mail or git: it runs `controlproof cosign` on it."""
    with Ledger.open(load(config).database).read() as reader:
        if old > reader.size:
            raise IntegrityError(
                f"this ledger was rolled back: a witness has seen {old} records of it, and it ends at {reader.size}"
            )
        request = witness_request(reader, reader.size, old, _checkpoint(reader, reader.size))
    typer.echo(request.encode().decode("utf-8"), nl=False)


@anchor.command("import")
def import_cosignatures(
    file: Annotated[Path, typer.Argument(help="A checkpoint with cosignatures, as `controlproof cosign` writes it.")],
    witness: WitnessOption = None,
    config: ConfigurationOption = DEFAULT_CONFIGURATION,
    as_json: JsonOption = False,
) -> None:
    """Add the cosignatures of a witness that was reached by e-mail or git, after verifying them."""
    configuration = load(config)
    keys = [each.verifier for each in configuration.anchors.witnesses]
    keys += [witness_pin(read_pin(text)) for text in witness or ()]
    ledger = open_ledger(configuration)
    signed = SignedCheckpoint.decode(read_bounded(file, MAX_CHECKPOINT_FILE), str(file))
    with ledger.read() as reader:
        _check_ours(reader, signed, str(file))
        held = {each.data for each in reader.anchors() if each.size == signed.size}
    found = _cosignatures(signed, keys, str(file))
    ledger.anchor([each for each in found if each.data not in held])
    names = [each.name for each in found]
    if as_json:
        console.print_json({"size": signed.size, "witnesses": names})
        return
    console.out.print(Text(f"The checkpoint over {signed.size} records is cosigned by {', '.join(names)}."))


def _check_ours(reader: LedgerReader, signed: SignedCheckpoint, what: str) -> None:
    """Make sure that a cosigned checkpoint is one of this ledger's."""
    ours = reader.checkpoint(signed.size)
    if signed.size > reader.size:
        raise IntegrityError(
            f"this ledger was rolled back: {what} covers {signed.size} records of it, and it ends at {reader.size}"
        )
    if ours is None or SignedCheckpoint.decode(ours, "the checkpoint").checkpoint != signed.checkpoint:
        raise IntegrityError(f"another history: {what} is not this ledger's checkpoint over {signed.size} records")


def _cosignatures(signed: SignedCheckpoint, keys: list[VerifierKey], what: str) -> list[Anchor]:
    known = {(key.name, key.id): key for key in keys}
    found = []
    for line in signed.note.signatures:
        key = known.get((line.name, line.key_id))
        if key is not None:
            verify_cosignature(key, signed, line)
            data = line.encode().removesuffix("\n").encode("utf-8")
            found.append(Anchor(signed.size, AnchorKind.COSIGNATURE, key.name, now(), data))
    if not found:
        raise ConfigurationError(
            f"{what} holds no cosignature by a witness that is known",
            "name the witness's verifier key in anchors.witnesses, or with --witness",
        )
    return found


def _checkpoint(reader: LedgerReader, size: int) -> bytes:
    note = reader.checkpoint(size)
    if note is None:
        raise IntegrityError(f"there is no checkpoint over {size} records", "run: controlproof verify")
    return note


def _anchoring(module: str = "run") -> Any:
    """Import what asks others, which an auditor's install does not have."""
    try:
        return import_module(f"collector.anchors.{module}")
    except ImportError as error:
        raise ConfigurationError(
            f"anchoring needs {error.name}, which is not installed", "pip install 'controlproof[anchors]'"
        ) from None


def _print_outcomes(outcomes: list[AnchorOutcome], *, as_json: bool) -> None:
    if as_json:
        console.print_json({"outcomes": [each.to_json() for each in outcomes]})
        return
    for each in outcomes:
        line = f" {each.kind.value} {printable(each.name)}: {printable(each.reason)}"
        console.out.print(Text.assemble(_MARKS[each.state], line))


def _exit(outcomes: list[AnchorOutcome]) -> Exit:
    states = {each.state for each in outcomes}
    if AnchorState.REFUSED in states:
        return Exit.INTEGRITY
    return Exit.INCONCLUSIVE if AnchorState.GAP in states else Exit.PASS
