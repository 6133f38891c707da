"""`key`: the ledger's signing key."""

from pathlib import Path
from typing import Annotated

import typer
from rich.text import Text

from collector.cli import console
from collector.cli.opening import open_ledger
from collector.cli.options import DEFAULT_CONFIGURATION, ConfigurationOption, JsonOption
from collector.config import load
from collector.keys.opening import signer_of
from collector.ledger.keys import create_key_file, load_key_file

key = typer.Typer(help="The ledger's signing key.", no_args_is_help=True)


@key.command("show")
def show_key(config: ConfigurationOption = DEFAULT_CONFIGURATION, as_json: JsonOption = False) -> None:
    """Print the public key: the fingerprint that auditors pin, and the C2SP verifier key."""
    public = signer_of(load(config)).key
    if as_json:
        console.print_json({"fingerprint": public.fingerprint, "key": public.encode()})
        return
    typer.echo(public.fingerprint)
    typer.echo(public.encode())


@key.command("rotate")
def rotate_key(
    to: Annotated[Path, typer.Option(help="The new key file; it is made unless it exists.")],
    config: ConfigurationOption = DEFAULT_CONFIGURATION,
    as_json: JsonOption = False,
) -> None:
    """Hand the ledger to a new key: the old one signs a record that names it."""
    configuration = load(config)
    ledger = open_ledger(configuration)
    if not to.exists():
        create_key_file(to)
    successor = load_key_file(to, ledger.origin)
    header = ledger.rotate(successor)
    if as_json:
        console.print_json(
            {"fingerprint": successor.key.fingerprint, "key": successor.key.encode(), "record": header.seq}
        )
        return
    console.out.print(
        Text(
            f"Record {header.seq} hands {ledger.origin} over to {successor.key.fingerprint}.\n"
            f"Set ledger.key to file:{to} in {config} now: the old key signs nothing any more."
        )
    )
