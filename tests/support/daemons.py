"""Daemons on sources that give readings which were made before, with windows of a second or two."""

import itertools
import logging
import multiprocessing
import os
import signal
import sys
import time
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from support.estate import SMALL, Recorded, bucket, evidence, plan, reader
from support.ledgers import signer

from collector.daemon import service as services
from collector.daemon.advisory_lock import AdvisoryLeadership
from collector.daemon.file_lock import FileLeadership
from collector.daemon.log import log_as_json
from collector.daemon.metrics import Metrics
from collector.daemon.service import Service, Setup
from collector.daemon.shift import Assignment, Pace
from collector.ledger import database as databases
from collector.ledger.store import Ledger
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


class Free(FileLeadership):
    """A place that nobody contends for."""

    def __init__(self):
        self._led = False

    def lead(self, stop):
        self._led = not stop.is_set()
        return self._led

    def held(self):
        return self._led

    def release(self):
        self._led = False


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
        time.sleep(0.05)
    return found


def serve(database, folder, accounts, halt, log, lease):
    """Be a replica of a daemon: a process whose log says what it does. After `halt` it stops still within an append.

    Without a lease all times are short, so that a test need not wait for them.
    """
    os.dup2(os.open(log, os.O_WRONLY), sys.stderr.fileno())
    log_as_json([])
    if lease is None:
        databases.IDLE_WRITER_SECONDS = services.GRACE = 1
    ledger = Ledger.open(database, "main", signer(Path(folder)), now)
    leadership = AdvisoryLeadership(database, "main", lease or 1.0)
    if halt:
        leadership.fence = _halting(leadership.fence, halt, 3)
    made = setup([_slow] * accounts, planned(cadence=timedelta(days=30)))
    service = Service(ledger, leadership, made, reload=lambda: None, metrics=Metrics(), clock=now)
    signal.signal(signal.SIGTERM, lambda *_: service.stop())
    service.run()
    os._exit(0)


def _slow(_):
    time.sleep(0.1)


def between_statements(_connection):
    """The server waits for the next statement of the append's transaction."""


def within_a_batch(connection):
    """The server waits for the rest of a batch of statements, as the driver sends them for the rows of an insert."""
    server = connection.connection.driver_connection.pgconn
    server.enter_pipeline_mode()
    server.send_query_params(b"SELECT 1", [])
    server.flush()


def _halting(fence, halt, after):
    """A fence at which, within the append's transaction, everything stands still."""
    calls = []

    def halting(connection):
        fence(connection)
        calls.append(connection)
        if len(calls) > after:
            halt(connection)
            logging.getLogger("collector").warning("halted within an append")
            while True:
                time.sleep(PATIENCE)

    return halting


_FROM = multiprocessing.get_context("forkserver")
# What takes long to import, and is installed: the folder of this file is not on the server's path.
_FROM.set_forkserver_preload(["collector.daemon.advisory_lock", "collector.daemon.start", "collector.demo.estate"])
_numbers = itertools.count()


class Replica:
    """A replica under way, a process of its own that can be killed."""

    def __init__(self, database, folder, accounts=4, *, halt=None, lease=None):
        self._log = Path(folder) / f"replica-{next(_numbers)}.log"
        self._log.touch()
        given = (database, str(folder), accounts, halt, str(self._log), lease)
        self.process = _FROM.Process(target=serve, args=given)
        self.process.start()

    @property
    def log(self):
        return self._log.read_text("utf-8")

    def said(self, words, times=1):
        end = time.monotonic() + PATIENCE
        while self.log.count(words) < times:
            assert time.monotonic() < end, f"it never said {words!r}:\n{self.log}"
            time.sleep(0.02)

    def leads(self, times=1):
        return self.said(LEADS, times)

    def signal(self, number):
        os.kill(self.process.pid, number)


LEADS = "this replica leads"


@contextmanager
def replicas(*made):
    """End replicas, whatever became of them."""
    try:
        yield made
    finally:
        for each in made:
            if each.process.is_alive():
                each.signal(signal.SIGKILL)
            each.process.join()
            each.process.close()
