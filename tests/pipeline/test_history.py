"""Which earlier snapshots a test of changes gets."""

from datetime import timedelta

import pytest
from support.estate import SOURCE, bucket, gap, snapshot
from support.ledgers import START, signer

from collector.ledger.bodies import Input, attestation_entry, configuration_entry, gap_entries, snapshot_entry
from collector.ledger.evaluation import Evaluations
from collector.ledger.store import Ledger
from collector.pipeline import history
from collector.pipeline.history import History

HOUR = timedelta(hours=1)
WEEK = timedelta(days=7)


class Hourly:
    """A ledger that is polled every hour; `poll` records a state of the bucket, or a gap."""

    def __init__(self, folder):
        self.now = START
        self.ledger = Ledger.create(f"sqlite:///{folder}/ledger.db", "test", signer(folder), lambda: self.now)
        self.ledger.append([configuration_entry({"v": 1}, "test")])

    def poll(self, state):
        self.now += HOUR
        if state is None:
            entries = gap_entries(gap("s3.buckets"), (), "0" * 64)
        else:
            entries = [snapshot_entry(snapshot("s3.buckets", bucket(versioning=state)), (), "0" * 64)]
        return self.ledger.append(entries)[-1]

    def states(self, *states, window=WEEK):
        last = [self.poll(state) for state in states][-1]
        present = Input.of(last)
        with self.ledger.read() as reader:
            inputs = History(Evaluations()).added(reader, [present], ["s3.buckets"], self.now, window)
            return [each.seq for each in inputs], Evaluations().evidence(reader, inputs)


@pytest.fixture
def hourly(tmp_path):
    return Hourly(tmp_path)


def test_the_last_snapshot_before_a_change_and_the_first_after_it_are_given(hourly):
    seqs, evidence = hourly.states("a", "a", "a", "b", "b", "b")
    assert seqs == [1, 3, 4, 5, 6]
    (history,) = evidence.history("s3.buckets")
    assert [next(iter(each)).content().facet("versioning") for each in history] == ["a", "a", "b", "b", "b"]


def test_a_state_that_came_back_is_two_changes(hourly):
    assert hourly.states("a", "b", "a")[0] == [1, 2, 3]


def test_a_long_unchanged_population_costs_three_inputs_however_often_it_was_polled(hourly):
    assert len(hourly.states(*["a"] * 100)[0]) == 3


def test_a_gap_is_no_state_and_hides_no_change(hourly):
    assert hourly.states("a", None, "b")[0] == [1, 3]


def test_a_change_while_nothing_was_read_for_longer_than_the_window_is_not_lost(hourly):
    hourly.poll("a")
    hourly.now += 2 * WEEK
    assert hourly.states("b")[0] == [1, 2]


def test_only_one_snapshot_from_before_the_window_is_given(hourly):
    hourly.states("a", "b")
    hourly.now += WEEK
    assert hourly.states("c", "d", "e", window=2 * HOUR)[0] == [2, 3, 4, 5]


def test_all_runs_of_a_day_compare_with_the_same_snapshot_from_before_the_window(hourly):
    hourly.states("a", "b")
    hourly.now += WEEK
    assert {tuple(hourly.states("c", window=2 * HOUR)[0][:2]) for _ in range(5)} == {(2, 3)}


def test_a_run_that_remembers_the_ones_before_it_is_given_the_same(hourly):
    memory = History(Evaluations())
    for number, state in enumerate("aabbbcaaddddd" * 3):
        hourly.now += (number % 5) * 7 * HOUR
        last = hourly.poll(state)
        present = Input.of(last)
        with hourly.ledger.read() as reader:
            for window in (timedelta(days=2), timedelta(days=4), timedelta(hours=1)):
                given = (reader, [present], ["s3.buckets"], hourly.now, window)
                assert memory.added(*given) == History(Evaluations()).added(*given)


@pytest.mark.parametrize(
    "seen", ["all", "none", "every second", "all but those of others", "with an older reader open"]
)
@pytest.mark.parametrize("remembered", [2, 10_000])
def test_what_was_seen_being_appended_is_given_as_if_it_was_read(seen, remembered, hourly, monkeypatch):
    monkeypatch.setattr(history, "_SEEN", remembered)
    memory = History(Evaluations())
    for number, state in enumerate(["a", "a", "b", None, "b", "c", "c", "a"] * 4):
        if number % 3 == 0:
            attested = hourly.ledger.append([attestation_entry("access_review", {"number": number}, ("ACC-3",))])
            if seen == "all":
                memory.saw(attested)
        with hourly.ledger.read() as older:
            last = hourly.poll(state)
            if seen != "none" and (seen != "every second" or number % 2):
                memory.saw([last])
            if seen == "with an older reader open":
                assert memory.attested(older) == History(Evaluations()).attested(older)
        with hourly.ledger.read() as reader:
            given = (reader, [Input.of(last)], ["s3.buckets"], hourly.now, timedelta(days=2))
            assert memory.added(*given) == History(Evaluations()).added(*given)
            if number % 4 == 0:
                assert memory.attested(reader) == History(Evaluations()).attested(reader)
    with hourly.ledger.read() as reader:
        assert [each.seq for each in memory.attested(reader)] == [h.seq for h in reader.attestation_headers()]


def test_who_only_records_remembers_a_bounded_number_of_records(hourly, monkeypatch):
    monkeypatch.setattr(history, "_SEEN", 3)
    memory = History(Evaluations())
    for _ in range(20):
        memory.saw([hourly.poll("a")])
    assert len(memory._seen._headers) <= 4


def test_the_present_reading_is_what_tests_without_history_see(hourly):
    _, evidence = hourly.states("a", "b")
    assert [next(iter(each)).content().facet("versioning") for each in evidence.snapshots("s3.buckets")] == ["b"]
    assert evidence.of("s3.buckets")[0].source == SOURCE
