"""Checkpoints: the signed size and root of the ledger after an append (c2sp.org/tlog-checkpoint)."""

import base64
import re
from dataclasses import dataclass

from collector.ledger.merkle import HASH_SIZE
from collector.ledger.note import Note, decode_base64
from collector.model.canonical import MAX_INTEGER
from collector.model.errors import MalformedError

_NUMBER = re.compile(r"0|[1-9][0-9]{0,15}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A tree head: which ledger, how many records, and the root over them."""

    origin: str
    size: int
    root: bytes

    def text(self) -> str:
        """Give the note text that is signed."""
        return f"{self.origin}\n{self.size}\n{base64.b64encode(self.root).decode('ascii')}\n"

    @classmethod
    def parse(cls, text: str, what: str) -> "Checkpoint":
        """Read a note's text. Extension lines are allowed and ignored, as the specification says.

        Raises:
            MalformedError: naming `what` and the line.

        """
        origin, *rest = text.removesuffix("\n").split("\n")
        if not text.endswith("\n") or len(rest) < 2 or not origin or not all(rest):
            raise MalformedError(f"{what} must have an origin, a size and a root, a line each")
        return cls(origin, parse_size(rest[0], f"the size in {what}"), _parse_root(rest[1], what))


@dataclass(frozen=True, slots=True)
class SignedCheckpoint:
    """A checkpoint with the note that carries it."""

    checkpoint: Checkpoint
    note: Note

    @property
    def size(self) -> int:
        """Give the number of records it covers."""
        return self.checkpoint.size

    @classmethod
    def decode(cls, data: bytes, what: str) -> "SignedCheckpoint":
        """Read a signed checkpoint; its signatures are parsed, not verified."""
        note = Note.decode(data, what)
        return cls(Checkpoint.parse(note.text, what), note)


def parse_size(text: str, what: str) -> int:
    """Read a canonical decimal: no sign, no leading zero, at most 2^53-1."""
    if not _NUMBER.fullmatch(text) or int(text) > MAX_INTEGER:
        raise MalformedError(f"{what} is not a canonical whole number: {text[:40]!r}")
    return int(text)


def _parse_root(text: str, what: str) -> bytes:
    root = decode_base64(text, f"the root in {what}")
    if len(root) != HASH_SIZE:
        raise MalformedError(f"the root in {what} does not have {HASH_SIZE} bytes")
    return root
