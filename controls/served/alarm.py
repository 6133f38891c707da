"""CloudWatch alarms: what they measure, and whether anybody is told when they ring."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from collector.model.evidence import Evidence
from collector.model.snapshot import Content
from controls.access.truth import Truth
from controls.served.alarm_rule import rings
from controls.served.variant import place_of

ALARMS = "cloudwatch.alarms"

_TELLING = frozenset(("aiops", "lambda", "sns", "ssm", "ssm-incidents"))
"""The services whose actions tell somebody; others scale, stop or restart something."""


@dataclass(frozen=True, slots=True)
class Measure:
    """One metric that an alarm compares or calculates with."""

    namespace: str | None
    metric: str | None
    dimensions: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Alarm:
    """One alarm.

    Attributes:
        arn, name: what rules call it.
        measures: its metrics; none for a composite alarm.
        calculates: whether it compares what an expression gives, not a metric itself.
        comparison: such as GreaterThanThreshold, empty for a composite alarm.
        breaches_when_missing: whether it rings when there is no data.
        rule: of a composite alarm, empty for others.
        tells: whether it has an action that tells somebody, and its actions are enabled.

    """

    arn: str
    name: str
    measures: tuple[Measure, ...]
    calculates: bool
    comparison: str
    breaches_when_missing: bool
    rule: str
    tells: bool

    @property
    def place(self) -> tuple[str, str]:
        """Give region and account."""
        return place_of(self.arn)


def alarms_of(evidence: Evidence) -> Sequence[Alarm]:
    """Give all alarms."""
    return [_alarm(item.content()) for snapshot in evidence.snapshots(ALARMS) for item in snapshot]


def _alarm(content: Content) -> Alarm:
    measured = [
        content.facet("metrics"),
        [{name: content.facet(name) for name in ("namespace", "metric", "dimensions")}],
    ]
    return Alarm(
        arn=content.item,
        name=content.facet("name"),
        measures=tuple(
            Measure(each["namespace"], each["metric"], each["dimensions"])
            for entries in measured
            for each in entries
            if each["metric"]
        ),
        calculates=bool(content.facet("metrics")),
        comparison=content.facet("comparison") or "",
        breaches_when_missing=content.facet("treat_missing_data") == "breaching",
        rule=content.facet("rule") or "",
        tells=bool(content.facet("actions_enabled"))
        and any(action.split(":")[2:3] and action.split(":")[2] in _TELLING for action in content.facet("actions")),
    )


def tells(alarm: Alarm, alarms: Sequence[Alarm]) -> Truth:
    """Tell whether somebody is told when an alarm rings alone, by itself or through composite alarms.

    Args:
        alarm: the alarm.
        alarms: all of its region and account: rules name no others.

    """
    composites = [each for each in alarms if each.rule]
    ringing = [alarm]
    while True:
        if any(each.tells for each in ringing):
            return Truth.YES
        names = frozenset(name for each in ringing for name in (each.name, each.arn))
        answers = {each.arn: rings(each.rule, names) for each in composites}
        more = [each for each in composites if answers[each.arn] is Truth.YES and each not in ringing]
        if not more:
            break
        ringing += more
    unclear = (each for each in composites if answers[each.arn] is Truth.UNKNOWN)
    return Truth.UNKNOWN if any(name in each.rule for each in unclear for name in names) else Truth.NO
