"""`gcp.invocations`: how many online predictions each Vertex AI endpoint made, by the hour.

The form of an item is that of `connectors.gcp.hours`; `by` splits it by the deployed model's id. Batch predictions are
not counted.

Source: Google Cloud metrics, "aiplatform": `prediction/online/prediction_count`, visible after at most two minutes.
"""

from collections.abc import Iterator

from connectors.base import Draft, Population
from connectors.gcp.hours import PERMISSIONS, counted
from connectors.gcp.session import GcpSession

_METRIC = "aiplatform.googleapis.com/prediction/online/prediction_count"


def invocations(gcp: GcpSession) -> Iterator[Draft]:
    """Yield every endpoint with its predictions.

    Raises:
        SourceError: the counts are not whole.

    """
    return counted(gcp, _METRIC, "deployed_model_id")


INVOCATIONS = Population("gcp.invocations", PERMISSIONS, invocations)
