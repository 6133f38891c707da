"""The service: stand by, lead, work in shifts, and end when told to."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from threading import Event
from time import monotonic

from collector.daemon.journal import Journal
from collector.daemon.leadership import Leadership
from collector.daemon.metrics import Metrics
from collector.daemon.shift import Assignment, Pace, Shift
from collector.ledger.store import Ledger
from collector.model.canonical import digest, encode
from collector.model.errors import ConfigurationError, IntegrityError, LedgerError
from collector.pipeline.run import Memory, configuration_to_record, record_configuration

_log = logging.getLogger(__name__)

GRACE = 10.0
"""Seconds for an append under way when the work ends."""
_STUCK = 120.0
"""Seconds without a sign of life after which the service should be started anew."""


@dataclass(frozen=True, slots=True)
class Setup:
    """What a daemon works with under one configuration: what it does, and how."""

    assignment: Assignment
    pace: Pace


@dataclass(frozen=True, slots=True)
class Status:
    """What a replica is doing: its role, and what keeps it from working, if anything does."""

    role: str
    trouble: str = ""


class Service:
    """One replica of one collector."""

    def __init__(
        self,
        ledger: Ledger,
        leadership: Leadership,
        setup: Setup,
        *,
        reload: Callable[[], Setup | None],
        metrics: Metrics,
        clock: Callable[[], datetime],
    ) -> None:
        """Make one; nothing happens yet.

        Args:
            ledger, leadership, setup: what it works with.
            reload: gives another setup when the configuration has changed, and None otherwise.
            metrics, clock: told to whom, by which time.

        """
        self._ledger = ledger
        self._leadership = leadership
        self._setup = setup
        self._reload = reload
        self._metrics = metrics
        self._clock = clock
        self._memory = Memory()
        self._stop = Event()
        self._wake = Event()
        self._fault: Exception | None = None
        self._shift: Shift | None = None
        self.status = Status("starting")
        leadership.on_loss(self._wake.set)

    def stop(self) -> None:
        """End it soon: what is being read is abandoned, an append under way is finished."""
        self._stop.set()
        self._wake.set()

    def wake(self) -> None:
        """Look at the configuration now."""
        self._wake.set()

    @property
    def alive(self) -> bool:
        """Tell whether it works or waits for its turn, rather than hangs."""
        shift = self._shift
        return shift is None or monotonic() - shift.attended < _STUCK

    def run(self) -> None:
        """Serve until it is stopped.

        Raises:
            ConfigurationError: it cannot lead, or the ledger's key is another one.
            IntegrityError: the ledger is not what was signed; nothing is built on it.

        """
        while True:
            self.status = Status("standby")
            if not self._leadership.lead(self._stop):
                return
            _log.info("this replica leads")
            self._metrics.leading.set(1)
            try:
                while self._leadership.held() and not self._stop.is_set():
                    self._work()
            finally:
                self._metrics.leading.set(0)
                self._leadership.release()
                _log.info("this replica does not lead any more")

    def _work(self) -> None:
        """Do one shift, to its end."""
        self._take_over_configuration()
        self._wake.clear()
        self._fault = None
        journal = Journal(self._ledger.fenced(self._leadership.fence), self._metrics.append.observe)
        try:
            self._begin(journal)
            self._watch()
        except (ConfigurationError, IntegrityError):
            raise
        except Exception as error:  # noqa: BLE001 - it is told below, and the work begun anew
            self._tell(error)
        finally:
            shift, self._shift = self._shift, None
            ended = shift.end(GRACE) if shift else journal.close(GRACE)
            if not ended:
                _log.warning("an append does not come to its end; the ledger holds all of it or nothing")
        if self._fault is not None and self._leadership.held():
            self._stop.wait(self._setup.pace.retry.total_seconds())

    def _begin(self, journal: Journal) -> None:
        # What a former leader was appending is in the ledger after this, or never will be.
        self._ledger.await_appends()
        assignment = self._setup.assignment
        if assignment.tests:
            configuration = record_configuration(journal, assignment.plan, tuple(assignment.sources.values()))
        else:
            configuration = self._in_force(journal)
        shift = Shift(
            journal,
            assignment,
            configuration,
            pace=self._setup.pace,
            metrics=self._metrics,
            clock=self._clock,
            memory=self._memory,
            failed=self._failed,
        )
        self._shift = shift
        shift.begin()
        self.status = Status("leader")

    def _in_force(self, journal: Journal) -> str:
        """Give the configuration's digest once the main collector has recorded it."""
        assignment = self._setup.assignment
        recorded = configuration_to_record(assignment.plan, tuple(assignment.sources.values()))
        address = digest(encode(recorded))
        with journal.read() as reader:
            if reader.configuration != address:
                raise LedgerError("the main collector has not recorded this configuration yet")
        return address

    def _watch(self) -> None:
        """Wait until something ends the shift."""
        while self._leadership.held() and not self._stop.is_set():
            self._wake.wait(self._setup.pace.attend.total_seconds())
            self._wake.clear()
            if self._fault is not None:
                raise self._fault
            if self._take_over_configuration():
                return

    def _take_over_configuration(self) -> bool:
        changed = self._reload()
        if changed is None:
            return False
        self._setup = changed
        return True

    def _failed(self, error: Exception) -> None:
        if self._fault is None:
            self._fault = error
            self._wake.set()

    def _tell(self, error: Exception) -> None:
        """Say what ended a shift; a fault of our own with its place."""
        self._fault = error
        self._metrics.failures.labels(type(error).__name__).inc()
        if isinstance(error, LedgerError):
            _log.error("the work is begun anew: %s", error.message)
        else:
            _log.error("the work is begun anew", exc_info=error)
        text = error.message if isinstance(error, LedgerError) else type(error).__name__
        self.status = Status("leader", text)
