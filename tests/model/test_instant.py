from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collector.model.errors import MalformedError
from collector.model.instant import format_instant, parse_instant

instants = st.datetimes(timezones=st.just(UTC))


@given(instants)
def test_an_instant_survives_writing_and_reading(instant):
    assert parse_instant(format_instant(instant), "it") == instant


@given(instants, instants)
def test_instants_sort_as_their_text_does(one, other):
    assert (one < other) == (format_instant(one) < format_instant(other))


def test_another_zone_is_written_in_utc():
    noon = datetime(2026, 3, 3, 12, tzinfo=timezone(timedelta(hours=2)))
    assert format_instant(noon) == "2026-03-03T10:00:00.000000Z"


@pytest.mark.parametrize(
    ("instant", "text"),
    [
        (datetime(1, 1, 1, tzinfo=UTC), "0001-01-01T00:00:00.000000Z"),
        (datetime(999, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC), "0999-12-31T23:59:59.999999Z"),
        (datetime(2028, 2, 29, tzinfo=UTC), "2028-02-29T00:00:00.000000Z"),
        (datetime.max.replace(tzinfo=UTC), "9999-12-31T23:59:59.999999Z"),
    ],
)
def test_every_year_is_written_with_four_digits(instant, text):
    assert format_instant(instant) == text
    assert parse_instant(text, "it") == instant


@pytest.mark.parametrize(
    "instant",
    [
        datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=1))),
        datetime(9999, 12, 31, 23, 59, tzinfo=timezone(timedelta(hours=-1))),
    ],
)
def test_a_time_beyond_the_calendar_in_utc_is_refused(instant):
    with pytest.raises(MalformedError, match="outside the years 1 to 9999"):
        format_instant(instant)


@given(st.datetimes(timezones=st.timezones()).filter(lambda instant: 1 < instant.year < 9999))
def test_a_time_of_any_zone_is_the_same_moment_in_utc(instant):
    assert parse_instant(format_instant(instant), "it") == instant.astimezone(UTC)


def test_a_time_without_zone_is_refused():
    with pytest.raises(MalformedError, match="no time zone"):
        format_instant(datetime(2026, 3, 3))  # noqa: DTZ001 - the fault


REFUSED = {
    "no fraction": "2026-11-23T16:10:00Z",
    "an offset": "2026-11-23T16:10:00.000000+00:00",
    "a month that is none": "2026-13-23T16:10:00.000000Z",
    "a second too many": "2026-11-23T16:10:60.000000Z",
    "lower case": "2026-11-23t16:10:00.000000z",
    "other digits": "٢026-11-23T16:10:00.000000Z",
    "a newline at the end": "2026-11-23T16:10:00.000000Z\n",
    "the year 0": "0000-01-01T00:00:00.000000Z",
    "a year of five digits": "12026-11-23T16:10:00.000000Z",
    "the 29th of February in a common year": "2027-02-29T00:00:00.000000Z",
    "the 24th hour": "2026-11-23T24:00:00.000000Z",
    "milliseconds": "2026-11-23T16:10:00.000Z",
    "nanoseconds": "2026-11-23T16:10:00.000000000Z",
    "a space for the T": "2026-11-23 16:10:00.000000Z",
    "a space before": " 2026-11-23T16:10:00.000000Z",
    "bytes": b"2026-11-23T16:10:00.000000Z",
    "a number": 5,
    "nothing": None,
}


@pytest.mark.parametrize("text", REFUSED.values(), ids=REFUSED.keys())
def test_other_spellings_are_refused(text):
    with pytest.raises(MalformedError, match="it must be a UTC time"):
        parse_instant(text, "it")
