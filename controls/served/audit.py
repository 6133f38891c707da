"""What audit logs say about who changed what is served: CloudTrail's, a cluster's, and Google Cloud's."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from collector.model.evidence import Evidence
from collector.model.instant import parse_instant
from collector.model.snapshot import Content, Snapshot
from controls.served.serving import VERTEX_ENDPOINTS
from controls.served.vertex import within_project
from controls.served.vertex_write import vertex_writes

CLOUDTRAIL = "cloudtrail.events"
KUBERNETES = "kubernetes.audit"
GOOGLE = "gcp.audit"
AUDITS = (CLOUDTRAIL, KUBERNETES, GOOGLE)

CLOCKS = timedelta(seconds=5)
"""How far the times of an audit log and of what it logs may lie apart."""

_ENDPOINT_EVENTS = frozenset(("CreateEndpoint", "DeleteEndpoint", "UpdateEndpoint"))
_WRITES = frozenset(("create", "delete", "patch", "update"))
_KINDS = {
    "daemonsets": "daemonset",
    "deployments": "deployment",
    "inferenceservices": "inferenceservice",
    "rollouts": "rollout",
    "statefulsets": "statefulset",
}


@dataclass(frozen=True, slots=True)
class AuditEvent:
    """One write that an audit log holds.

    Attributes:
        source: whose log it is.
        id: the log's own id of it.
        time: when it was; `ended` is later, if it took long.
        user: who did it; for an impersonated write, who was impersonated.
        session: the name of the role's session in which it was done, empty where there is none.
        verb: what was done, as the log spells it.
        serving: the id of what was written, or for a new endpoint the location that it is in.
        ended: when it ended, None if that is when it was; `running` is whether it had not when the log was read.
        aliases: what else the people behind it are called.

    """

    source: str
    id: str
    time: datetime
    user: str
    verb: str
    serving: str
    session: str = ""
    ended: datetime | None = None
    running: bool = False
    aliases: frozenset[str] = frozenset()

    @property
    def people(self) -> frozenset[str]:
        """Give the names that whoever did it has."""
        return (frozenset((self.user, self.session)) | self.aliases) - {""}

    def overlaps(self, start: datetime, end: datetime) -> bool:
        """Tell whether it was done at least in part in a time, as far as clocks tell."""
        return start - CLOCKS <= (self.ended or self.time) and self.time <= end + CLOCKS

    def lies_within(self, start: datetime, end: datetime) -> bool:
        """Tell whether all of it was done in a time, whatever clocks tell."""
        return not self.running and start + CLOCKS < self.time and (self.ended or self.time) <= end - CLOCKS


def audit_events(evidence: Evidence) -> Sequence[AuditEvent]:
    """Give the successful writes to what is served, oldest first."""
    found = [
        event
        for population, read in ((CLOUDTRAIL, _cloudtrail), (KUBERNETES, _kubernetes))
        for snapshot in evidence.snapshots(population)
        for item in snapshot
        for event in read(item.content(), snapshot)
    ]
    found += _google(evidence)
    return sorted(found, key=lambda event: (event.time, event.id))


def _cloudtrail(event: Content, snapshot: Snapshot) -> Iterator[AuditEvent]:
    name = event.facet("name")
    endpoint = (event.facet("request") or {}).get("endpointName")
    if name not in _ENDPOINT_EVENTS or not endpoint or event.facet("error_code"):
        return
    account = snapshot.source.removeprefix("aws:")
    region = event.facet("region")
    yield AuditEvent(
        source=snapshot.source,
        id=event.item,
        time=parse_instant(event.facet("time"), f"time of {event.item}"),
        # What a service of AWS does by itself has no user.
        user=str(event.facet("user") or event.facet("invoked_by") or "AWS"),
        verb=name,
        # SageMaker spells names in ARNs in lower case.
        serving=f"arn:{_partition(region)}:sagemaker:{region}:{account}:endpoint/{endpoint.lower()}",
        session=str(event.facet("session") or ""),
    )


def _partition(region: str) -> str:
    """Give the partition that a region is in, as ARNs name it."""
    return {"cn": "aws-cn", "us-gov": "aws-us-gov"}.get(region.rpartition("-")[0].rpartition("-")[0], "aws")


def _kubernetes(event: Content, snapshot: Snapshot) -> Iterator[AuditEvent]:
    kind = _KINDS.get(event.facet("resource"))
    user = str(event.facet("user"))
    # The control plane's own writes carry out what others decided.
    by_somebody = not user.startswith("system:") or user.startswith("system:serviceaccount:")
    written = event.facet("verb") in _WRITES and event.facet("subresource") is None and by_somebody
    if kind is None or not written or not 200 <= int(event.facet("code")) < 300:
        return
    yield AuditEvent(
        source=snapshot.source,
        id=event.item,
        time=parse_instant(event.facet("time"), f"time of {event.item}"),
        user=user,
        verb=str(event.facet("verb")),
        serving=f"{snapshot.source}/{kind}/{event.facet('namespace')}/{event.facet('name')}",
    )


def _google(evidence: Evidence) -> Iterator[AuditEvent]:
    """Yield writes to endpoints under the ids that snapshots give these, however the log spells the project."""
    known = {
        (snapshot.source, within_project(item.id)): item.id
        for history in evidence.history(VERTEX_ENDPOINTS)
        for snapshot in history
        for item in snapshot
    }
    for snapshot in evidence.snapshots(GOOGLE):
        for write in vertex_writes(snapshot):
            yield AuditEvent(
                source=snapshot.source,
                id=write.id,
                time=write.began,
                user=write.user,
                verb=write.verb,
                serving=known.get((snapshot.source, within_project(write.resource)), write.resource),
                ended=write.ended,
                running=write.running,
                aliases=write.aliases,
            )


def during(events: Sequence[AuditEvent], serving: str, not_before: datetime, not_after: datetime) -> list[AuditEvent]:
    """Give the events that may be the ones behind a change."""
    return [event for event in events if event.serving == serving and event.overlaps(not_before, not_after)]
