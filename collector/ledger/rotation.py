"""Handing a ledger from one signing key to the next.

A `key` record's body holds a note in which the old key names the new one, so a verifier who trusts the old
key can follow to the new one from this body alone.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from collector.ledger.entry import Entry, Object
from collector.ledger.keys import Signer, sign_note
from collector.ledger.note import Note, VerifierKey
from collector.model.canonical import encode
from collector.model.errors import MalformedError
from collector.model.record import VERSION, Kind

_FIRST_LINE = "controlproof key rotation"


@dataclass(frozen=True, slots=True)
class Rotation:
    """One handing over, as stated and signed by the old key."""

    old: VerifierKey
    new: VerifierKey
    note: Note


def rotation_entry(old: Signer, new: VerifierKey) -> Entry:
    """Write the `key` record in which the old key names its successor."""
    note = sign_note(f"{_FIRST_LINE}\n{old.key.encode()}\n{new.encode()}\n", [old])
    body = encode({"note": note.encode().decode("utf-8"), "v": VERSION})
    return Entry(Kind.KEY, old.key.name, Object(body))


def read_rotation(body: Mapping[str, Any], what: str) -> Rotation:
    """Read a `key` record's body and check the old key's signature on it.

    Raises:
        MalformedError, SignatureError: it is not a rotation, or the old key did not sign it.

    """
    text = body.get("note")
    if not isinstance(text, str):
        raise MalformedError(f"{what} holds no rotation note")
    note = Note.decode(text.encode("utf-8"), what)
    lines = note.text.removesuffix("\n").split("\n")
    if len(lines) != 3 or lines[0] != _FIRST_LINE:
        raise MalformedError(f"{what} is not a key rotation")
    old, new = VerifierKey.decode(lines[1]), VerifierKey.decode(lines[2])
    if old.name != new.name:
        raise MalformedError(f"{what} hands the ledger {old.name} to another name, {new.name}")
    note.verify([old], what)
    return Rotation(old, new, note)
