"""What a run needs of a ledger: to read it and to append to it."""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import Protocol

from collector.ledger.entry import Entry
from collector.ledger.store import LedgerReader
from collector.model.record import Header


class Writer(Protocol):
    """A ledger, or what stands before one and lets only some appends through."""

    @property
    def origin(self) -> str:
        """The ledger's name."""
        ...

    def read(self) -> AbstractContextManager[LedgerReader]:
        """Read one state of the ledger."""
        ...

    def append(self, entries: Sequence[Entry]) -> tuple[Header, ...]:
        """Append entries as one transaction.

        Raises:
            LedgerError, IntegrityError: nothing was written.

        """
        ...
