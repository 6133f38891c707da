"""LOG-2 and LOG-4: how the stores that outputs go to are kept, and whether they are locked."""

import pytest
from support.estate import (
    KEY,
    OPEN,
    allow,
    bucket,
    captures,
    good,
    judge,
    key,
    only,
    partly,
    policy,
    refused,
    replacing,
    snapshot,
)
from support.logged import LOG_BUCKET, log_bucket, nothing_logged, on_vertex
from support.logging import CAPTURES, GROUP, group, resource_policy
from support.served import PROJECT, vertex_endpoint, workload

from collector.model.outcome import Outcome
from controls.log2 import LOG_2
from controls.log4 import LOG_4

PASS, FAIL, INCONCLUSIVE = Outcome.PASS, Outcome.FAIL, Outcome.INCONCLUSIVE
BUCKETS, WORKLOADS = "s3.buckets", "kubernetes.workloads"
EVERYONE = {"AWS": "*"}
LOCK = {"days": 200, "enabled": True, "mode": "COMPLIANCE", "years": None}
RULE = captures().content().value["lifecycle"][0]
CANONICAL = {"grantee": "http://acs.amazonaws.com/groups/global/AllUsers", "permission": "READ", "type": "Group"}


def groups(**facets):
    return good(groups=(group(**facets),))


def policies(*statements, **facets):
    return good(groups=(group(**facets),), resource_policies=(resource_policy(policy(*statements)),))


def kept(**facets):
    return replacing(good(), snapshot(BUCKETS, bucket(), captures(**facets)))


def rules(*changes, **facets):
    return kept(lifecycle=[{**RULE, **change} for change in changes], **facets)


def read_by(principal, **more):
    return allow("logs:FilterLogEvents", f"{GROUP}:*", Principal=principal, **more)


def test_the_population_is_every_store_once():
    result = judge(LOG_2, good())
    assert result.outcome is PASS
    assert [each.id for each in result.assessments] == [GROUP, CAPTURES]
    users = result.assessments[0].detail["endpoints"]
    assert users == ["aws:123456789012/bedrock/eu-central-1", "kubernetes:it/deployment/inference/chat"]


BADLY_KEPT = {
    "a group that is kept for ever": (groups(retention_days=None), "log group /inference/outputs is kept for ever: set"),
    "a group that is kept too short": (groups(retention_days=90), "is kept for 90 days, less than 180"),
    "a group that is kept too long": (groups(retention_days=3653), "is kept for 3653 days, more than 1095"),
    "a group whose key is off": (
        good(groups=(group(key=KEY),), keys=(key(state="PendingDeletion"),)), "its key " + KEY + " is PendingDeletion"
    ),
    "a group that everyone may read": (policies(read_by(EVERYONE)), "can be read by everyone: take away statement 1 of resource"),
    "a group that its own policy opens": (groups(policies=[policy(read_by(EVERYONE))]), "can be read by everyone"),
    "a bucket that nothing ends": (kept(lifecycle=None), "s3://captures/outputs/ is kept for ever"),
    "a bucket whose rule is off": (rules({"enabled": False}), "is kept for ever"),
    "a bucket whose rule is for another folder": (rules({"prefix": "others/"}), "is kept for ever"),
    "a bucket whose rule is for some of it": (rules({"narrowed": True}), "is kept for ever"),
    "a bucket that keeps old versions": (rules({"noncurrent_days": None}), "is kept for ever"),
    "a bucket that ends too early": (rules({"days": 30}, {}), "is kept for 60 days, less than 180"),
    "a bucket without encryption": (kept(encryption=None), "has no default encryption"),
    "a bucket with a policy for everyone": (
        kept(public_access_block=OPEN, policy=policy(allow("s3:GetObject", "arn:aws:s3:::captures/*", Principal=EVERYONE))),
        "is open to the public by its bucket policy",
    ),
    "a bucket with a list for everyone": (
        kept(public_access_block=OPEN, ownership="ObjectWriter", acl={"owner": "o", "grants": [CANONICAL]}),
        "is open to the public by its access control list",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("given", "words"), BADLY_KEPT.values(), ids=BADLY_KEPT.keys())
def test_a_store_that_is_badly_kept_is_a_deviation_that_says_what_to_set(given, words):
    result = judge(LOG_2, given)
    assert result.outcome is FAIL
    assert words in only(result, FAIL).reason


WELL_KEPT = {
    "other bounds": (groups(retention_days=90), {"min_retention_days": 30}),
    "a key of its own, which is another account's": (groups(key=KEY.replace("123456789012", "999988887777")), {}),
    "a policy that lets a service write": (
        policies(allow("logs:PutLogEvents", "*", Principal={"Service": "es.amazonaws.com"})), {}
    ),
    "a policy for everyone about another group": (
        policies(allow("logs:FilterLogEvents", f"{GROUP}-2:*", Principal=EVERYONE)), {}
    ),
    "a policy for one account": (policies(read_by({"AWS": "arn:aws:iam::999988887777:root"})), {}),
    "a bucket that is not versioned": (rules({"noncurrent_days": None}, versioning=None), {}),
    "a policy for everyone that a block shuts": (
        kept(policy=policy(allow("s3:GetObject", "arn:aws:s3:::captures/*", Principal=EVERYONE))), {}
    ),
}  # fmt: skip


@pytest.mark.parametrize(("given", "parameters"), WELL_KEPT.values(), ids=WELL_KEPT.keys())
def test_a_store_that_is_well_kept_passes(given, parameters):
    assert judge(LOG_2, given, **parameters).outcome is PASS


def test_keys_of_the_clouds_own_deviate_only_where_the_configuration_wants_customers():
    result = judge(LOG_2, good(), customer_keys=True)
    assert [each.id for each in result.deviations] == [GROUP, CAPTURES]
    own = replacing(
        good(groups=(group(key=KEY),)),
        snapshot(BUCKETS, bucket(), captures(encryption={"algorithm": "aws:kms", "key": KEY})),
    )
    assert judge(LOG_2, own, customer_keys=True).outcome is PASS


UNDECIDED = {
    "a group that is in no list": (good(groups=()), "is in no list of log groups that was read"),
    "a group that nobody watches": (groups(policies=None, subscriptions=None), "name it in log_groups of its account"),
    "a group whose policies were refused": (
        good(groups=partly("logs.groups", refused(group(), "policies"))), "how log group /inference/outputs is kept is not known"
    ),
    "a bucket of nobody": (replacing(good(), snapshot(BUCKETS, bucket())), "is in none of the bucket lists"),
    "a bucket whose rules were refused": (
        replacing(good(), partly(BUCKETS, bucket(), refused(captures(), "lifecycle"))), "lifecycle of arn:aws:s3:::captures"
    ),
    "a bucket that a date ends": (rules({"days": None, "date": "2027-01-01"}), "is ended by a date and not by age"),
    "a part that ends early": (rules({}, {"days": 7, "prefix": "outputs/llm/", "id": "short"}), "where rule short applies"),
    "a workload that names no store": (
        replacing(good(), snapshot(WORKLOADS, workload(annotations={"controlproof.io/output-logging": "the gateway"}))),
        "where deployment inference/chat logs to is not known",
    ),
    "a policy that says nothing": (policies({"Effect": "Maybe"}), "neither allows nor denies"),
}  # fmt: skip


@pytest.mark.parametrize(("given", "words"), UNDECIDED.values(), ids=UNDECIDED.keys())
def test_what_is_not_known_of_a_store_is_inconclusive(given, words):
    result = judge(LOG_2, given)
    assert (result.outcome, result.deviations) == (INCONCLUSIVE, ())
    assert words in result.reason


@pytest.mark.parametrize("control", [LOG_2, LOG_4], ids=lambda control: control.id)
def test_where_nothing_is_logged_no_store_keeps_it(control):
    result = judge(control, nothing_logged())
    assert result.outcome is FAIL
    assert "logs its outputs to no store: mend what LOG-1 says" in only(result, FAIL).reason


@pytest.mark.parametrize("control", [LOG_2, LOG_4], ids=lambda control: control.id)
def test_where_nothing_is_served_it_does_not_apply(control):
    nothing = replacing(good(guardrails=(), invocations=()), snapshot(WORKLOADS), snapshot("sagemaker.endpoints"))
    assert judge(control, nothing).outcome is Outcome.NOT_APPLICABLE


UNLOCKED = {
    "a group without protection": (groups(deletion_protection=False), "can be deleted: turn on its deletion protection"),
    "a bucket without a lock": (kept(object_lock=None), "can be deleted: set the default retention of Object Lock"),
    "a bucket with a lock that keeps nothing": (
        kept(object_lock={"days": None, "enabled": True, "mode": None, "years": None}), "can be deleted"
    ),
    "a lock that is too short": (kept(object_lock={**LOCK, "days": 30}), "is locked for 30 days, less than 180"),
}  # fmt: skip


@pytest.mark.parametrize(("given", "words"), UNLOCKED.values(), ids=UNLOCKED.keys())
def test_a_store_that_is_not_locked_is_a_deviation(given, words):
    result = judge(LOG_4, given)
    assert result.outcome is FAIL
    assert words in only(result, FAIL).reason


def test_a_lock_counts_in_years_and_by_the_modes_that_are_enough():
    assert judge(LOG_4, kept(object_lock={**LOCK, "days": None, "years": 1})).outcome is PASS
    governed = kept(object_lock={**LOCK, "mode": "GOVERNANCE"})
    assert judge(LOG_4, governed).outcome is PASS
    result = judge(LOG_4, governed, lock_modes=["COMPLIANCE"])
    assert "is locked in mode GOVERNANCE" in only(result, FAIL).reason


def on_google(**facets):
    return on_vertex(log_buckets=(log_bucket(**facets),))


OF_GOOGLE = {
    "as it should be": (LOG_2, {}, PASS, ""),
    "kept too short": (LOG_2, {"retention_days": 30}, FAIL, "is kept for 30 days"),
    "about to be deleted": (LOG_2, {"lifecycle": "DELETE_REQUESTED"}, FAIL, "its state is DELETE_REQUESTED"),
    "not locked": (LOG_4, {"locked": False}, FAIL, "can be deleted: lock it"),
    "locked for a month": (LOG_4, {"retention_days": 30}, FAIL, "is locked for 30 days, less than 180"),
    "locked": (LOG_4, {}, PASS, ""),
}


@pytest.mark.parametrize(("control", "facets", "outcome", "words"), OF_GOOGLE.values(), ids=OF_GOOGLE.keys())
def test_a_log_bucket_is_a_store_too(control, facets, outcome, words):
    result = judge(control, on_google(**facets), logging_images=["*/logger@*"])
    (found,) = [each for each in result.assessments if each.id == LOG_BUCKET]
    assert found.outcome is outcome
    assert words in found.reason


def test_a_table_whose_data_set_was_not_read_is_inconclusive():
    logging = {"destination": "bq://acme-prod.logs.outputs", "enabled": True, "sampling": "1"}
    given = replacing(
        good(), snapshot("vertex.endpoints", vertex_endpoint(request_response_logging=logging), source=PROJECT)
    )
    for control in (LOG_2, LOG_4):
        assert "bq://acme-prod.logs.outputs is in no list of data sets that was read" in judge(control, given).reason
