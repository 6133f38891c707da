"""`cloudwatch.alarms`: alarms on metrics and on other alarms, and whom they tell.

Source: Amazon CloudWatch API Reference. The state of an alarm changes by itself and is not read; neither are the
alarms on log queries, which are asked for by a type of their own.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from collector.model.canonical import Json, JsonObject
from connectors.aws.session import AwsSession
from connectors.base import Draft, Population

_PAGE = 100
# Without it, alarms on other alarms are left out.
_TYPES = ["CompositeAlarm", "MetricAlarm"]


def alarms(aws: AwsSession) -> Iterator[Draft]:
    """Yield every metric and composite alarm. A composite one has a rule, and no metric."""
    return aws.pages("cloudwatch", "describe_alarms", _PAGE, _alarms, AlarmTypes=_TYPES)


def _alarms(page: Mapping[str, Any]) -> Iterable[Draft]:
    for alarm in page["MetricAlarms"]:
        yield _alarm(alarm, {"rule": None, "type": "metric"})
    for alarm in page["CompositeAlarms"]:
        yield _alarm(alarm, {"rule": alarm["AlarmRule"], "type": "composite"})


def _alarm(alarm: Mapping[str, Any], known: JsonObject) -> Draft:
    """Give one alarm: it compares one metric, or `metrics` where it calculates with several."""
    threshold = alarm.get("Threshold")
    content: JsonObject = {
        **known,
        **_metric(alarm),
        "actions": sorted(alarm.get("AlarmActions") or []),
        "actions_enabled": bool(alarm["ActionsEnabled"]),
        "comparison": alarm.get("ComparisonOperator"),
        "metrics": [_query(query) for query in alarm.get("Metrics") or []],
        "name": alarm["AlarmName"],
        "period": alarm.get("Period"),
        "statistic": alarm.get("Statistic") or alarm.get("ExtendedStatistic"),
        "threshold": None if threshold is None else str(float(threshold)),
        "treat_missing_data": alarm.get("TreatMissingData"),
    }
    return Draft(alarm["AlarmArn"], content)


def _metric(metric: Mapping[str, Any]) -> dict[str, Json]:
    return {
        "dimensions": {dimension["Name"]: dimension["Value"] for dimension in metric.get("Dimensions") or []},
        "metric": metric.get("MetricName"),
        "namespace": metric.get("Namespace"),
    }


def _query(query: Mapping[str, Any]) -> dict[str, Json]:
    measured = query.get("MetricStat") or {}
    return {
        **_metric(measured.get("Metric") or {}),
        "expression": query.get("Expression"),
        "name": query["Id"],
        "period": measured.get("Period") or query.get("Period"),
        "statistic": measured.get("Stat"),
    }


ALARMS = Population("cloudwatch.alarms", ("cloudwatch:DescribeAlarms",), alarms, regional=True)
