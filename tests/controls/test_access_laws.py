"""What must hold for any policies: laws of access, and patterns against a naive matcher."""

import contextlib
import fnmatch
import re

from hypothesis import given
from hypothesis import strategies as st
from support.estate import ACCOUNT, allow, bucket, deny, evidence, managed, policy, role

from collector.model.errors import MalformedError
from controls.access.location import find
from controls.access.pattern import Resources, matches, touches, within
from controls.access.policy import parse_policy
from controls.access.principal import principals_of
from controls.access.readers import readers
from controls.access.truth import Truth

URI = "s3://weights/llm/"
actions = st.sampled_from(["s3:GetObject", "s3:*", "*", "s3:Put*", "s3:Get?bject", "ec2:*"])
resources = st.sampled_from(
    [
        "*",
        "arn:aws:s3:::weights/*",
        "arn:aws:s3:::weights/llm/*",
        "arn:aws:s3:::weights/llm/v1/*",
        "arn:aws:s3:::other/*",
    ]
)
conditions = st.sampled_from(
    [
        {},
        {"Condition": {"StringEquals": {"aws:PrincipalOrgID": "o"}}},
        {"Condition": {"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/r"}}},
        {"Condition": {"Bool": {"aws:SecureTransport": "false"}}},
    ]
)
allows = st.builds(lambda a, r, c: allow(a, r, **c), actions, resources, conditions)
denies = st.builds(lambda a, r, c: deny(a, r, **c), actions, resources, conditions)
statements = st.lists(allows | denies, max_size=4)


def access(own, on_bucket=(), boundary=None):
    """How a role reads the weights under its own statements, the bucket's and a boundary."""
    shelf = (managed("b", *boundary),) if boundary is not None else ()
    bound = f"arn:aws:iam::{ACCOUNT}:policy/b" if boundary is not None else None
    given = evidence(
        (role("r", *own, boundary=bound), *shelf),
        (
            bucket(
                policy=policy(*({**s, "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:role/r"}} for s in on_bucket)),
                encryption=None,
            ),
        ),
    )
    principals = list(principals_of(given.snapshots("iam.authorization_details")[0]))
    found = [r.access for r in readers(find(given, [URI])[URI], principals, given)]
    return max(found, default=Truth.NO)


@given(statements, statements, denies)
def test_one_more_deny_never_adds_access(own, on_bucket, more):
    assert access([*own, more], on_bucket) <= access(own, on_bucket)
    assert access(own, [*on_bucket, more]) <= access(own, on_bucket)


@given(statements, statements, allows)
def test_one_more_allow_never_removes_access(own, on_bucket, more):
    assert access([*own, more], on_bucket) >= access(own, on_bucket)
    assert access(own, [*on_bucket, more]) >= access(own, on_bucket)


@given(statements, statements, statements)
def test_a_boundary_never_adds_access(own, on_bucket, boundary):
    assert access(own, on_bucket, boundary) <= access(own, on_bucket)


@given(statements)
def test_without_an_allow_there_is_no_access(own):
    assert access([s for s in own if s["Effect"] == "Deny"]) is Truth.NO


texts = st.text("ab/", max_size=6)
patterns = st.text("ab/*?", max_size=6)


def naive(pattern, text):
    return re.fullmatch(fnmatch.translate(pattern), text) is not None


@given(patterns, texts)
def test_patterns_match_as_a_naive_matcher_does(pattern, text):
    assert matches(pattern, text) == naive(pattern, text)


@given(patterns, texts, texts)
def test_what_covers_a_prefix_matches_whatever_follows(pattern, prefix, rest):
    if within(pattern, Resources(prefix, prefix=True)):
        assert matches(pattern, prefix + rest)


@given(patterns, texts, texts)
def test_what_matches_something_below_a_prefix_overlaps_it(pattern, prefix, rest):
    if matches(pattern, prefix + rest):
        assert touches(pattern, Resources(prefix, prefix=True))


def test_a_hostile_pattern_takes_no_exponential_time():
    assert not matches("*a" * 500 + "b", "a" * 2_000)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["Statement", "Effect", "Action", "Principal", "Condition", "x"]), inner, max_size=4
        )
    ),
    max_leaves=12,
)


@given(json_values)
def test_any_json_is_a_policy_or_malformed(value):
    with contextlib.suppress(MalformedError):
        parse_policy(value, "it")
