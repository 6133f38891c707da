"""`attest vendor`: record what was assessed of the vendors of third-party models."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from collector.cli import console
from collector.cli.opening import open_ledger
from collector.cli.options import DEFAULT_CONFIGURATION, ConfigurationOption, JsonOption
from collector.config import load
from collector.model import instant
from collector.model.errors import ConfigurationError
from collector.review.document import Document, hash_document
from collector.review.provenance import commit_of
from collector.review.signature import Signature, verify_signature
from collector.review.vendor import Assessed, read_register, vendor_entries
from collector.review.vendor_example import EXAMPLE


def vendor(
    register: Annotated[Path | None, typer.Argument(help="The vendor register: a YAML file.")] = None,
    document: Annotated[
        list[str] | None,
        typer.Option("--document", help="A vendor's report, VENDOR=FILE: hashed and compared, not kept. Repeatable."),
    ] = None,
    signature: Annotated[Path | None, typer.Option("--signature", help="The assessor's SSH signature of it.")] = None,
    allowed_signers: Annotated[
        Path | None, typer.Option("--allowed-signers", help="Who may sign, as ssh-keygen has it.")
    ] = None,
    example: Annotated[bool, typer.Option("--example", help="Print a register to start from.")] = False,
    config: ConfigurationOption = DEFAULT_CONFIGURATION,
    as_json: JsonOption = False,
) -> None:
    """Record an assessment of each vendor in a register; the newest of each is what the VEN controls read."""
    if example:
        typer.echo(EXAMPLE, nl=False)
        return
    if register is None:
        raise ConfigurationError("which register? give its file", "a start: controlproof attest vendor --example")
    configuration = load(config)
    assessed = read_register(register, instant.now().date())
    signed = _signed(assessed, signature, allowed_signers)
    documents = _documents(document or ())
    commit = commit_of(register)
    headers = open_ledger(configuration).append(list(vendor_entries(assessed, documents, commit, signed)))
    vendors = sorted(assessed.register.vendors)
    records = {name: header.seq for name, header in zip(vendors, headers, strict=True)}
    if as_json:
        console.print_json(
            {
                "commit": commit.to_json() if commit else None,
                "compared": sorted(documents),
                "records": records,
                "signed": signed.key if signed else None,
            }
        )
        return
    for name, seq in records.items():
        told = "its report was compared" if name in documents else "no report was compared (--document)"
        console.out.print(f"record {seq}: {name}, {told}", markup=False)
    told = f"signed with {signed.key}" if signed else "not signed: who assessed rests on this command's caller"
    if commit:
        state = ", changed since" if commit.dirty else ""
        told += f"; {register} is of commit {commit.commit[:12]}{state}"
    console.out.print(console.printable(f"assessed by {assessed.register.assessed_by}; {told}"), markup=False)


def _signed(assessed: Assessed, signature: Path | None, allowed_signers: Path | None) -> Signature | None:
    if (signature is None) != (allowed_signers is None):
        raise ConfigurationError("--signature and --allowed-signers go together")
    if signature is None or allowed_signers is None:
        return None
    return verify_signature(assessed.data, signature, allowed_signers, assessed.register.assessed_by)


def _documents(given: Sequence[str]) -> dict[str, Document]:
    found: dict[str, Document] = {}
    for option in given:
        name, separator, path = option.partition("=")
        if not name or not separator or not path:
            raise ConfigurationError(f"--document {option} names no vendor and file", "write --document VENDOR=FILE")
        if name in found:
            raise ConfigurationError(f"--document names {name} twice", "a vendor has one report")
        found[name] = hash_document(Path(path))
    return found
