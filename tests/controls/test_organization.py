"""Service control policies: what each level over an account takes away."""

from dataclasses import replace

import pytest
from support.estate import (
    ACCOUNT,
    FULL_ACCESS,
    READER,
    allow,
    deny,
    good,
    judge,
    organization,
    policy,
    reader,
    refused,
    role,
    snapshot,
)

from collector.model.evidence import Evidence
from collector.model.outcome import Outcome
from controls.acc2 import ACC_2
from controls.access.organization import POPULATION, levels_over

NO_READING = policy(deny("s3:GetObject", "*"))
LINKED = role("AWSServiceRoleForX", allow(), allow("kms:Decrypt", "*"))
LINKED_ARN = f"arn:aws:iam::{ACCOUNT}:role/aws-service-role/x.amazonaws.com/AWSServiceRoleForX"


def within(items, **parts):
    """The good estate, in an organization."""
    return Evidence((*good(**parts).readings, snapshot(POPULATION, *items)))


def access(given):
    result = judge(ACC_2, given)
    return {str(each.detail["principal"]): each.detail["access"] for each in result.assessments if each.detail}


OPEN_DENY = policy(deny("s3:GetObject", "*", Condition={"StringNotEquals": {"aws:RequestedRegion": "eu-central-1"}}))
LEVELS = {
    "everything is allowed at each level": (organization(), "yes"),
    "a deny at the root": (organization(root=(FULL_ACCESS, NO_READING)), None),
    "a deny at the unit": (organization(unit=(FULL_ACCESS, NO_READING)), None),
    "a deny at the account": (organization(account=(FULL_ACCESS, NO_READING)), None),
    "a deny of another action": (organization(unit=(FULL_ACCESS, policy(deny("s3:PutObject", "*")))), "yes"),
    "a deny for another principal": (
        organization(unit=(
            FULL_ACCESS,
            policy(deny("s3:*", "*", Condition={"ArnNotLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/inference"}})),
        )),
        "yes",
    ),
    "a deny whose condition is not decided": (organization(unit=(FULL_ACCESS, OPEN_DENY)), "conditional"),
    "nothing is allowed at the unit": (organization(unit=()), None),
    "the unit allows something else only": (organization(unit=(policy(allow("ec2:*", "*")),)), None),
    "the unit allows reading and decrypting only": (
        organization(unit=(policy(allow("s3:Get*", "*")), policy(allow("kms:*", "*")))), "yes"
    ),
    "the unit allows reading, not decrypting": (organization(unit=(policy(allow("s3:*", "*")),)), "conditional"),
    "the type of policy is not in use at the root": (
        organization(root=(FULL_ACCESS, NO_READING), enabled=False), "yes"
    ),
    "the account manages the organization": (
        organization(root=(NO_READING,), unit=(), account=(), management=ACCOUNT), "yes"
    ),
}  # fmt: skip


@pytest.mark.parametrize(("items", "expected"), LEVELS.values(), ids=LEVELS.keys())
def test_every_level_over_the_account_must_allow(items, expected):
    assert access(within(items)).get(READER) == expected


def test_an_account_that_is_not_in_the_organization_is_not_bound_by_it():
    elsewhere = [item for item in organization(root=(NO_READING,)) if item.id != "account"]
    assert access(within(elsewhere))[READER] == "yes"


def test_a_service_linked_role_is_beyond_service_control_policies():
    linked = replace(LINKED, id=LINKED_ARN, body=LINKED.body.replace(LINKED.id.encode(), LINKED_ARN.encode()))
    found = access(within(organization(unit=(FULL_ACCESS, NO_READING)), iam=(reader(), linked)))
    assert found == {LINKED_ARN: "yes"}


@pytest.mark.parametrize(("item", "facet"), [("unit", "policies"), ("policy unit-1", "document")])
def test_a_level_that_was_refused_in_part_decides_nothing(item, facet):
    items = [refused(each, facet) if each.id == item else each for each in organization()]
    result = judge(ACC_2, within(items))
    assert result.outcome is Outcome.INCONCLUSIVE
    assert f"{facet} of {item} could not be read" in result.reason


def test_a_service_control_policy_that_nobody_understands_decides_nothing():
    result = judge(ACC_2, within(organization(unit=(policy({"Effect": "Perhaps"}),))))
    assert result.outcome is Outcome.INCONCLUSIVE
    assert "service control policy unit-1 of unit" in result.reason


def test_the_levels_stand_from_the_root_down_and_each_statement_names_its_own():
    levels = levels_over(within(organization(unit=(FULL_ACCESS, NO_READING))), ACCOUNT)
    assert [[named.steps for named in level] for level in levels] == [
        [("service control policy root-1 of root", "statement 1")],
        [
            ("service control policy unit-1 of unit", "statement 1"),
            ("service control policy unit-2 of unit", "statement 1"),
        ],
        [("service control policy account-1 of account", "statement 1")],
    ]


def test_without_an_organization_nothing_is_bound():
    assert levels_over(good(), ACCOUNT) == ()
    assert access(good()) == {READER: "yes"}
