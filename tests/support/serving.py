"""What a local AWS does not implement of serving: the demo's answers, as a rule of the proxy.

What it holds is set by a test; what it is not asked for is the local AWS's.
"""

import json
import time
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from support import proxy

from collector.demo.account import ACCOUNT, REGION
from collector.demo.front import Answers
from collector.demo.loopback import Request

GUARDRAILS = "/guardrails"
THROUGHPUTS = "/provisioned-model-throughputs"
PROFILES = "/inference-profiles"
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
    profiles: Members = field(default_factory=list)
    page: int = 1000

    def answer(self, request: proxy.Request) -> proxy.Answer | None:
        held = Answers(self.schedules, self.guardrails, self.throughputs, self.events, self.page, self.profiles)
        return answered(held, request)


def answered(held: Answers, request: proxy.Request) -> proxy.Answer | None:
    """Let the demo's answers answer a request of the proxy."""
    target = f"{request.path}?{urlencode(request.query, doseq=True)}"
    headers = {name.lower(): value for name, value in request.headers.items()}
    given = held.answer(Request(request.method, target, headers, request.body))
    return given and proxy.Answer(given.status, given.body, {**given.headers, "x-amzn-RequestId": "R1"})


def one_of_each() -> Serving:
    """Give a double with one member of each population."""
    schedule = {"MonitoringScheduleArn": "arn:it", "MonitoringScheduleName": "it", "MonitoringScheduleStatus": "Failed"}
    guardrail = {"guardrailArn": GUARDRAIL, "guardrailId": "it", "name": "it", "version": "DRAFT", "status": "READY"}
    models = dict.fromkeys(("modelArn", "desiredModelArn", "foundationModelArn"), "arn:it")
    throughput = {"provisionedModelArn": "arn:it", "provisionedModelName": "it", "status": "InService", **models}
    record = json.dumps({"userIdentity": {"type": "Root"}})
    event = {"EventId": "it", "EventName": "CreateModel", "EventTime": time.time(), "CloudTrailEvent": record}
    events = [{**event, "EventSource": "sagemaker.amazonaws.com"}]
    return Serving([schedule], [guardrail], [throughput], events, [inference_profile("it")])


def inference_profile(name: str, *models: str, kind: str = "APPLICATION") -> dict[str, Any]:
    """An inference profile, as its list gives it."""
    arn = f"arn:aws:bedrock:{REGION}:{ACCOUNT}:application-inference-profile/{name}"
    listed = [{"modelArn": model} for model in models or ("arn:it",)]
    identity = {"inferenceProfileArn": arn, "inferenceProfileId": name, "inferenceProfileName": name}
    return {**identity, "models": listed, "status": "ACTIVE", "type": kind}
