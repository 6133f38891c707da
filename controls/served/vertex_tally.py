"""How often something was done to an endpoint of Vertex AI between two snapshots: by these, and by the audit log.

Deploying, then sending requests there, then undeploying what was there before is one change in several writes. Each
deployment has an id of its own, so as many writes as ids that came and went are that change and nothing beside it; a
version that was deployed and gone again between the two is in one write more.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from collector.model.snapshot import Snapshot
from controls.served.audit import AuditEvent
from controls.served.vertex import within_project
from controls.served.vertex_write import CREATE, DELETE, DEPLOY, UNDEPLOY

_WORDS = {CREATE: "creations", DELETE: "deletions", DEPLOY: "deployments", UNDEPLOY: "undeployments"}
_ALSO = {
    CREATE: frozenset((CREATE, "Deploy", "DeployPublisherModel")),
    DEPLOY: frozenset((DEPLOY, "Deploy", "DeployPublisherModel")),
}
"""From Model Garden, one write creates an endpoint and deploys on it, where the log has no writes for these alone."""


@dataclass(frozen=True, slots=True)
class Tally:
    """What was done between two snapshots of one project's endpoints, `events` being those of its audit log."""

    old: Snapshot
    new: Snapshot
    events: Sequence[AuditEvent]

    @property
    def servings(self) -> Sequence[str]:
        """Give what is in a snapshot, or was written between the two, sorted; locations are not among them."""
        held = {item.id for snapshot in (self.old, self.new) for item in snapshot}
        return sorted(held | {event.serving for event in self._overlapping() if "/endpoints/" in event.serving})

    def events_of(self, serving: str) -> Sequence[AuditEvent]:
        """Give the writes that may be behind a change; a creation may be one in the location, which names nothing."""
        own = [event for event in self._overlapping() if event.serving == serving]
        if not self._shown(serving)[CREATE]:
            return own
        place = within_project(serving).rpartition("/endpoints/")[0]
        return own + [event for event in self._overlapping() if within_project(event.serving) == place]

    def surplus(self, serving: str) -> Iterator[tuple[str, Sequence[AuditEvent]]]:
        """Yield what the log holds more of than the snapshots show, in words, and the writes that it is among."""
        for verb, shown in self._shown(serving).items():
            certain = [
                event
                for event in self.events
                if (event.serving, event.verb) == (serving, verb)
                and event.lies_within(self.old.finished, self.new.started)
            ]
            if len(certain) > shown:
                yield f"the audit log holds {len(certain)} {_WORDS[verb]}, and the snapshots show {shown}", certain

    def shortfall(self, serving: str) -> Iterator[str]:
        """Yield what the snapshots show more of than the log holds, in words."""
        events = self.events_of(serving)
        for verb, shown in self._shown(serving).items():
            possible = [event for event in events if event.verb in _ALSO.get(verb, {verb})]
            if len(possible) < shown:
                yield f"the snapshots show {shown} {_WORDS[verb]}, and the audit log holds {len(possible)}"

    def _overlapping(self) -> Sequence[AuditEvent]:
        return [event for event in self.events if event.overlaps(self.old.started, self.new.finished)]

    def _shown(self, serving: str) -> Mapping[str, int]:
        before, after = self.old.get(serving), self.new.get(serving)
        was, now = (
            {each["id"] for each in item.content().facet("deployed")} if item else set() for item in (before, after)
        )
        return {
            CREATE: int(before is None and after is not None),
            DELETE: int(after is None and before is not None),
            DEPLOY: len(now - was),
            UNDEPLOY: len(was - now),
        }
