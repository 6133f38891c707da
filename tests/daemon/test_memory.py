"""A daemon runs for years: what a window took is given back."""

import gc
import os
import sys
import tempfile
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from support.daemons import PACE, PATIENCE, Polled, planned, setup
from support.estate import SMALL
from support.ledgers import START, signer

from collector.daemon.journal import Journal
from collector.daemon.metrics import Metrics
from collector.daemon.shift import Shift
from collector.ledger.store import Ledger
from collector.pipeline.run import Memory, record_configuration

HOUR = timedelta(hours=1)
WINDOWS = int(os.environ.get("CONTROLPROOF_WINDOWS", "45"))
"""1,000 of them take minutes."""
WARM = WINDOWS // 3
MEMORY = "/dev/shm"  # noqa: S108 - only the folder that a folder is made in
TESTED = SMALL[:1]
MOST = 20
"""Blocks of memory a window. One header that somebody keeps is as many."""


class _Hours:
    """A clock that moves when it is told to."""

    def __init__(self) -> None:
        self.time = START

    def __call__(self) -> datetime:
        self.time += timedelta(microseconds=1)
        return self.time


@pytest.fixture
def folder():
    """A folder in memory, where there is one: what is measured is this process, not the disk that it waits for."""
    with tempfile.TemporaryDirectory(dir=MEMORY if Path(MEMORY).is_dir() else None) as made:
        yield Path(made)


def test_memory_is_flat_over_many_windows(folder, monkeypatch):
    clock = _Hours()
    ledger = Ledger.create(f"sqlite:///{folder}/ledger.db", "test-1", signer(folder), clock)
    monkeypatch.setattr("support.daemons.now", clock)
    # What tests are evaluated on is kept up to a bound, which is reached sooner so.
    monkeypatch.setattr("collector.ledger.evaluation._BODIES", 12)
    monkeypatch.setattr("collector.ledger.evaluation._HEADERS", 12)
    journal = Journal(ledger, lambda _: None)
    assignment = setup([lambda _: None], planned(TESTED, HOUR)).assignment
    digest = record_configuration(journal, assignment.plan, tuple(assignment.sources.values()))
    faults = []
    shift = Shift(
        journal, assignment, digest, pace=PACE, metrics=Metrics(), clock=clock, memory=Memory(), failed=faults.append
    )
    try:
        for window in range(WINDOWS):
            clock.time = START + window * HOUR + timedelta(minutes=1)
            shift._attend()
            shift._open_rounds(HOUR)
            shift._collect(Polled().id, HOUR)
            for _ in TESTED:
                shift._test(shift._ready.get(timeout=PATIENCE))
            assert not faults
            if window == WARM:
                before = _held()
        grown = (_held() - before) / (WINDOWS - WARM)
    finally:
        shift.end(1)
    with ledger.read() as reader:
        assert reader.size == 1 + WINDOWS * (len(Polled().populations) + len(TESTED))
    sys.stdout.write(f"{grown:.2f} blocks a window over {WINDOWS - WARM} windows\n")
    assert grown < MOST, grown


def _held() -> int:
    gc.collect()
    return sys.getallocatedblocks()
