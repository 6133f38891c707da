"""`vertex.endpoints`: every endpoint, with what is deployed on it, how requests are divided, and what is logged.

Source: Vertex AI REST reference, v1, `projects.locations.endpoints`.
"""

from collections.abc import Iterator

from collector.model.canonical import Json
from collector.model.instant import format_instant
from connectors.base import Draft, Population
from connectors.gcp.answers import ENDPOINTS, DeployedModel, Endpoint, Logging
from connectors.gcp.session import GcpSession

_LIST = "aiplatform:endpoints.list"


def endpoints(gcp: GcpSession) -> Iterator[Draft]:
    """Yield every endpoint of one location.

    Raises:
        SourceError: the list is not whole.

    """
    return map(_draft, listed(gcp))


def listed(gcp: GcpSession) -> Iterator[Endpoint]:
    """Yield what Vertex AI says of every endpoint of one location.

    Raises:
        SourceError: the list is not whole.

    """
    for page in gcp.pages(_LIST, f"{gcp.parent}/endpoints", ENDPOINTS):
        for endpoint in page.endpoints:
            gcp.check_own(_LIST, endpoint.name, "endpoints")
            yield endpoint


def _draft(endpoint: Endpoint) -> Draft:
    deployed = sorted(endpoint.deployed_models, key=lambda each: each.id)
    content: dict[str, Json] = {
        "created": format_instant(endpoint.create_time),
        "deployed": [_deployed(each) for each in deployed],
        "display_name": endpoint.display_name,
        "key": endpoint.encryption_spec.kms_key_name or None,
        "name": endpoint.name,
        "network": endpoint.network or None,
        "private_service_connect": endpoint.private_service_connect_config.enable_private_service_connect,
        "request_response_logging": _logging(endpoint.predict_request_response_logging_config),
        "traffic": dict(endpoint.traffic_split),
        "updated": format_instant(endpoint.update_time),
    }
    return Draft(endpoint.name, content)


def _deployed(deployment: DeployedModel) -> Json:
    """Write one deployment. `model` is without version; `version` is None where Vertex AI does not say it."""
    return {
        "access_logging": deployment.enable_access_logging,
        "container_logging": not deployment.disable_container_logging,
        "id": deployment.id,
        "model": deployment.model.partition("@")[0],
        "service_account": deployment.service_account or None,
        "version": deployment.model_version_id or None,
        **_resources(deployment),
    }


def _resources(deployment: DeployedModel) -> dict[str, Json]:
    """Say what it runs on: bounds that are None are not said by the endpoint."""
    dedicated, automatic = deployment.dedicated_resources, deployment.automatic_resources
    sized = dedicated or automatic
    least = sized.min_replica_count if sized else None
    most = sized.max_replica_count if sized else None
    return {
        "machine_type": dedicated.machine_spec.machine_type or None if dedicated else None,
        "max_replicas": least if dedicated and most is None else most,
        "min_replicas": least,
        "pool": deployment.shared_resources or None,
    }


def _logging(logging: Logging | None) -> Json:
    if logging is None:
        return None
    return {
        "destination": logging.bigquery_destination.output_uri or None,
        "enabled": logging.enabled,
        "sampling": None if logging.sampling_rate is None else format(logging.sampling_rate, "g"),
    }


VERTEX_ENDPOINTS = Population("vertex.endpoints", ("aiplatform.endpoints.list",), endpoints, regional=True)
