"""What names a model to be served, and which registry version that is."""

from collections.abc import Sequence
from dataclasses import dataclass

from controls.served.version import ModelVersion

_MLFLOW = "models:/"
_VERTEX = "projects/"


@dataclass(frozen=True, slots=True)
class ModelReference:
    """What a serving system was told to load: an artifact's URI, a package's ARN, or `models:/NAME/VERSION`.

    Attributes:
        name: the reference as it stands.
        where: where it stands, such as `environment MODEL of container main`.

    """

    name: str
    where: str


class Undecided(str):
    """A sentence that says why it is not known which registry version a reference is."""

    __slots__ = ()


def resolve(reference: ModelReference, versions: Sequence[ModelVersion]) -> ModelVersion | str:
    """Give the one registry version behind a reference, or a sentence that says why there is none."""
    name = reference.name
    if name.startswith("/"):
        return Undecided(f"{name} is a path in the container, and what lies there is not recorded")
    if name.startswith(_VERTEX) and "@" not in name:
        return Undecided(f"{name} is a model, and which version of it is served is not said")
    found = [version for version in versions if _is(name, version)]
    if len(found) == 1:
        return found[0]
    if found:
        return Undecided(f"{name} could be {len(found)} registry versions, such as {found[0].id} and {found[1].id}")
    return f"no registry version is or keeps its weights at {name}"


def _is(name: str, version: ModelVersion) -> bool:
    if name == version.id:
        return True
    if name.startswith(_MLFLOW):
        return version.id.startswith("mlflow:") and name.removeprefix(_MLFLOW) in _spellings(version)
    return any(_same_place(name, artifact) for artifact in version.artifacts)


def _spellings(version: ModelVersion) -> set[str]:
    return {f"{version.name}/{version.version}", *(f"{version.name}@{alias}" for alias in version.aliases)}


def _same_place(served: str, artifact: str) -> bool:
    """Tell whether one place is the other, or a folder that holds it. `llm/1` does not hold `llm/12`."""
    first, second = served.rstrip("/"), artifact.rstrip("/")
    return first == second or first.startswith(f"{second}/") or second.startswith(f"{first}/")
