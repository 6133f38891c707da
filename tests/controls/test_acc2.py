"""Who is inside and who is outside, case by case."""

import re

import pytest
from support.estate import (
    ACCOUNT,
    KEY,
    LOCATION,
    OPEN,
    ROOT_STATEMENT,
    allow,
    bucket,
    deny,
    evidence,
    gap,
    group,
    key,
    managed,
    moved,
    policy,
    reader,
    role,
    snapshot,
    trust,
    user,
)
from support.ledgers import START

from collector.model.evidence import Evidence
from collector.model.outcome import Outcome
from collector.model.snapshot import Failure, FailureClass
from controls.acc2 import ACC_2

PARTNER = "arn:aws:iam::999988887777:root"
PASS, FAIL, INCONCLUSIVE = Outcome.PASS, Outcome.FAIL, Outcome.INCONCLUSIVE
MAYBE = {"StringEquals": {"aws:PrincipalOrgID": "o-acme"}}


def run(given, **parameters):
    return ACC_2.test(given, {**ACC_2.defaults, "weights": [LOCATION], **parameters}, START)


def readers(result):
    return {str(a.detail["principal"]).rsplit(":", 1)[-1]: a.detail["access"] for a in result.assessments if a.detail}


def opened(*statements, **facets):
    """The weights' bucket with a policy, beside a role that reads as it should."""
    return evidence((reader(),), (bucket(policy=policy(*statements), **facets),))


RESTRICTED = {**OPEN, "restrict_public_buckets": True}

OUTSIDE = {
    "a bucket policy names a stranger's account": (opened(allow(Principal={"AWS": PARTNER})), FAIL, "PARTNER"),
    "a bucket policy names a stranger's role": (
        opened(allow(Principal={"AWS": "arn:aws:iam::999988887777:role/x"})),
        FAIL, "role arn:aws:iam::999988887777:role/x",
    ),
    "a bucket policy names everyone": (
        opened(allow(Principal="*"), public_access_block=OPEN), FAIL, "everyone can read"
    ),
    "a bucket policy names everyone, but public buckets are restricted": (opened(allow(Principal="*")), PASS, ""),
    "the account, not the bucket, restricts public buckets": (
        opened(allow(Principal="*"), public_access_block=None, account_public_access_block=RESTRICTED), PASS, "",
    ),
    "a bucket policy excepts someone and allows everyone else": (
        opened({**allow(), "NotPrincipal": {"AWS": PARTNER}}, public_access_block=OPEN), FAIL, "everyone can read"
    ),
    "everyone under a condition that evidence does not decide": (
        opened(allow(Principal="*", Condition=MAYBE), public_access_block=OPEN), INCONCLUSIVE, "PrincipalOrgID = o-acme"
    ),
    "a stranger under a condition that evidence does not decide": (
        opened(allow(Principal={"AWS": PARTNER}, Condition={"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}})),
        INCONCLUSIVE, "aws:SourceIp",
    ),
    "everyone over TLS only": (
        opened(allow(Principal="*", Condition={"Bool": {"aws:SecureTransport": "true"}}), public_access_block=OPEN),
        FAIL, "everyone",
    ),
    "a stranger who is denied again": (
        opened(allow(Principal={"AWS": PARTNER}), deny(Principal={"AWS": PARTNER})), PASS, ""
    ),
    "a stranger who is denied a part only": (
        opened(allow(Principal={"AWS": PARTNER}), deny(resource="arn:aws:s3:::weights/llm/old/*", Principal="*")),
        FAIL, "999988887777",
    ),
    "a stranger who may read another prefix": (
        opened(allow(resource="arn:aws:s3:::weights/docs/*", Principal={"AWS": PARTNER})), PASS, ""
    ),
    "a stranger who may read a prefix below": (
        opened(allow(resource="arn:aws:s3:::weights/llm/v1/*", Principal={"AWS": PARTNER})), FAIL, "999988887777"
    ),
    "a stranger who may write": (opened(allow("s3:PutObject", Principal={"AWS": PARTNER})), PASS, ""),
    "an action with a wildcard and in capitals": (opened(allow("S3:GET*", Principal={"AWS": PARTNER})), FAIL, "999988887777"),
    "all but another action": (
        opened({"Effect": "Allow", "NotAction": "s3:Put*", "Resource": "*", "Principal": {"AWS": PARTNER}}),
        FAIL, "999988887777",
    ),
    "all but these resources": (
        opened({
            "Effect": "Allow", "Action": "s3:*", "NotResource": "arn:aws:s3:::weights/llm/*", "Principal": {"AWS": PARTNER}
        }),
        PASS, "",
    ),
    "an AWS service": (opened(allow(Principal={"Service": "cloudtrail.amazonaws.com"})), PASS, ""),
    "a canonical user": (opened(allow(Principal={"CanonicalUser": "abc"})), FAIL, "canonical abc"),
    "a stranger under a key that is not shared": (
        opened(allow(Principal={"AWS": PARTNER})), INCONCLUSIVE, "is not shared outside the account"
    ),
}  # fmt: skip


@pytest.mark.parametrize(("given", "outcome", "words"), OUTSIDE.values(), ids=OUTSIDE.keys())
def test_who_is_outside_is_found(given, outcome, words):
    # Without a KMS key on the bucket, unless the case is about the key: reading then takes s3:GetObject alone.
    if "not shared" not in words:
        bare = [
            bucket(**{**item.content().value, "encryption": None}) for item in given.snapshots("s3.buckets")[0].items
        ]
        given = evidence((reader(),), tuple(bare))
    result = run(given)
    assert result.outcome is outcome
    assert re.search(words.replace("PARTNER", PARTNER), " ".join(a.reason for a in result.assessments))


def test_a_declared_canonical_user_is_inside():
    given = evidence((reader(),), (bucket(policy=policy(allow(Principal={"CanonicalUser": "abc"})), encryption=None),))
    assert run(given, allowed_accounts=["abc"]).outcome is PASS


def assumable(principal, action="sts:AssumeRole", **more):
    return evidence((role("inference", allow(), allow("kms:Decrypt", KEY), trust=trust(principal, action, **more)),))


PROVIDER = f"arn:aws:iam::{ACCOUNT}:saml-provider/idp"
ASSUMED = {
    "a stranger's account may assume a reader": (assumable({"AWS": PARTNER}), {}, FAIL),
    "an external id is no obstacle to who knows it": (
        assumable({"AWS": PARTNER}, Condition={"StringEquals": {"sts:ExternalId": "x"}}), {}, FAIL
    ),
    "everyone may assume a reader": (assumable("*"), {}, FAIL),
    "everyone of an organization may": (assumable("*", Condition=MAYBE), {}, INCONCLUSIVE),
    "an allowed account may": (assumable({"AWS": PARTNER}), {"allowed_accounts": ["999988887777"]}, PASS),
    "the own account may": (assumable({"AWS": f"arn:aws:iam::{ACCOUNT}:root"}), {}, PASS),
    "an undeclared identity provider": (assumable({"Federated": PROVIDER}, "sts:AssumeRoleWithSAML"), {}, FAIL),
    "a declared identity provider": (
        assumable({"Federated": PROVIDER}, "sts:AssumeRoleWithSAML"), {"allowed_identity_providers": [PROVIDER]}, PASS
    ),
    "a trust policy that denies": (
        evidence((role("inference", allow(), allow("kms:Decrypt", KEY), trust=policy(
            {"Effect": "Deny", "Principal": {"AWS": PARTNER}, "Action": "sts:AssumeRole"})),)), {}, PASS
    ),
}  # fmt: skip


@pytest.mark.parametrize(("given", "parameters", "outcome"), ASSUMED.values(), ids=ASSUMED.keys())
def test_who_can_become_a_reader_counts(given, parameters, outcome):
    assert run(given, **parameters).outcome is outcome


INSIDE = {
    "an inline policy": (role("r", allow()), "yes"),
    "a policy that is not about reading": (role("r", allow("s3:ListBucket", "*")), None),
    "another bucket": (role("r", allow(resource="arn:aws:s3:::other/*")), None),
    "everything but IAM": (role("r", {"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"}), "yes"),
    "a deny beside the allow": (role("r", allow(), deny()), None),
    "a deny of another bucket": (role("r", allow(), deny(resource="arn:aws:s3:::other/*")), "yes"),
    "a deny of a part": (role("r", allow(), deny(resource="arn:aws:s3:::weights/llm/x*")), "yes"),
    "a deny that may or may not hold": (role("r", allow(), deny(Condition=MAYBE)), "conditional"),
    "an allow that may or may not hold": (role("r", allow(Condition=MAYBE)), "conditional"),
    "a condition on the principal's own ARN that holds": (
        role("r", allow(Condition={"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/r"}})), "yes"
    ),
    "a condition on the principal's own ARN that does not": (
        role("r", allow(Condition={"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/x"}})), None
    ),
    "a tag that fits": (
        role("r", allow(Condition={"StringEquals": {"aws:PrincipalTag/team": "ml"}}), tags={"team": "ml"}), "yes"
    ),
    "a variable that a role has no value for": (role("r", allow(resource="arn:aws:s3:::weights/${aws:username}/*")), None),
    "a variable that leads to another folder": (user("u", allow(resource="arn:aws:s3:::weights/${aws:username}/*")), None),
    "a variable that leads to this folder": (user("llm", allow(resource="arn:aws:s3:::weights/${aws:username}/*")), "yes"),
    "a variable of unknown value": (role("r", allow(resource="arn:aws:s3:::weights/${aws:SourceVpc}/*")), "conditional"),
    "a boundary that allows": (role("r", allow(), boundary=f"arn:aws:iam::{ACCOUNT}:policy/s3-only"), "yes"),
    "a boundary that does not": (role("r", allow(), boundary=f"arn:aws:iam::{ACCOUNT}:policy/ec2-only"), None),
    "a user through a group": (user("u", groups=["readers"]), "yes"),
    "a user's attached policy": (user("u", attached=[f"arn:aws:iam::{ACCOUNT}:policy/s3-only"]), "yes"),
}  # fmt: skip
SHELF = (managed("s3-only", allow("s3:*", "*")), managed("ec2-only", allow("ec2:*", "*")), group("readers", allow()))


@pytest.mark.parametrize(("item", "access"), INSIDE.values(), ids=INSIDE.keys())
def test_a_principal_of_the_account_reads_by_its_policies(item, access):
    result = run(evidence((item, *SHELF), (bucket(encryption=None),)))
    name = item.id.rsplit(":", 1)[-1]
    assert readers(result).get(name) == access


def path_of(result):
    return [step for path in result.assessments[0].detail["path"] for step in path]


def test_every_reader_comes_with_the_path_to_the_statement():
    given = evidence(
        (user("u", groups=["readers"]), group("readers", allow(Sid="Weights"))), (bucket(encryption=None),)
    )
    assert path_of(run(given)) == ["user u", "group readers", "inline policy inline", "statement 1 (Weights)"]


def with_key(item, **facets):
    return run(evidence((item,), (bucket(),), (key(**facets),)))


KEYS = {
    "the key delegates to IAM and IAM allows": (with_key(reader("r")), "yes"),
    "the key delegates to IAM and IAM does not allow": (with_key(role("r", allow())), "conditional"),
    "the key does not delegate to IAM": (with_key(reader("r"), policy=policy()), "conditional"),
    "the key names the role itself": (
        with_key(role("r", allow()), policy=policy(allow("kms:*", "*", Principal={"AWS": f"arn:aws:iam::{ACCOUNT}:role/r"}))),
        "yes",
    ),
    "a grant names the role": (
        with_key(role("r", allow()), grants=[{
            "id": "g", "grantee": f"arn:aws:iam::{ACCOUNT}:role/r", "operations": ["Decrypt"], "constraints": {},
        }]),
        "yes",
    ),
    "the key policy denies": (
        with_key(reader("r"), policy=policy(ROOT_STATEMENT, deny("kms:Decrypt", "*", Principal="*"))), "conditional"
    ),
    "the key is not among those read": (
        run(evidence((reader("r"),), (bucket(encryption={"algorithm": "aws:kms", "key": "alias/gone", "bucket_key": True}),))),
        "conditional",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("result", "access"), KEYS.values(), ids=KEYS.keys())
def test_reading_under_a_kms_key_takes_the_key_too(result, access):
    assert readers(result)["role/r"] == access


MISSING = {
    "the bucket is in no list": (evidence((reader(),), (bucket("other"),)), "none of the bucket lists"),
    "the list of buckets failed": (evidence((reader(),), gap("s3.buckets")), "s3.buckets is incomplete"),
    "the list of principals failed": (evidence(gap("iam.authorization_details")), "iam.authorization_details is incomplete"),
    "the list of keys failed": (evidence((reader(),), keys=gap("kms.keys")), "kms.keys is incomplete"),
    "nothing was read at all": (Evidence(()), "never read"),
    "the bucket's policy was refused": (
        evidence((reader(),), gap("s3.buckets", snapshot(
            "s3.buckets", bucket(unreadable=("policy",)),
            failures=(Failure(FailureClass.DENIED, "s3:GetBucketPolicy", "AccessDenied", "no", "arn:aws:s3:::weights", "policy"),),
        ))),
        "policy of arn:aws:s3:::weights could not be read",
    ),
    "an attached policy is not in the list": (
        evidence((role("r", attached=[f"arn:aws:iam::{ACCOUNT}:policy/gone"]),)), "policy/gone of role r is not in the recorded list"
    ),
    "a policy that nobody can understand": (evidence((role("r", {"Effect": "Perhaps"}),)), "neither allows nor denies"),
    "a statement element that is not known": (evidence((role("r", {**allow(), "Until": "2030"}),)), "unknown element"),
    "objects may be public by their own ACLs": (
        evidence((reader(),), (bucket(ownership="ObjectWriter", public_access_block=OPEN),)), "may be public by their own ACLs"
    ),
}  # fmt: skip


@pytest.mark.parametrize(("given", "words"), MISSING.values(), ids=MISSING.keys())
def test_what_the_evidence_does_not_show_is_inconclusive_and_says_what(given, words):
    result = run(given)
    assert result.outcome is INCONCLUSIVE
    assert words in " ".join([result.reason, *(a.reason for a in result.assessments)])


def test_another_kind_of_location_is_inconclusive_not_passed():
    result = ACC_2.test(evidence((reader(),)), {**ACC_2.defaults, "weights": ["gs://weights"]}, START)
    assert result.outcome is INCONCLUSIVE


def test_without_declared_locations_the_control_does_not_apply():
    assert ACC_2.test(evidence((reader(),)), ACC_2.defaults, START).outcome is Outcome.NOT_APPLICABLE


def test_an_unreadable_facet_of_another_bucket_does_not_matter():
    both = snapshot(
        "s3.buckets",
        bucket(),
        bucket("other", unreadable=("policy",)),
        failures=(
            Failure(FailureClass.DENIED, "s3:GetBucketPolicy", "AccessDenied", "no", "arn:aws:s3:::other", "policy"),
        ),
    )
    assert run(evidence((reader(),), gap("s3.buckets", both))).outcome is PASS


FOREIGN = "arn:aws:iam::999988887777:role/visitor"


@pytest.mark.parametrize(("statements", "access"), [((allow(),), "yes"), ((), None)])
def test_a_role_of_another_account_that_is_read_too_is_decided_once_and_with_its_own_policies(statements, access):
    visitor = snapshot(
        "iam.authorization_details", moved(role("visitor", *statements), "999988887777"), source="aws:999988887777"
    )
    given = opened(allow(Principal={"AWS": FOREIGN}), encryption=None)
    result = run(Evidence((*given.readings, visitor)))
    found = [a.detail["access"] for a in result.assessments if a.detail.get("principal") == FOREIGN]
    assert found == ([access] if access else [])
