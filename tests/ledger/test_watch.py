"""A time that is watched answers as the time itself, and as any other time within the bounds that it kept."""

import copy
import operator
from datetime import UTC, date, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collector.ledger.watch import AS_OF, Looks, Within

MIDDAY = datetime(2026, 3, 3, 12, tzinfo=UTC)
DAY = timedelta(days=1)
STEP = timedelta(microseconds=1)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
A_CENTURY = 100 * 365 * DAY // STEP

# Near one another, and often equal, so that edges are met.
near = (st.integers(-3, 3).map(lambda days: days * DAY) | st.timedeltas(-6 * DAY, 6 * DAY)).map(lambda by: MIDDAY + by)
elsewhere = near.map(lambda moment: moment.astimezone(timezone(timedelta(hours=5, minutes=30))))
lengths = st.integers(-3, 3).map(lambda days: days * DAY) | st.timedeltas(-7 * DAY, 7 * DAY)
compare = st.sampled_from([operator.lt, operator.le, operator.gt, operator.ge, operator.eq, operator.ne])

questions = st.one_of(
    st.builds(lambda op, other: lambda at: op(at, other), compare, near | elsewhere),
    st.builds(lambda op, other: lambda at: op(other, at), compare, near | elsewhere),
    st.builds(lambda op, by, other: lambda at: op(at - by, other), compare, lengths, near),
    st.builds(lambda op, by, other: lambda at: op(by + at + by, other), compare, lengths, near),
    st.builds(lambda op, since, most: lambda at: op(at - since, most), compare, near, lengths),
    st.builds(lambda op, until, most: lambda at: op(most, until - at), compare, near, lengths),
    st.builds(lambda since: lambda at: (at - since).days, near),
    st.builds(lambda until: lambda at: (until - at).days, near),
    st.builds(lambda by: lambda at: (at - by).date(), lengths),
    st.builds(lambda since: lambda at: bool(at - since), near),
    st.builds(lambda others: lambda at: min([*others, at]) is at, st.lists(near)),
    st.builds(lambda others: lambda at: sorted([*others, at]).index(at), st.lists(near)),
    st.builds(lambda others: lambda at: at in others, st.lists(near) | st.frozensets(near)),
    st.sampled_from(
        [
            str,
            repr,
            hash,
            bool,
            lambda at: f"{at:%d %H}",
            lambda at: at.hour,
            lambda at: at.isoformat(),
            lambda at: at.astimezone(timezone(5 * DAY / 24)),
            lambda at: isinstance(at, datetime) and isinstance(at - MIDDAY, timedelta),
            lambda at: at is None or at == "never" or at - MIDDAY == 0,
            lambda at: (at - MIDDAY).total_seconds(),
            lambda at: str(at - MIDDAY),
            lambda at: copy.deepcopy([at]),
            lambda at: (at + DAY) - (at - DAY),
            lambda at: at < at + DAY,
            lambda at: at == at - DAY,
        ]
    ),
)


def asked(moment, asked_of):
    """What is answered, and within which bounds."""
    looks = Looks()
    watched = looks.moment(AS_OF, moment)
    return [question(watched) for question in asked_of], looks.noted().get(AS_OF, Within(-(2**62), 2**62))


@given(near, st.lists(questions, max_size=5))
def test_a_watched_time_answers_as_the_time_itself(moment, asked_of):
    answers, bounds = asked(moment, asked_of)
    assert answers == [question(moment) for question in asked_of]
    assert bounds.holds(moment)


@given(near, near, st.lists(questions, min_size=1, max_size=5))
def test_within_the_bounds_that_it_kept_every_answer_is_the_same(moment, other, asked_of):
    answers, bounds = asked(moment, asked_of)
    if bounds.holds(other):
        assert answers == [question(other) for question in asked_of]


@given(near, st.lists(questions, min_size=1, max_size=3))
def test_at_the_edges_of_the_bounds_every_answer_is_the_same(moment, asked_of):
    answers, bounds = asked(moment, asked_of)
    for edge in (bounds.first, bounds.last):
        at = EPOCH + edge * STEP if abs(edge) < A_CENTURY else moment
        assert answers == [question(at) for question in asked_of]


@pytest.mark.parametrize(
    ("question", "before", "after"),
    [
        (lambda at: at - (MIDDAY - 7 * DAY) <= 8 * DAY, -300 * DAY, DAY - STEP),
        (lambda at: at - (MIDDAY - 7 * DAY) > 9 * DAY, -300 * DAY, 2 * DAY - STEP),
        (lambda at: at.date() > date(2026, 1, 1), -DAY / 2, DAY / 2 - STEP),
        (lambda at: (at - (MIDDAY - DAY / 2)).days, -DAY / 2, DAY / 2 - STEP),
        (lambda at: None, -300 * DAY, 300 * DAY),
        (lambda at: (at - DAY, MIDDAY - at), -300 * DAY, 300 * DAY),
        (str, STEP * 0, STEP * 0),
    ],
    ids=[
        "within a limit",
        "not over a limit yet",
        "a day",
        "whole days",
        "never looked at",
        "handed on",
        "written down",
    ],
)
def test_the_bounds_are_as_wide_as_the_question_allows(question, before, after):
    _, bounds = asked(MIDDAY, [question])
    assert bounds.holds(MIDDAY + before)
    assert bounds.holds(MIDDAY + after)
    if after != 300 * DAY:
        assert not bounds.holds(MIDDAY + after + STEP)


def test_times_that_the_calendar_does_not_have_are_refused_as_ever_and_bound_the_others():
    watched = Looks().moment(AS_OF, MIDDAY)
    with pytest.raises(OverflowError):
        watched - timedelta(days=10**6)
    years = timedelta(days=365 * 2000)
    _, bounds = asked(MIDDAY, [lambda at: at - years])
    assert not bounds.holds(datetime(1900, 1, 1, tzinfo=UTC))


def test_a_time_of_a_place_that_puts_its_clocks_back_counts_as_looked_at():
    zone = ZoneInfo("Europe/Berlin")
    _, bounds = asked(MIDDAY, [lambda at: at < datetime(2026, 10, 25, 2, 30, tzinfo=zone)])
    assert not bounds.holds(MIDDAY + STEP)


def test_what_no_stand_in_can_do_is_refused_and_never_answered_wrongly():
    watched = Looks().moment(AS_OF, MIDDAY)
    with pytest.raises(TypeError):
        datetime.combine(watched, MIDDAY.time())
    with pytest.raises(TypeError):
        (watched - MIDDAY) * 2
    with pytest.raises(TypeError):
        assert watched < MIDDAY.replace(tzinfo=None)
