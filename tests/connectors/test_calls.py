from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from connectors import calls
from connectors.calls import CallLog

NOW = datetime(2026, 3, 1, 12, 0, 30, tzinfo=UTC)


@pytest.fixture
def skew(monkeypatch):
    """Gives the skew of an answer that took so many seconds and states a time so many seconds from ours."""

    def of(took, stated):
        ticks = iter((100.0, 100.0 + took))
        monkeypatch.setattr(calls.time, "monotonic", lambda: next(ticks))
        log = CallLog()
        log.note("it", {})
        log.answered(None, format_datetime(NOW + timedelta(seconds=stated), usegmt=True), NOW)
        return log.clock_skew

    return of


def test_a_slow_answer_is_no_clock_that_is_behind(skew):
    assert skew(took=25, stated=-20) == 0


def test_a_clock_that_is_behind_is_told_from_when_the_call_was_sent(skew):
    assert skew(took=5, stated=-60) == -55


def test_a_clock_that_is_ahead_is_told_from_now(skew):
    assert skew(took=5, stated=60) == 60


def test_a_date_that_is_none_tells_no_skew():
    log = CallLog()
    log.note("it", {})
    log.answered(None, "yesterday", NOW)
    assert log.clock_skew is None
