"""CHG-5 and CHG-1 on Vertex AI: what snapshots show against Google Cloud's audit log, with one fault at a time."""

from dataclasses import replace
from datetime import timedelta

import pytest
from support.estate import gap, good, judge, only
from support.ledgers import START
from support.served import (
    EARLIER,
    HOUR,
    PROJECT,
    VERTEX,
    deployment,
    google_audit,
    taken,
    vertex_endpoint,
    vertex_version,
)

from collector.model.outcome import Outcome
from controls.chg1 import CHG_1
from controls.chg5 import CHG_5

MADE = EARLIER + HOUR / 2
LATER = START + HOUR
MINUTE = timedelta(minutes=1)
NAME = f"{VERTEX}/endpoints/7"
FIRST = vertex_endpoint(deployment("1"))
SECOND = vertex_endpoint(deployment("2", id="12"))
TRAFFIC = vertex_endpoint(traffic={"11": 50})
DEPLOYED = google_audit(MADE, "DeployModel", MADE + 9 * MINUTE, id="op-1")
UNDEPLOYED = google_audit(MADE + 10 * MINUTE, "UndeployModel", MADE + 12 * MINUTE, id="op-2")


def evidence(before, after, *entries, versions=(vertex_version("1"), vertex_version("2")), more=()):
    """A project alone: what its endpoint was an hour ago and is now, and what its audit log holds."""
    readings = (
        taken(PROJECT, "vertex.models", EARLIER - HOUR, *versions),
        taken(PROJECT, "vertex.endpoints", EARLIER, *before),
        taken(PROJECT, "vertex.models", START, *versions),
        taken(PROJECT, "vertex.endpoints", START, *after),
        *more,
        taken(PROJECT, "gcp.audit", LATER, *(entry for operation in entries for entry in operation)),
    )
    return type(good())(readings, ())


def verdict(given, control=CHG_5, as_of=LATER, **changed):
    return judge(control, given, as_of=as_of, sources=[PROJECT], **changed)


def test_a_rollout_in_two_writes_is_one_change_that_both_lists_hold():
    result = verdict(evidence([FIRST], [SECOND], DEPLOYED, UNDEPLOYED))
    found = only(result, Outcome.PASS)
    assert result.outcome is Outcome.PASS
    assert (len(found.detail["events"]), found.detail["made_by"]) == (2, ["engineer-1@example.com"])


def test_a_change_that_the_audit_log_does_not_hold_is_a_deviation():
    assert "no audit log holds it" in only(verdict(evidence([FIRST], [SECOND])), Outcome.FAIL).reason


def test_a_deployment_that_the_log_lacks_beside_one_that_it_holds_is_a_deviation():
    both = vertex_endpoint(deployment("2", id="12"), deployment("2", id="13"))
    reason = only(verdict(evidence([FIRST], [both], DEPLOYED, UNDEPLOYED)), Outcome.FAIL).reason
    assert "the snapshots show 2 deployments, and the audit log holds 1" in reason


def test_a_version_that_was_deployed_and_gone_again_between_two_polls_is_a_deviation():
    back = google_audit(MADE + 20 * MINUTE, "UndeployModel", id="op-3")
    reason = only(verdict(evidence([FIRST], [FIRST], DEPLOYED, back)), Outcome.FAIL).reason
    assert "holds 1 deployments, and the snapshots show 0" in reason
    assert "holds 1 undeployments, and the snapshots show 0" in reason


def test_an_endpoint_that_came_and_went_between_two_polls_is_a_deviation():
    other = {"resource": f"projects/acme-prod/{VERTEX.split('/', 2)[2]}/endpoints/99"}
    came = google_audit(MADE, "CreateEndpoint", id="op-1", **other)
    went = google_audit(MADE + MINUTE, "DeleteEndpoint", id="op-2", **other)
    found = only(verdict(evidence([FIRST], [FIRST], came, went)), Outcome.FAIL)
    assert "endpoints/99" in found.id


def test_writes_that_change_nothing_of_what_is_served_are_no_deviation():
    renamed = google_audit(MADE, "UpdateEndpoint", id="op-1")
    scaled = google_audit(MADE, "MutateDeployedModel", id="op-2")
    assert verdict(evidence([FIRST], [FIRST], renamed, scaled)).outcome is Outcome.NOT_APPLICABLE


def test_other_traffic_is_a_change_that_an_update_in_the_log_accounts_for():
    update = google_audit(MADE, "UpdateEndpoint")
    assert verdict(evidence([FIRST], [TRAFFIC], update)).outcome is Outcome.PASS
    assert verdict(evidence([FIRST], [TRAFFIC])).outcome is Outcome.FAIL


@pytest.mark.parametrize(
    "facets",
    [
        {"status_code": 7},
        {"service": "compute.googleapis.com"},
        {"method": "google.cloud.aiplatform.v1.ModelService.UploadModel"},
        {"resource": f"{VERTEX}/endpoints/8"},
    ],
    ids=["that failed", "to another service", "to a model", "to another endpoint"],
)
def test_a_write_that_is_no_change_of_the_endpoint_does_not_count(facets):
    update = google_audit(MADE, "UpdateEndpoint", **facets)
    assert "no audit log holds it" in only(verdict(evidence([FIRST], [TRAFFIC], update)), Outcome.FAIL).reason


def test_a_deployment_that_failed_in_the_end_is_none():
    failed = google_audit(MADE, "DeployModel", MADE + MINUTE, status_code=13)
    assert verdict(evidence([FIRST], [FIRST], failed)).outcome is Outcome.NOT_APPLICABLE


def test_a_deployment_under_way_at_a_poll_is_that_of_the_snapshot_that_shows_it():
    ended = google_audit(START - MINUTE, "DeployModel", START + 5 * MINUTE)
    both = vertex_endpoint(deployment("1"), deployment("2", id="12"))
    shown = taken(PROJECT, "vertex.endpoints", LATER, both)
    assert verdict(evidence([FIRST], [FIRST], ended, more=(shown,))).outcome is Outcome.PASS
    running = google_audit(START - MINUTE, "DeployModel", running=True)
    assert verdict(evidence([FIRST], [FIRST], running)).outcome is Outcome.NOT_APPLICABLE


@pytest.mark.parametrize("named", [True, False], ids=["by its name", "by its location alone"])
def test_a_new_endpoint_is_matched_with_its_creation(named):
    place = {} if named else {"resource": f"projects/acme-prod/{VERTEX.split('/', 2)[2]}"}
    created = google_audit(MADE, "CreateEndpoint", MADE + MINUTE, id="op-0", **place)
    assert verdict(evidence([], [FIRST], created, DEPLOYED)).outcome is Outcome.PASS
    assert "snapshots show 1 creations" in only(verdict(evidence([], [FIRST], DEPLOYED)), Outcome.FAIL).reason


def test_one_write_from_model_garden_creates_an_endpoint_and_deploys_on_it():
    method = "google.cloud.aiplatform.v1.ModelGardenService.Deploy"
    assert verdict(evidence([], [FIRST], google_audit(MADE, method=method))).outcome is Outcome.PASS


def test_an_endpoint_that_is_gone_is_matched_with_its_deletion_under_whichever_spelling_of_the_project():
    gone = google_audit(MADE, "DeleteEndpoint", id="op-0", resource=NAME)
    undeployed = google_audit(MADE - MINUTE, "UndeployModel", id="op-1")
    assert verdict(evidence([FIRST], [], undeployed, gone)).outcome is Outcome.PASS


def test_what_the_log_may_not_hold_yet_or_any_more_is_undecided():
    assert verdict(evidence([FIRST], [SECOND]), as_of=START + 10 * MINUTE).outcome is Outcome.INCONCLUSIVE
    assert verdict(evidence([FIRST], [SECOND]), as_of=START + timedelta(days=9)).outcome is Outcome.INCONCLUSIVE
    short = evidence([FIRST], [SECOND], DEPLOYED)
    assert verdict(short, as_of=START + 10 * MINUTE).outcome is Outcome.INCONCLUSIVE
    assert verdict(short).outcome is Outcome.FAIL


@pytest.mark.parametrize("read", [False, True], ids=["never read", "read in part"])
def test_without_the_whole_audit_log_there_is_no_verdict_on_endpoints(read):
    whole = evidence([FIRST], [SECOND], DEPLOYED)
    *others, log = whole.readings
    lost = gap("gcp.audit")
    partial = replace(lost, source=PROJECT, partial=replace(log, failures=lost.failures))
    result = verdict(type(whole)((*others, partial) if read else tuple(others), ()))
    assert (result.outcome, result.assessments) == (Outcome.INCONCLUSIVE, ())
    assert "gcp:acme-prod" in result.reason


def test_a_project_that_never_served_anything_needs_no_audit_log():
    *others, _ = evidence([], []).readings
    assert verdict(type(good())(tuple(others), ())).outcome is Outcome.NOT_APPLICABLE


def test_whoever_deployed_a_version_as_the_audit_log_says_cannot_have_approved_it():
    labels = {"approval": "approved", "approved_by": "engineer-1", "author": "someone-else"}
    versions = (vertex_version("1"), vertex_version("2", labels=labels))
    given = evidence([FIRST], [SECOND], DEPLOYED, versions=versions)
    assert "self-approved" in only(verdict(given, CHG_1), Outcome.FAIL).reason


def test_whoever_acted_as_the_service_account_that_deployed_cannot_have_approved_it():
    labels = {"approval": "approved", "approved_by": "first-last", "author": "someone-else"}
    versions = (vertex_version("1"), vertex_version("2", labels=labels))
    deployer = {
        "principal": "deployer@acme-prod.iam.gserviceaccount.com",
        "delegated_by": ["first.last@example.com"],
    }
    given = evidence([FIRST], [SECOND], google_audit(MADE, **deployer), versions=versions)
    assert "self-approved" in only(verdict(given, CHG_1), Outcome.FAIL).reason
