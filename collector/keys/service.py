"""Keys that never leave a service: what AWS KMS and Google Cloud KMS have in common here."""

from collections.abc import Callable

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from collector.ledger.note import ED25519, VerifierKey, verify_ed25519
from collector.model.errors import ConfigurationError, SigningError


class ServiceSigner:
    """A signer whose key is in a service. Each signature is verified here before anything rests on it.

    `ask` gives the service's signature over a message, or raises `SigningError`.
    """

    def __init__(self, key: VerifierKey, service: str, ask: Callable[[bytes], bytes]) -> None:
        self.key = key
        self._service = service
        self._ask = ask

    def sign(self, message: bytes) -> bytes:
        """Give the Ed25519 signature over `message`.

        Raises:
            SigningError: the service gave none, or one that is not by the pinned key.

        """
        signature = self._ask(message)
        if not verify_ed25519(self.key, message, signature):
            raise SigningError(
                f"the signature of {self._service} is not by the key {self.key.fingerprint}; nothing was written",
                "mend ledger.key or ledger.public_key: together they must name one key",
            )
        return signature


def public_key(load: Callable[[bytes], object], data: bytes, name: str, what: str) -> VerifierKey:
    """Read a service's public key under the ledger's name.

    Args:
        load: of `cryptography`, for the encoding that the service answers in.
        data: what it answered.
        name: the ledger's.
        what: names the key in the error.

    Raises:
        ConfigurationError: it is not an Ed25519 key.

    """
    try:
        found = load(data)
    except (ValueError, UnsupportedAlgorithm):
        found = None
    if not isinstance(found, Ed25519PublicKey):
        raise ConfigurationError(f"{what} is not an Ed25519 key", "make one that signs with Ed25519")
    return VerifierKey(name, ED25519, found.public_bytes_raw())
