"""A server in front of moto that answers what moto does not implement or gives otherwise than AWS.

It forwards all else. Its answers have the form of the API references of AWS CloudTrail, Amazon SageMaker, Amazon
Bedrock, Amazon CloudWatch and its Logs: lists in pages of as many entries as were asked for, events by one attribute
within a window of time.
"""

import http.client
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from collector.demo.loopback import Answer, Request, json_answer, loopback

_OF_LOG_GROUPS = frozenset(("DescribeLogGroups", "GetDataProtectionPolicy"))
_OPERATIONS = _OF_LOG_GROUPS | {"DescribeMonitoringSchedule", "ListMetrics", "ListMonitoringSchedules", "LookupEvents"}
_GUARDRAILS = "/guardrails"
_PROFILES = "/inference-profiles"
_SIZES: Mapping[str, str] = {"logGroups": "limit"}
"""What the size of a page is called, by list, where it has a name of its own."""
_THROUGHPUTS = "/provisioned-model-throughputs"
_SECONDS = 30
_OF_ONE_CONNECTION = frozenset(("connection", "transfer-encoding"))

Asked = Mapping[str, Any]
Members = Sequence[Mapping[str, Any]]
"""Documents as AWS gives them."""


@dataclass(frozen=True, slots=True)
class Answers:
    """What is answered from.

    Attributes:
        schedules: monitoring schedules, as DescribeMonitoringSchedule gives them.
        guardrails: every version of every guardrail, as GetGuardrail gives them.
        throughputs: provisioned throughputs, as their list gives them.
        events: management events, newest first, as LookupEvents gives them.
        page: how many entries a page has at most, whatever was asked for.
        profiles: inference profiles, as their list gives them.
        groups: log groups, as DescribeLogGroups gives them; None leaves them to moto, which knows no protection.
        protections: data protection policies of log groups, as GetDataProtectionPolicy gives them.
        metrics: metrics that have data, as ListMetrics gives them; None leaves them to moto, which lists one of two
            dimensions once for each data point.

    """

    schedules: Members = ()
    guardrails: Members = ()
    throughputs: Members = ()
    events: Members = ()
    page: int = 1000
    profiles: Members = ()
    groups: Members | None = None
    protections: Members = ()
    metrics: Members | None = None

    def answer(self, request: Request) -> Answer | None:
        """Answer a request; None for one that is not answered here."""
        operation = request.headers.get("x-amz-target", "").rpartition(".")[2]
        if operation in _OPERATIONS:
            return self._operation(operation, json.loads(request.body))
        if request.method == "GET" and _service(request) == "bedrock":
            parts = urlsplit(request.target)
            return self._bedrock(parts.path, dict(parse_qsl(parts.query)))
        return None

    def _operation(self, operation: str, asked: Asked) -> Answer | None:
        if operation == "LookupEvents":
            return self._found(asked)
        if operation == "ListMonitoringSchedules":
            return self._listed("MonitoringScheduleSummaries", self.schedules, asked)
        if operation in _OF_LOG_GROUPS and self.groups is None:
            return None
        if operation == "DescribeLogGroups":
            return self._listed("logGroups", self.groups or (), asked)
        if operation == "ListMetrics":
            return None if self.metrics is None else self._metrics(self.metrics, asked)
        members, name, error = _DESCRIBED[operation]
        return _named(members(self), {name: asked[name]}, 400, error)

    def _bedrock(self, path: str, asked: Asked) -> Answer | None:
        if path == _THROUGHPUTS:
            return self._listed("provisionedModelSummaries", self.throughputs, asked)
        if path == _PROFILES:
            of_type = [each for each in self.profiles if each["type"] == asked.get("type", each["type"])]
            return self._listed("inferenceProfileSummaries", of_type, asked)
        if path == _GUARDRAILS:
            return self._guardrails(asked)
        if not path.startswith(f"{_GUARDRAILS}/"):
            return None
        arn = unquote(path.removeprefix(f"{_GUARDRAILS}/"))
        identity = {"guardrailArn": arn, "version": asked.get("guardrailVersion", "DRAFT")}
        return _named(self.guardrails, identity, 404, "ResourceNotFoundException")

    def _found(self, asked: Asked) -> Answer | None:
        """List the events of one name; looking them up by anything else is not answered here."""
        named = [each["AttributeValue"] for each in asked["LookupAttributes"] if each["AttributeKey"] == "EventName"]
        if not named:
            return None
        start, end = asked["StartTime"], asked["EndTime"]
        of_name = [event for event in self.events if event["EventName"] == named[0]]
        return self._listed("Events", [event for event in of_name if start <= event["EventTime"] <= end], asked)

    def _guardrails(self, asked: Asked) -> Answer:
        """List the drafts, or every version of one guardrail."""
        arn = asked.get("guardrailIdentifier")
        found = [
            each for each in self.guardrails if (each["guardrailArn"] == arn if arn else each["version"] == "DRAFT")
        ]
        return self._listed(
            "guardrails", [{**each, "arn": each["guardrailArn"], "id": each["guardrailId"]} for each in found], asked
        )

    def _metrics(self, metrics: Members, asked: Asked) -> Answer:
        wanted = {name: asked[name] for name in ("MetricName", "Namespace") if name in asked}
        return self._listed("Metrics", [each for each in metrics if wanted.items() <= each.items()], asked)

    def _listed(self, name: str, entries: Members, asked: Asked) -> Answer:
        """Give a page; where a list's name begins in lower case, the names of its pages do too."""
        token, size = (
            ("nextToken", _SIZES.get(name, "maxResults")) if name[0].islower() else ("NextToken", "MaxResults")
        )
        start = int(asked.get(token, 0))
        end = start + min(int(asked.get(size, self.page)), self.page)
        return json_answer({name: entries[start:end], **({token: str(end)} if end < len(entries) else {})})


_DESCRIBED: Mapping[str, tuple[Callable[[Answers], Members], str, str]] = {
    "DescribeMonitoringSchedule": (lambda held: held.schedules, "MonitoringScheduleName", "ResourceNotFound"),
    "GetDataProtectionPolicy": (lambda held: held.protections, "logGroupIdentifier", "ResourceNotFoundException"),
}
"""For each operation that describes one member: of what, what it is asked for by, and the error where there is none."""


def _named(members: Members, identity: Asked, status: int, error: str) -> Answer:
    found = [each for each in members if identity.items() <= each.items()]
    return json_answer(found[0]) if found else json_answer({"__type": error, "message": "there is none"}, status)


def _service(request: Request) -> str:
    """Give the service that a request is signed for: `Credential=KEY/DATE/REGION/SERVICE/aws4_request`."""
    scope = request.headers.get("authorization", "").partition("Credential=")[2].split("/")
    return scope[3] if len(scope) > 3 else ""


@contextmanager
def front(upstream: str, answers: Answers) -> Iterator[str]:
    """Stand in front of a local AWS while the context lasts, and give the URL to use in its place.

    Args:
        upstream: the URL of moto's server, which gets every request that is not answered here, as it came.
        answers: what the others are answered from.

    """
    with loopback(lambda request: answers.answer(request) or _forward(upstream, request)) as url:
        yield url


def _forward(upstream: str, request: Request) -> Answer:
    connection = http.client.HTTPConnection(urlsplit(upstream).netloc, timeout=_SECONDS)
    try:
        connection.request(request.method, request.target, request.body, dict(request.headers))
        response = connection.getresponse()
        kept = {name: value for name, value in response.getheaders() if name.lower() not in _OF_ONE_CONNECTION}
        return Answer(response.status, {name.lower(): value for name, value in kept.items()}, response.read())
    finally:
        connection.close()
