"""`kubernetes.audit`: who wrote what is served in the last days, as the API server's own audit log says.

The log is a file, or several that were rotated, with one event a line. Only who, what and when is kept; what was
written is not, even where the log's policy records it.

Source: Kubernetes documentation, "Auditing"; Event audit.k8s.io/v1.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import orjson

from collector.model.canonical import Json
from collector.model.instant import format_instant
from collector.model.snapshot import Failure, FailureClass
from connectors.base import Draft, Population, SourceError
from connectors.documented import written
from connectors.kubernetes.errors import malformed
from connectors.kubernetes.session import KubernetesSession

DAYS = 8
"""How far back events are kept: longer than the tests of changes look back by default."""
MAX_LINE = 1024 * 1024
"""The longest line that is read, in bytes; an event of the Metadata level has about one thousand."""

_OPERATION = "read audit log"
_RESOURCES = frozenset(("daemonsets", "deployments", "inferenceservices", "rollouts", "statefulsets"))
_WRITES = frozenset(("create", "delete", "patch", "update"))


def audit_events(cluster: KubernetesSession) -> Iterator[Draft]:
    """Yield every finished write of a kind that serves, of the last days, each once."""
    pattern = Path(str(cluster.audit_log))
    files = sorted(pattern.parent.glob(pattern.name))
    if not files:
        raise SourceError(Failure(FailureClass.UNREACHABLE, _OPERATION, "NoSuchFile", f"no file is named {pattern}"))
    since = format_instant(cluster.now() - timedelta(days=DAYS))
    seen: set[str] = set()
    for file in files:
        cluster.log.note(_OPERATION, {"file": file.name})
        for line in _lines(file):
            event = _event(line, file)
            if event is not None and event["time"] >= since and event["id"] not in seen:
                seen.add(event["id"])
                yield Draft(event.pop("id"), event)


def _lines(file: Path) -> Iterator[bytes]:
    try:
        with file.open("rb") as log:
            while line := log.readline(MAX_LINE + 1):
                if len(line) > MAX_LINE:
                    raise SourceError(
                        malformed("LineTooLong", f"{file.name} has a line over {MAX_LINE} bytes", _OPERATION)
                    )
                # The API server may be writing the last line now; the next poll reads it whole.
                if line.endswith(b"\n"):
                    yield line
    except OSError as error:
        denied = isinstance(error, PermissionError)
        kind = FailureClass.DENIED if denied else FailureClass.UNREACHABLE
        raise SourceError(Failure(kind, _OPERATION, type(error).__name__, f"{file}: {error.strerror}")) from None


def _event(line: bytes, file: Path) -> dict[str, Any] | None:
    """Read one line; None for what is no finished write of a kind that serves."""
    try:
        event = orjson.loads(line)
    except orjson.JSONDecodeError:
        raise SourceError(malformed("NotJson", f"{file.name} has a line that is no JSON", _OPERATION)) from None
    return written(_OPERATION, _content, event)


def _content(event: Any) -> dict[str, Any] | None:
    target = event.get("objectRef") or {}
    wanted = target.get("resource") in _RESOURCES and event["verb"] in _WRITES
    if not wanted or event["stage"] != "ResponseComplete":
        return None
    acting = event["user"]["username"]
    impersonated = (event.get("impersonatedUser") or {}).get("username")
    content: dict[str, Json] = {
        "by": acting if impersonated else None,
        "code": event["responseStatus"]["code"],
        "name": target.get("name"),
        "namespace": target.get("namespace"),
        "resource": target["resource"],
        "subresource": target.get("subresource"),
        "time": format_instant(datetime.fromisoformat(event["requestReceivedTimestamp"]).astimezone(UTC)),
        "user": impersonated or acting,
        "verb": event["verb"],
    }
    return {"id": event["auditID"], **content}


AUDIT = Population("kubernetes.audit", (), audit_events)
