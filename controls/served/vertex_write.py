"""Writes to Vertex AI's endpoints in Google Cloud's audit log: one for each operation, of one entry or of two.

Source: Cloud Logging documentation, "Audit logs for long-running operations": one entry when it begins, one at its end.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from collector.model.instant import parse_instant
from collector.model.snapshot import Content, Snapshot

CREATE, DELETE, DEPLOY, UNDEPLOY = "CreateEndpoint", "DeleteEndpoint", "DeployModel", "UndeployModel"

_SERVICE = "aiplatform.googleapis.com"
_METHOD = re.compile(r"(?:EndpointService|ModelGardenService)\.([A-Za-z]+)$")
_LABEL = re.compile(r"[^a-z0-9_-]")


@dataclass(frozen=True, slots=True)
class VertexWrite:
    """One write to an endpoint that succeeded, or is under way.

    Attributes:
        id: of the entry that says so.
        began, ended: of what is under way, when the log was read.
        running: whether it is under way.
        user: who did it, `Google` where the log names nobody.
        aliases: what else the people behind it are called, those that acted as a service account included.
        verb: such as `DeployModel`.
        resource: the endpoint, or the location of one that the log does not name.

    """

    id: str
    began: datetime
    ended: datetime
    running: bool
    user: str
    aliases: frozenset[str]
    verb: str
    resource: str


def vertex_writes(snapshot: Snapshot) -> Iterator[VertexWrite]:
    """Yield the writes to endpoints that a reading of the audit log holds, except those that failed."""
    operations: dict[str, list[tuple[str, Content]]] = {}
    for item in snapshot:
        entry = item.content()
        verb = _METHOD.search(str(entry.facet("method")))
        if verb is not None and entry.facet("service") == _SERVICE:
            operation = entry.facet("operation")
            operations.setdefault(operation["id"] if operation else item.id, []).append((verb[1], entry))
    for entries in operations.values():
        if not any(entry.facet("status_code") for _, entry in entries):
            yield _write(entries, snapshot)


def _write(entries: Sequence[tuple[str, Content]], snapshot: Snapshot) -> VertexWrite:
    told = sorted((entry for _, entry in entries), key=lambda entry: str(entry.facet("time")))
    operations = [entry.facet("operation") for entry in told]
    running = all(operation and operation["first"] and not operation["last"] for operation in operations)
    resources = [str(entry.facet("resource")) for entry in told]
    people = {str(entry.facet("principal")) for entry in told if entry.facet("principal")}
    acting = {str(name) for entry in told for name in entry.facet("delegated_by")}
    return VertexWrite(
        id=told[-1].item,
        began=_time(told[0]),
        ended=snapshot.finished if running else _time(told[-1]),
        running=running,
        user=min(people, default="Google"),
        aliases=frozenset(name for person in people | acting for name in _names(person)),
        verb=entries[0][0],
        resource=next((each for each in resources if "/endpoints/" in each), resources[-1]),
    )


def _time(entry: Content) -> datetime:
    return parse_instant(entry.facet("time"), f"time of {entry.item}")


def _names(person: str) -> Iterator[str]:
    """Yield what a person is called: labels, which name approvers, can hold no @ and no dot."""
    local = person.partition("@")[0]
    yield from (person, local, _LABEL.sub("-", local.lower()), _LABEL.sub("_", local.lower()))
