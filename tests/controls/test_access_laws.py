"""What must hold for any policies: laws of access, and patterns against a naive matcher."""

import contextlib
import fnmatch
import re
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st
from support.estate import ACCOUNT, allow, bucket, deny, evidence, managed, moved, policy, role, snapshot

from collector.model.errors import MalformedError
from controls.access.context import Context
from controls.access.evaluate import Target, candidates, evaluate
from controls.access.location import find
from controls.access.pattern import Resources, matches, touches, within
from controls.access.policy import parse_policy
from controls.access.principal import Named, principals_of
from controls.access.readers import readers
from controls.access.truth import Truth

STRANGER = "999988887777"
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


def named(own):
    return tuple(Named(("it",), statement) for statement in parse_policy(policy(*own), "it"))


def access(own, on_bucket=(), boundary=None, levels=(), session=None, home=ACCOUNT):
    """How a role reads the weights under its own statements, the bucket's, and all that may bound it."""
    shelf = (managed("b", *boundary),) if boundary is not None else ()
    bound = f"arn:aws:iam::{ACCOUNT}:policy/b" if boundary is not None else None
    arn = f"arn:aws:iam::{home}:role/r"
    items = [moved(item, home) for item in (role("r", *own, boundary=bound), *shelf)]
    statements = policy(*({**each, "Principal": {"AWS": arn}} for each in on_bucket))
    given = evidence(buckets=(bucket(policy=statements, encryption=None),))
    recorded = principals_of(snapshot("iam.authorization_details", *items), tuple(map(named, levels)))
    within = None if session is None else named(session)
    principals = [replace(principal, session=within, _about={}) for principal in recorded]
    found = [reader.access for reader in readers(find(given, [URI])[URI], principals, given)]
    return max(found, default=Truth.NO)


STRANGERS_ROLE = f"arn:aws:iam::{STRANGER}:role/r"
named_in_policies = st.sampled_from(
    [
        {"Principal": "*"},
        {"Principal": {"AWS": [f"arn:aws:iam::{ACCOUNT}:root", "*"]}},
        {"Principal": {"AWS": STRANGER}},
        {"Principal": {"AWS": f"arn:aws:iam::{STRANGER}:root"}},
        {"Principal": {"AWS": STRANGERS_ROLE}},
        {"Principal": {"AWS": f"arn:aws:sts::{STRANGER}:assumed-role/r/session"}},
        {"NotPrincipal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}},
        {"Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}},
        {"Principal": {"Service": "logs.amazonaws.com"}},
    ]
)
of_resources = st.lists(st.builds(lambda each, who: {**each, **who}, allows | denies, named_in_policies), max_size=3)


@given(statements, of_resources, st.booleans())
def test_whoever_is_left_out_before_access_is_evaluated_has_none(own, of_resource, delegated):
    (stranger,) = principals_of(snapshot("iam.authorization_details", moved(role("r", *own), STRANGER)))
    target = Target("s3:GetObject", Resources("arn:aws:s3:::weights/llm/x"), ACCOUNT, Context(), delegated)
    given = named(of_resource)
    assert candidates([stranger], ACCOUNT, given) or not evaluate(stranger, target, given)


def test_accounts_that_no_policy_lets_in_are_not_evaluated():
    recorded = principals_of(snapshot("iam.authorization_details", moved(role("r", allow()), STRANGER)))
    mine = {"Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root", "Service": "logs.amazonaws.com"}}
    given = named([{**allow(), **mine}, {**deny(), "Principal": "*"}])
    assert not candidates(list(recorded), ACCOUNT, given)


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


@given(statements, statements, st.lists(statements, max_size=3), statements)
def test_one_more_level_of_service_control_policies_never_adds_access(own, on_bucket, levels, more):
    assert access(own, on_bucket, levels=[*levels, more]) <= access(own, on_bucket, levels=levels)


@given(statements, statements, statements)
def test_levels_that_allow_everything_take_nothing_away(own, on_bucket, boundary):
    everything = [allow("*", "*")]
    bounded = access(own, on_bucket, boundary)
    assert access(own, on_bucket, boundary, levels=[everything] * 3, session=everything) == bounded


@given(statements, statements, statements)
def test_a_session_policy_never_adds_access(own, on_bucket, session):
    assert access(own, on_bucket, session=session) <= access(own, on_bucket)


@given(statements, statements)
def test_from_another_account_there_is_no_more_access_than_either_side_gives_alone(own, on_bucket):
    forbidden = [statement for statement in own if statement["Effect"] == "Deny"]
    across = access(own, on_bucket, home=STRANGER)
    assert across <= access(own)
    assert across <= access(forbidden, on_bucket)


@given(statements, statements)
def test_from_another_account_there_is_access_where_each_side_gives_it(own, on_bucket):
    if min(access(own, on_bucket), access(own), access((), on_bucket)) is Truth.YES:
        assert access(own, on_bucket, home=STRANGER) is Truth.YES


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
