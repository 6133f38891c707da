"""OPS-3: the quality of models that serve is monitored on a schedule, and the monitoring ran.

The tested population is every SageMaker endpoint.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from collector.model.canonical import JsonObject
from collector.model.control import Control, Parameters
from collector.model.evidence import Evidence
from collector.model.instant import parse_instant
from collector.model.outcome import Outcome
from collector.model.result import Assessment, Result, conclude, not_applicable
from collector.model.snapshot import Content, UnreadableError
from controls.needs import configured, missing
from controls.served.serving import ENDPOINTS
from controls.served.variant import place_of

_SCHEDULES = "sagemaker.monitoring_schedules"
_VIOLATIONS = "CompletedWithViolations"
_ENDED_WELL = frozenset(("Completed", _VIOLATIONS))
_UNDER_WAY = frozenset(("InProgress", "Pending"))

_Verdict = tuple[Outcome, str]


def test(evidence: Evidence, parameters: Parameters, as_of: datetime) -> Result:
    """Assess every endpoint."""
    if not configured(parameters, ENDPOINTS):
        return not_applicable("OPS-3", "no source with SageMaker endpoints is configured")
    endpoints = [item.content() for snapshot in evidence.snapshots(ENDPOINTS) for item in snapshot]
    absent = missing(evidence, parameters, ENDPOINTS)
    if not endpoints and not absent:
        return not_applicable("OPS-3", "there is no SageMaker endpoint")
    unread = missing(evidence, parameters, _SCHEDULES)
    schedules = [item.content() for snapshot in evidence.snapshots(_SCHEDULES) for item in snapshot]
    assessments = [_assess(each, schedules, parameters, as_of, whole=not unread) for each in endpoints]
    return conclude("OPS-3", assessments, absent + unread)


def _assess(
    endpoint: Content, schedules: Sequence[Content], parameters: Parameters, as_of: datetime, *, whole: bool
) -> Assessment:
    name = endpoint.value["name"]
    near = [schedule for schedule in schedules if place_of(schedule.item) == place_of(endpoint.item)]
    verdicts = {schedule.item: _judge(schedule, name, parameters, as_of) for schedule in near}
    found = {item: verdict for item, verdict in verdicts.items() if verdict is not None}
    detail: JsonObject = {"endpoint": name, "schedules": sorted(found)}
    for wanted in (Outcome.PASS, Outcome.INCONCLUSIVE):
        reasons = [reason for outcome, reason in found.values() if outcome is wanted]
        if reasons:
            return Assessment(endpoint.item, wanted, max(reasons), detail)
    types = " or ".join(parameters["monitoring_types"])
    reasons = sorted(reason for _, reason in found.values()) or [f"no schedule monitors its {types}: add one"]
    # A schedule that was not read could be the one that ran.
    outcome = Outcome.FAIL if whole else Outcome.INCONCLUSIVE
    return Assessment(endpoint.item, outcome, f"endpoint {name}: {'; '.join(reasons)}", detail)


def _judge(schedule: Content, endpoint: str, parameters: Parameters, as_of: datetime) -> _Verdict | None:
    """Give the outcome for one schedule and the reason; None when it monitors something else."""
    what = f"monitoring schedule {schedule.value['name']}"
    try:
        if schedule.facet("endpoint") != endpoint or schedule.facet("type") not in parameters["monitoring_types"]:
            return None
        status, last = schedule.facet("status"), schedule.facet("last_execution")
    except UnreadableError as error:
        return Outcome.INCONCLUSIVE, f"whether {what} monitors endpoint {endpoint} is not known: {error}"
    if status != "Scheduled":
        return Outcome.FAIL, f"{what} is {status}: start it again"
    if last is None:
        return Outcome.FAIL, f"{what} has never run yet"
    created = parse_instant(last["created"], f"last execution of {schedule.item}")
    return _judge_run(what, last["status"], as_of - created, parameters["monitoring_days"])


def _judge_run(what: str, status: str, age: timedelta, days: int) -> _Verdict:
    if age > timedelta(days=days):
        return Outcome.FAIL, f"{what} last ran {age.days} days ago, more than {days}: see why"
    if status in _UNDER_WAY:
        return Outcome.INCONCLUSIVE, f"{what} is running, and how its run before ended is not recorded"
    if status not in _ENDED_WELL:
        return Outcome.FAIL, f"the last run of {what} ended as {status}: see its processing job"
    return Outcome.PASS, f"{what} ran, and found violations" if status == _VIOLATIONS else ""


OPS_3 = Control(
    id="OPS-3",
    title="The quality of every endpoint's data or model is monitored on a schedule, and the monitoring ran",
    criteria=("CC7.2", "PI1.3"),
    populations=(ENDPOINTS, _SCHEDULES),
    test=test,
    defaults={"monitoring_days": 8, "monitoring_types": ["DataQuality", "ModelQuality"], "sources": []},
    limits=(
        "Only SageMaker's own monitoring is read; what monitors models in a cluster is not. The last run is tested, "
        "not each run before it. A run that found violations ran: what became of them is not shown."
    ),
)
