"""The one way in which a daemon appends: one append at a time, measured, and none once it has been closed."""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from threading import Lock
from time import monotonic

from collector.ledger.entry import Entry
from collector.ledger.store import Ledger, LedgerReader
from collector.model.errors import LedgerError
from collector.model.record import Header


class ClosedError(LedgerError):
    """The work that wanted to append was ended; nothing was written."""


class Journal:
    """Stands before a ledger. Its threads take turns here rather than at the database."""

    def __init__(self, ledger: Ledger, took: Callable[[float], None]) -> None:
        self.origin = ledger.origin
        self._ledger = ledger
        self._took = took
        self._turn = Lock()
        self._closed = False

    def read(self) -> AbstractContextManager[LedgerReader]:
        """Read one state of the ledger."""
        return self._ledger.read()

    def append(self, entries: Sequence[Entry]) -> tuple[Header, ...]:
        """Append entries as one transaction.

        Raises:
            ClosedError: this was closed.
            LedgerError, IntegrityError: the ledger refused.

        """
        with self._turn:
            if self._closed:
                raise ClosedError("the work under way was ended")
            began = monotonic()
            headers = self._ledger.append(entries)
            self._took(monotonic() - began)
            return headers

    def close(self, patience: float) -> bool:
        """Let nothing more through; tell whether the append under way came to its end within so many seconds."""
        self._closed = True
        ended = self._turn.acquire(timeout=patience)
        if ended:
            self._turn.release()
        return ended
