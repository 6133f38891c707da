"""Counts by the hour: of CloudWatch metrics, and of the hours in which files were written to a folder of S3.

Source: Amazon CloudWatch API Reference (GetMetricData, at most 500 queries a call); Amazon S3 API Reference
(ListObjectsV2 with a delimiter, which gives folders and no objects).
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any

from collector.model.canonical import Json
from collector.model.snapshot import Failure, FailureClass
from connectors.aws.session import AwsSession
from connectors.base import SourceError

HOURS = 26
"""How many whole hours are read: a poll a day overlaps with the one before."""

_QUERIES = 500
_DATA = "cloudwatch:GetMetricData"
_HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Window:
    """Whole hours [start, end) in UTC; the hour under way is not among them."""

    start: datetime
    end: datetime

    @classmethod
    def before(cls, now: datetime) -> "Window":
        """Give the last whole hours before a time."""
        end = now.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
        return cls(end - HOURS * _HOUR, end)

    def to_json(self) -> dict[str, Json]:
        """Give the window as items state it."""
        return {"end": hour_of(self.end), "start": hour_of(self.start)}

    @property
    def days(self) -> Sequence[datetime]:
        """Give the midnights of the days that it touches."""
        first = self.start.replace(hour=0)
        return [first + timedelta(days=number) for number in range((self.end - _HOUR - first).days + 1)]


def hour_of(time: datetime) -> str:
    """Write the hour that a time lies in: `2026-11-24T13:00:00Z`."""
    return time.astimezone(UTC).strftime("%Y-%m-%dT%H:00:00Z")


@dataclass(frozen=True, slots=True)
class Metric:
    """One metric that is summed by the hour."""

    namespace: str
    name: str
    dimensions: Mapping[str, str]

    def query(self, name: str) -> dict[str, Any]:
        """Write the query that GetMetricData takes."""
        dimensions = [{"Name": key, "Value": value} for key, value in sorted(self.dimensions.items())]
        metric = {"Namespace": self.namespace, "MetricName": self.name, "Dimensions": dimensions}
        return {"Id": name, "MetricStat": {"Metric": metric, "Period": 3600, "Stat": "Sum"}, "ReturnData": True}


@dataclass
class _Counts:
    """What came of one query so far: an hour without a data point is absent."""

    hours: dict[str, Json] = field(default_factory=dict)
    status: str = ""


def metric_hours(
    aws: AwsSession, metrics: Iterable[Metric], window: Window
) -> Iterator[tuple[Metric, dict[str, Json]]]:
    """Yield each metric with its sums by the hour.

    Raises:
        SourceError: the sums of a metric were not given, or not all of them.

    """
    waiting = iter(metrics)
    while batch := list(islice(waiting, _QUERIES)):
        counts = {f"q{number}": _Counts() for number in range(len(batch))}
        queries = [metric.query(name) for name, metric in zip(counts, batch, strict=True)]
        bounds = {"StartTime": hour_of(window.start), "EndTime": hour_of(window.end)}
        for result in aws.pages(
            "cloudwatch",
            "get_metric_data",
            None,
            lambda page: page["MetricDataResults"],
            MetricDataQueries=queries,
            **bounds,
        ):
            _add(counts, result)
        for metric, found in zip(batch, counts.values(), strict=True):
            if found.status != "Complete":
                reason = f"the sums of {metric.name} ended as {found.status or 'nothing'}: they are not whole"
                raise SourceError(Failure(FailureClass.MALFORMED, _DATA, "IncompleteData", reason))
            yield metric, found.hours


def _add(counts: Mapping[str, _Counts], result: Mapping[str, Any]) -> None:
    try:
        found = counts[result["Id"]]
        found.hours |= {
            hour_of(time): round(value) for time, value in zip(result["Timestamps"], result["Values"], strict=True)
        }
        found.status = result["StatusCode"]
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        reason = f"a result does not have the documented form ({type(error).__name__})"
        raise SourceError(Failure(FailureClass.MALFORMED, _DATA, "UnexpectedAnswer", reason)) from error


def folder_hours(aws: AwsSession, bucket: str, prefix: str, window: Window) -> dict[str, Json]:
    """Give the hours for which there is a folder `yyyy/mm/dd/hh/` with files below a prefix, each counted as one.

    That is a call a day, however many files there are, and no name of a file is read.

    Raises:
        SourceError: the folders of a day were not given.

    """
    hours: dict[str, Json] = {}
    for day in window.days:
        under = f"{prefix}{day:%Y/%m/%d}/"

        def write(page: Mapping[str, Any], under: str = under) -> Iterable[str]:
            if (page["Name"], page["Prefix"]) != (bucket, under):
                raise ValueError("another folder answered")
            return [each["Prefix"].removeprefix(under).rstrip("/") for each in page.get("CommonPrefixes") or ()]

        for name in aws.pages("s3", "list_objects_v2", 1000, write, Bucket=bucket, Prefix=under, Delimiter="/"):
            if len(name) == 2 and name.isascii() and name.isdigit() and int(name) < 24:
                time = day + int(name) * _HOUR
                if window.start <= time < window.end:
                    hours[hour_of(time)] = 1
    return hours
