"""Whose key each tenant's data is under, and who else can use it."""

import pytest
from support.estate import (
    ACCOUNT,
    BLUE,
    GREEN,
    ROOT_STATEMENT,
    TENANTS,
    allow,
    bucket,
    deny,
    gap,
    good,
    judge,
    key,
    managed,
    moved,
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
from controls.seg3 import SEG_3

PASS, FAIL, INCONCLUSIVE = Outcome.PASS, Outcome.FAIL, Outcome.INCONCLUSIVE
BLUE_ROLE, GREEN_ROLE = role_arn("training-blue"), role_arn("training-green")
BLUE_KEY, GREEN_KEY = (TENANTS[name]["keys"][0] for name in (BLUE, GREEN))
BLUE_PLACE, GREEN_PLACE = "blue s3://training-blue/", "green s3://training-green/"
GREEN_USES_BLUE = f"{BLUE_PLACE} key <- {GREEN_ROLE}"
BLUE_USES_GREEN = f"{GREEN_PLACE} key <- {BLUE_ROLE}"
USE_BLUE = allow("kms:Decrypt", BLUE_KEY)
OFFICE = {"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}


def estate(*iam, buckets=(), keys=()):
    """What conforms, with other items in the place of those of the same id."""
    own = good()
    given = {"iam.authorization_details": iam, "s3.buckets": buckets, "kms.keys": keys}
    merged = {
        name: tuple({item.id: item for item in (*own.snapshots(name)[0], *more)}.values())
        for name, more in given.items()
    }
    return good(iam=merged["iam.authorization_details"], buckets=merged["s3.buckets"], keys=merged["kms.keys"])


def under(name, algorithm="aws:kms"):
    """Blue's bucket under another key."""
    return estate(buckets=(tenant_bucket(BLUE, encryption={"algorithm": algorithm, "key": name, "bucket_key": True}),))


def test_the_population_is_each_location_s_key_and_each_other_tenant_s_identity_against_it():
    result = judge(SEG_3, good())
    assert result.outcome is PASS
    assert [each.id for each in result.assessments] == [BLUE_PLACE, GREEN_USES_BLUE, GREEN_PLACE, BLUE_USES_GREEN]


AWS_KEY = key(
    arn=f"arn:aws:kms:eu-central-1:{ACCOUNT}:key/99999999-0000-0000-0000-000000000000",
    key_id="99999999-0000-0000-0000-000000000000", manager="AWS", aliases=["alias/aws/s3"],
)  # fmt: skip
NOT_ITS_OWN = {
    "no default encryption": (estate(buckets=(tenant_bucket(BLUE, encryption=None),)), "is under no customer-managed key"),
    "S3's own encryption": (under(None, "AES256"), "is under no customer-managed key"),
    "SSE-KMS without a key's name, which is AWS's": (under(None), "is under no customer-managed key"),
    "AWS's key by its alias": (
        estate(
            buckets=(tenant_bucket(BLUE, encryption={"algorithm": "aws:kms", "key": "alias/aws/s3", "bucket_key": True}),),
            keys=(AWS_KEY,),
        ),
        "is under a key of AWS's own",
    ),
    "a key that is not the tenant's": (
        under("alias/weights"), "key/11111111-1111-1111-1111-111111111111, which is not among blue's keys"
    ),
}  # fmt: skip


@pytest.mark.parametrize(("given", "words"), NOT_ITS_OWN.values(), ids=NOT_ITS_OWN.keys())
def test_data_that_is_not_under_the_tenant_s_own_key_is_a_deviation(given, words):
    result = judge(SEG_3, given)
    assert result.outcome is FAIL
    deviation = only(result, FAIL)
    assert deviation.id == BLUE_PLACE
    assert words in deviation.reason
    assert "set the default encryption of bucket training-blue to SSE-KMS under a key of blue's own" in deviation.reason


@pytest.mark.parametrize("name", [BLUE_KEY, "alias/blue", f"arn:aws:kms:eu-central-1:{ACCOUNT}:alias/blue"])
@pytest.mark.parametrize("algorithm", ["aws:kms", "aws:kms:dsse"])
def test_the_tenant_s_own_key_is_right_by_whatever_name(name, algorithm):
    assert judge(SEG_3, under(name, algorithm)).outcome is PASS


def test_a_key_of_two_tenants_is_a_deviation_of_both():
    tenants = {name: {**parts, "keys": []} for name, parts in TENANTS.items()}
    result = judge(SEG_3, under(GREEN_KEY), tenants=tenants)
    assert result.outcome is FAIL
    reasons = {each.id: each.reason for each in result.deviations}
    assert f"blue's s3://training-blue/ shares the key {GREEN_KEY} with green" in reasons[BLUE_PLACE]
    assert f"green's s3://training-green/ shares the key {GREEN_KEY} with blue" in reasons[GREEN_PLACE]
    assert f"can decrypt with blue's key {GREEN_KEY}" in reasons[GREEN_USES_BLUE]


def granting(grantee=GREEN_ROLE, operations=("Decrypt",), **constraints):
    return {"id": "g-1", "grantee": grantee, "operations": list(operations), "constraints": constraints}


def blue_key(*statements, grants=()):
    return tenant_key(BLUE, policy=policy(ROOT_STATEMENT, *statements), grants=list(grants))


NAMED = allow("kms:Decrypt", "*", Principal={"AWS": GREEN_ROLE})
BOUND = managed("s3-only", allow("s3:*", "*"))
GREEN_BOUND = tenant_role(GREEN, boundary=BOUND.id)
USABLE = {
    "by its own policy": (
        estate(tenant_role(GREEN, USE_BLUE)), "statement 3 of inline policy inline of role training-green"
    ),
    "by the key's policy": (estate(keys=(blue_key(NAMED),)), f"statement 2 of key policy of {BLUE_KEY}"),
    "by a grant": (estate(keys=(blue_key(grants=[granting()]),)), "grant g-1 of key alias/blue"),
    "by a grant to a session of the role": (
        estate(keys=(blue_key(grants=[granting(f"arn:aws:sts::{ACCOUNT}:assumed-role/training-green/run")]),)), "grant g-1"
    ),
    "by a grant beside a boundary that allows no decryption": (
        estate(GREEN_BOUND, BOUND, keys=(blue_key(grants=[granting()]),)), "grant g-1"
    ),
    "as a role that it can become": (
        estate(role("operator", USE_BLUE, trust=trust({"AWS": GREEN_ROLE}))),
        f"green's identity {GREEN_ROLE}, as role operator, can decrypt with blue's key {BLUE_KEY}",
    ),
    "as the other tenant's role": (estate(tenant_role(BLUE, trust=trust({"AWS": GREEN_ROLE}))), "as role training-blue,"),
}  # fmt: skip


@pytest.mark.parametrize(("given", "words"), USABLE.values(), ids=USABLE.keys())
def test_a_key_that_another_tenant_s_identity_can_use_is_a_deviation_that_names_the_way(given, words):
    result = judge(SEG_3, given)
    assert result.outcome is FAIL
    deviation = only(result, FAIL)
    assert (deviation.id, deviation.detail["usable"]) == (GREEN_USES_BLUE, "yes")
    assert words in deviation.reason


CONDITIONAL = {
    "a source address": (estate(tenant_role(GREEN, {**USE_BLUE, "Condition": OFFICE})), "aws:SourceIp"),
    "a grant for some encryption contexts": (
        estate(keys=(blue_key(grants=[granting(EncryptionContextSubset={"team": "red"})]),)),
        "StringEquals kms:EncryptionContext:team = red",
    ),
    "a grant for one encryption context": (
        estate(keys=(blue_key(grants=[granting(EncryptionContextEquals={"team": "red"})]),)), "kms:EncryptionContext:team"
    ),
    "a condition on becoming the role that can": (
        estate(role("operator", USE_BLUE, trust=trust({"AWS": GREEN_ROLE}, Condition=OFFICE))), "on the way"
    ),
}  # fmt: skip


@pytest.mark.parametrize(("given", "words"), CONDITIONAL.values(), ids=CONDITIONAL.keys())
def test_use_under_an_open_condition_is_inconclusive_and_names_it(given, words):
    result = judge(SEG_3, given)
    assert result.outcome is INCONCLUSIVE
    undecided = only(result, INCONCLUSIVE)
    assert (undecided.id, undecided.detail["usable"]) == (GREEN_USES_BLUE, "conditional")
    assert words in undecided.reason


DENY = deny("kms:Decrypt", "*", Principal={"AWS": GREEN_ROLE})
NOT_USABLE = {
    "the key's policy denies what IAM allows": estate(tenant_role(GREEN, USE_BLUE), keys=(blue_key(DENY),)),
    "the key's policy denies what a grant allows": estate(keys=(blue_key(DENY, grants=[granting()]),)),
    "its own policy denies what a grant allows": estate(
        tenant_role(GREEN, deny("kms:Decrypt", "*")), keys=(blue_key(grants=[granting()]),)
    ),
    "its boundary denies what a grant allows": estate(
        tenant_role(GREEN, boundary=f"arn:aws:iam::{ACCOUNT}:policy/no-kms"),
        managed("no-kms", allow("*", "*"), deny("kms:*", "*")),
        keys=(blue_key(grants=[granting()]),),
    ),
    "a grant to encrypt only": estate(keys=(blue_key(grants=[granting(operations=["Encrypt"])]),)),
    "a grant to someone else": estate(keys=(blue_key(grants=[granting(role_arn("somebody"))]),)),
    "the key's policy names it for another service than S3": estate(
        keys=(blue_key({**NAMED, "Condition": {"StringEquals": {"kms:ViaService": "rds.eu-central-1.amazonaws.com"}}}),)
    ),
    "the key's policy leaves nothing to IAM": estate(
        tenant_role(GREEN, USE_BLUE), keys=(tenant_key(BLUE, policy=policy(allow("kms:*", "*", Principal={"AWS": BLUE_ROLE}))),)
    ),
}  # fmt: skip


@pytest.mark.parametrize("given", NOT_USABLE.values(), ids=NOT_USABLE.keys())
def test_a_key_that_no_other_tenant_s_identity_can_use_passes(given):
    result = judge(SEG_3, given)
    assert result.outcome is PASS
    assert len(result.assessments) == 4


def test_an_identity_that_does_not_exist_is_inconclusive():
    result = judge(SEG_3, good(iam=(reader(), tenant_role(BLUE))))
    assert result.outcome is INCONCLUSIVE
    undecided = only(result, INCONCLUSIVE)
    assert undecided.id == GREEN_USES_BLUE
    assert "is not among the recorded users and roles" in undecided.reason


UNREAD = {
    "the tenant's bucket is in no list": (good(buckets=(bucket(), tenant_bucket(GREEN))), "in none of the bucket lists"),
    "the key is another account's, which is no source": (
        under(moved(tenant_key(BLUE), "999988887777").id), "the key of s3://training-blue/ is not among the recorded keys"
    ),
    "the key is in no list": (good(keys=(key(), tenant_key(GREEN))), "is not among the recorded keys"),
    "the key's policy was refused": (
        good(keys=partly("kms.keys", key(), tenant_key(GREEN), refused(tenant_key(BLUE), "policy"))), f"policy of {BLUE_KEY}"
    ),
    "the key's grants were refused": (
        good(keys=partly("kms.keys", key(), tenant_key(GREEN), refused(tenant_key(BLUE), "grants"))), f"grants of {BLUE_KEY}"
    ),
    "who manages the key was refused": (
        good(keys=partly("kms.keys", key(), tenant_key(GREEN), refused(tenant_key(BLUE), "manager"))), f"manager of {BLUE_KEY}"
    ),
    "the bucket's encryption was refused": (
        good(buckets=partly("s3.buckets", bucket(), tenant_bucket(GREEN), refused(tenant_bucket(BLUE), "encryption"))),
        "encryption of arn:aws:s3:::training-blue",
    ),
    "the key's policy is one that nobody understands": (
        estate(keys=(blue_key({"Effect": "Perhaps"}),)), "neither allows nor denies"
    ),
}  # fmt: skip


@pytest.mark.parametrize(("given", "words"), UNREAD.values(), ids=UNREAD.keys())
def test_a_key_that_is_not_known_is_inconclusive(given, words):
    result = judge(SEG_3, given)
    assert result.outcome is INCONCLUSIVE
    assert not result.deviations
    undecided = only(result, INCONCLUSIVE)
    assert undecided.id == BLUE_PLACE
    assert words in undecided.reason


@pytest.mark.parametrize(
    ("part", "population"),
    [("iam", "iam.authorization_details"), ("buckets", "s3.buckets"), ("keys", "kms.keys")],
)
def test_a_list_that_failed_is_inconclusive(part, population):
    result = judge(SEG_3, good(**{part: gap(population)}))
    assert result.outcome is INCONCLUSIVE
    assert not result.deviations
    assert f"{population} is incomplete" in result.reason


def test_without_tenants_it_does_not_apply():
    assert judge(SEG_3, good(), tenants={}).outcome is Outcome.NOT_APPLICABLE
