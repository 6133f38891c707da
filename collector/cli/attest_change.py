"""`attest change`: record that a change of what is served was approved."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from collector.cli import console
from collector.cli.opening import open_ledger
from collector.cli.options import DEFAULT_CONFIGURATION, ConfigurationOption, JsonOption
from collector.config import load
from collector.model import instant
from collector.model.errors import ConfigurationError
from collector.review.approval import Approval, Place, approval_entry, approval_of, read_approval
from collector.review.signature import Signature, verify_signature


def change(
    name: Annotated[
        list[str] | None,
        typer.Option(
            "--name",
            help="What is approved, exactly: IMAGE@sha256:…, a model version's ARN or mlflow:SERVER/NAME/VERSION, "
            "an endpoint configuration. Repeatable.",
        ),
    ] = None,
    author: Annotated[str | None, typer.Option("--author", help="Who made the change.")] = None,
    approved_by: Annotated[str | None, typer.Option("--approved-by", help="Who approved it: someone else.")] = None,
    reason: Annotated[str | None, typer.Option("--reason", help="What it is for.")] = None,
    reference: Annotated[
        str | None, typer.Option("--reference", help="Where it was approved, such as a ticket.")
    ] = None,
    serving: Annotated[
        str | None, typer.Option("--serving", help="The endpoint or workload that it is for, if one alone.")
    ] = None,
    approved: Annotated[
        str | None, typer.Option("--approved", help="When, such as 2026-11-23T16:10:00Z; recorded beside the record's.")
    ] = None,
    file: Annotated[Path | None, typer.Option("--file", help="The same in a YAML file, instead of options.")] = None,
    signature: Annotated[Path | None, typer.Option("--signature", help="The approver's SSH signature of it.")] = None,
    allowed_signers: Annotated[
        Path | None, typer.Option("--allowed-signers", help="Who may sign, as ssh-keygen has it.")
    ] = None,
    config: ConfigurationOption = DEFAULT_CONFIGURATION,
    as_json: JsonOption = False,
) -> None:
    """Record that a change of what is served was approved, before it is made; CHG-1 and CHG-4 rest on it."""
    configuration = load(config)
    given = {
        "approved": approved,
        "approved_by": approved_by,
        "author": author,
        "names": name or None,
        "reason": reason,
        "reference": reference,
        "serving": serving,
    }
    approval, signed = _approval(
        {field: value for field, value in given.items() if value}, file, signature, allowed_signers
    )
    (header,) = open_ledger(configuration).append([approval_entry(approval, signed)])
    if as_json:
        console.print_json({"record": header.seq, "signed": signed.key if signed else None})
        return
    told = f"signed with {signed.key}" if signed else "not signed: who approved rests on this command's caller"
    text = f"{approval.approved_by} approved {', '.join(approval.names)} by {approval.author}; {told}"
    console.out.print(f"record {header.seq}: {console.printable(text)}", markup=False)


def _approval(
    given: Mapping[str, Any], file: Path | None, signature: Path | None, allowed_signers: Path | None
) -> tuple[Approval, Signature | None]:
    """Read the approval from the options or the file, and verify the file's signature if there is one.

    Raises:
        ConfigurationError: options that do not go together, or what is wrong with the approval or signature.

    """
    if (signature is None) != (allowed_signers is None):
        raise ConfigurationError("--signature and --allowed-signers go together")
    if file is None:
        if signature is not None:
            raise ConfigurationError("a signature is over a file", "give the approval with --file")
        return approval_of(given, instant.now(), "the approval", _option), None
    if given:
        raise ConfigurationError(
            f"--file and {_option((next(iter(given)),))} exclude each other", "write it all into the file"
        )
    approval, data = read_approval(file, instant.now())
    if signature is None or allowed_signers is None:
        return approval, None
    return approval, verify_signature(data, signature, allowed_signers, approval.approved_by)


def _option(place: Place) -> str:
    """Name the option that gives a value."""
    return "--name" if place[0] == "names" else f"--{str(place[0]).replace('_', '-')}"
