"""Places for readings: so many sources are read at once, each by one reader, and a slow one holds up no other."""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from threading import Lock, Thread
from time import monotonic


@dataclass(frozen=True, slots=True)
class Limits:
    """How much is read at once: the configuration's `daemon`, for a run that a person begins as well.

    Attributes:
        sources_at_once: not counting those that are slow.
        slow_after: a source that gets no further for longer no longer counts.

    """

    sources_at_once: int = 16
    slow_after: timedelta = timedelta(seconds=30)


LIMITS = Limits()


@dataclass(frozen=True, slots=True)
class Errand:
    """What is to be done about a source, in a thread."""

    source: str
    do: Callable[[], None]
    stale: Callable[[], bool]
    """whether it need not be begun any more"""
    advanced: Callable[[], float]
    """when it last got further, by the monotonic clock"""


class Places:
    """Begins errands in order as places become free.

    A source that got no further for `slow_after` gives up its place but goes on, so that sources that do not answer
    cannot take up all places. One that gets further keeps it, however long that takes: where it is this machine that
    is slow, more at once would make all of them slower still, and hold memory for each. As a source has one errand
    under way at a time, there are never more threads than sources.
    """

    def __init__(self, limits: Limits) -> None:
        self._count = limits.sources_at_once
        self._slow_after = limits.slow_after.total_seconds()
        self._waiting: deque[Errand] = deque()
        self._begun: dict[str, tuple[float, Errand]] = {}
        self._lock = Lock()

    @property
    def slow(self) -> int:
        """Count the sources that are under way without a place."""
        with self._lock:
            return len(self._begun) - self._placed()

    def submit(self, errand: Errand) -> None:
        """Do it as soon as there is a place and nothing else is under way about its source."""
        with self._lock:
            self._waiting.append(errand)
        self.attend()

    def attend(self) -> None:
        """Begin what can be begun by now; call it from time to time, as sources become slow."""
        for errand in self._admit():
            # Not a ThreadPoolExecutor, whose threads Python waits for before it exits.
            Thread(target=self._run, args=(errand,), name=errand.source, daemon=True).start()

    def clear(self) -> None:
        """Begin nothing that waits."""
        with self._lock:
            self._waiting.clear()

    def _admit(self) -> list[Errand]:
        with self._lock:
            admitted: list[Errand] = []
            still: deque[Errand] = deque()
            now = monotonic()
            for errand in self._waiting:
                if errand.stale():
                    continue
                if errand.source in self._begun or self._placed() >= self._count:
                    still.append(errand)
                    continue
                self._begun[errand.source] = (now, errand)
                admitted.append(errand)
            self._waiting = still
            return admitted

    def _placed(self) -> int:
        latest = monotonic() - self._slow_after
        return sum(max(begun, errand.advanced()) >= latest for begun, errand in self._begun.values())

    def _run(self, errand: Errand) -> None:
        try:
            errand.do()
        finally:
            with self._lock:
                del self._begun[errand.source]
            self.attend()
