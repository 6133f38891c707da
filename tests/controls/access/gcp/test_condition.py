"""Conditions in CEL: what the subset decides is what it means, and what it does not understand decides nothing."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controls.access.gcp.condition import Request, holds, reaches
from controls.access.gcp.expression import MAX_LENGTH, NotReadError, parse
from controls.access.truth import Truth

BEGINNING = "projects/_/buckets/b/objects/llm/"
NOW = datetime(2026, 1, 1, tzinfo=UTC)
OBJECTS = Request("storage.googleapis.com/Object", "storage.googleapis.com", NOW, BEGINNING, open=True)
YES, NO, UNKNOWN = Truth.YES, Truth.NO, Truth.UNKNOWN


def exactly(name):
    return Request(OBJECTS.type, OBJECTS.service, NOW, name)


DECIDED = [
    ('resource.name.startsWith("projects/_/buckets/b/objects/llm")', YES),
    ("resource.name.startsWith('projects/_/buckets/c/')", NO),
    ('resource.name.startsWith("projects/_/buckets/b/objects/llm/v2/")', UNKNOWN),
    ('resource.name == "projects/_/buckets/c/objects/x"', NO),
    ('resource.name != "projects/_/buckets/c/objects/x"', YES),
    ('resource.name.endsWith(".bin")', UNKNOWN),
    ('resource.name.endsWith("")', YES),
    ('resource.type == "storage.googleapis.com/Object"', YES),
    ('resource.type == "storage.googleapis.com/Bucket" || resource.service == "storage.googleapis.com"', YES),
    ('resource.type in ["storage.googleapis.com/Bucket", "storage.googleapis.com/Object"]', YES),
    ('!(resource.type == "storage.googleapis.com/Object")', NO),
    ('request.time < timestamp("2026-01-01T00:00:01Z")', YES),
    ('request.time < timestamp("2026-01-01T00:00:00Z")', NO),
    ('request.time <= timestamp("2026-01-01T01:00:00+01:00")', YES),
    ('request.time > timestamp("2025-01-01T00:00:00Z") && request.time < timestamp("2025-06-01T00:00:00Z")', NO),
    ('request.time < timestamp("soon")', UNKNOWN),
    ('request.time.getHours("Europe/Berlin") < 9', UNKNOWN),
    ('request.time.getHours("Europe/Berlin") < 9 && resource.service == "it"', NO),
    ('resource.matchTag("123/env", "prod")', UNKNOWN),
    ('resource.matchTag("123/env", "prod") || true', YES),
    ('"accessPolicies/1/accessLevels/corp" in request.auth.access_levels', UNKNOWN),
    ('api.getAttribute("it", "") == "x"', UNKNOWN),
    ('resource.type == "a" ? true : true', UNKNOWN),
    ("resource.name + 'x' == 'y'", UNKNOWN),
    ("!!(resource.service == 'storage.googleapis.com')", YES),
    (r"""resource.service == "storage\".googleapis.com" """, NO),
    ('resource.service == r"storage.googleapis.com"', YES),
    ("1 == 1 && 2 > 1", YES),
    ("1 < 2 < 3", UNKNOWN),
    ("1.5 > 1", UNKNOWN),
    ("'a' == 1", UNKNOWN),
    ("", UNKNOWN),
    ("true)", UNKNOWN),
    ("(" * 1000, UNKNOWN),
    ("true" + " && true" * 3000, UNKNOWN),
]


@pytest.mark.parametrize(("text", "truth"), DECIDED)
def test_a_condition_decides_what_it_says_and_no_more(text, truth):
    assert holds(text, OBJECTS) is truth


@pytest.mark.parametrize(
    ("text", "truth"),
    [
        ('resource.name.startsWith("projects/_/buckets/b/objects/llm/v2/")', YES),
        ('resource.name == "projects/_/buckets/b/objects/llm/model.bin"', YES),
        ('resource.name.endsWith(".bin") && resource.name.startsWith("projects/_/buckets/b/")', YES),
        ('resource.name.startsWith("projects/_/buckets/b/objects/llm/v2/") && resource.matchTag("1/a", "b")', UNKNOWN),
        ('!resource.name.startsWith("projects/_/buckets/b/objects/llm/v2/")', YES),
        ('resource.name.startsWith("projects/_/buckets/c/")', NO),
    ],
)
def test_a_condition_that_lets_in_to_a_part_of_a_location_lets_in(text, truth):
    assert reaches(text, OBJECTS) is truth


def test_a_name_whose_form_is_not_documented_decides_nothing():
    unnamed = Request("aiplatform.googleapis.com/Endpoint", "aiplatform.googleapis.com", NOW)
    assert holds('resource.name.startsWith("projects/")', unnamed) is UNKNOWN
    assert holds('resource.service == "storage.googleapis.com"', unnamed) is NO


def test_what_is_too_long_is_not_read():
    with pytest.raises(NotReadError):
        parse("'" + "a" * MAX_LENGTH + "'")


@given(st.text(alphabet="resource.name()!&|=<>'\"\\ in[],timestamp0123\n\x00é", max_size=60))
def test_whatever_text_stands_in_a_condition_it_gives_a_truth(text):
    assert holds(text, OBJECTS) in Truth
    assert reaches(text, OBJECTS) in Truth


PARTS = st.sampled_from([BEGINNING, f"{BEGINNING}v2/", f"{BEGINNING}v2/model.bin", "projects/_/buckets/c/", ".bin", ""])
INSTANTS = st.integers(-3, 3).map(lambda days: NOW + timedelta(days=days))


def quoted(text):
    return f'"{text}"'


ATOMS = st.one_of(
    PARTS.map(lambda part: (f"resource.name.startsWith({quoted(part)})", lambda name: name.startswith(part))),
    PARTS.map(lambda part: (f"resource.name.endsWith({quoted(part)})", lambda name: name.endswith(part))),
    PARTS.map(lambda part: (f"resource.name == {quoted(part)}", lambda name: name == part)),
    PARTS.map(lambda part: (f"resource.name in [{quoted(part)}, 'x']", lambda name: name in (part, "x"))),
    INSTANTS.map(
        lambda when: (f"request.time >= timestamp({quoted(when.isoformat())})", lambda _, when=when: when <= NOW)
    ),
    st.booleans().map(lambda value: (str(value).lower(), lambda _: value)),
)


def combined(inner):
    pairs = st.tuples(inner, inner)
    return st.one_of(
        inner.map(lambda each: (f"!({each[0]})", lambda name: not each[1](name))),
        pairs.map(lambda two: (f"({two[0][0]}) && ({two[1][0]})", lambda name: two[0][1](name) and two[1][1](name))),
        pairs.map(lambda two: (f"({two[0][0]}) || ({two[1][0]})", lambda name: two[0][1](name) or two[1][1](name))),
    )


NAMES = [f"{BEGINNING}{rest}" for rest in ("", "a", "v2/", "v2/model.bin", "v2/model.binx", ".bin", "v3/x.bin")]


@given(st.recursive(ATOMS, combined, max_leaves=6))
def test_it_agrees_with_the_meaning_on_every_name_and_says_yes_or_no_of_all_only_if_it_is_so(condition):
    text, means = condition
    for name in NAMES:
        assert holds(text, exactly(name)) is (YES if means(name) else NO)
    of_all = holds(text, OBJECTS)
    if of_all is not UNKNOWN:
        assert {means(name) for name in NAMES} == {of_all is YES}
    of_some = reaches(text, OBJECTS)
    if of_some is NO:
        assert not any(means(name) for name in NAMES)
