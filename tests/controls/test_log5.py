"""LOG-5: who can read what is logged of outputs, whether that was reviewed, and whether personal data is masked."""

from datetime import timedelta

import pytest
from support.estate import (
    ACCOUNT,
    AUDITOR,
    READER,
    access_review,
    allow,
    captures,
    deny,
    good,
    judge,
    logs_reader,
    logs_review,
    only,
    partly,
    policy,
    reader,
    refused,
    replacing,
    role,
    role_arn,
    snapshot,
    user,
)
from support.ledgers import START
from support.logged import nothing_logged
from support.logging import CAPTURES, GROUP, NAME, REGION, group, resource_policy

from collector.model.outcome import Outcome
from collector.model.snapshot import Item
from controls.log5 import LOG_5

PASS, FAIL, INCONCLUSIVE = Outcome.PASS, Outcome.FAIL, Outcome.INCONCLUSIVE
KEPT = logs_review({AUDITOR: "keep"})


def reviewed(*attestations, **parts):
    return good(attestations=attestations, **parts)


def with_readers(*more, **parts):
    return good(iam=(reader(), logs_reader(), *more), **parts)


def members(result, location=GROUP):
    return {each.id.partition(" <- ")[2] for each in result.assessments if each.id.startswith(f"{location} <- ")}


def test_the_population_is_every_reader_of_every_store_its_masking_and_the_review():
    result = judge(LOG_5, good())
    assert result.outcome is PASS
    assert [each.id for each in result.assessments] == [
        "access review",
        f"{GROUP} <- {AUDITOR}",
        f"{GROUP} masking",
        f"{CAPTURES} <- {AUDITOR}",
        f"{CAPTURES} masking",
    ]


READS = {
    "one action": allow("logs:GetLogEvents", f"{GROUP}:*"),
    "a query": allow("logs:StartQuery", "*"),
    "a live tail": allow("logs:StartLiveTail", f"{GROUP}:log-stream:*"),
    "all of logs": allow("logs:*", "*"),
    "a pattern": allow("logs:Get*", f"arn:aws:logs:*:{ACCOUNT}:log-group:/inference/*"),
}
NO_READS = {
    "settings of logs": allow(["logs:DescribeLogGroups", "logs:ListTagsForResource"], "*"),
    "writing": allow("logs:PutLogEvents", f"{GROUP}:*"),
    "another group": allow("logs:GetLogEvents", f"{GROUP}-2:*"),
    "another region": allow("logs:GetLogEvents", GROUP.replace("eu-central-1", "us-east-1") + ":*"),
    "unmasking alone": allow("logs:Unmask", "*"),
}


@pytest.mark.parametrize("statement", READS.values(), ids=READS.keys())
def test_whoever_can_read_by_any_action_and_was_not_reviewed_deviates(statement):
    result = judge(LOG_5, with_readers(role("other", statement)))
    assert result.outcome is FAIL
    reason = only(result, FAIL).reason
    assert f"role {role_arn('other')} can read {GROUP} and is not in the review of 2026-01-01" in reason
    assert "take away statement 1 of inline policy inline of role other" in reason


@pytest.mark.parametrize("statement", NO_READS.values(), ids=NO_READS.keys())
def test_whoever_can_read_nothing_of_it_is_no_reader(statement):
    result = judge(LOG_5, with_readers(role("other", statement)))
    assert (result.outcome, members(result)) == (PASS, {AUDITOR})


def test_a_deny_of_all_reading_takes_the_reader_out():
    statements = (allow("logs:*", "*"), deny("logs:*", "*"))
    assert members(judge(LOG_5, with_readers(role("other", *statements)))) == {AUDITOR}


def test_who_can_unmask_is_shown_with_that_in_the_path():
    result = judge(LOG_5, with_readers(user("lead", allow(["logs:GetLogEvents", "logs:Unmask"], "*"))))
    path = only(result, FAIL).detail["path"]
    assert any(step == "logs:Unmask, which shows what is masked" for steps in path for step in steps)


def test_whom_a_resource_policy_lets_in_is_a_reader():
    stranger = "arn:aws:iam::999988887777:root"
    given = good(
        resource_policies=(resource_policy(policy(allow("logs:GetLogEvents", "*", Principal={"AWS": stranger}))),)
    )
    assert stranger in members(judge(LOG_5, given))
    own = good(groups=(group(policies=[policy(allow("logs:GetLogEvents", "*", Principal={"AWS": stranger}))]),))
    assert stranger in members(judge(LOG_5, own))


def test_a_subscription_is_a_reader_that_gets_copies():
    stream = f"arn:aws:kinesis:eu-central-1:{ACCOUNT}:stream/copies"
    copies = [{"destination": stream, "name": "copies", "role": None}]
    result = judge(LOG_5, good(groups=(group(subscriptions=copies),)))
    assert f"subscription {stream} can read {GROUP} and is not in the review" in only(result, FAIL).reason


REVIEWS = {
    "none": ((), FAIL, "overdue: no access review is on record: run: controlproof review open --control LOG-5"),
    "one of another control": ((access_review({AUDITOR: "keep", READER: "keep"}),), FAIL, "overdue"),
    "one that is old": ((logs_review({AUDITOR: "keep"}, START - timedelta(days=93)),), FAIL, "it is 93 days old"),
    "one that decides nothing": ((logs_review({AUDITOR: ""}),), FAIL, "have no decision"),
    "one by the reader": ((logs_review({AUDITOR: "keep"}, reviewer=AUDITOR),), FAIL, "self-approved"),
    "one that revokes, just now": ((logs_review({AUDITOR: "revoke"}),), PASS, ""),
    "one that revokes, ten days ago": (
        (logs_review({AUDITOR: "revoke"}, START - timedelta(days=10)),), FAIL, "decided revoke: take away statement"
    ),
    "one that is malformed": ((logs_review({}, entries=[{}]),), INCONCLUSIVE, "is malformed"),
}  # fmt: skip


@pytest.mark.parametrize(("attestations", "outcome", "words"), REVIEWS.values(), ids=REVIEWS.keys())
def test_the_review_is_of_these_readers_in_time_whole_and_by_another(attestations, outcome, words):
    result = judge(LOG_5, reviewed(*attestations))
    assert result.outcome is outcome
    assert not words or any(words in each.reason for each in result.assessments)


def test_who_was_revoked_and_is_gone_passes():
    given = good(attestations=(logs_review({AUDITOR: "keep", role_arn("gone"): "revoke"}, START - timedelta(days=30)),))
    result = judge(LOG_5, given)
    (gone,) = [each for each in result.assessments if each.id == f"{GROUP} <- {role_arn('gone')}"]
    assert (result.outcome, gone.reason) == (PASS, "decided revoke, and has no access any more")


UNMASKED = {
    "a group without a policy": (
        good(groups=(group(masks=[]),)),
        {},
        "log group /inference/outputs shows personal data",
    ),
    "a bucket that nobody declares": (
        good(),
        {"redacted_stores": []},
        "s3://captures/outputs/ shows personal data as it came",
    ),
}


@pytest.mark.parametrize(("given", "parameters", "words"), UNMASKED.values(), ids=UNMASKED.keys())
def test_a_store_without_masks_deviates(given, parameters, words):
    assert words in only(judge(LOG_5, given, **parameters), FAIL).reason


def test_the_account_may_mask_and_the_configuration_may_declare():
    assert judge(LOG_5, good(groups=(group(masks=[], account_masks=["Name"]),))).outcome is PASS
    declared = judge(LOG_5, good(groups=(group(masks=[]),)), redacted_stores=["s3://captures/*", "arn:aws:logs:*"])
    assert declared.outcome is PASS


def sampled(**found):
    item = Item.of(f"{REGION}/{NAME}", {"group": NAME, "region": REGION, "sample": {"events": 9, "found": found}})
    return snapshot("logs.inspection", item)


def test_what_a_sample_shows_deviates_and_a_clean_one_does_not():
    result = judge(LOG_5, replacing(good(), sampled(email=3, iban=1)))
    assert (
        "shows what looks like personal data in a sample (3 of email, 1 of iban): mask it" in only(result, FAIL).reason
    )
    assert judge(LOG_5, replacing(good(), sampled())).outcome is PASS


UNKNOWN = {
    "a sample that was refused": (
        replacing(good(), partly("logs.inspection", refused(sampled().items[0], "sample"))), "sample of eu-central-1//inference"
    ),
    "masks that were refused": (good(groups=partly("logs.groups", refused(group(), "masks"))), "masks of"),
    "a group that nobody watches": (
        good(groups=(group(policies=None, subscriptions=None),)), "name it in log_groups of its account"
    ),
    "a policy that says nothing": (
        with_readers(role("broken", {"Effect": "Maybe"})), "the identities of aws:123456789012 cannot be decided"
    ),
    "a bucket whose policy was refused": (
        replacing(good(), partly("s3.buckets", refused(captures(), "policy"))), "policy of arn:aws:s3:::captures"
    ),
}  # fmt: skip


@pytest.mark.parametrize(("given", "words"), UNKNOWN.values(), ids=UNKNOWN.keys())
def test_what_is_not_known_of_readers_is_inconclusive(given, words):
    result = judge(LOG_5, given)
    assert result.outcome is INCONCLUSIVE
    assert any(words in reason for reason in (result.reason, *(each.reason for each in result.undecided)))


def test_where_nothing_is_logged_there_is_nobody_to_review():
    result = judge(LOG_5, nothing_logged())
    assert "logs its outputs to no store: mend what LOG-1 says" in only(result, FAIL).reason
