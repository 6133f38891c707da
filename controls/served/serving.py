"""What is served: endpoints and workloads, each with its images and the models that it was told to load."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from collector.model.canonical import digest, encode
from collector.model.control import Parameters
from collector.model.evidence import Evidence
from collector.model.snapshot import Content, Snapshot, UnreadableError
from controls.served.reference import ModelReference
from controls.served.version import VERTEX_MODELS
from controls.served.vertex import VertexModels, configuration, references

ENDPOINTS = "sagemaker.endpoints"
MODELS = "sagemaker.models"
WORKLOADS = "kubernetes.workloads"
VERTEX_ENDPOINTS = "vertex.endpoints"
SERVED = (ENDPOINTS, MODELS, WORKLOADS, VERTEX_ENDPOINTS)

SERVING_NAMESPACES = "serving_namespaces"
"""The parameter that declares namespaces in which every long-running workload serves, whatever it names."""

_LONG_RUNNING = frozenset(("DaemonSet", "Deployment", "InferenceService", "Rollout", "StatefulSet"))


@dataclass(frozen=True, slots=True)
class Serving:
    """One endpoint or workload that serves models.

    Attributes:
        id: stable, such as `kubernetes:prod/deployment/inference/llm-chat` or an endpoint's ARN.
        source: whose snapshot it is from.
        what: for sentences, such as `deployment inference/llm-chat`.
        images: of all containers, sorted, each once.
        models: what it was told to load.
        configuration: the name or digest of how it is set up; it changes when anything else of it does.
        content: its item.
        unread: what it loads of which the image is not known.

    """

    id: str
    source: str
    what: str
    images: tuple[str, ...]
    models: tuple[ModelReference, ...]
    configuration: str
    content: Content
    unread: tuple[str, ...] = ()

    @property
    def loads(self) -> tuple[str, ...]:
        """Give the names of what it was told to load, sorted, each once."""
        return tuple(sorted({model.name for model in self.models}))


def servings(
    evidence: Evidence, parameters: Parameters, populations: Sequence[str] = (ENDPOINTS, WORKLOADS, VERTEX_ENDPOINTS)
) -> tuple[Sequence[Serving], Sequence[str]]:
    """Give everything that is served now, and a sentence for each endpoint or workload that is not known."""
    found: list[Serving] = []
    problems: list[str] = []
    models = Models(SageMakerModels(evidence.snapshots(MODELS)), VertexModels(evidence.snapshots(VERTEX_MODELS)))
    for population in populations:
        for snapshot in evidence.snapshots(population):
            for serving in served_in(snapshot, models, parameters):
                if isinstance(serving, str):
                    problems.append(serving)
                else:
                    found.append(serving)
    return found, problems


class SageMakerModels:
    """The SageMaker models of some snapshots, by the region, account and name that an endpoint's variant means."""

    def __init__(self, snapshots: Sequence[Snapshot]) -> None:
        self._models = {
            (*item.id.split(":")[3:5], str(content.value["name"])): content
            for snapshot in snapshots
            for item in snapshot
            for content in (item.content(),)
        }

    def find(self, endpoint: str, name: str) -> Content | None:
        """Give the model that an endpoint means by a name; None when no such model was read."""
        return self._models.get((*endpoint.split(":")[3:5], name))

    def containers(self, endpoint: str, name: str) -> Sequence[Mapping[str, Any]] | None:
        """Give the containers of the model that an endpoint means by a name; None when no such model was read.

        Raises:
            UnreadableError: the model was listed, but not described.

        """
        content = self.find(endpoint, name)
        containers: Sequence[Mapping[str, Any]] | None = content.facet("containers") if content else None
        return containers


@dataclass(frozen=True, slots=True)
class Models:
    """What endpoints name: SageMaker's models, and Vertex AI's versions."""

    sagemaker: SageMakerModels
    vertex: VertexModels


def served_in(snapshot: Snapshot, models: Models, parameters: Parameters) -> Iterator[Serving | str]:
    """Yield what one snapshot of endpoints or workloads serves, or why one of them is not known."""
    for item in snapshot:
        content = item.content()
        try:
            if snapshot.population == ENDPOINTS:
                yield _endpoint(content, snapshot.source, models.sagemaker)
            elif snapshot.population == VERTEX_ENDPOINTS:
                if content.facet("deployed"):
                    yield _vertex_endpoint(content, snapshot.source, models.vertex)
            elif serves(content, parameters):
                yield _workload(content, snapshot.source)
        except UnreadableError as error:
            yield f"what {item.id} serves is not known: {error}"


def _endpoint(endpoint: Content, source: str, models: SageMakerModels) -> Serving:
    images: set[str] = set()
    references: list[ModelReference] = []
    for variant in endpoint.facet("variants") or ():
        name = variant["model"]
        if name is None:
            continue
        containers = models.containers(endpoint.item, name)
        where = f"model {name} of variant {variant['name']}"
        if containers is None:
            references.append(ModelReference(f"sagemaker model {name}", f"variant {variant['name']}"))
        for container in containers or ():
            images |= {container["image"]} if container.get("image") else set()
            named = container.get("package") or container.get("model_data")
            references += [ModelReference(named, where)] if named else []
    return Serving(
        id=endpoint.item,
        source=source,
        what=f"endpoint {endpoint.value['name']}",
        images=tuple(sorted(images)),
        models=tuple(references),
        configuration=str(endpoint.facet("config") or ""),
        content=endpoint,
    )


def _vertex_endpoint(endpoint: Content, source: str, models: VertexModels) -> Serving:
    return Serving(
        id=endpoint.item,
        source=source,
        what=f"endpoint {endpoint.facet('display_name') or endpoint.item}",
        images=models.images(endpoint),
        models=tuple(references(endpoint)),
        configuration=configuration(endpoint),
        content=endpoint,
        unread=models.unread(endpoint),
    )


def serves(workload: Content, parameters: Parameters) -> bool:
    """Tell whether a workload serves: it runs for long, and names a model or is in a declared namespace."""
    value = workload.value
    if value["kind"] not in _LONG_RUNNING:
        return False
    declared = value["namespace"] in parameters[SERVING_NAMESPACES]
    return declared or value["kind"] == "InferenceService" or bool(workload.facet("models"))


_SETUP = ("args", "command", "environment", "environment_from", "image", "mounts", "name")


def _workload(workload: Content, source: str) -> Serving:
    value = workload.value
    containers = workload.facet("containers")
    setup = [{name: container.get(name) for name in _SETUP} for container in containers]
    return Serving(
        id=f"{source}/{workload.item}",
        source=source,
        what=f"{value['kind'].lower()} {value['namespace']}/{value['name']}",
        images=tuple(sorted({container["image"] for container in containers if container["image"]})),
        models=tuple(ModelReference(model["uri"], model["from"]) for model in workload.facet("models")),
        configuration=digest(encode({"containers": setup, "model": value.get("model")})),
        content=workload,
    )
