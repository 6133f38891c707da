"""Attempts to read: the sources at once, each source's populations one after another, outcomes in a fixed order.

A thread reads; nothing here appends. A source that is slow holds up no other one, only what is recorded after it.
"""

from collections.abc import Iterator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass, field
from queue import Empty, SimpleQueue
from threading import Event, Thread
from typing import overload

from collector.model.snapshot import Gap, Snapshot
from connectors.base import Progress, Source

SOURCES_AT_ONCE = 4
"""Each of them makes several calls at once by itself."""


class Interruption:
    """Ends readings that are under way in threads, which a signal does not reach."""

    def __init__(self) -> None:
        self._event = Event()

    def happen(self) -> None:
        """End them, each at the next item that it reads."""
        self._event.set()

    def watched(self, progress: Progress) -> Progress:
        """Give a progress that raises KeyboardInterrupt once this has happened, which no reading takes for a fault."""

        def tell(what: str, count: int) -> None:
            if self._event.is_set():
                raise KeyboardInterrupt
            progress(what, count)

        return tell


@dataclass(frozen=True, slots=True)
class Attempt:
    """One population of one source that is to be read, is being read, or was read."""

    source: Source
    population: str
    _outcome: "Future[Snapshot | Gap]" = field(default_factory=Future)

    @overload
    def wait(self) -> Snapshot | Gap: ...
    @overload
    def wait(self, seconds: float | None) -> Snapshot | Gap | None: ...
    def wait(self, seconds: float | None = None) -> Snapshot | Gap | None:
        """Give what came of it, or None if nothing did within some seconds.

        Raises:
            KeyboardInterrupt: here or in the thread that reads.
            Exception: what the source raised, against its contract.

        """
        try:
            return self._outcome.result(None if seconds is None else max(0.0, seconds))
        except TimeoutError:
            # The source itself may have raised it, against its contract.
            if self._outcome.done():
                raise
            return None

    def done(self) -> Snapshot | Gap | None:
        """Give what came of it if anything did by now; if it was not begun, it never is."""
        if self._outcome.cancel() or not self._outcome.done() or self._outcome.exception() is not None:
            return None
        return self._outcome.result()

    def read(self) -> bool:
        """Read, in a thread; tell whether the source can be read on."""
        if not self._outcome.set_running_or_notify_cancel():
            return False
        try:
            self._outcome.set_result(self.source.read(self.population))
        except BaseException as error:  # noqa: BLE001 - it is raised again where the outcome is waited for
            self._outcome.set_exception(error)
            return False
        return True


@contextmanager
def attempts(
    sources: Sequence[Source], populations: Sequence[str], interruption: Interruption
) -> Iterator[tuple[Attempt, ...]]:
    """Begin to read, and give the attempts by source and population, in the order of both.

    Leaving this early interrupts what is under way and begins nothing more. It does not wait: a call that hangs
    would keep a person at the keyboard for as long as its timeout.
    """
    by_source = [[Attempt(source, name) for name in populations if name in source.populations] for source in sources]
    waiting: _Waiting = SimpleQueue()
    for expected in by_source:
        waiting.put(expected)
    try:
        for _ in by_source[:SOURCES_AT_ONCE]:
            # Not a ThreadPoolExecutor, whose threads Python waits for before it exits.
            Thread(target=_read_waiting, args=(waiting,), name="source", daemon=True).start()
        yield tuple(attempt for expected in by_source for attempt in expected)
    except BaseException:
        interruption.happen()
        for expected in by_source:
            for attempt in expected:
                attempt.done()
        raise


_Waiting = SimpleQueue[Sequence[Attempt]]
"""What is to be read of each source that no thread has taken up."""


def _read_waiting(waiting: _Waiting) -> None:
    while True:
        try:
            expected = waiting.get_nowait()
        except Empty:
            return
        for attempt in expected:
            if not attempt.read():
                break
