"""KServe's InferenceService: a model by its address, and containers around it.

Source: KServe API reference, serving.kserve.io/v1beta1. A predictor, transformer or explainer is a pod with one
more field that names what is served; older services name it after the framework instead of `model`.
"""

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

from collector.model.canonical import Json
from connectors.kubernetes.metadata import Object
from connectors.kubernetes.model_apis import of_container
from connectors.kubernetes.references import named
from connectors.kubernetes.template import models_of, read_container, read_template
from connectors.redaction import Redaction

_COMPONENTS = ("predictor", "transformer", "explainer")
_CONTAINER = "kserve-container"
"""The name that KServe gives the container which serves the model."""


def inference_service(value: Object, redaction: Redaction) -> dict[str, Json]:
    """Give what a service runs and serves."""
    spec = value["spec"]
    parts = {name: spec[name] for name in _COMPONENTS if spec.get(name)}
    if spec["predictor"].get("workerSpec"):
        parts["worker"] = spec["predictor"]["workerSpec"]
    pods = [read_template({"spec": part}, redaction) for part in parts.values()]
    served = [(name, key, server) for name, part in parts.items() for key, server in _served(part)]
    predictor = spec["predictor"]
    return {
        "containers": [
            *(container for pod in pods for container in pod.containers),
            *(read_container({"name": _CONTAINER, **server}, redaction, init=False) for _, _, server in served),
        ],
        "logger": _logger(predictor.get("logger")),
        "model": next((_model(key, server, redaction) for name, key, server in served if name == "predictor"), None),
        "model_apis": [
            *(found for pod in pods for found in pod.model_apis),
            *(found for _, _, server in served for found in of_container({"name": _CONTAINER, **server})),
        ],
        "models": [
            *(model for pod in pods for model in pod.models),
            *(model for name, _, server in served for model in _models(name, server)),
        ],
        "replicas": predictor.get("minReplicas"),
        "selector": None,
        "service_account": predictor.get("serviceAccountName") or "default",
        "template_digest": redaction.document(spec),
        "volumes": [volume for pod in pods for volume in pod.volumes],
    }


def _logger(logger: Object | None) -> Json:
    """Give what is logged, and to which host; the rest of the address may carry a credential."""
    if logger is None:
        return None
    try:
        host = urlsplit(logger.get("url") or "").hostname
    except ValueError:
        host = None
    # "all" is what KServe takes where no mode is given.
    return {"host": host, "mode": logger.get("mode") or "all"}


def _served(part: Object) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield the servers of a component: objects with the address of a model, or called `model`."""
    for key, server in part.items():
        if isinstance(server, dict) and (key == "model" or "storageUri" in server):
            yield key, server


def _model(key: str, server: Object, redaction: Redaction) -> Json:
    form = server.get("modelFormat") or {}
    uri = server.get("storageUri")
    return {
        "format": form.get("name") or (None if key == "model" else key),
        "uri": uri if uri is None or named(uri) else redaction.digest(uri),
        "version": form.get("version"),
    }


def _models(component: str, server: Object) -> Iterator[Json]:
    uri = server.get("storageUri")
    if uri is not None and named(uri):
        yield {"from": f"storageUri of {component}", "uri": uri}
    yield from models_of({"name": _CONTAINER, **server})
