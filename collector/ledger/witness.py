"""What a witness is asked, and what it makes sure of before it cosigns (c2sp.org/tlog-witness, add-checkpoint)."""

import base64
from collections.abc import Sequence
from dataclasses import dataclass

from collector.ledger.checkpoint import SignedCheckpoint, parse_size
from collector.ledger.merkle import HASH_SIZE, ProofError, consistency_proof, leaf_hash, verify_consistency
from collector.ledger.note import MAX_NOTE, VerifierKey, decode_base64
from collector.ledger.reader import Reader
from collector.model.errors import ConfigurationError, IntegrityError, MalformedError

MAX_PROOF = 63
MAX_REQUEST = MAX_NOTE + 4 * 1024
"""The largest request that is read, in bytes."""


@dataclass(frozen=True, slots=True)
class Request:
    """A checkpoint to cosign, and the proof that it extends the one that the witness cosigned last.

    Attributes:
        old: the size of that one, 0 for a witness that cosigned none.
        proof: the RFC 6962 consistency proof.
        note: the signed checkpoint.

    """

    old: int
    proof: tuple[bytes, ...]
    note: bytes

    def encode(self) -> bytes:
        """Write the request's body."""
        lines = [f"old {self.old}", *(base64.b64encode(node).decode("ascii") for node in self.proof), ""]
        return ("\n".join(lines) + "\n").encode("ascii") + self.note

    @classmethod
    def decode(cls, data: bytes, what: str) -> "Request":
        """Read a request's body, or a signed checkpoint alone, which is a request without a proof from size 0.

        Raises:
            MalformedError: it is neither.

        """
        if not data.startswith(b"old "):
            return cls(0, (), data)
        head, separator, note = data.partition(b"\n\n")
        lines = head.decode("ascii", "replace").split("\n")
        if not separator or len(lines) > 1 + MAX_PROOF:
            raise MalformedError(f"{what} is no request to cosign: an old size, a proof, an empty line, a checkpoint")
        proof = tuple(decode_base64(line, f"the proof in {what}") for line in lines[1:])
        if any(len(node) != HASH_SIZE for node in proof):
            raise MalformedError(f"a hash of the proof in {what} does not have {HASH_SIZE} bytes")
        return cls(parse_size(lines[0].removeprefix("old "), f"the old size in {what}"), proof, note)


def witness_request(reader: Reader, size: int, old: int, note: bytes) -> Request:
    """Make the request to cosign the checkpoint over `size` records for a witness that has seen `old` of them."""
    leaves = [leaf_hash(data) for _, data in reader.headers(0, size)]
    return Request(old, tuple(consistency_proof(leaves, old)), note)


@dataclass(frozen=True, slots=True)
class Seen:
    """The last checkpoint of a ledger that a witness cosigned, and the ledger's key as the witness knows it."""

    key: VerifierKey
    size: int
    root: bytes


def consider(
    request: Request, keys: Sequence[VerifierKey], last: Seen | None, what: str
) -> tuple[SignedCheckpoint, Seen]:
    """Make sure that a checkpoint may be cosigned; give it, and what to remember before the cosignature is shown.

    Args:
        request: from the ledger's operator, who may be lying.
        keys: that the ledger may sign with.
        last: what was cosigned last, None the first time.
        what: names the request in errors.

    Raises:
        SignatureError: none of the keys signed it.
        IntegrityError: the ledger was rolled back, or this is another history of it than the one that was cosigned.
        ConfigurationError: the proof is from another size than the last one, which is to be asked for again.

    """
    signed = SignedCheckpoint.decode(request.note, what)
    key = signed.note.verify(keys, what)
    checkpoint = signed.checkpoint
    if checkpoint.origin != key.name:
        raise IntegrityError(f"{what} is of {checkpoint.origin}, which the key of {key.name} cannot sign for")
    seen = Seen(key, checkpoint.size, checkpoint.root)
    if last is None:
        return signed, seen
    if checkpoint.size < last.size:
        raise IntegrityError(
            f"rolled back: {what} covers {checkpoint.size} records, and one over {last.size} was cosigned before"
        )
    if checkpoint.size == last.size:
        if checkpoint.root != last.root:
            raise _second_history(what, last.size)
        return signed, seen
    if request.old != last.size:
        raise ConfigurationError(
            f"{what} proves that it extends {request.old} records, and the one cosigned last covers {last.size}",
            f"ask the operator for: controlproof anchor request --old {last.size}",
        )
    if last.size:
        try:
            verify_consistency(last.size, checkpoint.size, last.root, checkpoint.root, request.proof)
        except ProofError:
            raise _second_history(what, last.size) from None
    return signed, seen


def _second_history(what: str, size: int) -> IntegrityError:
    return IntegrityError(f"another history: {what} does not extend the checkpoint over {size} records cosigned before")
