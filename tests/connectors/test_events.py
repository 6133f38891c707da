"""What is read of CloudTrail's events: who changed serving, when, and what of it."""

import json
import time
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from support.aws import account
from support.proxy import Answer, json_error, operation
from support.serving import Serving

from collector.demo.estate import ACCOUNT, REGION
from collector.model.snapshot import FailureClass, Gap, Snapshot
from connectors.aws import events
from connectors.registry import connect

POPULATION = "cloudtrail.events"
NOW = datetime(2026, 11, 23, 16, tzinfo=UTC)
ROLE = f"arn:aws:iam::{ACCOUNT}:role/teams/deployer"
DEPLOYER = {
    "type": "AssumedRole",
    "arn": f"arn:aws:sts::{ACCOUNT}:assumed-role/deployer/release-42",
    "sessionContext": {"sessionIssuer": {"type": "Role", "arn": ROLE, "userName": "deployer"}},
    "accessKeyId": "made-up",
}
USER = {"type": "IAMUser", "arn": f"arn:aws:iam::{ACCOUNT}:user/contractor-3", "userName": "contractor-3"}
SECRET = "a-token-in-a-request"
PACKAGE = f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:model-package/llm/2"


def event(number, name="UpdateEndpoint", ago=timedelta(hours=1), source="sagemaker.amazonaws.com", **record):
    given = {
        "awsRegion": REGION,
        "eventID": f"event-{number}",
        "requestParameters": {"endpointName": "llm", "endpointConfigName": "llm-2", "tags": [{"value": SECRET}]},
        "responseElements": {"token": SECRET},
        "userIdentity": DEPLOYER,
        **record,
    }
    return {
        "EventId": f"event-{number}",
        "EventName": name,
        "EventSource": source,
        "EventTime": (NOW - ago).timestamp(),
        "Resources": [
            {"ResourceType": "AWS::SageMaker::EndpointConfig", "ResourceName": "llm-2"},
            {"ResourceType": "AWS::SageMaker::Endpoint", "ResourceName": "llm"},
        ],
        "CloudTrailEvent": json.dumps(given),
    }


@pytest.fixture
def estate(blank):
    return blank


@pytest.fixture
def look_up(aws, monkeypatch):
    """Reads the events that a double holds, at a fixed time."""
    monkeypatch.setattr(events, "SECONDS_BETWEEN_CALLS", 0)

    def read(*held, page=50, now=NOW, **settings):
        aws.rules.append(Serving(events=list(held), page=page).answer)
        source = connect(account(aws.url, **settings), clock=lambda: now, progress=lambda *_: None)
        return source.read(POPULATION)

    return read


def content(snapshot, number):
    return snapshot.get(f"event-{number}").content().value


def test_a_change_by_a_role_tells_the_role_and_the_session_apart(look_up):
    snapshot = look_up(event(1))
    assert isinstance(snapshot, Snapshot)
    assert content(snapshot, 1) == {
        "error_code": None,
        "invoked_by": None,
        "name": "UpdateEndpoint",
        "region": REGION,
        "request": {"endpointConfigName": "llm-2", "endpointName": "llm"},
        "resources": [
            {"name": "llm", "type": "AWS::SageMaker::Endpoint"},
            {"name": "llm-2", "type": "AWS::SageMaker::EndpointConfig"},
        ],
        "session": "release-42",
        "source": "sagemaker.amazonaws.com",
        "time": "2026-11-23T15:00:00.000000Z",
        "user": ROLE,
        "user_type": "AssumedRole",
    }


def test_of_a_request_and_its_answer_only_the_names_are_read(look_up):
    assert SECRET.encode() not in b"".join(item.body for item in look_up(event(1)))


def test_an_approval_tells_the_package_and_the_status(look_up):
    asked = {"modelPackageArn": PACKAGE, "modelApprovalStatus": "Approved", "approvalDescription": SECRET}
    snapshot = look_up(event(1, "UpdateModelPackage", requestParameters=asked))
    assert content(snapshot, 1)["request"] == {"modelApprovalStatus": "Approved", "modelPackageArn": PACKAGE}


@pytest.mark.parametrize(
    ("identity", "told"),
    [
        (USER, {"user": USER["arn"], "session": None, "user_type": "IAMUser", "invoked_by": None}),
        (
            {"type": "AWSService", "invokedBy": "application-autoscaling.amazonaws.com"},
            {
                "user": None,
                "session": None,
                "user_type": "AWSService",
                "invoked_by": "application-autoscaling.amazonaws.com",
            },
        ),
        (
            {"type": "AssumedRole", "arn": DEPLOYER["arn"]},
            {"user": DEPLOYER["arn"], "session": "release-42", "user_type": "AssumedRole", "invoked_by": None},
        ),
    ],
    ids=["user", "service", "role without its issuer"],
)
def test_whoever_called_is_told(look_up, identity, told):
    given = content(look_up(event(1, userIdentity=identity)), 1)
    assert {name: given[name] for name in told} == told


def test_an_attempt_that_was_refused_is_an_event_with_its_code(look_up):
    snapshot = look_up(event(1, errorCode="AccessDenied", requestParameters=None))
    assert (content(snapshot, 1)["error_code"], content(snapshot, 1)["request"]) == ("AccessDenied", {})


def test_each_kind_of_change_is_found_and_what_only_reads_is_not(look_up):
    names = [
        "CreateEndpoint",
        "CreateEndpointConfig",
        "CreateModel",
        "CreateModelPackage",
        "DeleteEndpoint",
        "UpdateEndpoint",
        "UpdateEndpointWeightsAndCapacities",
        "UpdateModelPackage",
    ]
    held = [event(number, name) for number, name in enumerate([*names, "DescribeEndpoint"])]
    assert sorted(item.content().facet("name") for item in look_up(*held)) == names


def test_an_operation_of_the_same_name_in_another_service_is_no_change_of_serving(look_up):
    snapshot = look_up(event(1, "CreateModel", source="apigateway.amazonaws.com"), event(2, "CreateModel"))
    assert [item.id for item in snapshot] == ["event-2"]


def test_the_window_is_eight_days_and_on_record(look_up):
    snapshot = look_up(event(1, ago=timedelta(days=7, hours=23)), event(2, ago=timedelta(days=8, hours=1)))
    assert [item.id for item in snapshot] == ["event-1"]
    parameters = [called.parameters for called in snapshot.provenance.operations]
    assert len(parameters) == 8
    assert {(p["StartTime"], p["EndTime"]) for p in parameters} == {
        ("2026-11-15T16:00:00.000000Z", "2026-11-23T16:00:00.000000Z")
    }


def test_a_later_poll_keeps_what_an_earlier_one_found_as_it_was(look_up):
    earlier = look_up(event(1))
    later = look_up(event(1), event(2, ago=timedelta(0)), now=NOW + timedelta(hours=1))
    assert later.get("event-1") == earlier.get("event-1")


def test_every_page_of_events_is_read(aws, look_up):
    held = [event(number) for number in range(3)]
    assert [item.id for item in look_up(*held, page=1)] == ["event-0", "event-1", "event-2"]
    # One call for each other kind of change.
    assert sum(request.operation == "LookupEvents" for request in aws.requests) == 3 + 7


def test_calls_keep_the_pace_that_cloudtrail_answers_at(aws, look_up, monkeypatch):
    monkeypatch.setattr(events, "SECONDS_BETWEEN_CALLS", 0.05)
    came = []
    aws.rules.append(lambda request: came.append(time.monotonic()) if request.operation == "LookupEvents" else None)
    look_up(event(1), event(2), page=1)
    assert len(came) == 9
    assert all(after - before >= 0.05 for before, after in pairwise(came))


def test_a_look_up_that_is_throttled_is_tried_again(aws, look_up):
    refusals = iter([True, True])
    throttled = json_error(400, "ThrottlingException")
    aws.rules.append(operation("LookupEvents", throttled, lambda _: next(refusals, False)))
    assert [item.id for item in look_up(event(1), max_attempts=4)] == ["event-1"]


def test_a_look_up_that_stays_throttled_is_a_gap(aws, look_up):
    aws.rules.append(operation("LookupEvents", json_error(400, "ThrottlingException")))
    assert look_up(event(1)).failure_class is FailureClass.THROTTLED


def without(member):
    return {name: value for name, value in event(1).items() if name != member}


@pytest.mark.parametrize(
    "answer",
    [
        {},
        {"Events": [without("CloudTrailEvent")]},
        {"Events": [without("EventSource")]},
        {"Events": [{**event(1), "CloudTrailEvent": "no JSON"}]},
        {"Events": [{**event(1), "CloudTrailEvent": "{}"}]},
    ],
    ids=["no list", "no record", "no source", "record that is no JSON", "record without an identity"],
)
def test_events_that_cannot_be_read_are_a_gap_not_a_quiet_week(aws, look_up, answer):
    aws.rules.append(operation("LookupEvents", Answer(200, json.dumps(answer).encode())))
    gap = look_up()
    assert isinstance(gap, Gap)
    assert gap.failure_class is FailureClass.MALFORMED
    assert gap.partial is None


def test_one_kind_of_change_that_is_denied_is_a_gap_that_keeps_the_others(aws, look_up):
    denied = json_error(400, "AccessDeniedException")
    aws.rules.append(operation("LookupEvents", denied, lambda request: b'"UpdateModelPackage"' in request.body))
    gap = look_up(event(1))
    assert gap.failure_class is FailureClass.DENIED
    assert [item.id for item in gap.partial] == ["event-1"]
    assert not gap.partial.listed
