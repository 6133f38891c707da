"""Access that was gained since the last review, against requests that someone else approved."""

from datetime import timedelta

import pytest
from support.estate import (
    KEY,
    LOCATION,
    access_request,
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
)
from support.ledgers import START

from collector.model.instant import format_instant
from collector.model.outcome import Outcome
from controls.acc4 import ACC_4

PASS, FAIL, INCONCLUSIVE = Outcome.PASS, Outcome.FAIL, Outcome.INCONCLUSIVE
ON_CALL = role_arn("on-call")
READING = f"{LOCATION} <- {ON_CALL}"
REVIEW = access_review({role_arn("inference"): "keep"})
DAY, SECOND = timedelta(days=1), timedelta(seconds=1)


def gained(*requests, **parts):
    """A second reader that the last review did not know."""
    iam = (reader(), role("on-call", allow(), allow("kms:Decrypt", KEY)))
    return good(**{"iam": iam, "attestations": (REVIEW, *requests), **parts})


def test_the_population_is_every_reader():
    result = judge(ACC_4, gained(access_request(ON_CALL, START + DAY)))
    assert result.outcome is PASS
    assert [each.id for each in result.assessments] == [f"{LOCATION} <- {role_arn('inference')}", READING]


def test_access_without_a_request_is_a_deviation_that_says_what_to_take_away():
    result = judge(ACC_4, gained())
    assert result.outcome is FAIL
    deviation = only(result, FAIL)
    assert deviation.id == READING
    assert "gained access to s3://weights/llm/ since the review of 2026-01-01 without an approved" in deviation.reason
    assert deviation.reason.endswith("take away statement 1 of inline policy inline of role on-call")


SELF_APPROVED = {
    "the requester": {"requested_by": "engineer-1", "approved_by": "engineer-1"},
    "the requester in other letters": {"requested_by": "engineer-1", "approved_by": "Engineer-1"},
    "the requester, approving by ARN": {
        "requested_by": "engineer-1", "approved_by": "arn:aws:iam::123456789012:user/engineer-1"
    },
    "the requester, requesting by ARN": {
        "requested_by": "arn:aws:iam::123456789012:user/engineer-1", "approved_by": "engineer-1"
    },
    "the principal by name": {"approved_by": "on-call"},
    "the principal by ARN": {"approved_by": ON_CALL},
}  # fmt: skip


@pytest.mark.parametrize("content", SELF_APPROVED.values(), ids=SELF_APPROVED.keys())
def test_nobody_approves_their_own_access(content):
    result = judge(ACC_4, gained(access_request(ON_CALL, **content)))
    assert result.outcome is FAIL
    assert f"by a request that is self-approved by {content['approved_by']}" in only(result, FAIL).reason


def test_a_proper_request_beside_a_self_approved_one_is_enough():
    own = access_request(ON_CALL, approved_by="on-call")
    assert judge(ACC_4, gained(own, access_request(ON_CALL))).outcome is PASS


def test_a_request_counts_from_request_days_before_the_packet_was_opened():
    assert judge(ACC_4, gained(access_request(ON_CALL, START - 30 * DAY))).outcome is PASS
    result = judge(ACC_4, gained(access_request(ON_CALL, START - 30 * DAY - SECOND)))
    assert result.outcome is FAIL
    assert "without an approved request" in only(result, FAIL).reason


def test_the_time_before_counts_from_the_packet_not_from_its_submission():
    waited = access_review({role_arn("inference"): "keep"}, opened=format_instant(START - 10 * DAY))
    request = access_request(ON_CALL, START - 35 * DAY)
    assert judge(ACC_4, gained(attestations=(waited, request))).outcome is PASS
    assert judge(ACC_4, gained(request)).outcome is FAIL


def test_a_request_that_was_recorded_before_it_was_approved_does_not_count():
    early = access_request(ON_CALL, approved=format_instant(START + SECOND))
    result = judge(ACC_4, gained(early), START + DAY)
    assert result.outcome is FAIL
    assert "recorded before the time at which it says it was approved" in only(result, FAIL).reason


@pytest.mark.parametrize("other", [{"location": "s3://weights/other/"}, {"principal": role_arn("on-call-2")}])
def test_a_request_for_another_location_or_principal_does_not_count(other):
    result = judge(ACC_4, gained(access_request(ON_CALL, **other)))
    assert only(result, FAIL).id == READING


def test_whoever_the_review_decided_on_needs_no_request_whatever_the_decision():
    # That a revocation is carried out, ACC-3 tests.
    review = access_review({role_arn("inference"): "keep", ON_CALL: "revoke"})
    assert judge(ACC_4, gained(attestations=(review,))).outcome is PASS


def test_without_a_review_nothing_can_have_been_gained_since():
    result = judge(ACC_4, gained(attestations=(access_request(ON_CALL),)))
    assert result.outcome is INCONCLUSIVE
    assert result.reason == "there is no access review since which access could be gained"


def test_a_malformed_review_is_inconclusive():
    result = judge(ACC_4, gained(attestations=(access_review({}, opened="yesterday"),)))
    assert result.outcome is INCONCLUSIVE
    assert "opened of the access review in record 1" in result.reason


MALFORMED = {
    "approved at no time": {"approved": "yesterday"},
    "approved by nobody": {"approved_by": None},
    "requested by a space": {"requested_by": " "},
}


@pytest.mark.parametrize("content", MALFORMED.values(), ids=MALFORMED.keys())
def test_a_malformed_request_is_inconclusive(content):
    result = judge(ACC_4, gained(access_request(ON_CALL, **content)))
    assert result.outcome is INCONCLUSIVE
    assert "the access request in record 2" in only(result, INCONCLUSIVE).reason


UNREAD = {
    "the identities": ({"iam": gap("iam.authorization_details")}, "iam.authorization_details is incomplete"),
    "the buckets": ({"buckets": gap("s3.buckets")}, "s3.buckets is incomplete"),
    "the bucket's policy": (
        {"buckets": partly("s3.buckets", bucket(unreadable=("policy",)))}, "policy of arn:aws:s3:::weights could not be read"
    ),
}  # fmt: skip


@pytest.mark.parametrize(("parts", "words"), UNREAD.values(), ids=UNREAD.keys())
def test_what_was_not_read_is_inconclusive_not_a_deviation(parts, words):
    result = judge(ACC_4, gained(**parts))
    assert result.outcome is INCONCLUSIVE
    assert not result.deviations
    assert words in result.reason


def test_without_declared_locations_it_does_not_apply():
    assert judge(ACC_4, good(), weights=[]).outcome is Outcome.NOT_APPLICABLE
