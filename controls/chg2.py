"""CHG-2: only registry versions in an approved state are served.

The tested population is every (endpoint or workload, model that it loads).
"""

from collections.abc import Iterator, Sequence
from datetime import datetime

from collector.model.canonical import Json
from collector.model.control import Control, Parameters
from collector.model.evidence import Evidence
from collector.model.outcome import Outcome
from collector.model.result import Assessment, Result, conclude, not_applicable
from controls.needs import configured, missing
from controls.served.reference import ModelReference, Undecided, resolve
from controls.served.serving import SERVED, SERVING_NAMESPACES, Serving, servings
from controls.served.version import CONVENTIONS, REGISTRIES, ModelVersion, as_json, spell, versions_of

_NEEDS = (*SERVED, *REGISTRIES)


def test(evidence: Evidence, parameters: Parameters, as_of: datetime) -> Result:
    """Assess every model that is served."""
    del as_of  # The state is judged as recorded; no age matters here.
    if not configured(parameters, *SERVED):
        return not_applicable("CHG-2", "no source that serves models is configured")
    served, problems = servings(evidence, parameters)
    versions, unknown = versions_of(evidence, parameters)
    whole = not unknown and not missing(evidence, parameters, *REGISTRIES)
    assessments = [assessment for serving in served for assessment in _assess(serving, versions, whole=whole)]
    absent = missing(evidence, parameters, *_NEEDS) + list(problems)
    if any(assessment.outcome is Outcome.INCONCLUSIVE for assessment in assessments):
        absent += unknown
    if not assessments and not absent:
        return not_applicable("CHG-2", "nothing that is served names a model")
    return conclude("CHG-2", assessments, absent)


def _assess(serving: Serving, versions: Sequence[ModelVersion], *, whole: bool) -> Iterator[Assessment]:
    if not serving.models and serving.content.value.get("kind") in (None, "InferenceService"):
        reason = f"{serving.what} names no model: what it serves is inside its image and is no registry version"
        yield Assessment(serving.id, Outcome.INCONCLUSIVE, reason, {"serving": serving.id})
    for name in serving.loads:
        where = next(model.where for model in serving.models if model.name == name)
        version = resolve(ModelReference(name, where), versions)
        member = f"{serving.id} -> {name}"
        if isinstance(version, ModelVersion):
            detail: dict[str, Json] = {"model": name, "serving": serving.id, "version": as_json(version)}
            outcome = Outcome.PASS if version.approved else Outcome.FAIL
            reason = f"{serving.what} serves {spell(version)} ({version.id}), which is not approved: {version.state}"
            yield Assessment(member, outcome, "" if version.approved else reason, detail)
            continue
        # In registries that were not read whole, the version may be among what was not read.
        outcome = Outcome.FAIL if whole and not isinstance(version, Undecided) else Outcome.INCONCLUSIVE
        reason = f"{serving.what} serves {name} ({where}): {version}; register it, and have it approved"
        yield Assessment(member, outcome, reason, {"model": name, "serving": serving.id, "version": None})


CHG_2 = Control(
    id="CHG-2",
    title="Only model versions that a registry has in an approved state are served",
    criteria=("CC8.1", "PI1.3"),
    populations=_NEEDS,
    test=test,
    defaults={**CONVENTIONS, SERVING_NAMESPACES: [], "sources": []},
    limits=(
        "A model is known by what the configuration of the endpoint or workload names; what a container loads besides "
        "is not seen. An artifact that was overwritten in place keeps its name: see ACC-5 for versioning."
    ),
)
