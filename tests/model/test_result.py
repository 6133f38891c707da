from hypothesis import given
from hypothesis import strategies as st

from collector.model.outcome import Outcome
from collector.model.result import Assessment, conclude, not_applicable

outcomes = st.sampled_from([Outcome.PASS, Outcome.FAIL, Outcome.INCONCLUSIVE])
assessments = st.dictionaries(st.text(max_size=3), outcomes, max_size=6).map(
    lambda found: [Assessment(item, outcome, "why") for item, outcome in found.items()]
)


@given(assessments, st.lists(st.text(min_size=1), max_size=2))
def test_a_pass_needs_members_all_of_which_pass_and_nothing_missing(members, missing):
    result = conclude("X", members, missing)
    clean = bool(members) and not missing and all(a.outcome is Outcome.PASS for a in members)
    assert (result.outcome is Outcome.PASS) == clean


@given(assessments, st.lists(st.text(min_size=1), max_size=2))
def test_a_fail_is_never_said_while_anything_is_open(members, missing):
    result = conclude("X", members, missing)
    if missing or any(a.outcome is Outcome.INCONCLUSIVE for a in members):
        assert result.outcome is Outcome.INCONCLUSIVE


def test_deviations_stay_listed_beside_what_is_missing():
    result = conclude("X", [Assessment("a", Outcome.FAIL, "bad")], ["the list is short"])
    assert result.outcome is Outcome.INCONCLUSIVE
    assert [a.id for a in result.deviations] == ["a"]


def test_an_empty_population_proves_nothing():
    assert conclude("X", []).outcome is Outcome.INCONCLUSIVE


def test_not_applicable_says_why():
    assert not_applicable("X", "no weights").reason == "no weights"
