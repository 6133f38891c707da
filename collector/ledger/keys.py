"""Signing keys. A private key is read from a file only its owner can read, and never leaves this module."""

from collections.abc import Iterable
from pathlib import Path
from typing import Protocol

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey

from collector.ledger.note import COSIGNATURE, ED25519, ML_DSA_44, Note, Signature, VerifierKey
from collector.ledger.private_file import create_private_file, read_private_file
from collector.model.errors import ConfigurationError

MAX_KEY_FILE = 64 * 1024


class Signer(Protocol):
    """What signs checkpoints: a file key here, a key service elsewhere."""

    @property
    def key(self) -> VerifierKey:
        """The public half, under the signer's name; for a ledger's key the name is the ledger's."""
        ...

    def sign(self, message: bytes) -> bytes:
        """Give the signature over `message` (RFC 8032, or FIPS 204 for ML-DSA-44).

        Raises:
            SigningError: there is no signature; whoever asked for it must write nothing.

        """
        ...


class FileSigner:
    """A signer whose key is a PKCS#8 PEM file; `kind` is the C2SP signature type that it signs as."""

    def __init__(self, private: Ed25519PrivateKey | MLDSA44PrivateKey, name: str, kind: int = ED25519) -> None:
        self._private = private
        self.key = VerifierKey(name, kind, private.public_key().public_bytes_raw())

    def sign(self, message: bytes) -> bytes:
        """Give the signature over `message`."""
        return self._private.sign(message)


def sign_note(text: str, signers: Iterable[Signer]) -> Note:
    """Make a note of `text` with a line of each signer."""
    message = text.encode("utf-8")
    return Note(text, tuple(Signature(s.key.name, s.key.id, s.sign(message)) for s in signers))


def create_key_file(path: Path, passphrase: bytes | None = None, *, post_quantum: bool = False) -> None:
    """Write a new key, readable by its owner only; an existing file is never touched.

    Args:
        path: where.
        passphrase: what the key is encrypted under, or None to leave that to the file system.
        post_quantum: make an ML-DSA-44 key (FIPS 204) and not an Ed25519 key.

    Raises:
        ConfigurationError: the file exists, or cannot be written.

    """
    private = MLDSA44PrivateKey.generate() if post_quantum else Ed25519PrivateKey.generate()
    encryption = serialization.BestAvailableEncryption(passphrase) if passphrase else serialization.NoEncryption()
    form = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8)
    create_private_file(path, private.private_bytes(*form, encryption))


def load_key_file(path: Path, name: str, passphrase: bytes | None = None) -> FileSigner:
    """Read the Ed25519 key file of the ledger called `name`.

    Raises:
        ConfigurationError: missing, readable by others, not an Ed25519 key in PKCS#8 PEM form, or not encrypted under
            `passphrase`. The message never holds a part of the file.

    """
    private = _load(path, passphrase)
    if not isinstance(private, Ed25519PrivateKey):
        form = "Ed25519 key in PKCS#8 PEM form"
        kind = f"an {form} under the passphrase that is configured" if passphrase else f"an unencrypted {form}"
        raise ConfigurationError(
            f"the key {path} is not {kind}",
            "make one with: openssl genpkey -algorithm ed25519",
        )
    return FileSigner(private, name)


def load_cosigner_file(path: Path, name: str, passphrase: bytes | None = None) -> FileSigner:
    """Read the key file of a cosigner called `name`: Ed25519 (type 0x04) or ML-DSA-44 (type 0x06).

    Raises:
        ConfigurationError: as `load_key_file`.

    """
    private = _load(path, passphrase)
    if isinstance(private, MLDSA44PrivateKey):
        return FileSigner(private, name, ML_DSA_44)
    if isinstance(private, Ed25519PrivateKey):
        return FileSigner(private, name, COSIGNATURE)
    raise ConfigurationError(f"the key {path} is no Ed25519 or ML-DSA-44 key in PKCS#8 PEM form, or is encrypted")


def _load(path: Path, passphrase: bytes | None) -> object:
    """Give whatever private key a file holds, None when it holds none that can be read."""
    data = read_private_file(path, MAX_KEY_FILE)
    if len(data) > MAX_KEY_FILE:
        return None
    try:
        return serialization.load_pem_private_key(data, password=passphrase)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        return None
