"""What a local AWS does not implement of serving: a double that speaks the services' protocols.

It answers as the API references describe: lists in pages, look-ups by one attribute and a window of time. What it
holds is set by a test; what it is not asked for is the local AWS's.
"""

import json
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

from support.proxy import Answer, Request, json_error

from collector.demo.estate import ACCOUNT, REGION

GUARDRAILS = "/guardrails"
THROUGHPUTS = "/provisioned-model-throughputs"
GUARDRAIL = f"arn:aws:bedrock:{REGION}:{ACCOUNT}:guardrail/it"
OPERATIONS = ("ListMonitoringSchedules", "DescribeMonitoringSchedule", "LookupEvents")

Members = list[dict[str, Any]]


@dataclass
class Serving:
    """The double: its `answer` is a rule of the proxy. `page` is how many entries a page has at most."""

    schedules: Members = field(default_factory=list)
    guardrails: Members = field(default_factory=list)
    throughputs: Members = field(default_factory=list)
    events: Members = field(default_factory=list)
    page: int = 1000

    def answer(self, request: Request) -> Answer | None:
        if request.operation in OPERATIONS:
            return self._operation(request.operation, json.loads(request.body))
        if request.path == THROUGHPUTS:
            return self._listed("provisionedModelSummaries", self.throughputs, _query(request))
        if request.path == GUARDRAILS:
            return self._guardrails(_query(request))
        if request.path.startswith(f"{GUARDRAILS}/"):
            return self._guardrail(unquote(request.path.removeprefix(f"{GUARDRAILS}/")), _query(request))
        return None

    def _operation(self, name: str, asked: dict[str, Any]) -> Answer:
        if name == "LookupEvents":
            return self._listed("Events", self._found(asked), asked)
        if name == "ListMonitoringSchedules":
            return self._listed("MonitoringScheduleSummaries", self.schedules, asked)
        named = [each for each in self.schedules if each["MonitoringScheduleName"] == asked["MonitoringScheduleName"]]
        return _written(named[0]) if named else json_error(400, "ResourceNotFound")

    def _found(self, asked: dict[str, Any]) -> Members:
        (attribute,) = asked["LookupAttributes"]
        assert attribute["AttributeKey"] == "EventName"
        return [
            event
            for event in self.events
            if event["EventName"] == attribute["AttributeValue"]
            and asked["StartTime"] <= event["EventTime"] <= asked["EndTime"]
        ]

    def _guardrails(self, asked: dict[str, Any]) -> Answer:
        """List the drafts, or every version of one."""
        arn = asked.get("guardrailIdentifier")
        found = [each for each in self.guardrails if each["guardrailArn"] == arn or (not arn and _is_draft(each))]
        summaries = [{"arn": g["guardrailArn"], "id": g["guardrailId"], **g} for g in found]
        return self._listed("guardrails", summaries, asked)

    def _guardrail(self, arn: str, asked: dict[str, Any]) -> Answer:
        version = asked["guardrailVersion"]
        named = [each for each in self.guardrails if (each["guardrailArn"], each["version"]) == (arn, version)]
        return _written(named[0]) if named else json_error(404, "ResourceNotFoundException")

    def _listed(self, name: str, entries: Sequence[dict[str, Any]], asked: dict[str, Any]) -> Answer:
        token = "nextToken" if name[0].islower() else "NextToken"
        start = int(asked.get(token, 0))
        end = start + self.page
        following = {token: str(end)} if end < len(entries) else {}
        return _written({name: entries[start:end], **following})


def one_of_each() -> Serving:
    """Give a double with one member of each population."""
    schedule = {"MonitoringScheduleArn": "arn:it", "MonitoringScheduleName": "it", "MonitoringScheduleStatus": "Failed"}
    guardrail = {"guardrailArn": GUARDRAIL, "guardrailId": "it", "name": "it", "version": "DRAFT", "status": "READY"}
    models = dict.fromkeys(("modelArn", "desiredModelArn", "foundationModelArn"), "arn:it")
    throughput = {"provisionedModelArn": "arn:it", "provisionedModelName": "it", "status": "InService", **models}
    record = json.dumps({"userIdentity": {"type": "Root"}})
    event = {"EventId": "it", "EventName": "CreateModel", "EventTime": time.time(), "CloudTrailEvent": record}
    return Serving([schedule], [guardrail], [throughput], [{**event, "EventSource": "sagemaker.amazonaws.com"}])


def _query(request: Request) -> dict[str, Any]:
    return {name: values[0] for name, values in request.query.items()}


def _is_draft(guardrail: dict[str, Any]) -> bool:
    return bool(guardrail["version"] == "DRAFT")


def _written(value: Any) -> Answer:
    headers = {"Content-Type": "application/json", "x-amzn-RequestId": "R1"}
    return Answer(200, json.dumps(value).encode(), headers)
