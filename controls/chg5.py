"""CHG-5: the changes that snapshots show are the changes that audit logs show, so neither list is short.

The tested population is every change between snapshots, and every write that an audit log holds for the same time.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from itertools import pairwise

from collector.model.control import CHANGE_DAYS, Control, Parameters
from collector.model.evidence import Evidence
from collector.model.instant import format_instant
from collector.model.outcome import Outcome
from collector.model.result import Assessment, Result, conclude, not_applicable
from collector.model.snapshot import Gap, Snapshot
from controls.needs import configured, missing
from controls.served.audit import CLOUDTRAIL, GOOGLE, KUBERNETES, AuditEvent, audit_events, during
from controls.served.change import REVISIONS, Change, changes_of
from controls.served.serving import ENDPOINTS, SERVED, SERVING_NAMESPACES, VERTEX_ENDPOINTS, WORKLOADS
from controls.served.vertex_tally import Tally

KEPT = timedelta(days=8)
"""How far back audit logs are read."""
LATE = timedelta(minutes=20)
"""CloudTrail shows an event within 15 minutes, as its User Guide says."""

_LOGS = {ENDPOINTS: CLOUDTRAIL, WORKLOADS: KUBERNETES, VERTEX_ENDPOINTS: GOOGLE}


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
            source = history[0].source
            compared += len(history) > 1
            short = _short(evidence, log, history)
            if short:
                absent.append(short)
                continue
            own = [change for change in changes if change.source == source]
            written = [event for event in events if event.source == source]
            if population == VERTEX_ENDPOINTS:
                assessments += _tallied(history, own, written, as_of)
                continue
            assessments += [_assess(change, _behind(change, events), as_of) for change in own]
            if population == ENDPOINTS:
                start, end = history[0].finished, history[-1].finished
                assessments += _unseen(own, [event for event in written if start < event.time <= end])
    absent += problems
    if not assessments and not absent:
        return not_applicable("CHG-5", "nothing changed, and no audit log holds a write" if compared else _FIRST)
    return conclude("CHG-5", assessments, list(dict.fromkeys(absent)))


_FIRST = "there is no earlier snapshot to compare with yet"


def _short(evidence: Evidence, log: str, history: Sequence[Snapshot]) -> str:
    """Say why the audit log of a source is not known to be whole, empty if it is, or nothing was ever served there.

    Of a log that is not whole, no write can be said to be missing.
    """
    source = history[0].source
    reading = next((reading for reading in evidence.of(log) if reading.source == source), None)
    if isinstance(reading, Gap) and not (reading.partial and reading.partial.listed):
        return f"{reading.subject} is incomplete: {reading.reason}"
    if reading is not None or (log == GOOGLE and not any(snapshot.items for snapshot in history)):
        return ""
    if log == KUBERNETES:
        return f"no audit log of {source} is configured: name its file as audit_log"
    return f"no audit log of {source} was read"


def _behind(change: Change, events: Sequence[AuditEvent]) -> Sequence[AuditEvent]:
    return during(events, change.serving, change.not_before, change.not_after)


def _assess(change: Change, found: Sequence[AuditEvent], as_of: datetime) -> Assessment:
    detail = {"events": [event.id for event in found], "made_by": sorted({event.user for event in found})}
    if len(found) > 1 and not change.exact and change.source.startswith("kubernetes:"):
        reason = (
            f"{change.sentence}, and the audit log holds {len(found)} writes of it since the snapshot before: no "
            "revision tells what each of them served; poll more often, or keep more revisions"
        )
        return Assessment(change.id, Outcome.INCONCLUSIVE, reason, detail)
    if found:
        return Assessment(change.id, Outcome.PASS, "", detail)
    if _open(change, as_of):
        return Assessment(change.id, Outcome.INCONCLUSIVE, f"{change.sentence}; {_OPEN}", detail)
    reason = f"{change.sentence}, and no audit log holds it: find out why the log is short"
    return Assessment(change.id, Outcome.FAIL, reason, detail)


_OPEN = f"whether the audit log holds it is open: it is read {KEPT.days} days back, and late"


def _open(change: Change, as_of: datetime) -> bool:
    """Tell whether a log may hold more of a change than was read."""
    late = not change.source.startswith("kubernetes:") and change.not_after > as_of - LATE
    return change.not_before < as_of - KEPT or late


def _tallied(
    history: Sequence[Snapshot], changes: Sequence[Change], events: Sequence[AuditEvent], as_of: datetime
) -> Iterator[Assessment]:
    """Compare what snapshots of Vertex AI's endpoints show with what the audit log holds, endpoint by endpoint."""
    known = {(change.serving, change.not_after): change for change in changes}
    for old, new in pairwise(history):
        tally = Tally(old, new, events)
        for serving in tally.servings:
            change = known.get((serving, new.finished))
            surplus = list(tally.surplus(serving))
            if surplus:
                yield _beside(serving, new, surplus)
            elif change is not None:
                yield _counted(change, tally, as_of)


def _beside(serving: str, new: Snapshot, surplus: Sequence[tuple[str, Sequence[AuditEvent]]]) -> Assessment:
    events = {event.id: event.user for _, found in surplus for event in found}
    when = format_instant(new.finished)
    reason = (
        f"of {serving}, before {when[:16].replace('T', ' ')} UTC, {'; '.join(said for said, _ in surplus)}: have what "
        "it served approved by name, or poll more often"
    )
    detail = {"events": sorted(events), "made_by": sorted(set(events.values()))}
    return Assessment(f"{serving} before {when}", Outcome.FAIL, reason, detail)


def _counted(change: Change, tally: Tally, as_of: datetime) -> Assessment:
    assessed = _assess(change, tally.events_of(change.serving), as_of)
    lacking = "; ".join(tally.shortfall(change.serving))
    if assessed.outcome is not Outcome.PASS or not lacking:
        return assessed
    is_open = _open(change, as_of)
    reason = f"{change.sentence}: {lacking}; {_OPEN if is_open else 'find out why the log is short'}"
    return Assessment(change.id, Outcome.INCONCLUSIVE if is_open else Outcome.FAIL, reason, assessed.detail)


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
    optional=(KUBERNETES, GOOGLE),
    compares=(*SERVED, REVISIONS),
    test=test,
    defaults={CHANGE_DAYS: 7, SERVING_NAMESPACES: [], "sources": []},
    limits=(
        "Whoever can stop or edit an audit log can hide a change from it, though not from the snapshots. Writes to a "
        "cluster's workloads that change nothing of what is served are not told apart, so only their absence counts. "
        "On Vertex AI deployments are counted, endpoint by endpoint: of which model each of them was, is not compared."
    ),
)
