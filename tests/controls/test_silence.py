"""Silences: every hour that is missed for too long is named, and nothing else."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from controls.logging.silence import hours_between, silences

FIRST = datetime(2026, 11, 24, tzinfo=UTC)
HOURS = hours_between("2026-11-24T00:00:00Z", "2026-11-25T00:00:00Z")
COUNTS = st.lists(st.sampled_from([0, 0, 1, 7]), min_size=24, max_size=24)


def counts(values):
    """The counts by hour; an hour that counts nothing is absent, as connectors record it."""
    return {hour: value for hour, value in zip(HOURS, values, strict=True) if value}


def index(time):
    return (time - FIRST) // timedelta(hours=1)


def missed(number, invocations, entries, allowed):
    """Tell by definition whether an hour lies in a silence that is too long."""
    if entries[number]:
        return False
    start = number
    while start > 0 and not entries[start - 1]:
        start -= 1
    end = number
    while end < 24 and not entries[end]:
        end += 1
    first = next((n for n in range(start, end) if invocations[n]), None)
    return first is not None and first <= number and end - first > allowed


@given(COUNTS, COUNTS, st.integers(0, 5))
def test_exactly_the_hours_of_too_long_silences_are_named(invocations, entries, allowed):
    found = list(silences(HOURS, counts(invocations), counts(entries), allowed))
    named = [number for each in found for number in range(index(each.start), index(each.end))]
    assert named == [number for number in range(24) if missed(number, invocations, entries, allowed)]


@given(COUNTS, COUNTS, st.integers(0, 5))
def test_a_silence_begins_with_invocations_counts_them_and_lasts_until_an_entry(invocations, entries, allowed):
    for each in silences(HOURS, counts(invocations), counts(entries), allowed):
        start, end = index(each.start), index(each.end)
        assert invocations[start]
        assert not any(entries[start:end])
        assert end == 24 or entries[end]
        assert each.invocations == sum(invocations[start:end])


@given(COUNTS, st.integers(0, 5))
def test_where_every_hour_has_an_entry_there_is_no_silence(invocations, allowed):
    assert not list(silences(HOURS, counts(invocations), counts([1] * 24), allowed))


@given(COUNTS, st.integers(0, 5))
def test_where_nothing_is_invoked_a_log_may_be_silent(entries, allowed):
    assert not list(silences(HOURS, {}, counts(entries), allowed))


def test_a_silence_reads_as_a_sentence():
    invocations = counts([400] * 24)
    entries = counts([5] * 13 + [0] * 3 + [5] * 6 + [0, 0])
    first, last = silences(HOURS, invocations, entries, 1)
    assert str(first) == "from 13:00 to 16:00 UTC on 2026-11-24: 1200 invocations, no log entries"
    assert str(last) == "from 22:00 UTC on 2026-11-24 to 00:00 UTC on 2026-11-25: 800 invocations, no log entries"
