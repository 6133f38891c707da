"""`gcp.log_metrics`: the metrics that count the project's log entries, or measure a value in them.

Content: `name`, `filter`, `disabled`, `bucket_name` (None for one that counts the whole project), `labels` (the names
of the labels whose values are taken from entries), `measures` (whether it takes a value from them, not only counts),
`created`, `updated`. How values are taken is not read.

Source: Cloud Logging API reference, `MetricsServiceV2.ListLogMetrics`, LogMetric.
"""

from collections.abc import Iterator
from typing import Any

from google.cloud.logging_v2.types import ListLogMetricsRequest, ListLogMetricsResponse

from connectors.base import Draft, Population
from connectors.gcp.log_facets import local_name, moment, read
from connectors.gcp.session import GcpSession

_LIST = "logging:logMetrics.list"


def log_metrics(gcp: GcpSession) -> Iterator[Draft]:
    """Yield every log-based metric of the project.

    Raises:
        SourceError: the list is not whole.

    """
    service = gcp.logging
    request = ListLogMetricsRequest(parent=service.parent)
    for page in service.pages(_LIST, service.metrics.list_log_metrics, request):
        for metric in ListLogMetricsResponse.pb(page).metrics:
            yield read(_LIST, lambda each: _draft(service.parent, each), metric)


def _draft(parent: str, metric: Any) -> Draft:
    return Draft(
        f"{parent}/metrics/{local_name(metric)}",
        {
            "bucket_name": metric.bucket_name or None,
            "created": moment(metric.create_time),
            "disabled": metric.disabled,
            "filter": metric.filter,
            "labels": sorted(metric.label_extractors),
            "measures": bool(metric.value_extractor),
            "name": metric.name,
            "updated": moment(metric.update_time),
        },
    )


LOG_METRICS = Population("gcp.log_metrics", ("logging.logMetrics.list",), log_metrics)
