"""`cosign`: be a witness of someone else's ledger, without running a service."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from collector.cli import console
from collector.cli.opening import read_pin
from collector.config.files import read_bounded
from collector.keys.opening import passphrase
from collector.ledger.cosignature import cosign as sign
from collector.ledger.keys import FileSigner, create_key_file, load_cosigner_file
from collector.ledger.note import VerifierKey
from collector.ledger.witness import MAX_REQUEST, Request, Seen, consider
from collector.model.canonical import Json, decode_object, encode, is_digest
from collector.model.errors import ConfigurationError, MalformedError
from collector.model.instant import now

_MAX_STATE = 1024 * 1024


def cosign(
    request: Annotated[
        Path, typer.Argument(help="What `controlproof anchor request` printed at the operator's, or a checkpoint.")
    ],
    name: Annotated[str, typer.Option(help="Your name as a witness, like a URL without scheme.")],
    own: Annotated[Path, typer.Option("--with", help="Your key file; it is made unless it exists.")],
    key: Annotated[
        str | None, typer.Option(help="The ledger's C2SP verifier key, or a file with it; needed the first time.")
    ] = None,
    state: Annotated[Path, typer.Option(help="Where it is kept what you cosigned.")] = Path("cosigned.json"),
    passphrase_variable: Annotated[
        str | None, typer.Option(help="The environment variable with the passphrase of your key.")
    ] = None,
) -> None:
    """Cosign a checkpoint that extends all you cosigned before; send what is printed back to the operator."""
    wanted = Request.decode(read_bounded(request, MAX_REQUEST), str(request))
    seen = _read(state)
    pinned = VerifierKey.decode(read_pin(key)) if key else None
    last = next((each for each in seen if each.key.name == _origin(wanted)), None)
    keys = [each for each in (pinned, last.key if last else None) if each]
    if not keys:
        raise ConfigurationError(
            "the ledger's key is not known yet", "use --key with the verifier key that the operator gave you"
        )
    signed, now_seen = consider(wanted, keys, last, str(request))
    signer = _own_key(own, name, passphrase_variable)
    line = sign(signed, signer, now())
    # Remembered first: a cosignature that was shown and forgotten would allow a second history.
    _write(state, [each for each in seen if each is not last] + [now_seen])
    typer.echo(signed.note.with_signature(line).encode().decode("utf-8"), nl=False)
    console.err.print(f"Cosigned {signed.size} records of {signed.checkpoint.origin} as:", markup=False)
    console.err.print(f"  {signer.key.encode()}", markup=False)


def _own_key(path: Path, name: str, variable: str | None) -> FileSigner:
    secret = passphrase(variable)
    if not path.exists():
        create_key_file(path, secret)
    return load_cosigner_file(path, name, secret)


def _origin(request: Request) -> str:
    return request.note.split(b"\n", 1)[0].decode("utf-8", "replace")


def _read(path: Path) -> list[Seen]:
    if not path.exists():
        return []
    try:
        value = decode_object(read_bounded(path, _MAX_STATE).rstrip(b"\n"), str(path))
        return [_seen(each) for each in value["ledgers"]]
    except (MalformedError, KeyError, TypeError, ValueError):
        # Starting afresh would forget what was cosigned, which is all that a witness is for.
        raise ConfigurationError(
            f"{path} is not a state that cosign wrote", "restore it from a copy; without it, use a new key"
        ) from None


def _seen(value: Mapping[str, Any]) -> Seen:
    if not is_digest(value["root"]) or type(value["size"]) is not int:
        raise ValueError("no root and size")
    return Seen(VerifierKey.decode(value["key"]), value["size"], bytes.fromhex(value["root"]))


def _write(path: Path, seen: list[Seen]) -> None:
    ledgers: list[Json] = [{"key": each.key.encode(), "root": each.root.hex(), "size": each.size} for each in seen]
    partial = path.with_name(f".{path.name}.partial")
    try:
        with partial.open("wb") as file:
            file.write(encode({"ledgers": ledgers, "v": 1}) + b"\n")
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)
    except OSError as error:
        raise ConfigurationError(f"{path} cannot be written: {error.strerror}") from None
