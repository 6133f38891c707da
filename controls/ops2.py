"""OPS-2: errors, latency and availability of what serves models are watched by alarms, and somebody is told.

The tested population is every variant of every SageMaker endpoint, once for each of the three.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from collector.model.canonical import JsonObject
from collector.model.control import Control, Parameters
from collector.model.evidence import Evidence
from collector.model.outcome import Outcome
from collector.model.result import Assessment, Result, conclude, not_applicable
from controls.access.truth import Truth
from controls.needs import configured, missing
from controls.served.alarm import ALARMS, Alarm, alarms_of, tells
from controls.served.serving import ENDPOINTS
from controls.served.variant import Variant, variants_of

_INVOCATIONS = "AWS/SageMaker"
_INSTANCES = "/aws/sagemaker/Endpoints"
"""The namespace of what the instances of a variant use; it falls silent when they are gone."""
_ERRORS = frozenset(("Invocation5XXErrors", "InvocationModelErrors"))
_LATENCY = frozenset(("ModelLatency", "OverheadLatency"))
_REQUESTS = frozenset(("Invocations",))


@dataclass(frozen=True, slots=True)
class _Watch:
    """One thing that an alarm must watch: which alarms do, and what to add where none does."""

    name: str
    watches: Callable[[Alarm, Variant], bool]
    mend: str


def _measured(alarm: Alarm, variant: Variant, *namespaces: str) -> frozenset[str]:
    """Give the metrics of a variant that an alarm of its region and account measures."""
    dimensions = {"EndpointName": variant.endpoint_name, "VariantName": variant.name}
    return frozenset(
        measure.metric or ""
        for measure in alarm.measures
        if measure.namespace in namespaces and measure.dimensions == dimensions
    )


def _watches_errors(alarm: Alarm, variant: Variant) -> bool:
    return _rises(alarm) and not _measured(alarm, variant, _INVOCATIONS).isdisjoint(_ERRORS)


def _watches_latency(alarm: Alarm, variant: Variant) -> bool:
    return _rises(alarm) and not _measured(alarm, variant, _INVOCATIONS).isdisjoint(_LATENCY)


def _watches_availability(alarm: Alarm, variant: Variant) -> bool:
    if alarm.breaches_when_missing:
        return bool(_measured(alarm, variant, _INVOCATIONS, _INSTANCES))
    falls = alarm.calculates or "Less" in alarm.comparison
    return falls and _measured(alarm, variant, _INVOCATIONS) == _REQUESTS


def _rises(alarm: Alarm) -> bool:
    """Tell whether an alarm rings for more of what it measures; which way a calculation goes is not read."""
    return alarm.calculates or "Greater" in alarm.comparison


_WATCHES: Sequence[_Watch] = (
    _Watch("errors", _watches_errors, "alarm on Invocation5XXErrors or InvocationModelErrors"),
    _Watch("latency", _watches_latency, "alarm on ModelLatency or OverheadLatency"),
    _Watch("availability", _watches_availability, "alarm on few Invocations, or treat missing data as breaching"),
)


def test(evidence: Evidence, parameters: Parameters, as_of: datetime) -> Result:
    """Assess every variant of every endpoint."""
    del as_of  # Alarms are judged as recorded; no age matters here.
    if not configured(parameters, ENDPOINTS):
        return not_applicable("OPS-2", "no source with SageMaker endpoints is configured")
    variants, unknown = variants_of(evidence)
    absent = [*missing(evidence, parameters, ENDPOINTS), *unknown]
    if not variants and not absent:
        return not_applicable("OPS-2", "there is no SageMaker endpoint")
    unread = missing(evidence, parameters, ALARMS)
    alarms = alarms_of(evidence)
    beside: dict[tuple[str, str], list[Alarm]] = {}
    for alarm in alarms:
        beside.setdefault(alarm.place, []).append(alarm)
    told = {alarm.arn: tells(alarm, beside[alarm.place]) for alarm in alarms if alarm.measures}
    assessments = [
        _assess(
            variant,
            watch,
            [alarm for alarm in beside.get(variant.place, ()) if watch.watches(alarm, variant)],
            told,
            whole=not unread,
        )
        for variant in variants
        for watch in _WATCHES
    ]
    return conclude("OPS-2", assessments, absent + unread)


def _assess(
    variant: Variant, watch: _Watch, alarms: Sequence[Alarm], told: Mapping[str, Truth], *, whole: bool
) -> Assessment:
    member = f"{variant.id} {watch.name}"
    best = max((told[alarm.arn] for alarm in alarms), default=Truth.NO)
    names = sorted(alarm.name for alarm in alarms)
    detail: JsonObject = {"alarms": list(names), "endpoint": variant.endpoint, "variant": variant.name}
    if best is Truth.YES:
        return Assessment(member, Outcome.PASS, "", detail)
    listed = ", ".join(names)
    if best is Truth.UNKNOWN:
        reason = f"whether anybody is told of {listed} is not known: a composite alarm's rule could not be followed"
        return Assessment(member, Outcome.INCONCLUSIVE, reason, detail)
    if names:
        reason = (
            f"nobody is told when {listed} rings for {variant.what}: enable its actions, and give it one that notifies"
        )
    else:
        reason = f"no alarm watches the {watch.name} of {variant.what}: {watch.mend}, with an action that notifies"
    return Assessment(member, Outcome.FAIL if whole else Outcome.INCONCLUSIVE, reason, detail)


OPS_2 = Control(
    id="OPS-2",
    title="Alarms on errors, latency and availability exist for every endpoint, and notify someone",
    criteria=("CC7.1", "CC7.2", "A1.1"),
    populations=(ENDPOINTS, ALARMS),
    test=test,
    defaults={"sources": []},
    limits=(
        "Only CloudWatch alarms on metrics of SageMaker endpoints are tested: alerting rules of clusters and alarms on "
        "log queries are not read. Whether thresholds fit, what a calculation of several metrics means, whether an "
        "action is suppressed, and who subscribes to the topic that is told, is not shown."
    ),
)
