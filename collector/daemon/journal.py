"""The one way in which a daemon appends: what waits is appended together, measured, and nothing once it was closed."""

from collections.abc import Callable, Sequence
from concurrent.futures import Future
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from itertools import islice
from threading import Lock
from time import monotonic

from collector.ledger.entry import Entry
from collector.ledger.store import Ledger, LedgerReader
from collector.model.errors import LedgerError
from collector.model.record import Header


class ClosedError(LedgerError):
    """The work that wanted to append was ended; nothing was written."""


@dataclass(frozen=True, slots=True)
class _Wanted:
    """Entries that a thread waits to see appended."""

    entries: Sequence[Entry]
    outcome: "Future[tuple[Header, ...]]" = field(default_factory=Future)


class Journal:
    """Stands before a ledger. Its threads take turns here rather than at the database.

    Whose turn it is appends for all that wait: a transaction costs its time once, however many readings came meanwhile.
    """

    def __init__(self, ledger: Ledger, took: Callable[[float], None]) -> None:
        self.origin = ledger.origin
        self._ledger = ledger
        self._took = took
        self._turn = Lock()
        self._lock = Lock()
        self._waiting: list[_Wanted] = []
        self._closed = False

    def read(self) -> AbstractContextManager[LedgerReader]:
        """Read one state of the ledger."""
        return self._ledger.read()

    def append(self, entries: Sequence[Entry]) -> tuple[Header, ...]:
        """Append entries as one transaction, together with what other threads append meanwhile, or none of it.

        Raises:
            ClosedError: this was closed.
            LedgerError, IntegrityError: the ledger refused.

        """
        wanted = _Wanted(entries)
        with self._lock:
            self._waiting.append(wanted)
        with self._turn:
            if not wanted.outcome.done():
                self._append_waiting()
        return wanted.outcome.result()

    def _append_waiting(self) -> None:
        with self._lock:
            together, self._waiting = self._waiting, []
        try:
            headers = iter(self._append([entry for each in together for entry in each.entries]))
        except BaseException as error:
            for each in together:
                each.outcome.set_exception(error)
            raise
        for each in together:
            each.outcome.set_result(tuple(islice(headers, len(each.entries))))

    def _append(self, entries: Sequence[Entry]) -> tuple[Header, ...]:
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
