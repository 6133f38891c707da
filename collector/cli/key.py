"""`key`: the ledger's signing key."""

from pathlib import Path
from typing import Annotated

import typer
from rich.text import Text

from collector.cli import console
from collector.cli.opening import open_ledger
from collector.cli.options import DEFAULT_CONFIGURATION, ConfigurationOption, JsonOption
from collector.config import Configuration, load
from collector.keys.opening import open_service_key, passphrase, post_quantum_signer, service_of, signer_of
from collector.ledger.keys import Signer, create_key_file, load_key_file

key = typer.Typer(help="The ledger's signing key.", no_args_is_help=True)

_SERVICES = ("awskms:", "gcpkms:")
PassphraseOption = Annotated[
    str | None, typer.Option("--passphrase-variable", help="The environment variable with the key file's passphrase.")
]


@key.command("show")
def show_key(config: ConfigurationOption = DEFAULT_CONFIGURATION, as_json: JsonOption = False) -> None:
    """Print the public keys: the fingerprint that auditors pin, and the C2SP verifier keys."""
    configuration = load(config)
    public, post_quantum = signer_of(configuration).key, post_quantum_signer(configuration)
    if as_json:
        more = {"post_quantum_key": post_quantum.key.encode()} if post_quantum else {}
        console.print_json({"fingerprint": public.fingerprint, "key": public.encode(), **more})
        return
    typer.echo(public.fingerprint)
    typer.echo(public.encode())
    if post_quantum:
        typer.echo(post_quantum.key.encode())


@key.command("create")
def create_key(
    file: Annotated[Path, typer.Argument(help="The key file to write; nothing is overwritten.")],
    post_quantum: Annotated[bool, typer.Option("--post-quantum", help="An ML-DSA-44 key, not an Ed25519 one.")] = False,
    passphrase_variable: PassphraseOption = None,
) -> None:
    """Write a new key file that only you can read, for ledger.key or ledger.post_quantum_key."""
    create_key_file(file, passphrase(passphrase_variable), post_quantum=post_quantum)
    name = "post_quantum_key" if post_quantum else "key"
    console.out.print(Text(f"Wrote {file}; name it in the configuration: ledger.{name}: file:{file}"))


@key.command("rotate")
def rotate_key(
    to: Annotated[str, typer.Option(help="The new key: a file, made unless it exists, awskms:ARN or gcpkms:NAME.")],
    passphrase_variable: PassphraseOption = None,
    config: ConfigurationOption = DEFAULT_CONFIGURATION,
    as_json: JsonOption = False,
) -> None:
    """Hand the ledger to a new key: the old one signs a record that names it."""
    configuration = load(config)
    ledger = open_ledger(configuration)
    successor = _successor(configuration, to, ledger.origin, passphrase_variable)
    header = ledger.rotate(successor)
    if as_json:
        console.print_json(
            {"fingerprint": successor.key.fingerprint, "key": successor.key.encode(), "record": header.seq}
        )
        return
    value = to if to.startswith(_SERVICES) else f"file:{to.removeprefix('file:')}"
    console.out.print(
        Text(
            f"Record {header.seq} hands {ledger.origin} over to {successor.key.fingerprint}.\n"
            f"Set ledger.key to {value} in {config} now: the old key signs nothing any more."
        )
    )


def _successor(configuration: Configuration, to: str, origin: str, variable: str | None) -> Signer:
    if to.startswith(_SERVICES):
        return open_service_key(to, origin, service_of(configuration))
    path, secret = Path(to.removeprefix("file:")), passphrase(variable)
    if not path.exists():
        create_key_file(path, secret)
    return load_key_file(path, origin, secret)
