"""OPS-4: the outputs of models are validated before anybody gets them.

The tested population is every variant of every endpoint, every workload that serves models, and every region of an
account in which Amazon Bedrock has models or guardrails of the account.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from fnmatch import fnmatchcase

from collector.model.control import Control, Parameters
from collector.model.evidence import Evidence
from collector.model.result import Assessment, Result, conclude, not_applicable
from collector.model.snapshot import Content, UnreadableError
from controls.fault import Fault, assess
from controls.needs import configured, missing
from controls.served.bedrock import GUARDRAILS, by_place, places
from controls.served.bedrock import MODELS as BEDROCK_MODELS
from controls.served.serving import (
    MODELS,
    SERVED,
    SERVING_NAMESPACES,
    VERTEX_ENDPOINTS,
    WORKLOADS,
    SageMakerModels,
    Serving,
    servings,
)
from controls.served.variant import Variant, variants_of
from controls.served.version import VERTEX_MODELS
from controls.served.vertex import VertexModels

VALIDATOR_ANNOTATION = "controlproof.io/output-validator"
_NEEDS = (*SERVED, VERTEX_MODELS, *BEDROCK_MODELS, GUARDRAILS)


def test(evidence: Evidence, parameters: Parameters, as_of: datetime) -> Result:
    """Assess everything that gives outputs of models."""
    del as_of  # Validators are judged as recorded; no age matters here.
    if not configured(parameters, *_NEEDS):
        return not_applicable("OPS-4", "no source that serves models is configured")
    variants, unknown = variants_of(evidence)
    workloads, problems = servings(evidence, parameters, (WORKLOADS,))
    deployed, undescribed = servings(evidence, parameters, (VERTEX_ENDPOINTS,))
    models = SageMakerModels(evidence.snapshots(MODELS))
    versions = VertexModels(evidence.snapshots(VERTEX_MODELS))
    patterns = parameters["validator_images"]
    assessments = [
        *(_assess_variant(variant, models, patterns) for variant in variants),
        *(_assess_workload(serving, patterns) for serving in workloads),
        *(_assess_endpoint(serving, versions, patterns) for serving in deployed),
        *_assess_bedrock(evidence, whole=not missing(evidence, parameters, GUARDRAILS)),
    ]
    absent = [*missing(evidence, parameters, *_NEEDS), *unknown, *problems, *undescribed]
    if not assessments and not absent:
        return not_applicable("OPS-4", "nothing is served")
    return conclude("OPS-4", assessments, absent)


def _assess_variant(variant: Variant, models: SageMakerModels, patterns: Sequence[str]) -> Assessment:
    try:
        containers = models.containers(variant.endpoint, variant.model) if variant.model else None
    except UnreadableError as error:
        return assess(variant.id, variant.what, [Fault(f"runs what is not known: {error}", certain=False)], {})
    if containers is None:
        named = f"its model {variant.model}" if variant.model else "its inference components"
        return assess(
            variant.id, variant.what, [Fault(f"runs what is not known: {named} was not read", certain=False)], {}
        )
    images = [str(container["image"]) for container in containers if container.get("image")]
    mend = "add a container that validates to its model's pipeline"
    return assess(variant.id, variant.what, _faults(images, patterns, mend), {"images": list(images)})


def _assess_workload(serving: Serving, patterns: Sequence[str]) -> Assessment:
    try:
        annotation = serving.content.facet("annotations").get(VALIDATOR_ANNOTATION)
        containers = serving.content.facet("containers")
    except UnreadableError as error:
        return assess(serving.id, serving.what, [Fault(f"runs what is not known: {error}", certain=False)], {})
    # An init container has ended before the first output.
    images = [str(each["image"]) for each in containers if each["image"] and not each["init"]]
    mend = f"add a container that validates, or name what does in the annotation {VALIDATOR_ANNOTATION}"
    faults = [] if annotation else _faults(images, patterns, mend)
    return assess(serving.id, serving.what, faults, {"annotation": annotation, "images": list(images)})


def _assess_endpoint(serving: Serving, versions: VertexModels, patterns: Sequence[str]) -> Assessment:
    """Assess an endpoint of Vertex AI: each version on it runs in one image, so each image has to validate."""
    images = sorted({versions.image(model.name) or "" for model in serving.models})
    mend = "serve it in an image that validates"
    faults = [fault for image in images for fault in _faults([image], patterns, mend)][:1]
    if serving.unread:
        faults = [Fault(f"runs what is not known: {serving.unread[0]} was not read", certain=False)]
    return assess(serving.id, serving.what, faults, {"images": list(serving.images)})


def _faults(images: Iterable[str], patterns: Sequence[str], mend: str) -> Iterator[Fault]:
    if any(fnmatchcase(image, pattern) for image in images for pattern in patterns):
        return
    lacking = f"none of its images is like {', '.join(patterns)}" if patterns else "OPS-4 has no validator_images"
    yield Fault(f"gives out what no validator is known to check ({lacking}): {mend}")


def _assess_bedrock(evidence: Evidence, *, whole: bool) -> Iterator[Assessment]:
    guardrails = by_place(evidence, GUARDRAILS)
    for source, region in places(evidence, GUARDRAILS, *BEDROCK_MODELS):
        found = guardrails.get((source, region), [])
        detail = {"guardrails": [guardrail.item for guardrail in found]}
        yield assess(f"{source}/bedrock/{region}", f"Amazon Bedrock in {region}", _bedrock_faults(found, whole), detail)


def _bedrock_faults(guardrails: Sequence[Content], whole: bool) -> Iterator[Fault]:
    unread = []
    for guardrail in guardrails:
        try:
            if guardrail.facet("status") == "READY" and any(each["output"] for each in guardrail.facet("filters")):
                return
        except UnreadableError as error:
            unread.append(str(error))
    if unread:
        yield Fault(f"has a guardrail that is not known: {unread[0]}", certain=False)
    elif guardrails:
        yield Fault(
            "has no guardrail that is ready and filters outputs: let one block or mask what models answer", whole
        )
    else:
        yield Fault("serves models of the account's own without a guardrail: make one that filters outputs", whole)


OPS_4 = Control(
    id="OPS-4",
    title="What models put out passes a validator before anybody gets it",
    criteria=("CC7.2", "PI1.4", "PI1.5"),
    populations=_NEEDS,
    test=test,
    defaults={SERVING_NAMESPACES: [], "sources": [], "validator_images": []},
    limits=(
        "That a validator is there is tested, not that outputs pass through it or what it stops: an annotation is the "
        "word of whoever set it, and a guardrail counts whether or not an invocation names it. Calls of Bedrock's "
        "foundation models on demand leave no trace that is read here."
    ),
)
