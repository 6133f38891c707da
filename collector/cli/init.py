"""`init`: write a commented configuration, its keys and an empty ledger."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.text import Text

from collector.cli import console
from collector.cli.options import DEFAULT_CONFIGURATION, ConfigurationOption, JsonOption
from collector.config import Configuration, load, template
from collector.keys.opening import passphrase, signer_of
from collector.ledger.keys import create_key_file
from collector.ledger.store import Ledger
from collector.model.errors import ConfigurationError
from collector.model.instant import now
from connectors.redaction import create_redaction_key


def init(
    name: Annotated[str, typer.Option(help="The ledger's name, like a URL without scheme; it never changes.")],
    account: Annotated[str, typer.Option(help="The AWS account to read, twelve digits.")],
    region: Annotated[str, typer.Option(help="The AWS region to read keys in.")] = "us-east-1",
    weights: Annotated[list[str] | None, typer.Option(help="Where model weights are: s3://bucket/prefix.")] = None,
    endpoint_url: Annotated[str | None, typer.Option(help="Another endpoint than AWS's own.")] = None,
    database: Annotated[str, typer.Option(help="Where the ledger is kept: sqlite:///FILE or postgresql://…")] = (
        "sqlite:///controlproof.db"
    ),
    signing_key: Annotated[
        str, typer.Option("--key", help="The signing key: file:PATH, awskms:ARN or gcpkms:NAME of a key's version.")
    ] = "file:controlproof.key",
    config: ConfigurationOption = DEFAULT_CONFIGURATION,
    as_json: JsonOption = False,
) -> None:
    """Write a commented configuration, a key that only you can read, and an empty ledger. Nothing is overwritten."""
    text = template(
        name,
        account,
        region,
        weights or ["s3://your-weights-bucket/prefix"],
        endpoint_url=endpoint_url,
        database=database,
        more={"key": signing_key},
    )
    configuration = create(config, text)
    key = signer_of(configuration).key
    if as_json:
        document = {
            "configuration": str(config),
            "fingerprint": key.fingerprint,
            "key": key.encode(),
            "ledger": key.name,
        }
        console.print_json(document)
        return
    console.out.print(Text(f"Wrote {config} and the ledger {key.name}, signed by {configuration.ledger.key}."))
    console.out.print("Give auditors this fingerprint; what they verify rests on it:")
    console.out.print(f"  {key.fingerprint}", markup=False)
    console.out.print(Text(f"Next: look through {config}, then run: controlproof collect --control CC6.1"))


def create(path: Path, text: str, clock: Callable[[], datetime] = now) -> Configuration:
    """Make configuration, keys and ledger, or nothing.

    Raises:
        ConfigurationError: one of them exists, the text is no valid configuration, or a file cannot be written.

    """
    made: list[Path] = []
    try:
        _write_new(path, text)
        made.append(path)
        configuration = load(path)
        if configuration.ledger.key.startswith("file:"):
            create_key_file(configuration.key_path, passphrase(configuration.ledger.passphrase_variable))
            made.append(configuration.key_path)
        if configuration.redaction_key_path is not None:
            create_redaction_key(configuration.redaction_key_path)
            made.append(configuration.redaction_key_path)
        Ledger.create(configuration.database, configuration.ledger.collector, signer_of(configuration), clock)
    except BaseException:
        for file in made:
            file.unlink(missing_ok=True)
        raise
    return configuration


def _write_new(path: Path, text: str) -> None:
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        raise ConfigurationError(f"{path} exists; init overwrites nothing", "use another --config") from None
    except OSError as error:
        raise ConfigurationError(f"{path} cannot be written: {error.strerror}") from None
