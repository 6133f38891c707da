"""A service on SQLite with windows of two seconds: who waits for whom, what is shared, what is left out."""

import threading
from collections import Counter
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta

import pytest
from support.daemons import CADENCE, PACE, PATIENCE, Free, Polled, planned, recorded, setup, until
from support.estate import SMALL
from support.ledgers import signer

from collector.daemon.metrics import Metrics
from collector.daemon.service import Service
from collector.daemon.window import Window
from collector.ledger.reader import fetch
from collector.ledger.store import Ledger
from collector.model.canonical import decode_object
from collector.model.errors import LedgerError
from collector.model.instant import now, parse_instant
from collector.model.record import Header, Kind
from collector.pipeline.places import Limits
from collector.pipeline.schedule import Scheduled
from controls.registry import CONTROLS

HOURLY = timedelta(hours=1)
POPULATIONS = Polled().populations


@pytest.fixture
def ledger(tmp_path):
    return Ledger.create(f"sqlite:///{tmp_path}/ledger.db", "test-1", signer(tmp_path), now)


@contextmanager
def running(ledger, made, reload=lambda: None, clock=now):
    """A service in a thread."""
    service = Service(ledger, Free(), made, reload=reload, metrics=Metrics(), clock=clock)
    thread = threading.Thread(target=service.run)
    thread.start()
    try:
        yield service
    finally:
        service.stop()
        thread.join(PATIENCE)
        assert not thread.is_alive()


def begun(ledger, cadence):
    """How many readings of each subject were begun in each window: a slow disk may write one later."""
    found = Counter()
    with ledger.read() as reader:
        for seq, data in reader.headers():
            header = Header.decode(data, "it")
            if header.kind is Kind.SNAPSHOT:
                started = decode_object(fetch(reader, header.body), f"{seq}")["started"]
                found[header.subject, Window.at(parse_instant(started, "it"), cadence).start] += 1
    return found


def test_each_population_is_read_once_in_each_window_and_every_due_control_tested(ledger):
    cadence = timedelta(seconds=5)
    with running(ledger, setup([lambda _: None] * 2, planned(cadence=cadence))):
        until(lambda: len({start for _, start in begun(ledger, cadence)}) >= 2)
        until(lambda: {h.subject for h in recorded(ledger, Kind.RESULT)} == {control.id for control in SMALL})
    assert set(begun(ledger, cadence).values()) == {1}


def test_a_population_of_two_cadences_is_read_once_where_their_windows_begin_together(ledger):
    made = planned(cadence=HOURLY)
    first = SMALL[0].id
    made = replace(made, schedule={**made.schedule, first: Scheduled(2 * HOURLY, SMALL[0].populations)})
    with running(ledger, setup(made=made)):
        until(lambda: len(recorded(ledger, Kind.RESULT)) == len(SMALL))
    assert set(Counter(h.subject for h in recorded(ledger, Kind.SNAPSHOT)).values()) == {1}


def test_sources_that_hang_hold_up_no_other_and_are_gaps_at_their_deadline(ledger):
    release = threading.Event()

    def hang(_):
        release.wait(PATIENCE)

    # More of them than there are places: each gives up its place as soon as it is slow.
    pace = replace(PACE, limits=Limits(2, timedelta(seconds=0.1)), patience=timedelta(seconds=2))
    with running(ledger, setup([hang] * 4 + [lambda _: None], planned(cadence=HOURLY), pace)):
        healthy = f"{Polled(4).id}/"
        until(lambda: sum(h.subject.startswith(healthy) for h in recorded(ledger, Kind.SNAPSHOT)) == len(POPULATIONS))
        assert not recorded(ledger, Kind.GAP)
        until(lambda: len(recorded(ledger, Kind.RESULT)) == len(SMALL))
        release.set()
    gaps = Counter(h.subject for h in recorded(ledger, Kind.GAP))
    assert set(gaps.values()) == {1}
    assert len(gaps) == 4 * len(POPULATIONS)
    assert {h.outcome for h in recorded(ledger, Kind.RESULT)} == {"inconclusive"}


def test_a_source_that_raises_is_a_gap_of_its_own(ledger):
    def broken(_):
        raise ZeroDivisionError("planted")

    with running(ledger, setup([broken, lambda _: None], planned(cadence=HOURLY))):
        until(lambda: len(recorded(ledger, Kind.RESULT)) == len(SMALL))
    assert len(recorded(ledger, Kind.GAP)) == len(recorded(ledger, Kind.SNAPSHOT)) == len(POPULATIONS)


def test_a_stop_abandons_what_hangs_and_the_next_start_reads_only_what_is_lacking(ledger):
    asked, release = threading.Event(), threading.Event()

    def hang(population):
        if population == POPULATIONS[-1]:
            asked.set()
            release.wait(PATIENCE)

    made = planned(cadence=HOURLY)
    with running(ledger, setup([hang], made)):
        assert asked.wait(PATIENCE)
        before = recorded(ledger)
    release.set()
    assert recorded(ledger) == before
    with running(ledger, setup(made=made)):
        until(lambda: len(recorded(ledger, Kind.RESULT)) == len(SMALL))
    assert Counter(h.subject for h in recorded(ledger, Kind.SNAPSHOT)) == Counter(
        f"{Polled().id}/{population}" for population in POPULATIONS
    )
    assert not recorded(ledger, Kind.GAP)


def test_windows_in_which_nothing_ran_are_gaps_at_the_next_start_once(ledger):
    with running(ledger, setup()):
        until(lambda: len(recorded(ledger, Kind.RESULT)) >= len(SMALL))
    last = {h.subject: h.time for h in recorded(ledger, Kind.SNAPSHOT)}
    until(lambda: Window.at(now(), CADENCE).start > Window.at(max(last.values()), CADENCE).end)
    for _ in range(2):
        with running(ledger, setup()) as service:
            until(lambda: service.status.role == "leader")
    gaps = recorded(ledger, Kind.GAP)
    assert Counter(h.subject for h in gaps) == Counter(last.keys())
    assert all(h.controls for h in gaps)


def test_a_changed_configuration_is_recorded_and_worked_under_and_the_window_is_not_read_again(ledger):
    changed, given = threading.Event(), []

    def reload():
        if changed.is_set() and not given:
            given.append(True)
            return setup([lambda _: None] * 2, wider)
        return None

    made = planned(cadence=HOURLY)
    wider = replace(made, configuration={**made.configuration, "changed": True})
    with running(ledger, setup([lambda _: None], made), reload):
        until(lambda: len(recorded(ledger, Kind.RESULT)) == len(SMALL))
        changed.set()
        until(lambda: len(recorded(ledger, Kind.SNAPSHOT)) == 2 * len(POPULATIONS))
    assert len(recorded(ledger, Kind.CONFIG)) == 2
    assert set(Counter(h.subject for h in recorded(ledger, Kind.SNAPSHOT)).values()) == {1}


def test_a_ledger_that_refuses_for_a_while_loses_nothing(ledger, monkeypatch):
    refusals, append = [], Ledger.append

    def refuse(self, entries):
        if len(refusals) < 2 and entries[0].kind is Kind.SNAPSHOT:
            refusals.append(entries)
            raise LedgerError("the disk is full")
        return append(self, entries)

    monkeypatch.setattr(Ledger, "append", refuse)
    with running(ledger, setup(made=planned(cadence=HOURLY))) as service:
        until(lambda: service.status.trouble == "the disk is full")
        until(lambda: len(recorded(ledger, Kind.RESULT)) == len(SMALL))
        until(lambda: service.status.trouble == "")
    assert set(Counter(h.subject for h in recorded(ledger, Kind.SNAPSHOT)).values()) == {1}


def test_every_control_has_a_cadence_of_at_least_a_minute():
    assert all(control.cadence >= timedelta(minutes=1) for control in CONTROLS)
