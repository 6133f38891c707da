"""What S3 counts as public, and the four settings that block it."""

import pytest
from support.estate import BLOCKED, OPEN, allow, bucket, policy

from controls.access.policy import parse_policy
from controls.access.public import blocks, is_public
from controls.access.truth import Truth

YES, NO, UNKNOWN = Truth.YES, Truth.NO, Truth.UNKNOWN
SETTINGS = tuple(BLOCKED)


@pytest.mark.parametrize("setting", SETTINGS)
@pytest.mark.parametrize("level", ["public_access_block", "account_public_access_block"])
def test_a_setting_of_either_level_is_in_force_and_brings_no_other(setting, level):
    both = {"public_access_block": OPEN, "account_public_access_block": OPEN, level: {**OPEN, setting: True}}
    assert blocks(bucket(**both).content()) == {each: each == setting for each in SETTINGS}


@pytest.mark.parametrize("setting", SETTINGS)
def test_a_setting_that_is_off_at_both_levels_is_not_in_force(setting):
    hole = {**BLOCKED, setting: False}
    content = bucket(public_access_block=hole, account_public_access_block=hole).content()
    assert blocks(content) == {each: each != setting for each in SETTINGS}


def test_without_any_block_nothing_is_in_force():
    content = bucket(public_access_block=None, account_public_access_block=None).content()
    assert not any(blocks(content).values())


def to_all(operator=None, key=None, *values):
    condition = {"Condition": {operator: {key: list(values)}}} if operator else {}
    return allow(Principal="*", **condition)


PUBLIC = {
    "everyone": (to_all(), YES),
    "everyone in other words": (allow(Principal={"AWS": "*"}), YES),
    "everyone of a list": (allow(Principal={"AWS": ["arn:aws:iam::1:root", "*"]}), YES),
    "everyone but somebody": ({**allow(), "NotPrincipal": {"AWS": "arn:aws:iam::1:root"}}, YES),
    "an account": (allow(Principal={"AWS": "arn:aws:iam::999988887777:root"}), NO),
    "a service": (allow(Principal={"Service": "cloudtrail.amazonaws.com"}), NO),
    "a deny for everyone": ({**to_all(), "Effect": "Deny"}, NO),
    "a fixed organization": (to_all("StringEquals", "aws:PrincipalOrgID", "o-1"), NO),
    "a fixed account, in other letters": (to_all("StringEquals", "AWS:PrincipalAccount", "999988887777"), NO),
    "a fixed network": (to_all("IpAddress", "aws:SourceIp", "192.0.2.0/24"), NO),
    "any network": (to_all("IpAddress", "aws:SourceIp", "0.0.0.0/0"), YES),
    "a fixed VPC endpoint": (to_all("StringEquals", "aws:SourceVpce", "vpce-1"), NO),
    "an organization by a pattern": (to_all("StringLike", "aws:PrincipalOrgID", "o-*"), UNKNOWN),
    "an organization by a variable": (to_all("StringEquals", "aws:PrincipalOrgID", "${aws:PrincipalOrgID}"), UNKNOWN),
    "all but an organization": (to_all("StringNotEquals", "aws:PrincipalOrgID", "o-1"), UNKNOWN),
    "a key that fixes nobody": (to_all("Bool", "aws:SecureTransport", "true"), YES),
    "a referrer, which anyone can state": (to_all("StringLike", "aws:Referer", "https://example.com/*"), YES),
}


@pytest.mark.parametrize(("statement", "expected"), PUBLIC.values(), ids=PUBLIC.keys())
def test_a_policy_is_public_unless_a_condition_holds_everyone_to_fixed_values(statement, expected):
    assert is_public(parse_policy(policy(statement), "it")) is expected


def test_one_public_statement_makes_a_policy_public():
    fixed = to_all("StringEquals", "aws:PrincipalOrgID", "o-1")
    assert is_public(parse_policy(policy(fixed, to_all()), "it")) is YES
    assert is_public(parse_policy(policy(fixed, fixed), "it")) is NO


def test_one_fixing_condition_beside_others_is_enough():
    condition = {"Bool": {"aws:SecureTransport": "true"}, "StringEquals": {"aws:PrincipalOrgID": "o-1"}}
    assert is_public(parse_policy(policy(allow(Principal="*", Condition=condition)), "it")) is NO
