"""The matrix of who can read whose training data."""

import pytest
from support.estate import (
    BLUE,
    GREEN,
    OPEN,
    TENANTS,
    allow,
    bucket,
    gap,
    good,
    judge,
    key,
    only,
    partly,
    policy,
    reader,
    refused,
    role,
    role_arn,
    tenant_bucket,
    tenant_key,
    tenant_role,
    trust,
)

from collector.model.outcome import Outcome
from controls.seg1 import SEG_1

PASS, FAIL, INCONCLUSIVE = Outcome.PASS, Outcome.FAIL, Outcome.INCONCLUSIVE
BLUE_ROLE, GREEN_ROLE = role_arn("training-blue"), role_arn("training-green")
GREEN_READS_BLUE = f"green {GREEN_ROLE} -> blue s3://training-blue/"
BLUE_DATA = "arn:aws:s3:::training-blue/*"
BLUE_KEY = TENANTS[BLUE]["keys"][0]
READ_BLUE = allow("s3:GetObject", BLUE_DATA)
USE_BLUE = allow("kms:Decrypt", BLUE_KEY)


def estate(*iam, **parts):
    """The tenants' own roles, unless others are given in their place."""
    own = {item.id: item for item in (reader(), tenant_role(BLUE), tenant_role(GREEN))}
    return good(iam=tuple({**own, **{item.id: item for item in iam}}.values()), **parts)


def test_the_population_is_every_identity_against_every_tenant_s_data():
    result = judge(SEG_1, estate())
    assert result.outcome is PASS
    assert {each.id: each.detail["access"] for each in result.assessments} == {
        f"blue {BLUE_ROLE} -> blue s3://training-blue/": "yes",
        f"blue {BLUE_ROLE} -> green s3://training-green/": "no",
        GREEN_READS_BLUE: "no",
        f"green {GREEN_ROLE} -> green s3://training-green/": "yes",
    }


CROSSING = {
    "by its own policy": (
        estate(tenant_role(GREEN, READ_BLUE, USE_BLUE)), "statement 3 of inline policy inline of role training-green"
    ),
    "by the bucket's policy": (
        estate(
            tenant_role(GREEN, USE_BLUE),
            buckets=(
                bucket(),
                tenant_bucket(GREEN),
                tenant_bucket(BLUE, policy=policy(allow("s3:*", BLUE_DATA, Principal={"AWS": GREEN_ROLE}))),
            ),
        ),
        "statement 1 of bucket policy of training-blue",
    ),
    "by becoming the other tenant's role": (
        estate(tenant_role(BLUE, trust=trust({"AWS": GREEN_ROLE}))),
        "as role training-blue, can read blue's data",
    ),
    "by becoming a third role, through a second": (
        estate(
            role("relay", trust=trust({"AWS": GREEN_ROLE})),
            role("operator", READ_BLUE, USE_BLUE, trust=trust({"AWS": role_arn("relay")})),
        ),
        "as role operator, can read blue's data",
    ),
    "because everyone can": (
        estate(
            buckets=(
                bucket(),
                tenant_bucket(GREEN),
                tenant_bucket(
                    BLUE, policy=policy(allow("s3:*", BLUE_DATA, Principal="*")), public_access_block=OPEN, encryption=None
                ),
            ),
        ),
        "statement 1 of bucket policy of training-blue",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("given", "words"), CROSSING.values(), ids=CROSSING.keys())
def test_a_tenant_s_identity_that_can_read_another_s_data_is_a_deviation_that_names_the_way(given, words):
    result = judge(SEG_1, given)
    assert result.outcome is FAIL
    deviation = only(result, FAIL)
    assert deviation.id == GREEN_READS_BLUE
    assert deviation.detail["access"] == "yes"
    assert words in deviation.reason


def test_the_roles_on_the_way_stand_in_the_details():
    result = judge(SEG_1, CROSSING["by becoming a third role, through a second"][0])
    assert only(result, FAIL).detail["roles"] == [role_arn("relay"), role_arn("operator")]


OFFICE = {"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}
CONDITIONAL = {
    "a source address": (
        estate(tenant_role(GREEN, allow("s3:GetObject", BLUE_DATA, Condition=OFFICE), USE_BLUE)), "aws:SourceIp"
    ),
    "the key, which it cannot use": (estate(tenant_role(GREEN, READ_BLUE)), "no kms:Decrypt on alias/blue"),
    "a condition on becoming the reader": (
        estate(tenant_role(BLUE, trust=trust({"AWS": GREEN_ROLE}, Condition=OFFICE))), "on the way"
    ),
}  # fmt: skip


@pytest.mark.parametrize(("given", "words"), CONDITIONAL.values(), ids=CONDITIONAL.keys())
def test_what_a_condition_decides_is_inconclusive_and_names_it(given, words):
    result = judge(SEG_1, given)
    assert result.outcome is INCONCLUSIVE
    undecided = only(result, INCONCLUSIVE)
    assert (undecided.id, undecided.detail["access"]) == (GREEN_READS_BLUE, "conditional")
    assert words in undecided.reason


def test_a_sure_way_beside_a_conditional_one_is_a_deviation():
    conditional = allow("s3:GetObject", BLUE_DATA, Condition=OFFICE)
    result = judge(SEG_1, estate(tenant_role(GREEN, conditional, READ_BLUE, USE_BLUE)))
    assert only(result, FAIL).id == GREEN_READS_BLUE


def test_an_identity_that_two_tenants_share_reads_across():
    shared = {**TENANTS, GREEN: {**TENANTS[GREEN], "identities": [BLUE_ROLE]}}
    result = judge(SEG_1, estate(tenant_role(BLUE, allow("s3:*", "*"), allow("kms:*", "*"))), tenants=shared)
    assert result.outcome is FAIL
    assert {each.id for each in result.deviations} == {
        f"blue {BLUE_ROLE} -> green s3://training-green/",
        f"green {BLUE_ROLE} -> blue s3://training-blue/",
    }


def test_an_identity_that_does_not_exist_is_inconclusive_in_each_of_its_cells():
    result = judge(SEG_1, good(iam=(reader(), tenant_role(BLUE))))
    assert result.outcome is INCONCLUSIVE
    assert [each.id for each in result.undecided] == [
        GREEN_READS_BLUE,
        f"green {GREEN_ROLE} -> green s3://training-green/",
    ]
    assert "is not among the recorded users and roles: check its ARN" in result.undecided[0].reason


def test_a_tenant_s_bucket_that_is_in_no_list_is_inconclusive():
    result = judge(SEG_1, good(buckets=(bucket(), tenant_bucket(BLUE))))
    assert result.outcome is INCONCLUSIVE
    undecided = only(result, INCONCLUSIVE)
    assert undecided.id == "s3://training-green/"
    assert "is in none of the bucket lists" in undecided.reason


UNREAD = {
    "the identities": {"iam": gap("iam.authorization_details")},
    "the keys": {"keys": gap("kms.keys")},
    "the buckets": {"buckets": gap("s3.buckets")},
    "a tenant's bucket policy": {
        "buckets": partly("s3.buckets", bucket(), refused(tenant_bucket(BLUE), "policy"), tenant_bucket(GREEN))
    },
    "a tenant's key policy": {
        "keys": partly("kms.keys", key(), tenant_key(GREEN), refused(tenant_key(BLUE), "policy"))
    },
}


@pytest.mark.parametrize("parts", UNREAD.values(), ids=UNREAD.keys())
def test_what_was_not_read_is_inconclusive_never_a_pass_or_a_deviation(parts):
    result = judge(SEG_1, good(**parts))
    assert result.outcome is INCONCLUSIVE
    assert not result.deviations


def test_a_policy_of_the_account_that_nobody_understands_is_inconclusive():
    result = judge(SEG_1, estate(role("odd", {"Effect": "Perhaps"})))
    assert result.outcome is INCONCLUSIVE
    assert "neither allows nor denies" in result.reason


@pytest.mark.parametrize(
    ("tenants", "reason"),
    [
        ({}, "no tenants are declared"),
        ({BLUE: {**TENANTS[BLUE], "identities": []}}, "no tenant's identities are declared"),
    ],
)
def test_without_tenants_or_identities_it_does_not_apply(tenants, reason):
    result = judge(SEG_1, good(), tenants=tenants)
    assert (result.outcome, result.reason) == (Outcome.NOT_APPLICABLE, reason)
