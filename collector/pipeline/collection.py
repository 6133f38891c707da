"""One collection: populations of one source, read one after another, until they are read or somebody ends it."""

import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from threading import Event, Lock
from time import monotonic

from collector.model.errors import ControlproofError
from collector.model.snapshot import Failure, FailureClass, Gap, Snapshot
from connectors.base import Progress, Source

_log = logging.getLogger(__name__)

Open = Callable[[Progress], Source]
"""Gives a source anew, as a sign-in that was refused once may work the next time; it makes no call."""

LATE = "DeadlinePassed"


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


@dataclass
class Collection:
    """What is to be read of one source, and how far that is. One thread reads; any thread may end it.

    Attributes:
        source: its id; `open` gives it.
        populations: in the order in which they are read.
        clock: says when.
        interruption: ends what is under way; several collections may share one.

    """

    source: str
    open: Open
    populations: Sequence[str]
    clock: Callable[[], datetime]
    interruption: Interruption = field(default_factory=Interruption)
    _advanced: float = 0.0
    _begun: datetime | None = None
    _ended: bool = False
    _under_way: str | None = None
    _lock: Lock = field(default_factory=Lock)
    _settled: set[str] = field(default_factory=set)

    @property
    def done(self) -> bool:
        """Tell whether nothing is left to do."""
        return self._ended or len(self._settled) == len(self.populations)

    def advanced(self) -> float:
        """Give when it last got further, by the monotonic clock: with an item, or to its next population."""
        return self._advanced

    def read(self, needed: Callable[[str], bool], deliver: Callable[[Snapshot | Gap], None]) -> None:
        """Read each population that is needed still when its turn comes, and deliver what came of it.

        A fault of the source is a gap, and so is one of ours. Whoever interrupts the thread that reads ends it.
        """
        self._begun = self.clock()
        source = self._open()
        for population in self.populations:
            self._under_way = population
            if needed(population):
                outcome = self._read(source, population)
                if outcome is None or not self._settle(population):
                    return
                deliver(outcome)
            elif not self._settle(population):
                return

    def _open(self) -> Source | ControlproofError:
        try:
            return self.open(self.interruption.watched(self._advance))
        except ControlproofError as error:
            return error

    def _advance(self, _what: str, _count: int) -> None:
        self._advanced = monotonic()

    def _read(self, source: Source | ControlproofError, population: str) -> Snapshot | Gap | None:
        if self._ended:
            return None
        started = self.clock()
        if isinstance(source, ControlproofError):
            failure = Failure(FailureClass.NOT_ATTEMPTED, population, "NotOpened", source.message)
            return Gap(self.source, population, started, started, (failure,))
        try:
            return source.read(population)
        except KeyboardInterrupt:
            return None
        except Exception as error:  # noqa: BLE001 - it is recorded below, under its name
            # Against the contract of a source: loud in the log, and on record as what it is.
            _log.exception("reading %s of %s crashed", population, self.source)
            failure = Failure(FailureClass.CRASHED, population, type(error).__name__, "an error of Controlproof")
            return Gap(self.source, population, started, self.clock(), (failure,))

    def _settle(self, population: str) -> bool:
        """Tell whether this thread is the one that says what came of a population."""
        self._advanced = monotonic()
        with self._lock:
            if self._ended or population in self._settled:
                return False
            self._settled.add(population)
            return True

    def abandon(self) -> None:
        """End it; what is under way is not recorded, and can be read again."""
        with self._lock:
            self._ended = True
        self.interruption.happen()

    def expire(self, since: datetime) -> tuple[Gap, ...]:
        """End it at its deadline; give the gaps, of what should have been read since a moment."""
        with self._lock:
            if self._ended:
                return ()
            self._ended = True
            left = [population for population in self.populations if population not in self._settled]
        self.interruption.happen()
        return tuple(self._gaps(left, since))

    def _gaps(self, populations: Sequence[str], since: datetime) -> Iterator[Gap]:
        now = self.clock()
        for population in populations:
            yield Gap(self.source, population, max(self._begun or now, since), now, (self._late(population),))

    def _late(self, population: str) -> Failure:
        if population == self._under_way:
            reason = "it was not read to its end before the deadline of its window"
            return Failure(FailureClass.UNREACHABLE, population, LATE, reason)
        reason = f"{'the source was' if self._begun else 'other readings were'} still being read at the deadline"
        return Failure(FailureClass.NOT_ATTEMPTED, population, LATE, reason)
