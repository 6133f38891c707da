"""Every reader against the last access review, and the review against its own rules."""

from dataclasses import replace
from datetime import timedelta

import pytest
from support.estate import (
    ACCOUNT,
    KEY,
    LOCATION,
    READER,
    access_review,
    allow,
    bucket,
    gap,
    good,
    judge,
    only,
    partly,
    reader,
    role,
    role_arn,
    trust,
)
from support.ledgers import START

from collector.model.instant import format_instant
from collector.model.outcome import Outcome
from controls.acc3 import ACC_3

PASS, FAIL, INCONCLUSIVE = Outcome.PASS, Outcome.FAIL, Outcome.INCONCLUSIVE
REVIEW = "access review"
READING = f"{LOCATION} <- {READER}"
GONE = role_arn("gone")
DAY, SECOND = timedelta(days=1), timedelta(seconds=1)


def reviewed(*reviews, **parts):
    return good(attestations=reviews, **parts)


def assessed(result):
    return {each.id: each for each in result.assessments}


def test_the_population_is_the_review_and_every_reader():
    result = judge(ACC_3, good())
    assert result.outcome is PASS
    assert list(assessed(result)) == [REVIEW, READING]
    assert assessed(result)[READING].detail["decision"] == "keep"


def test_without_any_review_the_review_and_every_reader_deviate():
    result = judge(ACC_3, reviewed())
    assert result.outcome is FAIL
    assert "no access review is on record" in assessed(result)[REVIEW].reason
    assert f"role {READER} can read {LOCATION} and was never reviewed" in assessed(result)[READING].reason
    assert len(result.deviations) == 2


def test_a_review_is_overdue_a_second_after_its_age_and_not_before():
    assert judge(ACC_3, good(), START + 92 * DAY).outcome is PASS
    result = judge(ACC_3, good(), START + 92 * DAY + SECOND)
    assert result.outcome is FAIL
    late = only(result, FAIL)
    assert late.id == REVIEW
    assert "overdue: it is 92 days old, the most is 92" in late.reason


def test_a_packet_that_lay_for_too_long_before_it_was_decided_is_stale():
    def opened(before):
        return reviewed(access_review({READER: "keep"}, opened=format_instant(START - before)))

    assert judge(ACC_3, opened(14 * DAY)).outcome is PASS
    result = judge(ACC_3, opened(14 * DAY + SECOND))
    assert result.outcome is FAIL
    assert "stale: it was decided 14 days after the access was read" in only(result, FAIL).reason


def test_a_review_that_decides_nothing_on_a_reader_is_partial():
    result = judge(ACC_3, reviewed(access_review({READER: ""})))
    assert result.outcome is FAIL
    assert "partial: 1 of 1 entries have no decision" in assessed(result)[REVIEW].reason
    assert "is partial: it decides nothing on this" in assessed(result)[READING].reason


@pytest.mark.parametrize("reviewer", ["inference", READER, "INFERENCE", READER.upper()])
def test_nobody_reviews_their_own_access(reviewer):
    result = judge(ACC_3, reviewed(access_review({READER: "keep"}, reviewer=reviewer)))
    assert result.outcome is FAIL
    assert f"self-approved: {reviewer} decided on {READER}" in assessed(result)[REVIEW].reason
    assert f"the keep decision is self-approved by {reviewer}" in assessed(result)[READING].reason


def test_whoever_gained_access_since_the_review_was_not_reviewed():
    intern = role("intern", allow(), allow("kms:Decrypt", KEY))
    result = judge(ACC_3, good(iam=(reader(), intern)))
    assert result.outcome is FAIL
    gained = only(result, FAIL)
    assert gained.id == f"{LOCATION} <- {role_arn('intern')}"
    assert "is not in the review of 2026-01-01" in gained.reason
    assert "take away statement 1 of inline policy inline of role intern" in gained.reason


def test_a_decision_on_another_location_is_none_on_this_one():
    entry = {"decision": "keep", "location": "s3://weights/other/", "note": "", "principal": READER}
    result = judge(ACC_3, reviewed(access_review({}, entries=[entry])))
    assert only(result, FAIL).id == READING


def test_a_revocation_may_take_its_time_of_grace_and_no_second_more():
    given = reviewed(access_review({READER: "revoke"}))
    within = judge(ACC_3, given, START + 7 * DAY)
    assert within.outcome is PASS
    assert assessed(within)[READING].reason == "decided revoke on 2026-01-01; due within 7 days"
    result = judge(ACC_3, given, START + 7 * DAY + SECOND)
    assert result.outcome is FAIL
    kept = only(result, FAIL)
    assert kept.id == READING
    assert "although the review of 2026-01-01 decided revoke" in kept.reason
    assert kept.reason.endswith("take away statement 1 of inline policy inline of role inference")


def test_a_revocation_that_was_carried_out_passes_and_stays_in_the_population():
    result = judge(ACC_3, reviewed(access_review({READER: "keep", GONE: "revoke"})), START + 30 * DAY)
    assert result.outcome is PASS
    assert assessed(result)[f"{LOCATION} <- {GONE}"].reason == "decided revoke, and has no access any more"


def test_whoever_was_kept_and_left_is_no_member_any_more():
    result = judge(ACC_3, reviewed(access_review({READER: "keep", GONE: "keep"})))
    assert list(assessed(result)) == [REVIEW, READING]


def test_what_a_revoked_principal_may_read_under_an_open_condition_is_inconclusive():
    office = {"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}
    given = reviewed(
        access_review({READER: "revoke"}),
        iam=(role("inference", allow(Condition=office), allow("kms:Decrypt", KEY)),),
    )
    result = judge(ACC_3, given, START + 30 * DAY)
    assert result.outcome is INCONCLUSIVE
    undecided = only(result, INCONCLUSIVE)
    assert undecided.id == READING
    assert "under a condition that is not decided" in undecided.reason


LISTS = {
    "the identities": {"iam": gap("iam.authorization_details")},
    "the buckets": {"buckets": gap("s3.buckets")},
    "the keys": {"keys": gap("kms.keys")},
    "the bucket's policy": {"buckets": partly("s3.buckets", bucket(unreadable=("policy",)))},
}


@pytest.mark.parametrize("parts", LISTS.values(), ids=LISTS.keys())
def test_where_the_readers_are_not_known_neither_is_whether_a_revocation_was_carried_out(parts):
    given = reviewed(access_review({READER: "keep", GONE: "revoke"}), **parts)
    result = judge(ACC_3, given, START + 30 * DAY)
    assert result.outcome is INCONCLUSIVE
    assert not result.deviations
    gone = assessed(result)[f"{LOCATION} <- {GONE}"]
    assert gone.outcome is INCONCLUSIVE
    assert gone.reason == f"{GONE} was decided revoke; not all that shows who can read {LOCATION} was read"


def test_a_revocation_at_a_location_that_is_no_longer_declared_is_no_member():
    entry = {"decision": "revoke", "location": "s3://weights/old/", "note": "", "principal": GONE}
    keep = {"decision": "keep", "location": LOCATION, "note": "", "principal": READER}
    assert len(judge(ACC_3, reviewed(access_review({}, entries=[entry, keep]))).assessments) == 2


MALFORMED = {
    "no entries": {"entries": None},
    "an entry without a decision": {"entries": [{"location": LOCATION, "principal": READER}]},
    "an entry that is text": {"entries": ["keep"]},
    "a reviewer who is nobody": {"reviewer": None},
    "a packet opened at no time": {"opened": "yesterday"},
}


@pytest.mark.parametrize("content", MALFORMED.values(), ids=MALFORMED.keys())
def test_a_malformed_review_is_inconclusive_not_absent(content):
    result = judge(ACC_3, reviewed(access_review({READER: "keep"}, **content)))
    assert result.outcome is INCONCLUSIVE
    assert not result.deviations
    assert "the access review in record 1" in only(result, INCONCLUSIVE).reason


def numbered(review, seq):
    return replace(review, seq=seq)


def test_the_newest_review_counts_whichever_comes_first_in_the_evidence():
    older, newer = access_review({READER: "revoke"}), numbered(access_review({READER: "keep"}, START + 30 * DAY), 9)
    as_of = START + 60 * DAY
    assert judge(ACC_3, reviewed(newer, older), as_of).outcome is PASS
    turned = numbered(older, 10), newer
    assert judge(ACC_3, reviewed(*turned), as_of).outcome is FAIL


def test_a_review_of_another_control_does_not_count():
    other = numbered(access_review({READER: "revoke"}, START, control="LOG-5"), 9)
    assert judge(ACC_3, reviewed(access_review({READER: "keep"}), other), START + 30 * DAY).outcome is PASS
    assert "no access review" in assessed(judge(ACC_3, reviewed(other)))[REVIEW].reason


def test_whoever_can_become_a_reader_is_shown_with_it():
    chief = role_arn("chief")
    inference = role("inference", allow(), allow("kms:Decrypt", KEY), trust=trust({"AWS": chief}))
    result = judge(ACC_3, good(iam=(inference, role("chief"))))
    assert assessed(result)[READING].detail["reachable_from"] == [f"{chief} → {READER}"]


def test_a_review_by_who_bears_the_name_of_another_account_s_user_is_its_own():
    outside = "arn:aws:iam::999988887777:user/inference"
    result = judge(ACC_3, reviewed(access_review({READER: "keep"}, reviewer=outside)))
    assert result.outcome is PASS, f"{outside} is nobody of {ACCOUNT}"


def test_without_declared_locations_it_does_not_apply():
    assert judge(ACC_3, good(), weights=[]).outcome is Outcome.NOT_APPLICABLE
