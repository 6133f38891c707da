"""ACC-1: every model artifact in a registry, or that a model to be served names, lies in a declared weight location.

The tested population is every (model, artifact): so weights that nobody declared are found, not forgotten.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime

from collector.model.control import Control, Parameters
from collector.model.evidence import Evidence
from collector.model.outcome import Outcome
from collector.model.result import Assessment, Result, conclude, not_applicable
from collector.model.snapshot import Content, UnreadableError
from controls.access.location import Location, parse_location

_PACKAGES = "sagemaker.model_packages"
_MODELS = "sagemaker.models"
_CUSTOM = "bedrock.custom_models"
_NEEDS = (_CUSTOM, _PACKAGES, _MODELS)
_KINDS = {_PACKAGES: "model package", _MODELS: "model", _CUSTOM: "custom model"}


def test(evidence: Evidence, parameters: Parameters, as_of: datetime) -> Result:
    """Assess every artifact of every registered or servable model."""
    del as_of  # Artifacts are judged as recorded; no age matters here.
    declared = [location for uri in parameters["weights"] if (location := parse_location(uri))]
    if not declared:
        return not_applicable("ACC-1", "no weight locations are declared")
    missing = evidence.missing(*_NEEDS)
    assessments = [
        assessment
        for population in _NEEDS
        for snapshot in evidence.snapshots(population)
        for item in snapshot
        for assessment in _assess(item.content(), population, declared)
    ]
    if not assessments and not missing:
        return not_applicable("ACC-1", "no model in SageMaker or Bedrock names an artifact")
    return conclude("ACC-1", assessments, missing)


def _assess(model: Content, population: str, declared: Sequence[Location]) -> Iterator[Assessment]:
    what = f"{_KINDS[population]} {model.item}"
    try:
        artifacts = sorted(set(_artifacts(model, population)))
    except UnreadableError as error:
        yield Assessment(model.item, Outcome.INCONCLUSIVE, f"where {what} keeps its weights is not known: {error}")
        return
    for uri in artifacts:
        outcome, reason = _judge(what, uri, declared)
        yield Assessment(f"{model.item} -> {uri}", outcome, reason, {"artifact": uri, "model": model.item})


def _artifacts(model: Content, population: str) -> Iterator[str]:
    if population == _CUSTOM:
        # Bedrock keeps the weights themselves; what it writes out of a customization lies here.
        output = model.facet("output")
        if output:
            yield output
        return
    for container in model.facet("containers"):
        for name in ("model_data", "model_data_source"):
            if container.get(name):
                yield container[name]


def _judge(what: str, uri: str, declared: Sequence[Location]) -> tuple[Outcome, str]:
    artifact = parse_location(uri)
    if artifact is None:
        return Outcome.INCONCLUSIVE, f"{what} keeps its weights at {uri}, a kind of location that is not read"
    if any(location.holds(artifact) for location in declared):
        return Outcome.PASS, ""
    return (
        Outcome.FAIL,
        f"{what} keeps its weights at {uri}, which is in no declared location: declare it under weights, or move them",
    )


ACC_1 = Control(
    id="ACC-1",
    title="Every model artifact in a registry or named by a model to be served lies in a declared weight location",
    criteria=("CC6.1", "C1.1"),
    populations=_NEEDS,
    test=test,
    defaults={"weights": []},
    limits=(
        "Copies that no registry and no model names are not found. Bedrock keeps the weights of custom models in "
        "AWS's own storage; only what a customization writes to the account is tested."
    ),
)
