"""How reviews stand, and what ACC-3 and ACC-4 make of them as time goes by; the end is replayed from a bundle."""

from datetime import timedelta

import pytest
from support.estate import ACCOUNT, LOCATION, bucket, evidence, gap, reader
from support.ledgers import START, signer
from support.reviews import ACC_3, LEAD, decide

from collector.bundle.export import export_bundle
from collector.bundle.reader import open_bundle
from collector.bundle.replay import replay
from collector.ledger.bodies import attestation_entry
from collector.ledger.verify import Trust, verify
from collector.model.attestation import ACCESS_REQUEST
from collector.model.errors import Exit
from collector.model.instant import format_instant
from collector.model.outcome import Outcome
from collector.model.period import Period
from collector.review.standing import standing_of
from controls.registry import CONTROLS
from controls.source import source_files

PASS, FAIL, INCONCLUSIVE = Outcome.PASS, Outcome.FAIL, Outcome.INCONCLUSIVE
GRACE = timedelta(days=ACC_3.defaults["revocation_days"])


def arn(name: str) -> str:
    return f"arn:aws:iam::{ACCOUNT}:role/{name}"


def reading(name: str) -> tuple[str, str]:
    return LOCATION, arn(name)


def both():
    return reader("stays"), reader("leaves")


@pytest.fixture
def revoked(desk):
    """A ledger in which one of two readers was decided revoke; gives the review's record."""
    desk.collect(*both())
    return desk.review("keep", leaves="revoke")


def why(result, name):
    (reason,) = (each.reason for each in result.assessments if each.id == f"{LOCATION} <- {arn(name)}")
    return reason


def test_without_a_review_nothing_stands(desk):
    desk.collect()
    with desk.ledger.read() as reader_:
        assert standing_of(reader_, ACC_3, ACC_3.defaults) is None


def test_the_last_review_stands_with_its_reviewer_counts_and_due_day(desk, revoked):
    standing = desk.standing(max_review_age_days=10)
    assert (standing.record, standing.made, standing.reviewer, standing.signed) == (
        revoked.seq, revoked.time, LEAD, False,
    )  # fmt: skip
    assert standing.due == revoked.time + timedelta(days=10)
    assert [standing.count(decision) for decision in ("keep", "revoke", "")] == [1, 1, 0]


def test_a_revocation_is_open_until_a_result_says_that_the_access_is_gone(desk, revoked):
    due = {reading("leaves"): revoked.time + GRACE}
    assert desk.standing().open_revocations == due
    desk.collect(*both())
    assert desk.standing().open_revocations == due
    desk.collect(reader("stays"))
    assert desk.standing().open_revocations == {}


def test_access_that_came_back_is_open_again(desk, revoked):
    desk.collect(reader("stays"))
    desk.collect(*both())
    assert list(desk.standing().open_revocations) == [reading("leaves")]


@pytest.mark.parametrize(
    "given",
    [
        evidence(gap("iam.authorization_details")),
        evidence((reader("stays"),), gap("s3.buckets")),
        evidence((reader("stays"),), (bucket(unreadable=("policy",)),)),
        evidence((reader("stays"),), (bucket("another"),)),
    ],
    ids=["no identities", "no buckets", "an unreadable policy", "no such bucket"],
)
def test_evidence_with_a_hole_shows_no_revocation_carried_out(desk, revoked, given):
    result = desk.collect(given=given)["ACC-3"]
    assert list(desk.standing().open_revocations) == [reading("leaves")]
    assert result.outcome is INCONCLUSIVE
    assert not [each for each in result.assessments if "no access any more" in each.reason]


def test_a_revocation_has_its_grace_to_the_second_and_fails_after_it(desk, revoked):
    desk.clock.time = revoked.time + GRACE - timedelta(seconds=30)
    result = desk.collect(*both())["ACC-3"]
    assert result.outcome is PASS
    assert why(result, "leaves") == "decided revoke on 2026-01-01; due within 7 days"
    desk.clock.time = revoked.time + GRACE
    result = desk.collect(*both())["ACC-3"]
    assert result.outcome is FAIL
    assert "although the review of 2026-01-01 decided revoke: take away statement 1" in why(result, "leaves")


def test_deciding_revoke_again_and_again_puts_nothing_off(desk, revoked):
    for _ in range(3):
        desk.wait(5)
        desk.collect(*both())
        desk.review("keep", leaves="revoke")
    result = desk.collect(*both())["ACC-3"]
    assert result.outcome is FAIL
    assert "the review of 2026-01-01 decided revoke" in why(result, "leaves")
    assert desk.standing().open_revocations == {reading("leaves"): revoked.time + GRACE}


def test_a_partial_review_between_two_revocations_puts_nothing_off(desk, revoked):
    desk.wait(5)
    desk.submit(decide(desk.open(), "keep", leaves=""), partial=True)
    assert desk.standing().open_revocations == {}, "it decides nothing"
    desk.review("keep", leaves="revoke")
    assert desk.standing().open_revocations == {reading("leaves"): revoked.time + GRACE}


def test_a_keep_decision_between_two_revocations_starts_anew(desk, revoked):
    desk.wait(5)
    desk.review("keep")
    assert desk.collect(*both())["ACC-3"].outcome is PASS
    again = desk.review("keep", leaves="revoke")
    assert desk.standing().open_revocations == {reading("leaves"): again.time + GRACE}


def test_a_revocation_after_the_access_was_away_starts_anew(desk, revoked):
    desk.collect(reader("stays"))
    desk.review()
    desk.wait(30)
    desk.collect(*both())
    again = desk.review("keep", leaves="revoke")
    assert desk.standing().open_revocations == {reading("leaves"): again.time + GRACE}
    assert desk.collect(*both())["ACC-3"].outcome is PASS


def test_a_review_is_overdue_a_moment_after_its_time(desk):
    desk.collect()
    made = desk.review().time
    most = timedelta(days=ACC_3.defaults["max_review_age_days"])
    desk.clock.time = made + most - timedelta(seconds=30)
    assert desk.collect()["ACC-3"].outcome is PASS
    desk.clock.time = made + most
    result = desk.collect()["ACC-3"]
    assert result.outcome is FAIL
    assert "overdue: it is 92 days old, the most is 92" in result.deviations[0].reason


def request(desk, reader_, **changed):
    told = {
        "approved": format_instant(desk.clock()),
        "approved_by": "owner-1",
        "location": LOCATION,
        "principal": reader_,
        "reason": "on call",
        "reference": "",
        "requested_by": "engineer-1",
    }
    return desk.append(attestation_entry(ACCESS_REQUEST, {**told, **changed}, ("ACC-4",)))


def test_access_gained_since_the_review_needs_an_approval_and_then_the_next_review(desk):
    desk.collect(reader("stays"))
    assert desk.collect(reader("stays"))["ACC-4"].outcome is INCONCLUSIVE, "since which review?"
    desk.review()
    assert desk.collect(reader("stays"))["ACC-4"].outcome is PASS
    results = desk.collect(reader("stays"), reader("new"))
    assert (results["ACC-3"].outcome, results["ACC-4"].outcome) == (FAIL, FAIL)
    assert "without an approved request" in why(results["ACC-4"], "new")
    request(desk, arn("new"))
    results = desk.collect(reader("stays"), reader("new"))
    assert (results["ACC-3"].outcome, results["ACC-4"].outcome) == (FAIL, PASS)
    desk.review()
    assert desk.collect(reader("stays"), reader("new"))["ACC-3"].outcome is PASS


@pytest.mark.parametrize(
    "changed",
    [
        {"approved_by": "ENGINEER-1"},
        {"approved_by": "New"},
        {"approved_by": arn("new")},
        {"requested_by": f"arn:aws:iam::{ACCOUNT}:user/owner-1"},
        {"approved_by": f"arn:aws:iam::{ACCOUNT}:user/engineer-1"},
    ],
)
def test_a_request_that_was_approved_by_whom_it_serves_fails_however_the_names_are_spelt(desk, changed):
    desk.collect(reader("stays"))
    desk.review()
    request(desk, arn("new"), **changed)
    result = desk.collect(reader("stays"), reader("new"))["ACC-4"]
    assert "by a request that is self-approved by" in why(result, "new")


@pytest.mark.parametrize("changed", [{"location": "s3://weights/"}, {"principal": "new"}, {"principal": arn("stays")}])
def test_a_request_for_something_else_approves_nothing(desk, changed):
    desk.collect(reader("stays"))
    desk.review()
    request(desk, arn("new"), **changed)
    assert "without an approved request" in why(desk.collect(reader("stays"), reader("new"))["ACC-4"], "new")


def test_a_quarter_with_reviews_is_replayed_from_its_bundle_with_every_verdict(desk, tmp_path):
    outcomes = [desk.collect(*both())["ACC-3"].outcome]
    desk.review("keep", leaves="revoke")
    outcomes.append(desk.collect(*both())["ACC-3"].outcome)
    desk.wait(8)
    outcomes.append(desk.collect(*both())["ACC-3"].outcome)
    outcomes.append(desk.collect(reader("stays"))["ACC-3"].outcome)
    assert outcomes == [FAIL, PASS, FAIL, PASS], "never reviewed, in grace, not carried out, carried out"
    path = tmp_path / "bundle.zip"
    with desk.ledger.read() as reading_:
        export_bundle(reading_, Period(START, START + timedelta(days=90)), None, path)
    with open_bundle(path) as bundle:
        assert verify(bundle, Trust((signer(tmp_path).key.encode(),))).exit is Exit.PASS
        found = replay(bundle, {control.id: control for control in CONTROLS}, source_files())
    assert (found.exit, found.reproduced, found.differences) == (Exit.PASS, 8, [])


def test_a_bundle_narrowed_to_the_reviewed_control_carries_the_reviews_that_its_results_rest_on(desk, tmp_path):
    desk.collect()
    desk.review()
    desk.wait(40)
    desk.collect()
    path = tmp_path / "bundle.zip"
    period = Period(START + timedelta(days=30), START + timedelta(days=60))
    with desk.ledger.read() as reading_:
        export_bundle(reading_, period, ["ACC-3"], path)
    with open_bundle(path) as bundle:
        found = replay(bundle, {control.id: control for control in CONTROLS}, source_files())
    assert (found.exit, found.reproduced, found.withheld) == (Exit.PASS, 1, 1)
