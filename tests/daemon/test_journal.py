"""Threads that append at once: one transaction for all that wait, each its own headers, all or none."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from support.daemons import PATIENCE, until
from support.ledgers import Clock, signer

from collector.daemon.journal import ClosedError, Journal
from collector.ledger.entry import Entry, Object
from collector.ledger.store import Ledger
from collector.model.errors import LedgerError
from collector.model.record import Kind


class Slow:
    """A ledger whose first append stands still until it is told to go on; it counts transactions."""

    def __init__(self, ledger):
        self._ledger = ledger
        self.origin = ledger.origin
        self.begun, self.go_on = threading.Event(), threading.Event()
        self.appended = []
        self.refuses = False

    def append(self, entries):
        self.appended.append(len(entries))
        self.begun.set()
        assert self.go_on.wait(PATIENCE)
        if self.refuses:
            raise LedgerError("the disk is full")
        return self._ledger.append(entries)


@pytest.fixture
def slow(tmp_path):
    return Slow(Ledger.create(f"sqlite:///{tmp_path}/ledger.db", "test-1", signer(tmp_path), Clock()))


def entries(*subjects):
    return [Entry(Kind.SAMPLE, subject, Object(subject.encode())) for subject in subjects]


def appending(pool, journal, slow):
    """One append under way, and four that wait for it."""
    first = pool.submit(journal.append, entries("0"))
    assert slow.begun.wait(PATIENCE)
    others = [pool.submit(journal.append, entries(f"{n}", f"{n}+")) for n in range(1, 5)]
    until(lambda: len(journal._waiting) == len(others))
    return first, others


def test_what_waits_is_appended_together_and_each_thread_gets_the_headers_of_its_own(slow):
    journal = Journal(slow, lambda _: None)
    with ThreadPoolExecutor() as pool:
        first, others = appending(pool, journal, slow)
        slow.go_on.set()
        assert [h.subject for h in first.result()] == ["0"]
        for number, each in enumerate(others, 1):
            assert [h.subject for h in each.result()] == [f"{number}", f"{number}+"]
    assert slow.appended == [1, 8]


def test_what_the_ledger_refuses_is_refused_to_all_that_waited(slow):
    journal = Journal(slow, lambda _: None)
    slow.refuses = True
    with ThreadPoolExecutor() as pool:
        first, others = appending(pool, journal, slow)
        slow.go_on.set()
        for each in (first, *others):
            assert str(each.exception()) == "the disk is full"


def test_what_waits_when_it_is_closed_is_not_appended(slow):
    journal = Journal(slow, lambda _: None)
    with ThreadPoolExecutor() as pool:
        first, others = appending(pool, journal, slow)
        assert not journal.close(0)
        slow.go_on.set()
        assert len(first.result()) == 1
        assert all(isinstance(each.exception(), ClosedError) for each in others)
    assert slow.appended == [1]
