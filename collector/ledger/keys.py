"""Signing keys. A private key is read from a file only its owner can read, and never leaves this module."""

import os
import stat
from collections.abc import Iterable
from pathlib import Path
from typing import Protocol

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from collector.ledger.note import ED25519, Note, Signature, VerifierKey
from collector.model.errors import ConfigurationError

MAX_KEY_FILE = 64 * 1024


class Signer(Protocol):
    """What signs checkpoints: a file key here, a key service elsewhere."""

    @property
    def key(self) -> VerifierKey:
        """The public half, under the ledger's name."""
        ...

    def sign(self, message: bytes) -> bytes:
        """Give the Ed25519 signature over `message` (RFC 8032)."""
        ...


class FileSigner:
    """A signer whose key is a PKCS#8 PEM file."""

    def __init__(self, private: Ed25519PrivateKey, name: str) -> None:
        self._private = private
        self.key = VerifierKey(name, ED25519, private.public_key().public_bytes_raw())

    def sign(self, message: bytes) -> bytes:
        """Give the Ed25519 signature over `message`."""
        return self._private.sign(message)


def sign_note(text: str, signers: Iterable[Signer]) -> Note:
    """Make a note of `text` with a line of each signer."""
    message = text.encode("utf-8")
    return Note(text, tuple(Signature(s.key.name, s.key.id, s.sign(message)) for s in signers))


def create_key_file(path: Path) -> None:
    """Write a new Ed25519 key, readable by its owner only; an existing file is never touched.

    Raises:
        ConfigurationError: the file exists, or cannot be written.

    """
    pem = Ed25519PrivateKey.generate().private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise ConfigurationError(f"{path} exists; a key is never overwritten") from None
    except OSError as error:
        raise ConfigurationError(f"{path} cannot be written: {error.strerror}") from None
    with os.fdopen(descriptor, "wb") as file:
        file.write(pem)
        file.flush()
        os.fsync(file.fileno())


def load_key_file(path: Path, name: str) -> FileSigner:
    """Read a key file for the ledger called `name`.

    Raises:
        ConfigurationError: missing, readable by others, or not an unencrypted PKCS#8 PEM Ed25519 key. The
            message never holds a part of the file.

    """
    try:
        with path.open("rb") as file:
            mode = os.fstat(file.fileno()).st_mode
            data = file.read(MAX_KEY_FILE + 1)
    except OSError as error:
        raise ConfigurationError(f"the key {path} cannot be read: {error.strerror}") from None
    if mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise ConfigurationError(
            f"the key {path} can be read or changed by others (mode {stat.S_IMODE(mode):04o})",
            f"chmod 600 {path}",
        )
    try:
        private = serialization.load_pem_private_key(data, password=None)
    except (ValueError, TypeError):
        private = None
    if len(data) > MAX_KEY_FILE or not isinstance(private, Ed25519PrivateKey):
        raise ConfigurationError(
            f"the key {path} is not an unencrypted Ed25519 key in PKCS#8 PEM form",
            "make one with: openssl genpkey -algorithm ed25519",
        )
    return FileSigner(private, name)
