"""Timestamped cosignatures of checkpoints: by witnesses, and by the ledger itself under an ML-DSA-44 key.

Source: c2sp.org/tlog-cosignature. A cosignature says that, as of its time, the cosigner knew no larger tree of the
ledger, and that the tree extends every one that it cosigned before.
"""

import struct
from datetime import UTC, datetime

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PublicKey

from collector.ledger.checkpoint import SignedCheckpoint
from collector.ledger.keys import Signer
from collector.ledger.note import COSIGNATURE, ML_DSA_44, Signature, SignatureError, VerifierKey, verify_ed25519
from collector.model.errors import MalformedError

COSIGNERS = (COSIGNATURE, ML_DSA_44)
"""The types of key that cosign."""

_LABEL = b"subtree/v1\n\0"
_TIMES = range(1, 253_402_300_800)
"""Seconds since 1970 up to the year 9999: what a time can be written as."""


def cosign(signed: SignedCheckpoint, signer: Signer, at: datetime) -> Signature:
    """Give the cosignature line of `signer` as of a time, which is cut to whole seconds.

    Raises:
        SigningError: the signer gave no signature.

    """
    seconds = int(at.timestamp())
    signature = signer.sign(_message(signed, signer.key, seconds))
    return Signature(signer.key.name, signer.key.id, struct.pack(">Q", seconds) + signature)


def verify_cosignature(key: VerifierKey, signed: SignedCheckpoint, line: Signature) -> datetime:
    """Check the line of a known cosigner, and give its time.

    Raises:
        SignatureError: it does not verify.
        MalformedError: it is not of the form of a cosignature.

    """
    what = f"the cosignature of {key.name} on the checkpoint of size {signed.size}"
    if (line.name, line.key_id) != (key.name, key.id):
        raise SignatureError(f"{what} is of another key")
    if len(line.signature) < 8:
        raise MalformedError(f"{what} has no time")
    (seconds,) = struct.unpack(">Q", line.signature[:8])
    if seconds not in _TIMES:
        raise MalformedError(f"{what} has no time that can be written")
    if not _verifies(key, _message(signed, key, seconds), line.signature[8:]):
        raise SignatureError(f"{what} does not verify: it is of another checkpoint, or was altered")
    return datetime.fromtimestamp(seconds, UTC)


def _message(signed: SignedCheckpoint, key: VerifierKey, seconds: int) -> bytes:
    if key.kind == COSIGNATURE:
        return f"cosignature/v1\ntime {seconds}\n{signed.note.text}".encode()
    checkpoint = signed.checkpoint
    sizes = struct.pack(">QQ", 0, checkpoint.size)
    return (
        _LABEL
        + _short(key.name)
        + struct.pack(">Q", seconds)
        + _short(checkpoint.origin)
        + sizes
        + checkpoint.root
    )  # fmt: skip


def _short(text: str) -> bytes:
    """Write a text after one byte of its length (RFC 8446 section 3.4)."""
    data = text.encode("utf-8")
    if not 0 < len(data) < 256:
        raise MalformedError(f"{text[:80]!r} is longer than the 255 bytes that a cosigner's or ledger's name may have")
    return bytes([len(data)]) + data


def _verifies(key: VerifierKey, message: bytes, signature: bytes) -> bool:
    if key.kind == COSIGNATURE:
        return verify_ed25519(key, message, signature)
    try:
        MLDSA44PublicKey.from_public_bytes(key.public).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True
