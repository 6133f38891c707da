"""CHG-4: only declared deployers can change what is served, and none of them is the sole approver of a change.

The tested population is every (serving, principal that can change it), and every approved change of the last days.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from fnmatch import fnmatchcase

from collector.model.attestation import CHANGE_APPROVAL
from collector.model.control import CHANGE_DAYS, Control, Parameters
from collector.model.errors import MalformedError
from collector.model.evidence import Evidence
from collector.model.outcome import Outcome
from collector.model.person import is_same_person
from collector.model.result import Assessment, Result, conclude, not_applicable
from collector.model.snapshot import UnreadableError
from controls.access.organization import POPULATION as ORGANIZATION
from controls.access.truth import Truth
from controls.needs import configured, missing
from controls.served.approval import PULL_REQUESTS
from controls.served.case import Case
from controls.served.change import REVISIONS, Change, changes_of
from controls.served.deployers import GOOGLE_NEEDS, NEEDS, Deployer, Deployers
from controls.served.serving import SERVED, SERVING_NAMESPACES, Serving, servings
from controls.served.version import CONVENTIONS, REGISTRIES

_NEEDS = (*SERVED, REVISIONS, *REGISTRIES, *NEEDS)
_UNDECLARED = "no deployers are declared: name those who may change what is served under serving: deployers"


def test(evidence: Evidence, parameters: Parameters, as_of: datetime) -> Result:
    """Assess everyone who can change what is served, and who approved the changes."""
    del as_of  # Which snapshots are compared was chosen when the evidence was loaded.
    if not configured(parameters, *SERVED):
        return not_applicable("CHG-4", "no source that serves models is configured")
    absent = missing(evidence, parameters, *_NEEDS)
    served, problems = servings(evidence, parameters)
    if not served and not absent and not problems:
        return not_applicable("CHG-4", "nothing is served")
    declared: Sequence[str] = parameters["deployers"]
    if not declared:
        return conclude("CHG-4", [], [_UNDECLARED, *absent, *problems])
    deployers = Deployers(evidence)
    assessments = [assessment for serving in served for assessment in _assess(serving, deployers, declared)]
    try:
        case = Case.of(evidence, parameters)
    except MalformedError as error:
        return conclude("CHG-4", assessments, [*absent, *problems, error.message])
    changes, unknown = changes_of(evidence, parameters)
    assessments += [assessment for change in changes for assessment in _approved(change, case, declared)]
    return conclude("CHG-4", assessments, [*absent, *deployers.missing(served), *problems, *unknown])


def _assess(serving: Serving, deployers: Deployers, declared: Sequence[str]) -> Iterator[Assessment]:
    try:
        for deployer in deployers.of(serving):
            member = f"{serving.id} <- {deployer.name}"
            outcome, reason = _judge(serving, deployer, declared)
            detail = {"path": deployer.path, "principal": deployer.name, "serving": serving.id}
            yield Assessment(member, outcome, reason, detail)
        for unread in deployers.unread(serving)[:1]:
            reason = f"not everyone who can change {serving.what} is known: {unread}"
            yield Assessment(serving.id, Outcome.INCONCLUSIVE, reason, {"not_read": list(deployers.unread(serving))})
    except (MalformedError, UnreadableError) as error:
        reason = f"who can change {serving.what} cannot be decided: {error}"
        yield Assessment(serving.id, Outcome.INCONCLUSIVE, reason)


def _judge(serving: Serving, deployer: Deployer, declared: Sequence[str]) -> tuple[Outcome, str]:
    if any(fnmatchcase(deployer.name, pattern) for pattern in declared):
        return Outcome.PASS, ""
    can = f"{deployer.name} can change {serving.what} and is no declared deployer"
    if deployer.access is Truth.YES:
        mend = deployer.mend or (f"take away {deployer.path}" if deployer.path else "")
        return Outcome.FAIL, f"{can}: {f'{mend}, or ' if mend else ''}declare it"
    return Outcome.INCONCLUSIVE, f"{can}, under a condition that is not decided: {deployer.path}"


def _approved(change: Change, case: Case, declared: Sequence[str]) -> Iterator[Assessment]:
    approvers = {approval.approver for thing in case.things(change) for approval in case.approvals_for(thing)}
    if not approvers:
        return
    can_deploy = {who for who in approvers if any(_is_declared(who, pattern) for pattern in declared)}
    detail = {"approved_by": sorted(approvers), "serving": change.serving}
    member = f"{change.id} approved by {', '.join(sorted(approvers))}"
    if can_deploy == approvers:
        names = ", ".join(sorted(approvers))
        reason = f"{change.sentence}, approved by {names} alone, who can deploy it too: have someone else approve"
        yield Assessment(member, Outcome.FAIL, reason, detail)
    else:
        yield Assessment(member, Outcome.PASS, "", detail)


def _is_declared(who: str, pattern: str) -> bool:
    return fnmatchcase(who, pattern) or is_same_person(who, pattern)


CHG_4 = Control(
    id="CHG-4",
    title="Only declared deployers can change what is served, and none of them is the sole approver",
    criteria=("CC6.3", "CC8.1"),
    populations=_NEEDS,
    optional=(ORGANIZATION, PULL_REQUESTS, *GOOGLE_NEEDS),
    attestations=(CHANGE_APPROVAL,),
    compares=(*SERVED, REVISIONS, *REGISTRIES),
    test=test,
    defaults={**CONVENTIONS, CHANGE_DAYS: 7, "deployers": [], SERVING_NAMESPACES: [], "sources": []},
    limits=(
        "On AWS, who may update an endpoint counts; on Vertex AI, who may update or delete one, deploy to it or take a "
        "deployment away; on Kubernetes, who may update or patch the workload itself. Members of a Google group count "
        "as the group. The control plane's own identities, Google's service agents among them, and who can become a "
        "deployer, are not listed: see ACC-3 for such ways."
    ),
)
