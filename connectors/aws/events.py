"""`cloudtrail.events`: who changed what is served, as CloudTrail recorded it.

Source: AWS CloudTrail API Reference (LookupEvents) and User Guide ("CloudTrail record contents", "userIdentity
element"). Of a request only the names that say what was changed are read, never its whole body.
"""

import json
import time
from collections.abc import Iterable, Iterator, Mapping
from datetime import timedelta
from typing import Any

from collector.model.canonical import Json
from collector.model.instant import format_instant
from connectors.aws.facets import Writers, member, moment
from connectors.aws.session import AwsSession
from connectors.base import Draft, Population

_SOURCE = "sagemaker.amazonaws.com"
_NAMES = (
    "CreateEndpoint",
    "CreateEndpointConfig",
    "CreateModel",
    "CreateModelPackage",
    "DeleteEndpoint",
    "UpdateEndpoint",
    "UpdateEndpointWeightsAndCapacities",
    "UpdateModelPackage",
)
_PAGE = 50

WINDOW = timedelta(days=8)
"""How far back events are looked up: a day more than tests of changes look back by default."""

SECONDS_BETWEEN_CALLS = 0.5
"""CloudTrail answers two look-ups a second for an account and region, and throttles what comes faster."""


def events(aws: AwsSession) -> Iterator[Draft]:
    """Yield the management events of the last eight days that change what SageMaker serves, failed attempts included.

    The window moves with each poll: a poll adds what happened since the one before, and events that left the window
    are in the earlier snapshots. That one is not listed any more means nothing; what happened in a period is in all
    snapshots of it together. CloudTrail delivers within some minutes, so the newest events come with the next poll.
    """
    until = aws.now()
    window = {"StartTime": format_instant(until - WINDOW), "EndTime": format_instant(until)}
    # By name and not by source: most events of the source read, and the collector's own calls are among them.
    for name in _NAMES:
        by_name = [{"AttributeKey": "EventName", "AttributeValue": name}]
        yield from aws.pages("cloudtrail", "lookup_events", _PAGE, _events, LookupAttributes=by_name, **window)


def _events(page: Mapping[str, Any]) -> Iterable[Draft]:
    time.sleep(SECONDS_BETWEEN_CALLS)
    # Other services have operations of these names too.
    return [_event(event) for event in page["Events"] if event["EventSource"] == _SOURCE]


def _event(event: Mapping[str, Any]) -> Draft:
    record = json.loads(event["CloudTrailEvent"])
    content = {facet: write(record) for facet, write in _RECORD.items()}
    return Draft(
        event["EventId"],
        {
            **content,
            **_identity(record["userIdentity"]),
            "name": event["EventName"],
            "resources": _resources(event),
            "source": event["EventSource"],
            "time": _TIME(event),
        },
    )


def _identity(identity: Mapping[str, Any]) -> dict[str, Json]:
    """Give who called: for an assumed role the role, which the policies name, and the session's name apart."""
    arn, kind = identity.get("arn"), identity.get("type")
    known: dict[str, Json] = {"invoked_by": identity.get("invokedBy"), "user_type": kind}
    if kind != "AssumedRole":
        return {**known, "session": None, "user": arn}
    issuer = (identity.get("sessionContext") or {}).get("sessionIssuer") or {}
    return {**known, "session": identity["arn"].rpartition("/")[2], "user": issuer.get("arn") or arn}


def _resources(event: Mapping[str, Any]) -> Json:
    resources = {(resource["ResourceType"], resource["ResourceName"]) for resource in event.get("Resources") or []}
    return [{"name": name, "type": kind} for kind, name in sorted(resources)]


def _request(record: Mapping[str, Any]) -> Json:
    given = record.get("requestParameters") or {}
    return {name: given[name] for name in _REQUEST if isinstance(given.get(name), str)}


_REQUEST = (
    "endpointConfigName",
    "endpointName",
    "modelApprovalStatus",
    "modelName",
    "modelPackageArn",
    "modelPackageGroupName",
    "modelPackageName",
)
_TIME = moment("EventTime")
_RECORD: Writers = {"error_code": member("errorCode"), "region": member("awsRegion"), "request": _request}

EVENTS = Population("cloudtrail.events", ("cloudtrail:LookupEvents",), events, regional=True)
