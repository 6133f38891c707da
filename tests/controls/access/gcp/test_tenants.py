"""SEG-1 to SEG-3 for tenants whose data are in Cloud Storage."""

import pytest
from support import estate as aws
from support.estate import judge, only, trust
from support.google import (
    BLUE,
    GREEN,
    GROUP,
    KEY,
    KEYS,
    TENANTS,
    TOKENS,
    VIEWER,
    account,
    bind,
    evidence,
    key,
    lost,
    organization,
    project,
    tenant_bucket,
)

from collector.model.outcome import Outcome
from controls.seg1 import SEG_1
from controls.seg2 import SEG_2
from controls.seg3 import SEG_3

PASS, FAIL, INCONCLUSIVE = Outcome.PASS, Outcome.FAIL, Outcome.INCONCLUSIVE
TOLD = {"tenants": TENANTS}
(BLUES,) = TENANTS[BLUE]["identities"]
(GREENS,) = TENANTS[GREEN]["identities"]
CELL = f"blue {BLUES} -> green gs://training-green/"
DECRYPTER = "roles/cloudkms.cryptoKeyDecrypter"


def matrix(**parts):
    return judge(SEG_1, evidence(**parts), **TOLD)


def buckets(*more):
    """Both tenants' buckets, green's with further bindings."""
    return {"buckets": (tenant_bucket(BLUE), tenant_bucket(GREEN, *more))}


def test_tenants_that_read_their_own_data_alone_pass_with_the_whole_matrix():
    result = matrix()
    assert result.outcome is PASS
    assert len(result.assessments) == 4


def test_an_identity_that_reads_anothers_data_is_a_deviation_with_the_binding():
    found = only(matrix(**buckets(bind(VIEWER, BLUES))), FAIL)
    assert found.id == CELL
    assert found.reason.endswith(f"remove {BLUES} from {VIEWER} on bucket training-green")


def test_a_role_on_the_project_lets_every_tenant_read_every_other():
    result = matrix(project=project(bind(VIEWER, BLUES)))
    assert only(result, FAIL).id == CELL


def test_an_identity_that_can_become_anothers_is_a_deviation():
    accounts = (account("training-blue"), account("training-green", bind(TOKENS, BLUES)))
    found = only(matrix(accounts=accounts), FAIL)
    assert f"remove {BLUES} from {TOKENS} on {GREENS}" in found.reason


def test_a_group_of_which_nobody_knows_who_is_in_it_is_undecided_unless_it_is_declared():
    given = buckets(bind(VIEWER, GROUP))
    assert f"whether {GROUP} stands for {BLUES} too is not read" in next(iter(matrix(**given).undecided)).reason
    declared = judge(SEG_1, evidence(**given), **TOLD, groups_of_people=[GROUP.removeprefix("group:")])
    assert declared.outcome is PASS


def test_data_open_to_everyone_is_a_deviation_for_every_other_tenant():
    opened = tenant_bucket(GREEN, bind(VIEWER, "allUsers"), public_access_prevention="inherited")
    assert only(matrix(buckets=(tenant_bucket(BLUE), opened)), FAIL).id == CELL


def test_a_role_in_aws_that_a_pool_of_identities_lets_in_is_undecided():
    arn = "arn:aws:iam::123456789012:role/training-blue"
    pool = "principalSet://iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/aws/*"
    told = {**TENANTS, BLUE: {**TENANTS[BLUE], "identities": [arn]}}
    result = judge(SEG_1, evidence(**buckets(bind(VIEWER, pool))), tenants=told)
    assert result.outcome is INCONCLUSIVE


@pytest.mark.parametrize(
    "parts",
    [
        {"organization": organization(unreadable=["policy"])},
        {"accounts": (account("training-green"),)},
        {"buckets": (tenant_bucket(BLUE),)},
        {"roles": ()},
    ],
    ids=["an ancestor", "an identity", "a bucket", "the roles"],
)
def test_what_was_not_read_is_no_verdict(parts):
    result = matrix(**parts)
    assert result.outcome is INCONCLUSIVE
    assert not result.deviations


def test_jobs_of_vertex_ai_are_not_read_which_is_said():
    assert "jobs of Vertex AI" in judge(SEG_2, evidence(), **TOLD).reason


def keys(**parts):
    return judge(SEG_3, evidence(**parts), **TOLD)


def test_tenants_under_keys_of_their_own_pass():
    assert keys().outcome is PASS


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"default_key": None}, "is under no customer-managed key"),
        ({"default_key": KEY}, "is not among green's keys"),
    ],
)
def test_data_under_no_key_or_anothers_is_a_deviation(changed, said):
    found = only(keys(buckets=(tenant_bucket(BLUE), tenant_bucket(GREEN, **changed))), FAIL)
    assert said in found.reason


def test_a_shared_key_is_a_deviation_where_no_keys_are_declared():
    told = {name: {**tenant, "keys": []} for name, tenant in TENANTS.items()}
    shared = tenant_bucket(GREEN, default_key=TENANTS[BLUE]["keys"][0])
    result = judge(SEG_3, evidence(buckets=(tenant_bucket(BLUE), shared)), tenants=told)
    assert {each.reason.partition(" shares ")[1] for each in result.deviations} == {" shares "}


@pytest.mark.parametrize("facet", ["policy", "ring_policy"])
def test_an_identity_that_can_decrypt_with_anothers_key_is_a_deviation(facet):
    greens = key(TENANTS[GREEN]["keys"][0], **{facet: [bind(DECRYPTER, BLUES)]})
    found = only(keys(keys=(key(TENANTS[BLUE]["keys"][0]), greens)), FAIL)
    assert f"can decrypt with green's key {TENANTS[GREEN]['keys'][0]}: remove {BLUES} from {DECRYPTER}" in found.reason


def test_a_key_whose_policy_or_project_is_not_known_is_no_verdict():
    refused = key(TENANTS[GREEN]["keys"][0], unreadable=["policy"])
    assert keys(keys=(key(TENANTS[BLUE]["keys"][0]), refused)).outcome is INCONCLUSIVE
    assert keys(keys=lost(KEYS)).outcome is INCONCLUSIVE
    elsewhere = TENANTS[GREEN]["keys"][0].replace("acme-prod", "acme-keys")
    told = {**TENANTS, GREEN: {**TENANTS[GREEN], "keys": [elsewhere]}}
    parts = {"buckets": (tenant_bucket(BLUE), tenant_bucket(GREEN, default_key=elsewhere))}
    given = evidence(keys=(key(TENANTS[BLUE]["keys"][0]), key(elsewhere)), **parts)
    result = judge(SEG_3, given, tenants=told)
    assert result.outcome is INCONCLUSIVE
    assert "the policies of project acme-keys" in result.reason


def test_a_service_account_that_an_identity_provider_may_let_into_a_role_in_aws_is_undecided():
    trusting = trust({"Federated": "accounts.google.com"}, "sts:AssumeRoleWithWebIdentity")
    # The estate has the project of Google Cloud beside the account.
    given = aws.good(iam=(aws.reader(), aws.tenant_role(GREEN, trust=trusting)))
    told = {BLUE: TENANTS[BLUE], GREEN: aws.TENANTS[GREEN]}
    result = judge(SEG_1, given, tenants=told)
    cell = next(each for each in result.assessments if each.id == f"blue {BLUES} -> green s3://training-green/")
    assert cell.outcome is INCONCLUSIVE
    assert "whether accounts.google.com stands for" in cell.reason
