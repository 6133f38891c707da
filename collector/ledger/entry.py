"""What a caller asks the ledger to append."""

from dataclasses import dataclass
from functools import cached_property

from collector.model.canonical import digest
from collector.model.outcome import Outcome
from collector.model.record import Kind


@dataclass(frozen=True)
class Object:
    """Canonical bytes to be stored under their digest, and the objects that they refer to.

    Children are written in the same transaction as their parent and never after it, so a parent that is
    already stored needs no look at its children: an unchanged list costs one look-up.
    """

    data: bytes
    children: tuple["Object", ...] = ()

    @cached_property
    def address(self) -> str:
        """Give the digest it is stored under."""
        return digest(self.data)


@dataclass(frozen=True, slots=True)
class Entry:
    """A record to be. The ledger adds `seq`, `prev`, `time` and `collector`.

    `body` is the object that the header names; what the body refers to by digest hangs below it.
    """

    kind: Kind
    subject: str
    body: Object
    controls: tuple[str, ...] = ()
    outcome: Outcome | None = None
