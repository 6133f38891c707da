"""Where models keep their weights: what registries say, and what workloads were told to load."""

from collections.abc import Iterator, Mapping
from typing import Any

from collector.model.snapshot import Content

PACKAGES = "sagemaker.model_packages"
MODELS = "sagemaker.models"
CUSTOM = "bedrock.custom_models"
VERSIONS = "mlflow.versions"
WORKLOADS = "kubernetes.workloads"
VERTEX = "vertex.models"
POPULATIONS = (CUSTOM, PACKAGES, MODELS, VERSIONS, WORKLOADS, VERTEX)

_READ = frozenset(("gs", "hf", "pvc", "s3"))
_MLFLOW_NAME = "models:/"


def artifacts_of(model: Content, population: str) -> Iterator[str]:
    """Yield the places that a model's weights lie at.

    Raises:
        UnreadableError: the source did not say.

    """
    if population == CUSTOM:
        # Bedrock keeps the weights themselves; what it writes out of a customization lies here.
        yield from filter(None, (model.facet("output"),))
    elif population == VERTEX:
        yield from filter(None, (model.facet("artifact"),))
    elif population == VERSIONS:
        yield from filter(None, (model.facet("source"),))
    elif population == WORKLOADS:
        for named in model.facet("models"):
            # What a registry's name stands for is the registry's to say.
            if not named["uri"].startswith(_MLFLOW_NAME):
                yield _on_volume(model, named["uri"])
    else:
        for container in model.facet("containers"):
            for name in ("model_data", "model_data_source"):
                if container.get(name):
                    yield container[name]


def _on_volume(workload: Content, uri: str) -> str:
    """Spell what lies on a volume as `pvc://NAMESPACE/CLAIM/path`, and leave all else as it is."""
    namespace = workload.value["namespace"]
    if uri.startswith("pvc://"):
        # KServe's form has no namespace: it is the workload's own.
        return f"pvc://{namespace}/{uri.removeprefix('pvc://')}"
    if not uri.startswith("/"):
        return uri
    claims = {
        volume["name"]: volume["source"]
        for volume in workload.facet("volumes")
        if volume["kind"] == "persistentVolumeClaim"
    }
    mounts = [mount for container in workload.facet("containers") for mount in container["mounts"]]
    found = [mount for mount in mounts if mount["volume"] in claims and _holds(mount["path"], uri)]
    if not found:
        return uri
    # The deepest mount is the one that a path leads into.
    mount: Mapping[str, Any] = max(found, key=lambda each: len(each["path"]))
    inside = uri.removeprefix(mount["path"].rstrip("/")).strip("/")
    return f"pvc://{namespace}/{claims[mount['volume']]}/{inside}"


def lies_in(uri: str, declared: str) -> bool | None:
    """Tell whether a place lies in a declared location; None for a kind of place that cannot be compared."""
    if uri.partition("://")[0] not in _READ:
        return None
    return _holds(declared, uri)


def _holds(folder: str, place: str) -> bool:
    """Tell whether a folder is or holds a place. It ends at a slash, so `llm` does not hold `llm-2`."""
    whole = folder.rstrip("/")
    return place.rstrip("/") == whole or place.startswith(f"{whole}/")
