"""The worked examples of AWS's documentation, each answered as its page answers it."""

import pytest
from support.documented.buckets import BUCKETS, MEANING_OF_PUBLIC, PUBLIC
from support.documented.conditions import CONDITIONS
from support.documented.elements import ELEMENTS
from support.documented.evaluation import EVALUATION, KEYS, SERVICE_CONTROL
from support.documented.example import KMS, S3, policy
from support.estate import BLOCKED, LOCATION, OPEN, READER, bucket, evidence, key, reader, role
from support.estate import allow as allows
from support.ledgers import START
from support.requests import decide

from collector.model.outcome import Outcome
from controls.acc2 import ACC_2
from controls.access.estate import Estate
from controls.access.policy import parse_policy
from controls.access.public import is_public
from controls.access.truth import Truth

EXAMPLES = {**EVALUATION, **SERVICE_CONTROL, **KEYS, **ELEMENTS, **CONDITIONS, **BUCKETS}
ASKED = [
    pytest.param(example, request, id=f"{name}: {what}")
    for name, example in EXAMPLES.items()
    for what, request in example.requests.items()
]


@pytest.mark.parametrize(("example", "request_"), ASKED)
def test_a_documented_example_has_the_documented_answer(example, request_):
    assert decide(example.case(request_)) is request_.answer, example.page


@pytest.mark.parametrize(("statement", "expected"), PUBLIC.values(), ids=PUBLIC.keys())
def test_a_bucket_policy_is_public_where_s3_says_so(statement, expected):
    assert is_public(parse_policy(policy(statement), "it")) is expected, MEANING_OF_PUBLIC


def granted(*operations, to=READER, **constraints):
    return {"id": "1", "grantee": to, "operations": list(operations), "constraints": constraints, "retiring": None}


GRANTS = {
    "to decrypt": (granted("Decrypt"), Truth.YES),
    "of another operation": (granted("Encrypt", "GenerateDataKey"), Truth.UNKNOWN),
    "to someone else": (granted("Decrypt", to=f"{READER}-2"), Truth.UNKNOWN),
    "within an encryption context": (
        granted("Decrypt", EncryptionContextSubset={"Department": "IT"}),
        Truth.UNKNOWN,
    ),
}


@pytest.mark.parametrize(("grant", "access"), GRANTS.values(), ids=GRANTS.keys())
def test_a_grant_gives_its_operations_to_its_grantee_within_its_constraints(grant, access):
    # Who may not use the key may still read what is under another one: that is conditional, not without access.
    given = Estate(evidence((role("inference", allows()),), keys=(key(grants=[grant]),)))
    found = given.find([LOCATION])[LOCATION]
    assert [one.access for one in given.readers(found)] == [access], f"{KMS}/grants.html"


OWNERSHIP = {
    "enforced, so that ACLs are disabled": (bucket(public_access_block=OPEN), Outcome.PASS),
    "preferred, so that ACLs may be public": (
        bucket(ownership="BucketOwnerPreferred", public_access_block=OPEN), Outcome.INCONCLUSIVE
    ),
    "the writer's, so that ACLs may be public": (
        bucket(ownership="ObjectWriter", public_access_block=OPEN), Outcome.INCONCLUSIVE
    ),
    "the writer's, and public ACLs are ignored, but not those for other accounts": (
        bucket(ownership="ObjectWriter", public_access_block=BLOCKED), Outcome.INCONCLUSIVE
    ),
    "never set": (bucket(ownership=None), Outcome.INCONCLUSIVE),
}  # fmt: skip


@pytest.mark.parametrize(("given", "outcome"), OWNERSHIP.values(), ids=OWNERSHIP.keys())
def test_acls_count_unless_the_bucket_owner_is_enforced(given, outcome):
    result = ACC_2.test(evidence((reader(),), (given,)), {**ACC_2.defaults, "weights": [LOCATION]}, START)
    assert result.outcome is outcome, f"{S3}/about-object-ownership.html"
