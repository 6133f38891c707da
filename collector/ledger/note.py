"""C2SP signed notes: a text and signature lines over it, parsed strictly.

Source: c2sp.org/signed-note. Unknown signature lines are kept and ignored, so witnesses can add theirs.
"""

import base64
import binascii
import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, replace

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from collector.model.errors import ConfigurationError, IntegrityError, MalformedError

ED25519 = 0x01
"""The signature type byte of Ed25519 signatures over the note's text."""

COSIGNATURE = 0x04
"""The signature type byte of timestamped Ed25519 cosignatures (c2sp.org/tlog-cosignature)."""

ML_DSA_44 = 0x06
"""The signature type byte of timestamped ML-DSA-44 cosignatures (c2sp.org/tlog-cosignature, FIPS 204)."""

KEY_SIZES = {ED25519: 32, COSIGNATURE: 32, ML_DSA_44: 1312}
"""The bytes of a public key, by signature type."""

MAX_NOTE = 256 * 1024
"""The largest note that is read, in bytes; room for 16 post-quantum signatures and more."""

MAX_SIGNATURES = 64
_MARK = "— "
_KIND_NAMES = {
    ED25519: "an Ed25519 key (type 0x01, 32 bytes)",
    COSIGNATURE: "an Ed25519 witness's key (type 0x04, 32 bytes)",
    ML_DSA_44: "an ML-DSA-44 key (type 0x06, 1312 bytes)",
}


class SignatureError(IntegrityError):
    """A note that is not signed as it must be."""


@dataclass(frozen=True, slots=True)
class VerifierKey:
    """A public key and the name it signs under, written as a C2SP vkey."""

    name: str
    kind: int
    public: bytes

    @property
    def id(self) -> bytes:
        """Give the four bytes that signature lines name the key by; an identifier, not a secure hash."""
        return key_id(self.name, self.kind, self.public)

    @property
    def fingerprint(self) -> str:
        """Give the text that a person pins: `sha256:` and the hex SHA-256 of the public key's raw bytes."""
        return "sha256:" + hashlib.sha256(self.public).hexdigest()

    def encode(self) -> str:
        """Write the vkey: name, hex key id, and base64 of type and public key, joined by plus signs."""
        material = base64.b64encode(bytes([self.kind]) + self.public).decode("ascii")
        return f"{self.name}+{self.id.hex()}+{material}"

    @classmethod
    def decode(cls, text: str, kinds: Iterable[int] = (ED25519,)) -> "VerifierKey":
        """Read a vkey of one of some types; without them, of type Ed25519.

        Raises:
            ConfigurationError: it is not one, or its key id does not match its key.

        """
        parts = text.strip().split("+", 2)
        if len(parts) != 3 or not is_key_name(parts[0]):
            raise ConfigurationError(f"not a verifier key: {text[:80]!r}", "the form is name+hex+base64 (C2SP vkey)")
        material = decode_base64(parts[2], "the verifier key's material")
        if not material or material[0] not in kinds or len(material) != 1 + KEY_SIZES[material[0]]:
            wanted = " or ".join(_KIND_NAMES[kind] for kind in kinds)
            raise ConfigurationError(f"the verifier key is not {wanted}")
        key = cls(parts[0], material[0], material[1:])
        if parts[1] != key.id.hex():
            raise ConfigurationError(f"the verifier key's id should be {key.id.hex()}, not {parts[1][:16]!r}")
        return key


@dataclass(frozen=True, slots=True)
class Signature:
    """One signature line."""

    name: str
    key_id: bytes
    signature: bytes

    def encode(self) -> str:
        """Write the line, with its newline."""
        return f"{_MARK}{self.name} {base64.b64encode(self.key_id + self.signature).decode('ascii')}\n"

    @classmethod
    def decode(cls, line: str, what: str) -> "Signature":
        """Read a line, which is given without its newline; `what` names the note in errors."""
        name, space, encoded = line.removeprefix(_MARK).partition(" ")
        if not line.startswith(_MARK) or not space or not is_key_name(name):
            raise MalformedError(f"{what} has a malformed signature line: {line[:60]!r}")
        data = decode_base64(encoded, f"a signature of {what}")
        if len(data) < 5:
            raise MalformedError(f"{what} has a signature line without a signature")
        return cls(name, data[:4], data[4:])


@dataclass(frozen=True, slots=True)
class Note:
    """A text, which ends in a newline, and its signature lines."""

    text: str
    signatures: tuple[Signature, ...]

    def encode(self) -> bytes:
        """Write the note: text, empty line, signature lines."""
        return (self.text + "\n" + "".join(line.encode() for line in self.signatures)).encode("utf-8")

    @classmethod
    def decode(cls, data: bytes, what: str) -> "Note":
        """Parse a note strictly; `what` names it in errors.

        Raises:
            MalformedError: not UTF-8, control characters, no signature, non-canonical base64, too large.

        """
        if len(data) > MAX_NOTE:
            raise MalformedError(f"{what} is larger than {MAX_NOTE} bytes")
        try:
            whole = data.decode("utf-8")
        except UnicodeDecodeError:
            raise MalformedError(f"{what} is not UTF-8") from None
        if any(character < " " and character != "\n" for character in whole):
            raise MalformedError(f"{what} holds a control character")
        text, separator, lines = whole.rpartition("\n\n")
        if not separator or not text or not lines.endswith("\n"):
            raise MalformedError(f"{what} is not a signed note: text, an empty line, signature lines")
        signatures = lines.removesuffix("\n").split("\n")
        if len(signatures) > MAX_SIGNATURES:
            raise MalformedError(f"{what} has more than {MAX_SIGNATURES} signatures")
        return cls(text + "\n", tuple(Signature.decode(line, what) for line in signatures))

    def with_signature(self, signature: Signature) -> "Note":
        """Give the note with one more signature line at its end."""
        return replace(self, signatures=(*self.signatures, signature))

    def verify(self, keys: Iterable[VerifierKey], what: str) -> VerifierKey:
        """Check the lines of known keys, and give the first key that signed.

        Raises:
            SignatureError: no known key signed, or the line of a known key does not verify.

        """
        known = {(key.name, key.id): key for key in keys}
        signed_by = None
        for line in self.signatures:
            key = known.get((line.name, line.key_id))
            if key is None:
                continue
            if not verify_ed25519(key, self.text.encode("utf-8"), line.signature):
                raise SignatureError(f"the signature of {key.name} on {what} does not verify: its text was altered")
            signed_by = signed_by or key
        if signed_by is None:
            # Quoted, because a stranger chose the names: none of their characters may steer a terminal.
            names = ", ".join(sorted({repr(f"{line.name}+{line.key_id.hex()}") for line in self.signatures}))
            raise SignatureError(f"{what} is not signed by a trusted key; it is signed by {names}")
        return signed_by


def verify_ed25519(key: VerifierKey, message: bytes, signature: bytes) -> bool:
    """Tell whether an Ed25519 signature verifies (RFC 8032)."""
    try:
        Ed25519PublicKey.from_public_bytes(key.public).verify(signature, message)
    except InvalidSignature:
        return False
    return True


def key_id(name: str, kind: int, public: bytes) -> bytes:
    """Give the first four bytes of SHA-256(name, newline, type byte, public key)."""
    return hashlib.sha256(name.encode("utf-8") + b"\n" + bytes([kind]) + public).digest()[:4]


def is_key_name(name: str) -> bool:
    """Tell whether `name` may name a key: UTF-8 text, not empty, no spaces of any kind, no plus sign."""
    try:
        name.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return bool(name) and "+" not in name and not any(c.isspace() or c < " " for c in name)


def decode_base64(text: str, what: str) -> bytes:
    """Decode standard base64 (RFC 4648 section 4) in its one canonical spelling."""
    try:
        data = base64.b64decode(text.encode("ascii"), validate=True)
    except (binascii.Error, UnicodeEncodeError):
        raise MalformedError(f"{what} is not base64") from None
    if base64.b64encode(data).decode("ascii") != text:
        raise MalformedError(f"{what} is not in canonical base64")
    return data
