"""Counts by the hour of Vertex AI's endpoints, from Cloud Monitoring, which keeps them already counted.

One query gives the hours of all endpoints of a project, so what it costs does not grow with how much they are used.
Every endpoint that Vertex AI lists in the configured locations is an item, under the name that Vertex AI gives it, with
or without counts; so is one that has counts and is gone, or elsewhere. The form is shared with the other clouds:
- `endpoint`, and the `location` that it is in;
- `hours`: the count by the hour's start; an hour without a data point is absent. `first` and `last` of them;
- `window`: `start` and `end` of the hours that were asked for;
- `by`: the counts split by a `label` of the metric, as `values`.

Hours are whole. The newest began at least an hour and ten minutes ago: data comes some minutes late, and what was read
of an hour is not to change.

Source: Cloud Monitoring API reference, v3, `projects.timeSeries.list`; Google Cloud metrics, "aiplatform" and
"logging"; monitored resource `aiplatform.googleapis.com/Endpoint`.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from collector.model.canonical import Json
from collector.model.instant import format_instant
from collector.model.snapshot import Failure, FailureClass
from connectors.base import Draft, SourceError
from connectors.gcp.answers import SERIES, Point, Series
from connectors.gcp.endpoints import listed
from connectors.gcp.session import GcpSession
from connectors.rest import malformed

WINDOW = timedelta(hours=26)
"""How far back counts are asked for: more than a day, so that daily polls leave no hour out."""

LATE = timedelta(minutes=10)
"""How long after an hour its count is not asked for."""

PAGE = 10_000
"""Points on a page."""

PERMISSIONS = ("aiplatform.endpoints.list", "monitoring.timeSeries.list")

_LIST = "monitoring:timeSeries.list"
_HOUR = timedelta(hours=1)
_PLACES = ("resource_container", "location", "endpoint_id")
_RESOURCE = "aiplatform.googleapis.com/Endpoint"


@dataclass(frozen=True, slots=True)
class Window:
    """Whole hours, of which the last ends at `end`."""

    start: datetime
    end: datetime

    @classmethod
    def until(cls, now: datetime) -> "Window":
        """Give the newest hours that are complete."""
        end = (now - LATE).astimezone(UTC).replace(minute=0, second=0, microsecond=0)
        return cls(end - WINDOW, end)

    def hour(self, end: datetime) -> str | None:
        """Name the hour that ends then, None if it is none of these."""
        whole = (end - self.start) % _HOUR == timedelta()
        return _spell(end - _HOUR) if whole and self.start < end <= self.end else None

    @property
    def json(self) -> dict[str, Json]:
        """Give start and end."""
        return {"end": _spell(self.end), "start": _spell(self.start)}


Counts = dict[str, dict[str, int]]
"""By the value of the label, and the hour."""


def counted(gcp: GcpSession, metric: str, label: str, left_out: Collection[str] = ()) -> Iterator[Draft]:
    """Yield the counts of every endpoint.

    Args:
        gcp: the session.
        metric: its type, such as `logging.googleapis.com/log_entry_count`; it counts what happened in each minute.
        label: a label of the metric by which it is split further.
        left_out: the ends of values of the label that are not counted in `hours`.

    Raises:
        SourceError: the counts are not whole.

    """
    window = Window.until(gcp.now())
    found: dict[str, Counts] = {}
    names: dict[tuple[str, str], str] = {}
    for location in gcp.settings.locations:
        for endpoint in listed(gcp.within(location)):
            names[location, endpoint.name.rpartition("/")[2]] = endpoint.name
            found[endpoint.name] = {}
    for series in _series(gcp, metric, label, window):
        labels = series.resource.labels
        location, identity = labels["location"], labels["endpoint_id"]
        unlisted = f"projects/{_owner(gcp, series)}/locations/{location}/endpoints/{identity}"
        counts = found.setdefault(names.get((location, identity), unlisted), {})
        _add(counts.setdefault(series.metric.labels.get(label, ""), {}), series.points, window)
    for name, counts in found.items():
        hours = _sums(counts[value] for value in counts if not value.endswith(tuple(left_out)))
        content: dict[str, Json] = {
            "by": {"label": label, "values": {value: _sums([each]) for value, each in sorted(counts.items())}},
            "endpoint": name,
            "first": min(hours, default=None),
            "hours": hours,
            "last": max(hours, default=None),
            "location": name.split("/")[3],
            "window": window.json,
        }
        yield Draft(name, content)


def _sums(counts: Iterable[Mapping[str, int]]) -> dict[str, Json]:
    total: Counter[str] = Counter()
    for each in counts:
        total.update(each)
    return dict(sorted(total.items()))


def _series(gcp: GcpSession, metric: str, label: str, window: Window) -> Iterator[Series]:
    selected = f'metric.type="{metric}" AND resource.type="{_RESOURCE}" AND project="{gcp.settings.project}"'
    grouped = (*(f"resource.label.{name}" for name in _PLACES), f"metric.label.{label}")
    query: Mapping[str, str | Sequence[str]] = {
        "filter": selected,
        "interval.startTime": _spell(window.start),
        "interval.endTime": _spell(window.end),
        "aggregation.alignmentPeriod": "3600s",
        # Not ALIGN_DELTA, which makes up values for hours without data by interpolation.
        "aggregation.perSeriesAligner": "ALIGN_SUM",
        "aggregation.crossSeriesReducer": "REDUCE_SUM",
        "aggregation.groupByFields": grouped,
        "view": "FULL",
        "pageSize": str(PAGE),
    }
    path = f"v3/projects/{gcp.settings.project}/timeSeries"
    for page in gcp.listed(_LIST, "monitoring.googleapis.com", path, SERIES, query):
        if page.execution_errors:
            reason = "Cloud Monitoring says that its answer may be short of something"
            raise SourceError(Failure(FailureClass.UNREACHABLE, _LIST, "IncompleteAnswer", reason))
        yield from page.time_series


def _owner(gcp: GcpSession, series: Series) -> str:
    """Give the project of an endpoint: its number if that is known, as Vertex AI spells it in names.

    A project may watch others with its own metrics, so what is answered of another is not taken for one's own.
    """
    labels = series.resource.labels
    container = labels.get("resource_container", "").removeprefix("projects/")
    own = gcp.settings.project
    foreign = labels.get("project_id", own) != own or not (container in {"", own} or container.isdecimal())
    if foreign:
        reason = f"counts of another project were answered, projects/{own} was asked for"
        raise SourceError(Failure(FailureClass.MISIDENTIFIED, _LIST, "WrongProject", reason))
    return container or own


def _add(counts: dict[str, int], points: tuple[Point, ...], window: Window) -> None:
    for point in points:
        hour = window.hour(point.interval.end_time)
        if hour is None:
            raise malformed(_LIST, "UnexpectedHour", "a count is of no hour that was asked for")
        if hour in counts:
            raise malformed(_LIST, "RepeatedHour", "an hour of an endpoint was counted twice")
        counts[hour] = int(point.value.int64_value)


def _spell(instant: datetime) -> str:
    return format_instant(instant).replace(".000000Z", "Z")
