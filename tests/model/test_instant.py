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
    "a number": 5,
    "nothing": None,
}


@pytest.mark.parametrize("text", REFUSED.values(), ids=REFUSED.keys())
def test_other_spellings_are_refused(text):
    with pytest.raises(MalformedError, match="it must be a UTC time"):
        parse_instant(text, "it")
