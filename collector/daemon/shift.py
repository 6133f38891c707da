"""A shift: what a collector does while it leads, under one configuration.

It begins from what the ledger holds, whoever wrote that: a start, another replica's end and a changed configuration
are one case. Each source's populations are read at its time in each window; a control is tested as soon as all its
readings of the window are there, and at the latest at the window's deadline, with gaps in place of what is not.
"""

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from hashlib import sha256
from itertools import islice
from queue import SimpleQueue
from threading import Lock, Thread
from time import monotonic

from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.interval import IntervalTrigger

from collector.daemon.journal import ClosedError, Journal
from collector.daemon.metrics import Metrics
from collector.daemon.missed import missed
from collector.daemon.periodic import Periodic
from collector.daemon.readings import Readings, Standing, last_moment, newest_of
from collector.daemon.window import Window
from collector.ledger.bodies import Input
from collector.model.control import Control
from collector.model.record import Kind
from collector.model.snapshot import Failure, FailureClass, Gap, Snapshot
from collector.period.schedule import window_start
from collector.pipeline.collection import Collection, Open
from collector.pipeline.places import LIMITS, Errand, Limits, Places
from collector.pipeline.run import Memory, Plan, Work
from connectors.base import Source

_log = logging.getLogger(__name__)

_BATCH = 500
"""Gaps in one append."""


@dataclass(frozen=True, slots=True)
class Pace:
    """How a shift goes about its work: the configuration's `daemon`, as times."""

    limits: Limits = LIMITS
    jitter: timedelta = timedelta(0)
    patience: timedelta = timedelta(minutes=30)
    attend: timedelta = timedelta(seconds=1)
    """how often deadlines and places are looked at"""
    retry: timedelta = timedelta(seconds=5)
    """how long after a fault of the ledger the work is begun anew"""


@dataclass(frozen=True, slots=True)
class Assignment:
    """What one collector does of a plan.

    Attributes:
        plan: all that is configured.
        sources: all sources, by id, as they say what they can be read for.
        opened: gives each of the sources that this collector reads, by id.
        tests: whether this collector tests the controls.
        periodic: further jobs.

    """

    plan: Plan
    sources: Mapping[str, Source]
    opened: Mapping[str, Open]
    tests: bool = True
    periodic: Sequence[Periodic] = ()

    def cadences(self, source: str) -> Mapping[timedelta, tuple[str, ...]]:
        """Give what is read of a source at each cadence, in a fixed order, the shortest cadence first."""
        found: dict[timedelta, set[str]] = {}
        known = self.sources[source].populations
        for control in self.plan.controls:
            cadence = self.plan.schedule[control.id].cadence
            found.setdefault(cadence, set()).update(name for name in control.reads if name in known)
        return {cadence: tuple(sorted(names)) for cadence, names in sorted(found.items()) if names}

    def shortest(self, source: str) -> Mapping[str, timedelta]:
        """Give how often each population of a source is read."""
        longest_first = sorted(self.cadences(source).items(), reverse=True)
        return {population: cadence for cadence, populations in longest_first for population in populations}

    def subjects(self, control: Control) -> tuple[str, ...]:
        """Give all that a control's test is given."""
        return tuple(
            f"{source.id}/{population}"
            for source in self.sources.values()
            for population in control.reads
            if population in source.populations
        )


@dataclass(frozen=True, slots=True)
class Duty:
    """A collection in a window.

    Attributes:
        collection: under way, or waiting for a place.
        since: readings since then serve, whoever made them.
        deadline: what is not read by then is a gap.

    """

    collection: Collection
    since: datetime
    deadline: datetime


@dataclass
class Round:
    """One control in one window, and which readings it still waits for."""

    control: Control
    window: Window
    deadline: datetime
    subjects: tuple[str, ...]
    waiting: set[str]


class Shift:
    """One shift, from `begin` to `end`.

    `attended` is when deadlines were last looked at, by the monotonic clock: a sign of life.
    """

    def __init__(
        self,
        journal: Journal,
        assignment: Assignment,
        configuration: str,
        *,
        pace: Pace,
        metrics: Metrics,
        clock: Callable[[], datetime],
        memory: Memory,
        failed: Callable[[Exception], None],
    ) -> None:
        """Make one; nothing happens yet.

        Args:
            journal: is appended to.
            assignment: says what is done.
            configuration: the digest of the one in force.
            pace, metrics, clock: how, told to whom, by which time.
            memory: of earlier shifts on the same ledger.
            failed: is told, once or more, that the shift cannot go on.

        """
        plan = assignment.plan
        subjects = {subject for control in plan.controls for subject in assignment.subjects(control)}
        self._assignment = assignment
        self._pace = pace
        self._metrics = metrics
        self._clock = clock
        self._failed = failed
        self._journal = journal
        self._work = Work(journal, plan, configuration, clock, memory)
        self._readings = Readings(journal, (*sorted(subjects), *(control.id for control in plan.controls)))
        self._expected_since = _in_force_since(journal, clock())
        self._places = Places(pace.limits)
        self._lock = Lock()
        self._duties: list[Duty] = []
        self._rounds: list[Round] = []
        self._ready: SimpleQueue[Round | None] = SimpleQueue()
        self._ended = False
        self.attended = monotonic()
        self._scheduler = BackgroundScheduler(
            timezone="UTC", job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None}
        )

    def begin(self) -> None:
        """Do what the present windows lack in the ledger, and keep the cadences from then on.

        Raises:
            LedgerError, IntegrityError: the ledger refused.

        """
        self._record(self._missed(self._assignment.opened))
        if self._assignment.tests:
            for cadence in {each.cadence for each in self._assignment.plan.schedule.values()}:
                self._open_rounds(cadence)
                self._every(cadence, partial(self._open_rounds, cadence))
        for source in self._assignment.opened:
            for cadence in self._assignment.cadences(source):
                self._collect(source, cadence)
                self._every(cadence, partial(self._collect, source, cadence), _offset(source, self._pace.jitter))
        for each in self._assignment.periodic:
            self._every(each.cadence, each.job)
        self._every(self._pace.attend, self._attend)
        Thread(target=self._test_ready, name="tests", daemon=True).start()
        self._scheduler.start()

    def end(self, patience: float) -> bool:
        """End it: what is being read is abandoned; tell whether an append under way ended within so many seconds."""
        with self._lock:
            self._ended = True
            duties, self._duties, self._rounds = self._duties, [], []
        if self._scheduler.running:
            self._scheduler.shutdown(wait=False)
        self._places.clear()
        for duty in duties:
            duty.collection.abandon()
        self._ready.put(None)
        return self._journal.close(patience)

    def _every(self, cadence: timedelta, job: Callable[[], None], offset: timedelta = timedelta(0)) -> None:
        start = window_start(self._clock(), cadence) + offset
        trigger = IntervalTrigger(seconds=cadence.total_seconds(), start_date=start, timezone="UTC")
        self._scheduler.add_job(self._guarded, trigger, args=(job,))

    def _guarded(self, job: Callable[[], None]) -> None:
        """Do a job; a fault of it ends the shift, which begins anew from what the ledger holds."""
        if self._ended:
            return
        try:
            job()
        except ClosedError:
            return
        except Exception as error:  # noqa: BLE001 - it is logged where the shift is ended
            self._failed(error)

    def _collect(self, source: str, cadence: timedelta) -> None:
        """Begin to read what the present window lacks of a source."""
        self._record(self._missed([source]))
        now = self._clock()
        window = Window.at(now, cadence)
        lacking = tuple(
            population
            for population in self._assignment.cadences(source)[cadence]
            if self._readings.since(f"{source}/{population}", window.start) is None
        )
        if not lacking:
            return
        collection = Collection(source, self._assignment.opened[source], lacking, self._clock)
        duty = Duty(collection, window.start, window.deadline(now, self._pace.patience))
        with self._lock:
            if self._ended:
                return
            self._duties.append(duty)
        read = partial(self._guarded, partial(self._read, duty))
        self._places.submit(Errand(source, read, lambda: collection.done, collection.advanced))

    def _read(self, duty: Duty) -> None:
        """Read, in a thread of its own."""
        source = duty.collection.source
        duty.collection.read(
            lambda population: self._readings.since(f"{source}/{population}", duty.since) is None, self._deliver
        )

    def _deliver(self, outcome: Snapshot | Gap) -> None:
        (reading,) = self._work.record([outcome])
        self._metrics.read(outcome)
        self._note(reading.input, outcome.started, outcome.finished)

    def _note(self, reading: Input, since: datetime, until: datetime) -> None:
        self._readings.note(Standing(reading, since, until))
        self._arrived([reading.subject])

    def _arrived(self, subjects: Iterable[str]) -> None:
        """Take subjects off what rounds wait for; a round that waits for nothing more is ready."""
        with self._lock:
            for subject in subjects:
                for each in self._rounds:
                    if subject in each.waiting and self._readings.since(subject, each.window.start) is not None:
                        each.waiting.discard(subject)
            ready = [each for each in self._rounds if not each.waiting]
            self._rounds = [each for each in self._rounds if each.waiting]
        for each in ready:
            self._ready.put(each)

    def _record(self, gaps: Iterable[Gap]) -> None:
        """Append gaps that no reading gave, many in one append."""
        remaining = iter(gaps)
        while batch := list(islice(remaining, _BATCH)):
            for reading, gap in zip(self._work.record(batch), batch, strict=True):
                self._metrics.read(gap)
                self._note(reading.input, gap.started, last_moment(gap.finished))

    def _missed(self, sources: Iterable[str]) -> Iterator[Gap]:
        """Give the gaps of windows that went by without a reading of these sources."""
        now = self._clock()
        for source in sources:
            for population, cadence in self._assignment.shortest(source).items():
                found = self._readings.of(f"{source}/{population}")
                gap = missed(source, population, cadence, found.until if found else self._expected_since, now)
                if gap is not None:
                    self._metrics.missed.labels(source).inc()
                    yield gap

    def _open_rounds(self, cadence: timedelta) -> None:
        """Begin to wait for what the controls of one cadence are tested on in the present window."""
        now = self._clock()
        window = Window.at(now, cadence)
        deadline = window.end - (window.end - now) / 20
        with self._lock:
            open_now = {(each.control.id, each.window) for each in self._rounds}
            for control in self._assignment.plan.controls:
                if self._assignment.plan.schedule[control.id].cadence != cadence or (control.id, window) in open_now:
                    continue
                if self._readings.since(control.id, window.start) is None:
                    subjects = self._assignment.subjects(control)
                    waiting = {each for each in subjects if self._readings.since(each, window.start) is None}
                    self._rounds.append(Round(control, window, deadline, subjects, waiting))
        self._arrived(())

    def _test_ready(self) -> None:
        """Test the controls whose readings are there, one after another, in a thread of its own."""
        while (ready := self._ready.get()) is not None:
            self._guarded(partial(self._test, ready))

    def _test(self, ready: Round) -> None:
        window, control = ready.window, ready.control
        if self._clock() >= window.end:
            _log.warning("%s is not tested for the window that began at %s, which is over", control.id, window.start)
            self._metrics.overdue.labels(control.id).inc()
            return
        inputs = [each for subject in ready.subjects if (each := self._readings.since(subject, window.start))]
        (tested,) = self._work.of(control).test(inputs)
        now = self._clock()
        self._metrics.tested(tested, now)
        self._metrics.lag.observe((now - window.start).total_seconds())
        self._readings.note(Standing(Input(tested.seq, "", control.id), window.start, now))

    def _attend(self) -> None:
        """Look at deadlines and places, and at what other collectors recorded."""
        now = self._clock()
        if len(self._assignment.opened) < len(self._assignment.sources):
            self._arrived(self._readings.follow())
        with self._lock:
            due = [each for each in self._duties if each.deadline <= now]
            self._duties = [each for each in self._duties if not each.collection.done and each.deadline > now]
            overdue = [each for each in self._rounds if each.deadline <= now]
        for duty in due:
            self._record(duty.collection.expire(duty.since))
        for each in overdue:
            self._record(_not_recorded(subject, now) for subject in sorted(each.waiting))
        self._places.attend()
        self._metrics.slow.set(self._places.slow)
        self.attended = monotonic()


def _not_recorded(subject: str, now: datetime) -> Gap:
    source, _, population = subject.partition("/")
    reason = "the collector that reads it recorded no reading before the deadline of the window"
    return Gap(source, population, now, now, (Failure(FailureClass.NOT_ATTEMPTED, "daemon", "NotRecorded", reason),))


def _in_force_since(journal: Journal, now: datetime) -> datetime:
    """Give when the configuration in force was recorded: nothing was expected before."""
    with journal.read() as reader:
        recorded = newest_of(reader, journal.origin, (Kind.CONFIG,))
    return recorded.time if recorded else now


def _offset(source: str, jitter: timedelta) -> timedelta:
    """Give when in each window a source's turn is: spread over the sources, and always the same for one."""
    return jitter * int.from_bytes(sha256(source.encode()).digest()[:4], "big") / 2**32
