"""Several sources in one run: who waits for whom, and how a run ends before its time."""

import signal
import threading
from dataclasses import replace
from datetime import timedelta

import pytest
from support.estate import Recorded, bucket, evidence, plan, reader
from support.ledgers import Clock, signer

from collector.ledger.store import Ledger
from collector.model.errors import Exit, LedgerError
from collector.model.record import Header, Kind
from collector.model.snapshot import FailureClass
from collector.pipeline import run as run_module
from collector.pipeline.attempts import Attempt
from collector.pipeline.collection import Interruption
from collector.pipeline.places import Limits
from collector.pipeline.run import run

# Nothing here is decided by how long something takes: this only ends a test that would otherwise never end.
PATIENCE = 60
AT_ONCE = 4


class Numbered(Recorded):
    """A source among others; `before` is called in its thread before each reading."""

    def __init__(self, number, before):
        super().__init__(evidence((reader(),), (bucket(),)))
        self.id = f"aws:{number:012d}"
        self._before = before

    def read(self, population):
        self._before(population)
        return replace(super().read(population), source=self.id)


@pytest.fixture
def ledger(tmp_path):
    return Ledger.create(f"sqlite:///{tmp_path}/ledger.db", "test-1", signer(tmp_path), Clock())


def recorded(ledger):
    with ledger.read() as reading:
        headers = [Header.decode(data, "it") for _, data in reading.headers()]
    return [(h.kind, h.subject) for h in headers if h.kind in (Kind.SNAPSHOT, Kind.GAP)]


def expected(*kinds):
    names = ("iam.authorization_details", "kms.keys", "s3.buckets")
    subjects = [f"aws:{number:012d}/{name}" for number in range(len(kinds) // 3) for name in names]
    return list(zip(kinds, subjects, strict=True))


def hang(interruption, under_way, ended):
    """A reading without an end, which tells its progress as a connector does."""
    progress = interruption.watched(lambda *_: None)

    def before(_):
        under_way.set()
        try:
            while True:
                progress("it", 1)
                ended.wait(0.001)
        finally:
            ended.set()

    return before


def test_a_slow_source_holds_up_no_other_and_the_records_keep_their_order(ledger):
    other_is_through = threading.Event()

    def slow(_):
        # Were the sources read one after another, the second would never come to its end.
        assert other_is_through.wait(PATIENCE)

    def fast(population):
        if population == "s3.buckets":
            other_is_through.set()

    run(ledger, [Numbered(0, slow), Numbered(1, fast)], plan(), Clock())
    assert recorded(ledger) == expected(*[Kind.SNAPSHOT] * 6)


def test_no_more_sources_are_read_at_once_than_the_bound(ledger):
    lock, full, under_way, most = threading.Lock(), threading.Event(), set(), []

    def count(number):
        def before(_):
            with lock:
                under_way.add(number)
                most.append(len(under_way))
                if len(under_way) == AT_ONCE:
                    full.set()
            assert full.wait(PATIENCE)
            with lock:
                under_way.discard(number)

        return before

    sources = [Numbered(n, count(n)) for n in range(AT_ONCE + 3)]
    run(ledger, sources, plan(), Clock(), limits=Limits(AT_ONCE))
    assert max(most) == AT_ONCE
    assert len(recorded(ledger)) == 3 * (AT_ONCE + 3)


@pytest.fixture
def heard():
    """Ctrl-C, which is ignored in what starts in the background."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("heard")
def test_ctrl_c_ends_what_is_under_way_and_records_what_was_read_and_what_was_not(ledger, monkeypatch):
    interruption, under_way, ended = Interruption(), threading.Event(), threading.Event()
    waited_for, wait = threading.Event(), Attempt.wait
    monkeypatch.setattr(Attempt, "wait", lambda attempt, *most: (waited_for.set(), wait(attempt, *most))[1])

    def press(population):
        if population == "s3.buckets":
            assert under_way.wait(PATIENCE)
            assert waited_for.wait(PATIENCE)
            signal.pthread_kill(threading.main_thread().ident, signal.SIGINT)
            assert ended.wait(PATIENCE)

    sources = [Numbered(0, hang(interruption, under_way, ended)), Numbered(1, press)]
    with pytest.raises(KeyboardInterrupt):
        run(ledger, sources, plan(), Clock(), interruption)
    assert ended.wait(PATIENCE)
    # The second source was at its last population: the two before are evidence all the same.
    assert recorded(ledger) == expected(*[Kind.GAP] * 3, Kind.SNAPSHOT, Kind.SNAPSHOT, Kind.GAP)


def test_a_ledger_that_refuses_ends_the_other_sources_too(ledger, monkeypatch):
    interruption, under_way, ended = Interruption(), threading.Event(), threading.Event()
    append = ledger.append

    def refuse(entries):
        if any(entry.kind is Kind.SNAPSHOT for entry in entries):
            raise LedgerError("the disk is full")
        return append(entries)

    monkeypatch.setattr(ledger, "append", refuse)
    monkeypatch.setattr(run_module, "PATIENCE", 0.2)
    sources = [
        Numbered(0, lambda _: under_way.wait(PATIENCE)),
        Numbered(1, hang(interruption, under_way, ended)),
    ]
    with pytest.raises(LedgerError, match="the disk is full"):
        run(ledger, sources, plan(), Clock(), interruption)
    assert ended.wait(PATIENCE)
    assert recorded(ledger) == []


def test_sources_that_hang_take_up_no_place_for_long(ledger, monkeypatch):
    others_are_through = threading.Event()

    def hang(_):
        assert others_are_through.wait(PATIENCE)

    def fast(population):
        if population == "s3.buckets":
            others_are_through.set()

    monkeypatch.setattr("collector.pipeline.attempts._ATTENDED", 0.01)
    limits = Limits(2, timedelta(seconds=0.05))
    run(ledger, [*(Numbered(n, hang) for n in range(3)), Numbered(3, fast)], plan(), Clock(), limits=limits)
    assert recorded(ledger) == expected(*[Kind.SNAPSHOT] * 12)


def test_a_source_that_raises_is_a_gap_of_its_own_as_in_the_daemon(ledger):
    def broken(population):
        if population == "kms.keys":
            raise ZeroDivisionError("planted")

    report = run(ledger, [Numbered(0, broken), Numbered(1, lambda _: None)], plan(), Clock())
    assert recorded(ledger) == expected(Kind.SNAPSHOT, Kind.GAP, *[Kind.SNAPSHOT] * 4)
    assert [each.gap.failure_class for each in report.readings if each.gap] == [FailureClass.CRASHED]
    assert report.exit is Exit.INCONCLUSIVE
