"""Daemons on sources that give readings which were made before, with windows of a second or two."""

import time
from dataclasses import replace
from datetime import timedelta

from support.estate import SMALL, Recorded, bucket, evidence, plan, reader

from collector.daemon.service import Setup
from collector.daemon.shift import Assignment, Pace
from collector.model.instant import now
from collector.model.record import Header, Kind
from collector.model.snapshot import Gap
from collector.pipeline.schedule import Scheduled

CADENCE = timedelta(seconds=2)
PACE = Pace(attend=timedelta(seconds=0.05), retry=timedelta(seconds=0.2), patience=timedelta(seconds=60))
PATIENCE = 60
"""Seconds after which a test that would never end is ended; nothing is decided by it."""


class Polled(Recorded):
    """One account among others, read now; `before` is called in its thread before each reading."""

    def __init__(self, number=0, before=lambda _: None, progress=lambda *_: None):
        super().__init__(evidence((reader(),), (bucket(),)))
        self.id = f"aws:{number:012d}"
        self._before = before
        self._progress = progress

    def read(self, population):
        started = now()
        self._before(population)
        self._progress(population, 1)
        outcome = super().read(population)
        snapshot = replace(outcome, source=self.id, started=started, finished=now())
        return snapshot if not isinstance(outcome, Gap) else outcome


def planned(controls=SMALL, cadence=CADENCE):
    made = plan(controls)
    return replace(made, schedule={control.id: Scheduled(cadence, control.populations) for control in controls})


def setup(befores=(lambda _: None,), made=None, pace=PACE, owned=None, **more):
    """A setup of as many accounts as there are functions to call before each reading of them."""

    def opening(number, before):
        return lambda progress: Polled(number, before, progress)

    openings = {Polled(number).id: opening(number, before) for number, before in enumerate(befores)}
    sources = {source: opened(lambda *_: None) for source, opened in openings.items()}
    own = {source: opened for source, opened in openings.items() if owned is None or source in owned}
    return Setup(Assignment(made or planned(), sources, own, **more), pace)


def recorded(ledger, *kinds):
    """(kind, subject, time) of the records of these kinds."""
    with ledger.read() as reading:
        headers = [Header.decode(data, "it") for _, data in reading.headers()]
    return [h for h in headers if h.kind in (kinds or tuple(Kind))]


def until(condition, patience=PATIENCE):
    """Wait until something holds."""
    end = time.monotonic() + patience
    while not (found := condition()):
        assert time.monotonic() < end, "it never came to hold"
        time.sleep(0.02)
    return found
