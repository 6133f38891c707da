from datetime import UTC, datetime, timedelta

import pytest

from collector.daemon.missed import missed
from collector.daemon.readings import last_moment
from collector.daemon.window import Window

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


def at(minutes):
    return NOON + timedelta(minutes=minutes)


def test_windows_are_aligned_to_their_cadence_from_the_epoch_and_do_not_overlap():
    assert Window.at(NOON, HOUR) == Window(NOON, at(60))
    assert Window.at(at(60) - datetime.resolution, HOUR) == Window(NOON, at(60))
    assert Window.at(at(60), HOUR).start == at(60)
    assert Window.at(NOON, timedelta(days=1)).start == datetime(2026, 1, 1, tzinfo=UTC)


def test_a_deadline_leaves_the_rest_of_the_window_for_recording():
    window = Window(NOON, at(60))
    assert window.deadline(NOON, timedelta(minutes=10)) == at(10)
    assert window.deadline(NOON, timedelta(days=1)) == at(54)
    assert window.deadline(at(50), timedelta(days=1)) == at(59)


@pytest.mark.parametrize("last", [0, 1, 59, 60, 119])
def test_no_window_was_missed_when_the_last_one_was_read(last):
    assert missed("aws:1", "s3.buckets", HOUR, at(last), at(119)) is None


def test_windows_without_a_reading_are_one_gap_with_its_length():
    gap = missed("aws:1", "s3.buckets", HOUR, at(30), at(250))
    assert (gap.started, gap.finished) == (at(60), at(240))
    assert "collector was not running" in gap.reason
    assert "3 windows of 3600 s" in gap.reason
    assert gap.failure_class == "not_attempted"


def test_what_is_on_record_as_missed_is_not_missed_again():
    gap = missed("aws:1", "s3.buckets", HOUR, at(30), at(250))
    assert missed("aws:1", "s3.buckets", HOUR, last_moment(gap.finished), at(255)) is None
    later = missed("aws:1", "s3.buckets", HOUR, last_moment(gap.finished), at(310))
    assert (later.started, later.finished) == (at(240), at(300))
