import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collector.model.errors import ConfigurationError
from collector.model.period import Period


def test_a_date_is_its_first_moment_in_utc():
    assert str(Period.parse("2026-01-01..2026-07-01")) == "2026-01-01T00:00:00.000000Z..2026-07-01T00:00:00.000000Z"


def test_times_may_have_fractions():
    assert str(Period.parse("2026-01-01T10:00:00Z..2026-01-01T10:00:00.5Z")).endswith("10:00:00.500000Z")


REFUSED = {
    "one date": "2026-01-01",
    "a period without length": "2026-01-01..2026-01-01",
    "an end before the start": "2026-02-01..2026-01-01",
    "a day that is none": "2026-02-30..2026-03-01",
    "an offset": "2026-01-01T00:00:00+01:00..2026-02-01",
    "too many digits": "2026-01-01T00:00:00.1234567Z..2026-02-01",
    "words": "yesterday..today",
}


@pytest.mark.parametrize("text", REFUSED.values(), ids=REFUSED.keys())
def test_what_is_no_period_is_refused(text):
    with pytest.raises(ConfigurationError):
        Period.parse(text)


@given(st.text(max_size=40))
def test_arbitrary_text_is_a_period_or_a_clear_error(text):
    with contextlib.suppress(ConfigurationError):
        assert Period.parse(text).start < Period.parse(text).end
