"""One collection: the populations of one source in one window, read one after another until a deadline."""

import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from threading import Lock

from collector.model.errors import ControlproofError
from collector.model.snapshot import Failure, FailureClass, Gap, Snapshot
from collector.pipeline.attempts import Interruption
from connectors.base import Progress, Source

_log = logging.getLogger(__name__)

Open = Callable[[Progress], Source]
"""Gives a source anew, as a sign-in that was refused once may work in the next window; it makes no call."""

LATE = "DeadlinePassed"


@dataclass(frozen=True, slots=True)
class Duty:
    """What is to be read of one source.

    Attributes:
        source: its id; `open` gives it.
        populations: in the order in which they are read.
        since: readings since then serve, whoever made them.
        deadline: what is not read by then is a gap.

    """

    source: str
    open: Open
    populations: Sequence[str]
    since: datetime
    deadline: datetime


@dataclass
class Collection:
    """A duty under way. One thread reads; any thread may end it."""

    duty: Duty
    clock: Callable[[], datetime]
    _begun: datetime | None = None
    _ended: bool = False
    _under_way: str | None = None
    _lock: Lock = field(default_factory=Lock)
    _settled: set[str] = field(default_factory=set)
    _interruption: Interruption = field(default_factory=Interruption)

    @property
    def done(self) -> bool:
        """Tell whether nothing is left to do."""
        return self._ended or len(self._settled) == len(self.duty.populations)

    def read(self, needed: Callable[[str], bool], deliver: Callable[[Snapshot | Gap], None]) -> None:
        """Read each population that is needed still when its turn comes, and deliver what came of it."""
        self._begun = self.clock()
        source = self._open()
        for population in self.duty.populations:
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
            return self.duty.open(self._interruption.watched(lambda *_: None))
        except ControlproofError as error:
            return error

    def _read(self, source: Source | ControlproofError, population: str) -> Snapshot | Gap | None:
        if self._ended:
            return None
        started = self.clock()
        if isinstance(source, ControlproofError):
            failure = Failure(FailureClass.NOT_ATTEMPTED, population, "NotOpened", source.message)
            return Gap(self.duty.source, population, started, started, (failure,))
        try:
            return source.read(population)
        except KeyboardInterrupt:
            return None
        except Exception as error:  # noqa: BLE001 - it is recorded below, under its name
            # Against the contract of a source: loud in the log, and on record as what it is.
            _log.exception("reading %s of %s crashed", population, self.duty.source)
            failure = Failure(FailureClass.CRASHED, population, type(error).__name__, "an error of Controlproof")
            return Gap(self.duty.source, population, started, self.clock(), (failure,))

    def _settle(self, population: str) -> bool:
        """Tell whether this thread is the one that says what came of a population."""
        with self._lock:
            if self._ended or population in self._settled:
                return False
            self._settled.add(population)
            return True

    def abandon(self) -> None:
        """End it; what is under way is not recorded, and can be read again."""
        with self._lock:
            self._ended = True
        self._interruption.happen()

    def expire(self) -> tuple[Gap, ...]:
        """End it at its deadline; give the gaps."""
        with self._lock:
            if self._ended:
                return ()
            self._ended = True
            left = [population for population in self.duty.populations if population not in self._settled]
        self._interruption.happen()
        return tuple(self._gaps(left))

    def _gaps(self, populations: Sequence[str]) -> Iterator[Gap]:
        now = self.clock()
        for population in populations:
            failure = self._late(population)
            yield Gap(self.duty.source, population, max(self._begun or now, self.duty.since), now, (failure,))

    def _late(self, population: str) -> Failure:
        if population == self._under_way:
            reason = "it was not read to its end before the deadline of its window"
            return Failure(FailureClass.UNREACHABLE, population, LATE, reason)
        reason = f"{'the source was' if self._begun else 'other readings were'} still being read at the deadline"
        return Failure(FailureClass.NOT_ATTEMPTED, population, LATE, reason)
