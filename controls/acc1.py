"""ACC-1: every model artifact in a registry, or that a model to be served names, lies in a declared weight location.

The tested population is every (model, artifact): so weights that nobody declared are found, not forgotten.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime

from collector.model.control import Control, Parameters
from collector.model.evidence import Evidence
from collector.model.outcome import Outcome
from collector.model.result import Assessment, Result, conclude, not_applicable
from collector.model.snapshot import Content, Item, Snapshot, UnreadableError
from controls.access.artifact import (
    CUSTOM,
    MODELS,
    PACKAGES,
    POPULATIONS,
    VERSIONS,
    VERTEX,
    WORKLOADS,
    artifacts_of,
    lies_in,
)
from controls.needs import missing
from controls.served.serving import SERVING_NAMESPACES, serves

_KINDS = {
    PACKAGES: "model package",
    MODELS: "model",
    CUSTOM: "custom model",
    VERSIONS: "model version",
    VERTEX: "model version",
}


def test(evidence: Evidence, parameters: Parameters, as_of: datetime) -> Result:
    """Assess every artifact of every registered, servable or served model."""
    del as_of  # Artifacts are judged as recorded; no age matters here.
    declared: Sequence[str] = parameters["weights"]
    if not declared:
        return not_applicable("ACC-1", "no weight locations are declared")
    absent = missing(evidence, parameters, *POPULATIONS)
    assessments = [
        assessment
        for population in POPULATIONS
        for snapshot in evidence.snapshots(population)
        for item in snapshot
        if population != WORKLOADS or serves(item.content(), parameters)
        for assessment in _assess(_name(item, snapshot), item.content(), population, declared)
    ]
    if not assessments and not absent:
        return not_applicable("ACC-1", "no model in a registry, and nothing that is served, names an artifact")
    return conclude("ACC-1", assessments, absent)


def _name(item: Item, snapshot: Snapshot) -> str:
    """Name a model in all sources: an ARN does already."""
    return item.id if item.id.startswith("arn:") else f"{snapshot.source}/{item.id}"


def _assess(name: str, model: Content, population: str, declared: Sequence[str]) -> Iterator[Assessment]:
    what = f"{_KINDS.get(population) or str(model.value['kind']).lower()} {name}"
    try:
        artifacts = sorted(set(artifacts_of(model, population)))
    except UnreadableError as error:
        yield Assessment(name, Outcome.INCONCLUSIVE, f"where {what} keeps its weights is not known: {error}")
        return
    verb = "loads its weights from" if population == WORKLOADS else "keeps its weights at"
    for uri in artifacts:
        outcome, reason = _judge(f"{what} {verb} {uri}", uri, declared)
        yield Assessment(f"{name} -> {uri}", outcome, reason, {"artifact": uri, "model": name})


def _judge(fact: str, uri: str, declared: Sequence[str]) -> tuple[Outcome, str]:
    found = [lies_in(uri, location) for location in declared]
    if None in found:
        return Outcome.INCONCLUSIVE, f"{fact}, a kind of location that is not read"
    if any(found):
        return Outcome.PASS, ""
    return Outcome.FAIL, f"{fact}, which is in no declared location: declare it under weights, or move them"


ACC_1 = Control(
    id="ACC-1",
    title="Every model artifact in a registry or named by a model to be served lies in a declared weight location",
    criteria=("CC6.1", "C1.1"),
    populations=POPULATIONS,
    test=test,
    defaults={SERVING_NAMESPACES: [], "sources": [], "weights": []},
    limits=(
        "Copies that no registry, model or workload names are not found. Bedrock keeps the weights of custom models in "
        "AWS's own storage; only what a customization writes to the account is tested."
    ),
)
