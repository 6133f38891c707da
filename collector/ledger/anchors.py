"""Anchors: what others say of a checkpoint, so that its records do not rest on the ledger's key alone."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

MAX_ANCHOR = 64 * 1024
"""The largest anchor that is read, in bytes."""


class AnchorKind(StrEnum):
    """What an anchor is, and so what its data are.

    `timestamp`: the answer of an RFC 3161 authority, DER. `cosignature`: a C2SP signature line without its newline.
    `copy`: canonical JSON that says where a copy under Object Lock is.
    """

    TIMESTAMP = "timestamp"
    COSIGNATURE = "cosignature"
    COPY = "copy"


@dataclass(frozen=True, slots=True)
class Anchor:
    """One anchor of the checkpoint over `size` records.

    Attributes:
        size: of the checkpoint.
        kind: what it is.
        name: whose it is: the authority's or bucket's URL, or the cosigner's name.
        time: when it was taken in, by the collector's clock: for people, never for proof.
        data: see `AnchorKind`.

    """

    size: int
    kind: AnchorKind
    name: str
    time: datetime
    data: bytes
