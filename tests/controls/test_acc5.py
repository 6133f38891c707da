import pytest
from support.estate import BLOCKED, KEY, LOCATION, OPEN, bucket, evidence, gap, key
from support.ledgers import START

from collector.model.outcome import Outcome
from controls.acc5 import ACC_5

PASS, FAIL, INCONCLUSIVE = Outcome.PASS, Outcome.FAIL, Outcome.INCONCLUSIVE


def run(given):
    return ACC_5.test(given, {"weights": [LOCATION]}, START)


def encrypted(**change):
    return evidence(buckets=(bucket(encryption={"algorithm": "aws:kms", "key": KEY, "bucket_key": True, **change}),))


CASES = {
    "all is well": (evidence(), PASS, ""),
    "the key is named by its alias": (encrypted(key="alias/weights"), PASS, ""),
    "the key is named by its alias's ARN": (encrypted(key="arn:aws:kms:eu-central-1:123456789012:alias/weights"), PASS, ""),
    "the key is named by its id": (encrypted(key=KEY.rsplit("/", 1)[1]), PASS, ""),
    "double-layer encryption": (encrypted(algorithm="aws:kms:dsse"), PASS, ""),
    "no default encryption": (evidence(buckets=(bucket(encryption=None),)), FAIL, "has no default encryption"),
    "AWS's own key": (encrypted(algorithm="AES256", key=None), FAIL, "encrypts with AES256"),
    "the AWS-managed key": (encrypted(key=None), FAIL, "AWS-managed key aws/s3"),
    "an AWS-managed key by name": (evidence(keys=(key(manager="AWS"),)), FAIL, "AWS-managed key"),
    "a key that is disabled": (evidence(keys=(key(state="Disabled"),)), FAIL, "is Disabled: enable it"),
    "a key of another account": (
        encrypted(key="arn:aws:kms:eu-central-1:999988887777:key/1"), INCONCLUSIVE, "not among the keys"
    ),
    "a key that was not listed": (evidence(keys=()), INCONCLUSIVE, "not among the keys"),
    "the list of keys failed": (evidence(keys=gap("kms.keys")), INCONCLUSIVE, "kms.keys is incomplete"),
    "versioning never turned on": (evidence(buckets=(bucket(versioning=None),)), FAIL, "is off: turn it on"),
    "versioning suspended": (evidence(buckets=(bucket(versioning="Suspended"),)), FAIL, "is suspended: turn it on"),
    "no public access block": (evidence(buckets=(bucket(public_access_block=None),)), FAIL, "turn on block_public_acls"),
    "a public access block with a hole": (
        evidence(buckets=(bucket(public_access_block={**BLOCKED, "restrict_public_buckets": False}),)),
        FAIL,
        "turn on restrict_public_buckets",
    ),
    "the account blocks what the bucket does not": (
        evidence(buckets=(bucket(public_access_block=OPEN, account_public_access_block=BLOCKED),)), PASS, ""
    ),
    "the account's block was refused": (
        evidence(buckets=(bucket(unreadable=("account_public_access_block",)),)), INCONCLUSIVE, "could not be read"
    ),
    "the bucket is not listed": (evidence(buckets=(bucket("other"),)), INCONCLUSIVE, "none of the bucket lists"),
}  # fmt: skip


@pytest.mark.parametrize(("given", "outcome", "words"), CASES.values(), ids=CASES.keys())
def test_each_requirement_is_judged_and_says_what_to_change(given, outcome, words):
    result = run(given)
    assert result.outcome is outcome
    assert words in " ".join([result.reason, *(a.reason for a in result.assessments)])


def test_the_population_is_each_requirement_at_each_location():
    ids = [a.id for a in run(evidence()).assessments]
    assert ids == [f"{LOCATION} encryption", f"{LOCATION} public access", f"{LOCATION} versioning"]
