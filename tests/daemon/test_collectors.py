"""Several collectors with names of their own that share one ledger by source."""

import threading
from collections import Counter
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from datetime import timedelta

import pytest
from support.daemons import PACE, PATIENCE, Free, Polled, planned, recorded, setup, until
from support.estate import SMALL
from support.ledgers import signer

from collector.config import load, template
from collector.daemon.metrics import Metrics
from collector.daemon.service import Service
from collector.ledger.store import Ledger
from collector.ledger.verify import Trust, verify
from collector.model.errors import ConfigurationError, Exit
from collector.model.instant import now
from collector.model.record import Kind

MONTH = timedelta(days=30)
FIRST, SECOND = Polled(0).id, Polled(1).id


@pytest.fixture
def database(database, tmp_path):
    Ledger.create(database, "test", signer(tmp_path), now)
    return database


@contextmanager
def collector(database, folder, name, made):
    ledger = Ledger.open(database, name, signer(folder), now)
    service = Service(ledger, Free(), made, reload=lambda: None, metrics=Metrics(), clock=now)
    thread = threading.Thread(target=service.run)
    thread.start()
    try:
        yield service
    finally:
        service.stop()
        thread.join(PATIENCE)


def shared(owned, tests, pace=PACE):
    return setup([lambda _: None] * 2, planned(cadence=MONTH), pace, owned=[owned], tests=tests)


def test_each_collector_reads_its_own_sources_and_the_main_one_tests_what_all_recorded(database, tmp_path):
    ledger = Ledger.open(database)
    with ExitStack() as running:
        second = running.enter_context(collector(database, tmp_path, "second", shared(SECOND, tests=False)))
        # Nothing is read under a configuration that the main collector has not recorded.
        until(lambda: "has not recorded this configuration" in second.status.trouble)
        assert not recorded(ledger)
        running.enter_context(collector(database, tmp_path, "main", shared(FIRST, tests=True)))
        until(lambda: len(recorded(ledger, Kind.RESULT)) == len(SMALL))
    read = Counter((h.collector, h.subject.partition("/")[0]) for h in recorded(ledger, Kind.SNAPSHOT))
    assert read == {("main", FIRST): 3, ("second", SECOND): 3}
    assert {h.collector for h in recorded(ledger, Kind.RESULT)} == {"main"}
    assert len(recorded(ledger, Kind.CONFIG)) == 1
    with ledger.read() as reader:
        # One chain, and every checkpoint on it: neither collector forked the other's.
        assert verify(reader, Trust((signer(tmp_path).key.encode(),))).exit is Exit.PASS


def test_a_collector_that_does_not_run_is_a_gap_of_its_sources_and_no_pass(database, tmp_path):
    made = shared(FIRST, tests=True, pace=replace(PACE, patience=timedelta(seconds=0.5)))
    made = replace(made, assignment=replace(made.assignment, plan=planned(cadence=timedelta(seconds=2))))
    ledger = Ledger.open(database)
    with collector(database, tmp_path, "main", made):
        until(lambda: recorded(ledger, Kind.RESULT))
    gaps = {h.subject for h in recorded(ledger, Kind.GAP)}
    assert gaps >= {f"{SECOND}/{population}" for population in Polled().populations}
    assert {h.outcome for h in recorded(ledger, Kind.RESULT)} == {"inconclusive"}


def test_a_source_belongs_to_the_first_collector_that_claims_it_else_to_the_main_one(tmp_path):
    text = template("controlproof.example.com/it", "123456789012", "eu-central-1", ["s3://weights"],
                    database="postgresql://controlproof@db/it")  # fmt: skip
    path = tmp_path / "controlproof.yaml"
    path.write_text(text + 'daemon:\n  collectors:\n    second: ["aws:2*"]\n    third: ["aws:*2"]\n', "utf-8")
    configuration = load(path)
    assert configuration.collector_of("aws:212345678902") == "second"
    assert configuration.collector_of("aws:112345678902") == "third"
    assert configuration.collector_of("kubernetes:prod") == "main"
    path.write_text(text + 'daemon:\n  collectors:\n    main: ["aws:2*"]\n', "utf-8")
    with pytest.raises(ConfigurationError, match="main is ledger"):
        load(path)
