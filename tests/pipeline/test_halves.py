from shutil import copy

import pytest
from support.attacker import forge_last_result
from support.estate import year
from support.ledgers import signer

from collector.bundle.export import export_bundle
from collector.bundle.reader import open_bundle
from collector.model.errors import Exit
from collector.model.period import Period
from collector.pipeline.halves import Place, replay_in_halves


@pytest.fixture
def ledger(tmp_path):
    """Four days of runs."""
    return year(tmp_path)


def test_two_processes_reproduce_what_one_does(ledger, tmp_path):
    told = []
    with ledger.read() as reader:
        export_bundle(reader, Period.parse("2026-01-02..2026-02-01"), None, tmp_path / "bundle.zip")
    with open_bundle(tmp_path / "bundle.zip") as bundle:
        place = Place(tmp_path / "bundle.zip")
        assert replay_in_halves(bundle, place, told.append, worth_it=1) == replay_in_halves(bundle, place)
        assert sum(told) == 6


def test_a_result_forged_in_the_half_of_the_other_process_is_named_once(ledger, tmp_path):
    forged = forge_last_result(ledger, tmp_path, signer(tmp_path), outcome="pass", deviations=0, reason="all 3 conform")
    with ledger.read() as reader:
        found = replay_in_halves(reader, Place(database=f"sqlite:///{tmp_path}/ledger.db"), worth_it=1)
        outcomes = [each for each in found.differences if each.message.startswith("outcome:")]
    assert {each.seq for each in found.differences} == {forged.seq}
    assert len(outcomes) == 1
    assert found.reproduced == 7


def test_what_the_other_process_saw_of_another_ledger_does_not_count(ledger, tmp_path):
    copy(tmp_path / "ledger.db", tmp_path / "honest.db")
    forge_last_result(ledger, tmp_path, signer(tmp_path), outcome="pass", deviations=0, reason="all 3 conform")
    with ledger.read() as reader:
        found = replay_in_halves(reader, Place(database=f"sqlite:///{tmp_path}/honest.db"), worth_it=1)
    assert found.exit is Exit.INTEGRITY


def test_records_that_cannot_be_opened_once_more_are_replayed_by_one_process(ledger, tmp_path):
    with ledger.read() as reader:
        found = replay_in_halves(reader, Place(tmp_path / "removed.zip"), worth_it=1)
    assert (found.exit, found.reproduced) == (Exit.PASS, 8)


def test_what_is_appended_meanwhile_is_not_replayed(ledger, tmp_path):
    with ledger.read() as reader:
        size = reader.size - 2
    with Place(database=f"sqlite:///{tmp_path}/ledger.db").open(size) as reader:
        assert reader.size == size
        assert [seq for seq, _ in reader.headers()] == list(range(size))
        assert [seq for seq, _ in reader.headers(2, size + 1)] == list(range(2, size))
