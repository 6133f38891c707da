"""`mlflow.gateway_models`: vendors' models that MLflow's AI gateway leads to, and its endpoints that do.

Source: MLflow REST API 3.0, `gateway/model-definitions/list` and `gateway/endpoints/list`. The
secrets by which the gateway signs in with vendors have lists of their own, which are not asked for.

MLflow's authentication leaves out of both lists what the user may not read, and they have no pages that would tell. So
a list is taken for whole where nobody is kept from anything, or the user's own grants say that all is readable.
"""

from collections.abc import Iterator

from collector.model.canonical import Json
from collector.model.snapshot import Failure, FailureClass
from connectors.base import Draft, Population, SourceError
from connectors.mlflow.answers import CurrentUser, GatewayEndpoints, Grant, Grants, ModelDefinitions
from connectors.mlflow.errors import StatusError
from connectors.mlflow.lists import NO_SUCH_METHOD
from connectors.mlflow.session import MlflowSession

_DEFINITIONS = "gateway/model-definitions/list"
_ENDPOINTS = "gateway/endpoints/list"
_TYPES = ("gateway_endpoint", "gateway_model_definition")
_REFUSING = ("DENY", "NO_PERMISSIONS")
_WITHOUT_GATEWAY = (NO_SUCH_METHOD, 501)
"""HTTP's status where a server is older than the gateway, and where the gateway is switched off."""


def gateway_models(mlflow: MlflowSession) -> Iterator[Draft]:
    """Yield every model that the gateway knows, with the names of the endpoints that lead to it.

    Raises:
        SourceError: a list did not come, or may not be whole.

    """
    try:
        definitions = mlflow.get(_DEFINITIONS, ModelDefinitions, {}, {}, interface="3.0").model_definitions
    except StatusError as error:
        if error.status in _WITHOUT_GATEWAY:
            return
        raise
    _check_shown(mlflow)
    endpoints = mlflow.get(_ENDPOINTS, GatewayEndpoints, {}, {}, interface="3.0").endpoints
    leading: dict[str, list[Json]] = {}
    for endpoint in endpoints:
        for mapping in endpoint.model_mappings:
            if mapping.model_definition is None:
                raise _withheld(_ENDPOINTS, f"endpoint {endpoint.name} leads to a model that is withheld")
            leading.setdefault(mapping.model_definition.model_definition_id, []).append(endpoint.name)
    for definition in definitions:
        found = sorted(map(str, leading.pop(definition.model_definition_id, [])))
        content: dict[str, Json] = {
            "endpoints": [*found],
            "model": definition.model_name,
            "name": definition.name,
            "provider": definition.provider,
        }
        yield Draft(f"model-definition/{definition.model_definition_id}", content)
    if leading:
        raise _withheld(_DEFINITIONS, "an endpoint leads to a model that is not in the list of models")


def _check_shown(mlflow: MlflowSession) -> None:
    """Make sure that nothing is left out: without users nobody is kept from anything, and grants tell the rest."""
    try:
        if mlflow.get("users/current", CurrentUser, {}, {}).user.is_admin:
            return
    except StatusError as error:
        if error.status == NO_SUCH_METHOD:
            return
        raise
    grants = mlflow.get("users/current/permissions", Grants, {}, {}, interface="3.0").permissions
    for resource_type in _TYPES:
        if not _all_readable([grant for grant in grants if grant.resource_type == resource_type]):
            raise _withheld(
                _DEFINITIONS, f"this user may be kept from some: grant READ on {resource_type} *, and no DENY"
            )


def _all_readable(grants: list[Grant]) -> bool:
    refused = any(grant.permission in _REFUSING for grant in grants)
    return not refused and any(grant.resource_pattern == "*" for grant in grants)


def _withheld(method: str, reason: str) -> SourceError:
    return SourceError(
        Failure(FailureClass.DENIED, f"mlflow:{method}", "Withheld", f"{reason}: the list is not known to be whole")
    )


GATEWAY_MODELS = Population(
    "mlflow.gateway_models", ("gateway_endpoint:READ", "gateway_model_definition:READ"), gateway_models
)
