"""Model versions: one form for every registry, so that no test cares which registry a version came from."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from collector.model.canonical import Json
from collector.model.control import Parameters
from collector.model.evidence import Evidence
from collector.model.snapshot import Content, Snapshot, UnreadableError

SAGEMAKER = "sagemaker.model_packages"
MLFLOW = "mlflow.versions"
VERTEX_MODELS = "vertex.models"
REGISTRIES = (SAGEMAKER, MLFLOW, VERTEX_MODELS)

APPROVED_ALIASES = "approved_aliases"
APPROVED_TAG = "approved_tag"
APPROVER_TAG = "approver_tag"
CONVENTIONS: Parameters = {
    APPROVED_ALIASES: ["champion", "production"],
    APPROVED_TAG: "approval=approved",
    APPROVER_TAG: "approved_by",
}
"""How MLflow and Vertex AI say that a version is approved: an alias, or a tag or label; neither has such a state."""

_AUTHOR_LABEL = "author"


@dataclass(frozen=True, slots=True)
class ModelVersion:
    """One version of one registered model.

    Attributes:
        id: an ARN, `mlflow:main/NAME/VERSION`, or `projects/…/models/ID@VERSION`.
        name: of the model; `version` of it, both as the registry spells them.
        approved: whether the registry has it in an approved state; `state` says which state that is.
        artifacts: where its weights lie.
        aliases: what else it can be asked for by.
        author: who registered it, empty when the registry does not say.
        approver: who approved it, empty when the registry does not say.
        last_modified: when the registry last changed it, empty when it does not say.

    """

    id: str
    name: str
    version: str
    approved: bool
    state: str
    artifacts: tuple[str, ...]
    aliases: tuple[str, ...] = ()
    author: str = ""
    approver: str = ""
    last_modified: str = ""


def versions_of(evidence: Evidence, parameters: Parameters) -> tuple[Sequence[ModelVersion], Sequence[str]]:
    """Give every model version of every registry, and a sentence for each that could not be understood."""
    versions: list[ModelVersion] = []
    problems: list[str] = []
    for population in REGISTRIES:
        for snapshot in evidence.snapshots(population):
            for version in read_versions(snapshot, parameters):
                if isinstance(version, str):
                    problems.append(version)
                else:
                    versions.append(version)
    return versions, problems


def read_versions(snapshot: Snapshot, parameters: Parameters) -> Iterator[ModelVersion | str]:
    """Yield the versions of one registry as read at one time, or why one is not known."""
    read = _READERS[snapshot.population]
    for item in snapshot:
        content = item.content()
        try:
            yield read(content, snapshot.source, parameters)
        except UnreadableError as error:
            yield str(error)


def _sagemaker(package: Content, source: str, parameters: Parameters) -> ModelVersion:
    del source, parameters  # SageMaker has a state of its own.
    state = package.facet("approval")
    containers = package.facet("containers")
    artifacts = [
        *(container.get(name) for container in containers for name in ("model_data", "model_data_source")),
        *(uri for container in containers for uri in container.get("additional_model_data") or ()),
    ]
    return ModelVersion(
        id=package.item,
        name=str(package.facet("group") or package.facet("name")),
        version=str(package.facet("version") or ""),
        approved=state == "Approved",
        state=f"its approval status is {state or 'not set'}",
        artifacts=tuple(sorted({str(uri) for uri in artifacts if uri})),
        author=str(package.facet("created_by") or ""),
        approver=str(package.facet("last_modified_by") or "") if state == "Approved" else "",
        last_modified=str(package.value.get("last_modified") or ""),
    )


def _mlflow(version: Content, source: str, parameters: Parameters) -> ModelVersion:
    tags: Mapping[str, str] = version.facet("tags")
    aliases = tuple(sorted(version.facet("aliases")))
    approved, said = _by_convention("tag", tags, aliases, parameters)
    artifact = version.facet("source")
    return ModelVersion(
        id=f"{source}/{version.item}",
        name=str(version.facet("name")),
        version=str(version.facet("version")),
        approved=approved,
        state=f"it has {said}",
        artifacts=(str(artifact),) if artifact else (),
        aliases=aliases,
        author=str(version.facet("author") or ""),
        approver=tags.get(str(parameters[APPROVER_TAG]), "") if approved else "",
    )


def _vertex(version: Content, source: str, parameters: Parameters) -> ModelVersion:
    """Read a version. Only labels say who made and approved it, and of whom both are not known, one may be the other.

    When it was last updated is not when it was approved: an alias is put on a version without updating it.
    """
    del source  # Resource names are unique.
    labels: Mapping[str, str] = version.facet("labels")
    aliases = tuple(sorted(version.facet("aliases")))
    approved, said = _by_convention("label", labels, aliases, parameters)
    author, artifact = labels.get(_AUTHOR_LABEL, ""), version.facet("artifact")
    return ModelVersion(
        id=version.item,
        name=str(version.facet("display_name")),
        version=str(version.facet("version")),
        approved=approved,
        state=f"it has {said}",
        artifacts=(str(artifact),) if artifact else (),
        aliases=aliases,
        author=author,
        approver=labels.get(str(parameters[APPROVER_TAG]), "") if approved and author else "",
    )


def _by_convention(
    kind: str, tags: Mapping[str, str], aliases: Sequence[str], parameters: Parameters
) -> tuple[bool, str]:
    """Tell whether aliases, or tags of some kind, say that a version is approved, and which it is that says so."""
    name, _, value = str(parameters[APPROVED_TAG]).partition("=")
    by_alias = sorted(set(aliases) & set(parameters[APPROVED_ALIASES]))
    approved = bool(by_alias) or (bool(name) and tags.get(name) == value)
    said = f"alias {by_alias[0]}" if by_alias else f"{kind} {name}={tags[name]}" if name in tags else "no approval"
    return approved, said


_READERS: Mapping[str, Callable[[Content, str, Parameters], ModelVersion]] = {
    SAGEMAKER: _sagemaker,
    MLFLOW: _mlflow,
    VERTEX_MODELS: _vertex,
}


def spell(version: ModelVersion) -> str:
    """Name a version in a sentence."""
    return f"{version.name} version {version.version}" if version.version else version.name


def as_json(version: ModelVersion) -> dict[str, Json]:
    """Give what a result's detail says of a version."""
    return {"author": version.author, "id": version.id, "name": version.name, "version": version.version}
