"""Pod templates: what a workload runs, with every literal that may be secret replaced by a keyed digest.

Source: Kubernetes API reference, PodTemplateSpec v1.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from collector.model.canonical import Json
from connectors.kubernetes.credentials import reduced
from connectors.kubernetes.metadata import Object
from connectors.kubernetes.model_apis import of_container
from connectors.kubernetes.references import of_annotations, of_arguments, of_environment
from connectors.redaction import Redaction

# Controllers put these labels on what they make from a template: without them, equal templates are equal.
_OF_CONTROLLERS = frozenset(
    (
        "batch.kubernetes.io/controller-uid",
        "controller-revision-hash",
        "controller-uid",
        "pod-template-generation",
        "pod-template-hash",
        "rollouts-pod-template-hash",
    )
)

_SOURCE_NAMES = {
    "configMap": "name",
    "csi": "driver",
    "hostPath": "path",
    "image": "reference",
    "persistentVolumeClaim": "claimName",
    "secret": "secretName",
}
"""Where a volume names its source, by the volume's kind (Volume v1)."""


@dataclass(frozen=True, slots=True)
class Pod:
    """What a pod template says.

    Attributes:
        containers: as JSON, those that run before the others first; `volumes` likewise.
        models: references to models, and where they stand.
        model_apis: hosts and keys of known model APIs that containers are told, and where they stand.
        service_account: the name that the pods run as.
        digest: keyed, of the whole template: two templates are equal exactly when it is.

    """

    containers: list[Json]
    volumes: list[Json]
    models: list[Json]
    model_apis: list[Json]
    service_account: str
    digest: str


def read_template(template: Object, redaction: Redaction) -> Pod:
    """Read a pod template."""
    spec = template.get("spec") or {}
    containers = list(containers_of(template))
    return Pod(
        containers=[read_container(container, redaction, init=init) for container, init in containers],
        volumes=[entry for volume in spec.get("volumes") or () for entry in _volume(volume)],
        models=[
            *(model for container, _ in containers for model in models_of(container)),
            *of_annotations((template.get("metadata") or {}).get("annotations") or {}),
        ],
        model_apis=[found for container, _ in containers for found in of_container(container)],
        # The API server fills in the name; a custom resource may leave it out, which means the same.
        service_account=spec.get("serviceAccountName") or "default",
        digest=redaction.document(_normal(template)),
    )


def containers_of(template: Object) -> Iterator[tuple[Object, bool]]:
    """Yield the containers of a template, and whether each is an init container."""
    spec = template.get("spec") or {}
    for key in ("initContainers", "containers"):
        yield from ((container, key == "initContainers") for container in spec.get(key) or ())


def read_container(container: Object, redaction: Redaction, *, init: bool) -> Json:
    """Give a container without a literal that may be secret."""
    command = list(container.get("command") or ())
    line = reduced([*command, *(container.get("args") or ())], redaction)
    return {
        "args": line[len(command) :],
        "command": line[: len(command)],
        "environment": [_variable(variable, redaction) for variable in container.get("env") or ()],
        "environment_from": [_variables(source) for source in container.get("envFrom") or ()],
        "image": container.get("image"),
        "init": init,
        "mounts": [
            {"path": mount["mountPath"], "read_only": bool(mount.get("readOnly")), "volume": mount["name"]}
            for mount in container.get("volumeMounts") or ()
        ],
        "name": container.get("name") or "",
    }


def models_of(container: Object) -> Iterator[Json]:
    """Yield the references to models in a container's environment and command line."""
    name = container.get("name") or ""
    for variable in container.get("env") or ():
        yield from of_environment(name, variable["name"], variable.get("value") or "")
    yield from of_arguments(name, [*(container.get("command") or ()), *(container.get("args") or ())])


def _variable(variable: Object, redaction: Redaction) -> Json:
    source = variable.get("valueFrom")
    if not source:
        return {"name": variable["name"], "value_digest": redaction.digest(variable.get("value") or "")}
    ((field, where),) = source.items()
    kind = {"configMapKeyRef": "ConfigMap", "secretKeyRef": "Secret"}.get(field, field)
    key = where.get("key") or where.get("fieldPath") or where.get("resource")
    return {"from": {"key": key, "kind": kind, "name": where.get("name")}, "name": variable["name"]}


def _variables(source: Object) -> Json:
    kind = "Secret" if "secretRef" in source else "ConfigMap"
    where = source["secretRef" if kind == "Secret" else "configMapRef"]
    return {"kind": kind, "name": where.get("name"), "prefix": source.get("prefix") or ""}


def _volume(volume: Object) -> Iterator[Json]:
    """Yield a volume, or one entry for each of the sources that are projected into it."""
    (kind,) = volume.keys() - {"name"} or {"emptyDir"}
    if kind == "projected":
        for source in volume[kind].get("sources") or ():
            ((part, where),) = source.items()
            yield {"kind": part, "name": volume["name"], "source": where.get("name")}
        return
    named = _SOURCE_NAMES.get(kind)
    yield {"kind": kind, "name": volume["name"], "source": volume[kind].get(named) if named else None}


def _normal(template: Object) -> Mapping[str, Any]:
    metadata = {key: value for key, value in (template.get("metadata") or {}).items() if key != "creationTimestamp"}
    labels = without_controller_labels(metadata.get("labels") or {})
    return {"metadata": {**metadata, "labels": labels}, "spec": template.get("spec") or {}}


def without_controller_labels(labels: Mapping[str, Any]) -> dict[str, Any]:
    """Give labels without those that a controller adds, which differ with every object."""
    return {key: value for key, value in labels.items() if key not in _OF_CONTROLLERS}
