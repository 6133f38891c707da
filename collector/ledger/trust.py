"""Which keys may sign which checkpoints: the key that an auditor pinned, and those it handed over to.

Keys that came with a ledger or a bundle are claims. They say which key a fingerprint stands for and are
never a reason to trust by themselves.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from collector.ledger.cosignature import COSIGNERS
from collector.ledger.note import ED25519, ML_DSA_44, VerifierKey
from collector.ledger.rotation import Rotation
from collector.model.errors import ConfigurationError, ControlproofError, IntegrityError, MalformedError


@dataclass(frozen=True, slots=True)
class Handover:
    """A rotation and the seq of the `key` record that holds it."""

    seq: int
    rotation: Rotation


@dataclass(frozen=True, slots=True)
class KeyHistory:
    """The keys of a ledger in order, `handovers[i]` leading from `keys[i]` to `keys[i + 1]`.

    `pinned` is the index of the key that the auditor pinned, or None. From there on, each key is trusted
    because the one before it named it.
    """

    keys: tuple[VerifierKey, ...]
    handovers: tuple[Handover, ...]
    pinned: int | None

    def signers(self, size: int) -> tuple[int, ...]:
        """Give the indexes of the keys that may sign the checkpoint of `size`; two right at a handover."""
        done = sum(handover.seq + 1 < size for handover in self.handovers)
        at_handover = done < len(self.handovers) and self.handovers[done].seq + 1 == size
        return (done, done + 1) if at_handover else (done,)

    def trusted(self, size: int) -> bool:
        """Tell whether the checkpoint of `size` is signed by the pinned key or a successor."""
        return self.pinned is not None and self.signers(size)[-1] >= self.pinned


def key_history(claimed: str, handovers: Sequence[Handover], wanted: Sequence[str]) -> KeyHistory:
    """Put the keys in order and find the pinned one among them.

    Args:
        claimed: the vkey that came with the records, their current one.
        handovers: in order of seq.
        wanted: the fingerprints that the auditor trusts (see `pinned_fingerprint`).

    Raises:
        IntegrityError: the handovers do not form one line of keys, or none of them is pinned.

    """
    keys = [handovers[0].rotation.old if handovers else _claimed(claimed)]
    for handover in handovers:
        if handover.rotation.old != keys[-1]:
            raise IntegrityError(f"record {handover.seq} hands over from a key that was not the ledger's")
        keys.append(handover.rotation.new)
    pinned = next((at for at, key in enumerate(keys) if key.fingerprint in wanted), None)
    if wanted and pinned is None:
        raise IntegrityError(
            f"none of the keys is the pinned one ({', '.join(wanted)}): it is signed by {keys[-1].fingerprint}"
        )
    return KeyHistory(tuple(keys), tuple(handovers), pinned)


def _claimed(text: str) -> VerifierKey:
    try:
        return VerifierKey.decode(text)
    except ControlproofError as error:
        raise IntegrityError(f"the key that came with the records is malformed: {error.message}") from None


def pinned_fingerprint(pin: str) -> str:
    """Give the fingerprint that a pin, itself one or a vkey, stands for.

    Raises:
        ConfigurationError: it is neither.

    """
    text = pin.strip()
    if not text.startswith("sha256:"):
        return _decode(text, (ED25519,)).fingerprint
    if len(text) != 71 or text[7:].strip("0123456789abcdef"):
        raise ConfigurationError(f"not a key fingerprint: {text[:90]!r}", "the form is sha256: and 64 hex digits")
    return text


def post_quantum_pin(pin: str) -> VerifierKey | None:
    """Give the ML-DSA-44 key that a pin is, None when it is for an Ed25519 key.

    Raises:
        ConfigurationError: it is a verifier key of neither kind.

    """
    text = pin.strip()
    if text.startswith("sha256:"):
        return None
    key = _decode(text, (ED25519, ML_DSA_44))
    return key if key.kind == ML_DSA_44 else None


def witness_pin(text: str) -> VerifierKey:
    """Read a witness's verifier key.

    Raises:
        ConfigurationError: it is none.

    """
    return _decode(text, COSIGNERS)


def _decode(text: str, kinds: Sequence[int]) -> VerifierKey:
    try:
        return VerifierKey.decode(text, kinds)
    except MalformedError as error:
        raise ConfigurationError(f"not a verifier key: {error.message}") from None
