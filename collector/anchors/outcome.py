"""What came of one attempt to anchor one checkpoint at one place."""

from dataclasses import dataclass
from enum import StrEnum

from collector.ledger.anchors import AnchorKind
from collector.model.canonical import Json


class AnchorState(StrEnum):
    """Of an attempt. Only `refused` speaks against the ledger: whoever remembers it knows another history of it."""

    DONE = "done"
    GAP = "gap"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class AnchorOutcome:
    """One attempt: what kind of anchor, at whom, of the checkpoint over how many records, and what came of it.

    Attributes:
        kind, name, size: as in `collector.ledger.anchors.Anchor`.
        state: see `AnchorState`.
        reason: a sentence for people; what a gap needs to be mended.

    """

    kind: AnchorKind
    name: str
    size: int
    state: AnchorState
    reason: str

    def to_json(self) -> dict[str, Json]:
        """Give the outcome as a JSON object."""
        return {
            "kind": self.kind.value,
            "name": self.name,
            "reason": self.reason,
            "size": self.size,
            "state": self.state.value,
        }


class AnchorGap(Exception):  # noqa: N818 - it is no error of ours: nothing came, and it is tried again
    """There is no anchor this time."""


class AnchorRefused(Exception):  # noqa: N818 - it is what the other side said
    """Another party knows another history of this ledger."""


class RolledBack(AnchorRefused):
    """Another party has seen more records than the ledger has."""

    def __init__(self, who: str, seen: int, size: int) -> None:
        super().__init__(
            f"this ledger was rolled back: {who} has seen {seen} records of it, and it ends at {size}; it is an older "
            "copy, or its newest records were deleted"
        )
        self.seen = seen
