"""CHG-5: the changes that snapshots show are the changes that audit logs show, so neither list is short.

The tested population is every change between snapshots, and every write that an audit log holds for the same time.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from collector.model.control import CHANGE_DAYS, Control, Parameters
from collector.model.evidence import Evidence
from collector.model.instant import format_instant
from collector.model.outcome import Outcome
from collector.model.result import Assessment, Result, conclude, not_applicable
from controls.needs import configured, missing
from controls.served.audit import CLOUDTRAIL, KUBERNETES, AuditEvent, audit_events, during
from controls.served.change import REVISIONS, Change, changes_of
from controls.served.serving import ENDPOINTS, SERVED, SERVING_NAMESPACES, VERTEX_ENDPOINTS, WORKLOADS

KEPT = timedelta(days=8)
"""How far back audit logs are read."""
LATE = timedelta(minutes=20)
"""CloudTrail shows an event within 15 minutes, as its User Guide says."""

_LOGS = {ENDPOINTS: CLOUDTRAIL, WORKLOADS: KUBERNETES}


def test(evidence: Evidence, parameters: Parameters, as_of: datetime) -> Result:
    """Assess every change and every write of the time that snapshots bound."""
    if not configured(parameters, *SERVED):
        return not_applicable("CHG-5", "no source that serves models is configured")
    absent = missing(evidence, parameters, *SERVED, REVISIONS, CLOUDTRAIL)
    changes, problems = changes_of(evidence, parameters)
    events = audit_events(evidence)
    assessments: list[Assessment] = []
    compared = 0
    for population, log in _LOGS.items():
        for history in evidence.history(population):
            start, end, source = history[0].finished, history[-1].finished, history[0].source
            compared += len(history) > 1
            if log == KUBERNETES and not any(reading.source == source for reading in evidence.of(log)):
                absent.append(f"no audit log of {source} is configured: name its file as audit_log")
                continue
            own = [change for change in changes if change.source == source]
            assessments += [_assess(change, events, as_of) for change in own]
            if population == ENDPOINTS:
                written = [event for event in events if event.source == source and start < event.time <= end]
                assessments += _unseen(own, written)
    absent += [*problems, *_unlogged(evidence)]
    if not assessments and not absent:
        return not_applicable("CHG-5", "nothing changed, and no audit log holds a write" if compared else _FIRST)
    return conclude("CHG-5", assessments, absent)


_FIRST = "there is no earlier snapshot to compare with yet"


def _unlogged(evidence: Evidence) -> Iterator[str]:
    """Yield the projects of which endpoints are recorded: no audit log of Google Cloud is read."""
    for history in evidence.history(VERTEX_ENDPOINTS):
        if any(snapshot.items for snapshot in history):
            yield f"the audit logs of {history[0].source} are not read, so changes of its endpoints cannot be compared"


def _assess(change: Change, events: Sequence[AuditEvent], as_of: datetime) -> Assessment:
    found = during(events, change.serving, change.not_before, change.not_after)
    detail = {"events": [event.id for event in found], "made_by": sorted({event.user for event in found})}
    if len(found) > 1 and not change.exact and not change.source.startswith("aws:"):
        reason = (
            f"{change.sentence}, and the audit log holds {len(found)} writes of it since the snapshot before: no "
            "revision tells what each of them served; poll more often, or keep more revisions"
        )
        return Assessment(change.id, Outcome.INCONCLUSIVE, reason, detail)
    if found:
        return Assessment(change.id, Outcome.PASS, "", detail)
    if change.not_before < as_of - KEPT or (change.source.startswith("aws:") and change.not_after > as_of - LATE):
        reason = (
            f"{change.sentence}; whether the audit log holds it is open: it is read {KEPT.days} days back, and late"
        )
        return Assessment(change.id, Outcome.INCONCLUSIVE, reason, detail)
    reason = f"{change.sentence}, and no audit log holds it: find out why the log is short"
    return Assessment(change.id, Outcome.FAIL, reason, detail)


def _unseen(changes: Sequence[Change], events: Sequence[AuditEvent]) -> Iterator[Assessment]:
    """Yield the writes to endpoints that no change between snapshots accounts for.

    A cluster's writes are not among them: most change nothing of what is served (scale, status, labels), a log of
    metadata does not tell which, and each rollout leaves a revision that the snapshots hold.
    """
    found = (during(events, change.serving, change.not_before, change.not_after) for change in changes)
    alone = {each[0].id for each in found if len(each) == 1}
    for event in events:
        if event.id in alone:
            continue
        when = format_instant(event.time)[:16].replace("T", " ")
        detail = {"event": event.id, "serving": event.serving, "user": event.user}
        reason = (
            f"{event.user} did {event.verb} on {event.serving} at {when} UTC, and the snapshots do not show it as a "
            "change by itself: have what it served approved by name, or poll more often"
        )
        yield Assessment(f"{event.serving} {event.id}", Outcome.FAIL, reason, detail)


CHG_5 = Control(
    id="CHG-5",
    title="The changes that snapshots show and the changes that audit logs show are the same",
    criteria=("CC8.1", "PI1.3"),
    populations=(*SERVED, REVISIONS, CLOUDTRAIL),
    optional=(KUBERNETES,),
    compares=(*SERVED, REVISIONS),
    test=test,
    defaults={CHANGE_DAYS: 7, SERVING_NAMESPACES: [], "sources": []},
    limits=(
        "Whoever can stop or edit an audit log can hide a change from it, though not from the snapshots. Writes to a "
        "cluster's workloads that change nothing of what is served are not told apart, so only their absence counts. "
        "No audit log of Google Cloud is read: with endpoints on Vertex AI there is no verdict."
    ),
)
