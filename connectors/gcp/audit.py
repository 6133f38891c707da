"""`gcp.audit`: who changed Vertex AI's endpoints and models, IAM policies, buckets and logging in the last eight days.

Read of the Admin Activity audit log, which cannot be switched off. An item is one entry:
- `time`, `method` (such as `google.cloud.aiplatform.v1.EndpointService.DeployModel`), `service`;
- `resource`: the name of what was changed, with the project's id or its number, as the log spells it. Where the
  resource is what holds it (of a new endpoint, the location), the name that the request or the answer gives, if any;
- `principal`, `principal_kind` (`service_account`, `user`, `federated`, or None where the log names nobody), and
  `delegated_by`: who acted as that service account, nearest first;
- `status_code`: of google.rpc.Code, 0 for what succeeded;
- `operation`: what takes long has an entry at its beginning and one at its end, under one `id`, with `first` or `last`.

Addresses of callers, requests and answers are not kept. The window moves with each poll: entries that left it are in
the earlier snapshots.

Source: Cloud Logging API reference, `LoggingServiceV2.ListLogEntries`, LogEntry; Cloud Audit Logs, AuditLog,
"Understand audit logs", "Audit logs for long-running operations"; Logging query language.
"""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from google.cloud.audit.audit_log_pb2 import AuditLog  # type: ignore[import-untyped]
from google.cloud.logging_v2.types import ListLogEntriesRequest, ListLogEntriesResponse

from collector.model.canonical import Json
from collector.model.instant import format_instant
from connectors.base import Draft, Population
from connectors.gcp.log_facets import check_own, read
from connectors.gcp.session import GcpSession

WINDOW = timedelta(days=8)
"""How far back entries are read: a day more than tests of changes look back by default."""

PAGE = 500
"""Of at most 1,000 that Cloud Logging gives; it allows about 60 calls a minute for a project."""

_LIST = "logging:entries.list"
_LOG = "cloudaudit.googleapis.com%2Factivity"
_CHANGES = (
    r'(protoPayload.serviceName="aiplatform.googleapis.com" AND protoPayload.methodName=~"(Endpoint|Model)Service[.]")',
    r'(protoPayload.serviceName="storage.googleapis.com" AND protoPayload.methodName=~"^storage[.]buckets[.]")',
    r'protoPayload.serviceName="logging.googleapis.com"',
    r'protoPayload.methodName=~"(?i)setiamp(olicy|ermissions)"',
)
"""What is listed, in the Logging query language; regular expressions are RE2."""

_VERTEX = re.compile(r"projects/[^/]+/locations/[^/]+/(endpoints|models)/[^/@]+(@[^/@]+)?")


def audit(gcp: GcpSession) -> Iterator[Draft]:
    """Yield the entries of the last eight days that are about such changes, failed attempts included.

    Raises:
        SourceError: they are not all there.

    """
    service = gcp.logging
    until = gcp.now()
    request = ListLogEntriesRequest(
        resource_names=[service.parent], filter=_filter(gcp.settings.project, until - WINDOW, until)
    )
    for page in service.pages(_LIST, service.entries.list_log_entries, request, PAGE):
        for entry in ListLogEntriesResponse.pb(page).entries:
            check_own(gcp, _LIST, entry.log_name)
            yield read(_LIST, _draft, entry)


def _filter(project: str, since: datetime, until: datetime) -> str:
    return (
        f'logName="projects/{project}/logs/{_LOG}" AND timestamp>="{format_instant(since)}" AND '
        f'timestamp<"{format_instant(until)}" AND ({" OR ".join(_CHANGES)})'
    )


def _draft(entry: Any) -> Draft:
    log = AuditLog()
    if not entry.proto_payload.Unpack(log):
        raise ValueError("an entry of the audit log holds something else")
    time = format_instant(entry.timestamp.ToDatetime(tzinfo=UTC))
    content: dict[str, Json] = {
        "method": log.method_name,
        "operation": _operation(entry.operation),
        "resource": _resource(log),
        "service": log.service_name,
        "status_code": log.status.code,
        "time": time,
        **_principal(log.authentication_info),
    }
    # Cloud Logging takes entries of one time and one insert id for one.
    return Draft(f"{time}/{entry.insert_id}", content)


def _operation(operation: Any) -> Json:
    return {"first": operation.first, "id": operation.id, "last": operation.last} if operation.id else None


def _resource(log: AuditLog) -> str:
    """Give the name of what was changed: of a request and an answer, names of endpoints and models alone are read."""
    named = str(log.resource_name)
    request, response = log.request.fields, log.response.fields
    candidates = (
        named,
        *(request[name].string_value for name in ("endpoint", "model", "name") if name in request),
        *(request[name].struct_value.fields["name"].string_value for name in ("endpoint", "model") if name in request),
        *(response[name].string_value for name in ("name", "model") if name in response),
    )
    return next((each for each in candidates if _VERTEX.fullmatch(each)), named)


def _principal(who: Any) -> dict[str, Json]:
    email, subject = str(who.principal_email), str(who.principal_subject)
    delegates = [_delegate(each) for each in who.service_account_delegation_info]
    return {
        "delegated_by": [each for each in delegates if each],
        "principal": email or subject or None,
        "principal_kind": _kind(email, subject),
    }


def _kind(email: str, subject: str) -> str | None:
    """Say what somebody is; a federated identity has a subject, such as `principal://iam.googleapis.com/…`, alone."""
    if email.endswith("gserviceaccount.com") or subject.startswith("serviceAccount:"):
        return "service_account"
    if email or subject.startswith("user:"):
        return "user"
    return "federated" if subject else None


def _delegate(info: Any) -> str:
    return str(info.first_party_principal.principal_email or info.principal_subject)


AUDIT = Population("gcp.audit", ("logging.logEntries.list",), audit)
