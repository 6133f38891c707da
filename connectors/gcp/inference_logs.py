"""`gcp.inference_logs`: how many log entries of each Vertex AI endpoint Cloud Logging keeps, by the hour.

The form of an item is that of `connectors.gcp.hours`; `by` splits it by log: `prediction_container` has what the
container writes, `prediction_access` a line for each request. `hours` leaves the latter out, which hold no output.

Counts come from the metric `log_entry_count`, which Cloud Logging keeps itself, and not from listing the entries:
- what it costs does not grow with the log, where 60 calls a minute could list 60,000 entries;
- no entry is ever read, so no prompt and no output can be: lists of entries have no way to leave the payload out;
- it counts entries that the project's log buckets keep. What an exclusion leaves out, or a sink routes to a bucket
  elsewhere alone, is not in it.

It does not say what entries hold. Requests and responses that Vertex AI logs to BigQuery are not in Cloud Logging; the
population `vertex.endpoints` says where they go.

Source: Google Cloud metrics, "logging": `log_entry_count`; Cloud Logging, "Log-based metrics overview"; Vertex AI,
"Online prediction logging".
"""

from collections.abc import Iterator

from connectors.base import Draft, Population
from connectors.gcp.hours import PERMISSIONS, counted
from connectors.gcp.session import GcpSession

_METRIC = "logging.googleapis.com/log_entry_count"
_ACCESS = ("prediction_access",)


def inference_logs(gcp: GcpSession) -> Iterator[Draft]:
    """Yield every endpoint with its log entries.

    Raises:
        SourceError: the counts are not whole.

    """
    return counted(gcp, _METRIC, "log", _ACCESS)


INFERENCE_LOGS = Population("gcp.inference_logs", PERMISSIONS, inference_logs)
