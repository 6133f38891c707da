from dataclasses import replace
from datetime import timedelta

import pytest
from support.estate import Recorded, bucket, evidence, gap, plan, reader
from support.ledgers import START, Clock, signer

from collector.bundle.export import export_bundle
from collector.bundle.reader import open_bundle
from collector.ledger.bodies import snapshot_entry
from collector.ledger.store import Ledger
from collector.model.period import Period
from collector.model.snapshot import FailureClass
from collector.period.coverage import State, coverage
from collector.pipeline.run import run
from collector.pipeline.schedule import Scheduled

HOUR = timedelta(hours=1)
DAY = Period(START, START + 24 * HOUR)
GOOD = evidence((reader(),), (bucket(),))


class Polls:
    """A ledger that is polled at chosen hours."""

    def __init__(self, folder):
        self.clock = Clock(START)
        self.folder = folder
        self.ledger = Ledger.create(f"sqlite:///{folder}/ledger.db", "test-1", signer(folder), self.clock)

    def poll(self, hour, given=GOOD, cadence=HOUR, sources=None, controls=None):
        self.clock.time = START + hour * HOUR
        planned = plan()
        schedule = {c.id: Scheduled(cadence, c.populations) for c in planned.controls}
        chosen = controls or planned.controls
        run(
            self.ledger,
            [Recorded(given)] if sources is None else sources,
            replace(planned, controls=chosen, schedule=schedule),
            self.clock,
        )

    def judge(self, period=DAY, hours=24):
        with self.ledger.read() as reading:
            found = coverage(reading, period, None if hours is None else START + hours * HOUR)
        return {each.control: each for each in found.controls}


@pytest.fixture
def polls(tmp_path):
    return Polls(tmp_path)


def counts(control):
    return {state.value: control.count(state) for state in State if control.count(state)}


def spans(control):
    return [
        (span.state, int((span.start - START) / HOUR), span.windows, [lack.cause for lack in span.lacks])
        for span in control.spans
    ]


def test_a_day_of_hourly_polls_is_complete(polls):
    for hour in range(24):
        polls.poll(hour)
    assert {control: counts(found) for control, found in polls.judge().items()} == {
        "ACC-2": {"complete": 24},
        "ACC-5": {"complete": 24},
    }


def test_a_collector_that_was_dead_is_found_without_any_record_of_it(polls):
    for hour in (*range(5), *range(20, 24)):
        polls.poll(hour)
    assert spans(polls.judge()["ACC-5"]) == [
        (State.COMPLETE, 0, 5, []),
        (State.MISSED, 5, 15, ["not_recorded"]),
        (State.COMPLETE, 20, 4, []),
    ]


def test_a_collector_that_never_came_back_is_missed_up_to_now_and_open_in_the_records_alone(polls):
    for hour in range(5):
        polls.poll(hour)
    assert counts(polls.judge()["ACC-5"]) == {"complete": 5, "missed": 19}
    assert counts(polls.judge(hours=None)["ACC-5"]) == {"complete": 5, "open": 19}


def test_a_denied_population_makes_the_windows_of_its_users_incomplete_with_the_cause(polls):
    polls.poll(0)
    denied = evidence(gap("iam.authorization_details", kind=FailureClass.DENIED), (bucket(),))
    for hour in (1, 2):
        polls.poll(hour, denied)
    polls.poll(3)
    found = polls.judge(hours=4)
    assert counts(found["ACC-5"]) == {"complete": 4, "open": 20}
    assert spans(found["ACC-2"])[1] == (State.INCOMPLETE, 1, 2, ["denied"])
    (only,) = found["ACC-2"].gaps
    assert (only.length, only.lacks[0].subject) == (2 * HOUR, "aws:123456789012/iam.authorization_details")


def test_a_retry_within_the_window_makes_it_complete(polls):
    polls.poll(0, evidence(gap("iam.authorization_details"), (bucket(),)))
    polls.poll(0.5)
    polls.poll(0.8, evidence(gap("iam.authorization_details"), (bucket(),)))
    assert counts(polls.judge(hours=1)["ACC-2"])["complete"] == 1


def test_a_partial_snapshot_is_not_a_complete_one_even_without_its_gap(polls):
    polls.poll(0)
    polls.clock.time = START + HOUR
    partial = replace(GOOD.of("s3.buckets")[0], failures=gap("s3.buckets").failures)
    polls.ledger.append([snapshot_entry(partial, ("ACC-5",), "0" * 64)])
    (only,) = polls.judge(hours=2)["ACC-5"].gaps
    assert only.state is State.INCOMPLETE
    assert {lack.subject: lack.cause for lack in only.lacks}["aws:123456789012/s3.buckets"] == "partial"


def test_populations_that_were_read_for_another_control_do_not_stand_for_a_test(polls):
    acc2 = tuple(control for control in plan().controls if control.id == "ACC-2")
    polls.poll(0)
    polls.poll(1, controls=acc2)
    found = polls.judge(hours=2)
    assert counts(found["ACC-2"])["complete"] == 2
    assert spans(found["ACC-5"])[1] == (State.INCOMPLETE, 1, 1, ["not_tested"])


def test_windows_follow_the_configuration_that_was_in_force_then(polls):
    for hour in range(4):
        polls.poll(hour)
    polls.poll(4, cadence=6 * HOUR)
    polls.poll(11, cadence=6 * HOUR)
    polls.poll(12, cadence=HOUR)
    for hour in range(13, 16):
        polls.poll(hour, cadence=HOUR)
    assert spans(polls.judge(hours=16)["ACC-5"]) == [
        # 0..4 hourly, from 5 to the next of the six-hour grid, 6..12, then from 12 hourly again
        (State.COMPLETE, 0, 5, []),
        (State.MISSED, 5, 1, ["not_recorded"]),
        (State.COMPLETE, 6, 5, []),
        (State.OPEN, 16, 8, []),
    ]


def test_a_longer_cadence_for_a_moment_does_not_hide_the_hours_after_it(polls):
    polls.poll(0)
    polls.poll(1, cadence=24 * HOUR)
    polls.poll(1.1, cadence=HOUR)
    assert counts(polls.judge(hours=24)["ACC-5"]) == {"complete": 2, "missed": 22}


def test_a_source_that_was_taken_out_is_not_missing_from_the_window_in_which_it_was(polls):
    class Second(Recorded):
        id = "aws:999988887777"

        def read(self, population):
            return replace(super().read(population), source=self.id)

    polls.poll(0, sources=[Recorded(GOOD), Second(GOOD)])
    polls.poll(1)
    assert counts(polls.judge(hours=2)["ACC-5"])["complete"] == 2


def test_a_control_for_which_no_source_is_configured_expects_nothing(polls):
    polls.poll(0, sources=[])
    assert polls.judge() == {}


def test_the_window_that_the_ledger_s_beginning_cuts_is_open_unless_complete(polls):
    polls.poll(0.9, evidence(gap("iam.authorization_details"), (bucket(),)))
    polls.poll(1)
    found = polls.judge(hours=2)
    assert [span.state for span in found["ACC-2"].spans][:2] == [State.OPEN, State.COMPLETE]
    assert [span.state for span in found["ACC-5"].spans][:1] == [State.COMPLETE]


def test_a_bundle_is_covered_as_its_ledger_is_from_the_configuration_before_it(polls, tmp_path):
    for hour in (*range(30), *range(40, 48)):
        polls.poll(hour, GOOD if hour != 26 else evidence(gap("iam.authorization_details"), (bucket(),)))
    second = Period(START + 24 * HOUR, START + 48 * HOUR)
    with polls.ledger.read() as reading:
        export_bundle(reading, second, None, tmp_path / "b.zip")
        expected = coverage(reading, second)
    with open_bundle(tmp_path / "b.zip") as bundle:
        found = coverage(bundle, second)
    assert found == expected
    assert counts(found.controls[0]) == {"complete": 13, "incomplete": 1, "missed": 10}


def test_a_window_longer_than_the_period_is_open_when_it_reaches_beyond_it(polls):
    for hour in range(24):
        polls.poll(hour, cadence=7 * 24 * HOUR)
    noon = Period(START + 2 * HOUR, START + 4 * HOUR)
    assert counts(polls.judge(noon)["ACC-5"]) == {"complete": 1}
    nothing = Period(START + 2 * HOUR + timedelta(minutes=30), START + 2 * HOUR + timedelta(minutes=40))
    assert counts(polls.judge(nothing)["ACC-5"]) == {"open": 1}
