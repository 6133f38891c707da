"""`mlflow.models`: the models of the registry. Prompts, which MLflow keeps beside them, are none.

Source: MLflow REST API, "Search RegisteredModels".
"""

from collections.abc import Iterator

from collector.model.canonical import Json
from connectors.base import Draft, Population
from connectors.mlflow.content import moment, tags
from connectors.mlflow.lists import MODELS, whole
from connectors.mlflow.session import MlflowSession

_OPERATION = f"mlflow:{MODELS.method}"


def models(mlflow: MlflowSession) -> Iterator[Draft]:
    """Yield every registered model."""
    for model in whole(mlflow, MODELS):
        content: dict[str, Json] = {
            "aliases": {alias.alias: alias.version for alias in model.aliases},
            "created": moment(model.creation_timestamp, _OPERATION),
            "name": model.name,
            "tags": tags(model.tags),
            "updated": moment(model.last_updated_timestamp, _OPERATION),
        }
        yield Draft(f"model/{model.name}", content)


REGISTERED_MODELS = Population("mlflow.models", ("registered_model:READ",), models)
