"""Cloud Monitoring's time series as the documented REST API gives them: counts by the minute, added up by the hour."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

HOUR = timedelta(hours=1)
PREDICTIONS = "aiplatform.googleapis.com/prediction/online/prediction_count"
ENTRIES = "logging.googleapis.com/log_entry_count"


@dataclass(frozen=True)
class Counted:
    """What was counted in one minute of one endpoint; the project's number stands in the resource."""

    metric: str
    minute: datetime
    count: int = 1
    endpoint: str = "7"
    location: str = "europe-west4"
    owner: str = "415104041262"
    project: str = "acme-prod"
    label: tuple[str, str] = ("deployed_model_id", "11")


def time_series(query: dict[str, list[str]], counted: Sequence[Counted]) -> list[dict[str, Any]]:
    """Answer `projects.timeSeries.list`, as far as the query is one that adds up whole periods and groups."""
    assert query["aggregation.perSeriesAligner"] == ["ALIGN_SUM"]
    assert query["aggregation.crossSeriesReducer"] == ["REDUCE_SUM"]
    assert query["view"] == ["FULL"]
    (period,) = query["aggregation.alignmentPeriod"]
    step = timedelta(seconds=int(period.removesuffix("s")))
    start, end = (datetime.fromisoformat(query[f"interval.{side}Time"][0]) for side in ("start", "end"))
    (wanted,) = query["filter"]
    found: dict[tuple[tuple[str, str], ...], dict[datetime, int]] = {}
    for each in counted:
        labels = {
            "resource.label.resource_container": each.owner,
            "resource.label.location": each.location,
            "resource.label.endpoint_id": each.endpoint,
            f"metric.label.{each.label[0]}": each.label[1],
        }
        asked = f'metric.type="{each.metric}"' in wanted and f'project="{each.project}"' in wanted
        if asked and start < each.minute <= end:
            group = tuple((name, labels[name]) for name in query["aggregation.groupByFields"])
            periods = -(-(each.minute - start) // step)
            counts = found.setdefault(group, {})
            counts[start + periods * step] = counts.get(start + periods * step, 0) + each.count
    return [_series(dict(group), counts, step) for group, counts in found.items()]


def _series(group: dict[str, str], counts: dict[datetime, int], step: timedelta) -> dict[str, Any]:
    def labels(kind: str) -> dict[str, str]:
        prefix = f"{kind}.label."
        return {name.removeprefix(prefix): value for name, value in group.items() if name.startswith(prefix)}

    points = [
        {
            "interval": {"startTime": _spell(at - step), "endTime": _spell(at)},
            "value": {"int64Value": str(count)},
        }
        for at, count in sorted(counts.items(), reverse=True)
    ]
    return {
        "metric": {"labels": labels("metric"), "type": "it"},
        "resource": {
            "labels": {"project_id": "acme-prod", **labels("resource")},
            "type": "aiplatform.googleapis.com/Endpoint",
        },
        "metricKind": "DELTA",
        "valueType": "INT64",
        "points": points,
    }


def _spell(instant: datetime) -> str:
    return instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
