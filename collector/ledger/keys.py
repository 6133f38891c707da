"""Signing keys. A private key is read from a file only its owner can read, and never leaves this module."""

from collections.abc import Iterable
from pathlib import Path
from typing import Protocol

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from collector.ledger.note import ED25519, Note, Signature, VerifierKey
from collector.ledger.private_file import create_private_file, read_private_file
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
    create_private_file(path, pem)


def load_key_file(path: Path, name: str) -> FileSigner:
    """Read a key file for the ledger called `name`.

    Raises:
        ConfigurationError: missing, readable by others, or not an unencrypted PKCS#8 PEM Ed25519 key. The
            message never holds a part of the file.

    """
    data = read_private_file(path, MAX_KEY_FILE)
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
