"""Keyed digests in place of values that may be secret: equal values stay comparable, and none can be guessed.

A plain digest of a short password is found by trying; one under a key that never leaves the collector is not.
"""

import hashlib
import hmac
import secrets
from pathlib import Path
from typing import Any

import orjson

from collector.ledger.private_file import create_private_file, read_private_file
from collector.model.errors import ConfigurationError

KEY_SIZE = 32
"""Bytes of the key, as many as the digest has (RFC 2104, section 3)."""

_SCHEME = "hmac-sha256:"


class Redaction:
    """Replaces values by their digests under one key."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    def digest(self, text: str) -> str:
        """Give `hmac-sha256:` and the digest of a text in hexadecimal."""
        return self._of(text.encode("utf-8", "surrogatepass"))

    def document(self, value: Any) -> str:
        """Give the digest of a JSON value, whatever the order of its keys."""
        return self._of(orjson.dumps(value, option=orjson.OPT_SORT_KEYS))

    def _of(self, data: bytes) -> str:
        return _SCHEME + hmac.new(self._key, data, hashlib.sha256).hexdigest()


def create_redaction_key(path: Path) -> None:
    """Write a new random key, readable by its owner only; an existing file is never touched.

    Raises:
        ConfigurationError: the file exists, or cannot be written.

    """
    create_private_file(path, secrets.token_bytes(KEY_SIZE))


def load_redaction(path: Path) -> Redaction:
    """Read the key file.

    Raises:
        ConfigurationError: missing, readable by others, or not exactly 32 bytes.

    """
    key = read_private_file(path, KEY_SIZE)
    if len(key) != KEY_SIZE:
        raise ConfigurationError(
            f"the redaction key {path} is not {KEY_SIZE} bytes long",
            f"make one with: head -c {KEY_SIZE} /dev/urandom > {path}",
        )
    return Redaction(key)
