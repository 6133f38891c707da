"""CHG-1: every change of what is served was approved before it was made, by someone who did not make it.

The tested population is every change that consecutive snapshots and the revisions between them show.
"""

from collections.abc import Sequence
from datetime import datetime

from collector.model.attestation import CHANGE_APPROVAL
from collector.model.canonical import Json
from collector.model.control import CHANGE_DAYS, Control, Parameters
from collector.model.errors import MalformedError
from collector.model.evidence import Evidence
from collector.model.instant import format_instant
from collector.model.outcome import Outcome
from collector.model.person import is_same_person
from collector.model.result import Assessment, Result, conclude, not_applicable
from controls.needs import configured, missing
from controls.served.approval import APPROVAL_ANNOTATION, PULL_REQUESTS, Approval
from controls.served.audit import AUDITS, AuditEvent
from controls.served.case import Case, Thing
from controls.served.change import REVISIONS, Change, changes_of
from controls.served.serving import SERVED, SERVING_NAMESPACES
from controls.served.version import CONVENTIONS, REGISTRIES

_NEEDS = (*SERVED, REVISIONS, *REGISTRIES)


def test(evidence: Evidence, parameters: Parameters, as_of: datetime) -> Result:
    """Assess every change within the last days."""
    del as_of  # Which snapshots are compared was chosen when the evidence was loaded.
    if not configured(parameters, *SERVED):
        return not_applicable("CHG-1", "no source that serves models is configured")
    absent = missing(evidence, parameters, *_NEEDS)
    if any(evidence.of(PULL_REQUESTS)):
        absent += evidence.missing(PULL_REQUESTS)
    changes, problems = changes_of(evidence, parameters)
    try:
        case = Case.of(evidence, parameters)
    except MalformedError as error:
        return conclude("CHG-1", [], [*absent, error.message])
    if not changes and not absent and not problems:
        return not_applicable("CHG-1", _nothing(evidence))
    return conclude("CHG-1", [_assess(change, case) for change in changes], [*absent, *problems])


def _nothing(evidence: Evidence) -> str:
    read = [history for population in SERVED for history in evidence.history(population)]
    if all(len(history) == 1 for history in read):
        return "there is no earlier snapshot to compare with yet"
    since = min(history[0].finished for history in read)
    return f"nothing that is served changed since {format_instant(since)}"


def _assess(change: Change, case: Case) -> Assessment:
    """Assess one change: each thing in it needs an approval."""
    events = case.events_of(change)
    judged = [_judge(change, thing, events, case) for thing in case.things(change)]
    failed = [reason for outcome, reason, _ in judged if outcome is Outcome.FAIL]
    undecided = [reason for outcome, reason, _ in judged if outcome is Outcome.INCONCLUSIVE]
    outcome = Outcome.FAIL if failed else Outcome.INCONCLUSIVE if undecided else Outcome.PASS
    reasons = failed or undecided
    detail: dict[str, Json] = {
        "added": list(change.added),
        "approved_by": sorted({approver for _, _, approver in judged if approver}),
        "made_by": sorted({event.user for event in events}),
        "not_after": format_instant(change.not_after),
        "not_before": format_instant(change.not_before),
        "removed": list(change.removed),
        "serving": change.serving,
    }
    reason = f"{change.sentence}, {'; '.join(dict.fromkeys(reasons))}" if reasons else ""
    return Assessment(change.id, outcome, reason, detail)


def _judge(change: Change, thing: Thing, events: Sequence[AuditEvent], case: Case) -> tuple[Outcome, str, str]:
    """Give the outcome for one thing, the reason, and who approved it."""
    made_by = frozenset(person for event in events for person in event.people)
    # One write in the audit log is this change, and says when it was made.
    first, last = (events[0].time,) * 2 if len(events) == 1 else (change.not_before, change.not_after)
    refusals: list[tuple[Outcome, str]] = []
    for approval in case.approvals_for(thing):
        outcome, reason = _weigh(approval, approval.authors | thing.authors | made_by, first, last)
        if outcome is Outcome.PASS:
            return outcome, "", approval.approver
        refusals.append((outcome, reason))
    for outcome, reason in sorted(refusals, key=lambda refusal: refusal[0] is Outcome.FAIL):
        return outcome, reason, ""
    return Outcome.FAIL, _unapproved(change, thing), ""


def _unapproved(change: Change, thing: Thing) -> str:
    named = change.annotations.get(APPROVAL_ANNOTATION)
    also = f" (its annotation names {named}, which approves something else)" if named else ""
    fixed = change.after.configuration if _can_move(thing.name) else thing.name
    if not fixed:
        return f"without an approval{also}: name it by digest or version, and have that approved before the next"
    return f"without an approval{also}: before the next, controlproof attest change --name {fixed}"


def _can_move(name: str) -> bool:
    """Tell whether a name can come to mean something else: an image's tag, a path in a container, an alias."""
    is_image = "://" not in name and "/" in name and not name.startswith(("arn:", "models:/", "kubernetes:"))
    return (
        name.startswith("/") or (is_image and "@sha256:" not in name) or (name.startswith("models:/") and "@" in name)
    )


def _weigh(approval: Approval, authors: frozenset[str], first: datetime, last: datetime) -> tuple[Outcome, str]:
    """Weigh an approval against a change that was made after `first` and not after `last`."""
    own = next((author for author in sorted(authors) if is_same_person(approval.approver, author)), None)
    if own is not None:
        return Outcome.FAIL, f"which is self-approved: {approval.approver} made it and approved it in {approval.where}"
    if approval.made <= first:
        return Outcome.PASS, ""
    if approval.not_before >= last:
        when = format_instant(approval.made)[:16].replace("T", " ")
        return Outcome.FAIL, f"which {approval.approver} approved in {approval.where} only at {when} UTC, after it"
    return (
        Outcome.INCONCLUSIVE,
        f"and whether {approval.where} approved it before is not known: both were since one poll",
    )


CHG_1 = Control(
    id="CHG-1",
    title="Every change of what is served was approved before it was made, by someone who did not make it",
    criteria=("CC8.1",),
    populations=_NEEDS,
    optional=(*AUDITS, PULL_REQUESTS),
    attestations=(CHANGE_APPROVAL,),
    compares=(*SERVED, REVISIONS, *REGISTRIES),
    test=test,
    defaults={**CONVENTIONS, CHANGE_DAYS: 7, SERVING_NAMESPACES: [], "sources": []},
    limits=(
        "A SageMaker endpoint that was changed twice between two polls is one change here; CHG-5 finds the other. Who "
        "made a change is known where an audit log, the registry or the approval says it. MLflow's tags and aliases "
        "carry neither author nor time: theirs is the time at which they were first seen. So do Vertex AI's labels and "
        "aliases: its label of the approver counts where a label names the author too."
    ),
)
