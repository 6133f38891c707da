"""CHG-3: the images that serve models are pinned by digest. The tested population is every (serving, image)."""

from datetime import datetime

from collector.model.control import Control, Parameters
from collector.model.evidence import Evidence
from collector.model.outcome import Outcome
from collector.model.result import Assessment, Result, conclude, not_applicable
from controls.needs import configured, missing
from controls.served.serving import SERVED, SERVING_NAMESPACES, Serving, servings
from controls.served.version import VERTEX_MODELS

_NEEDS = (*SERVED, VERTEX_MODELS)
_PINNED = "@sha256:"


def test(evidence: Evidence, parameters: Parameters, as_of: datetime) -> Result:
    """Assess every image of everything that is served."""
    del as_of  # Images are judged as recorded; no age matters here.
    if not configured(parameters, *SERVED):
        return not_applicable("CHG-3", "no source that serves models is configured")
    served, problems = servings(evidence, parameters)
    assessments = [_assess(serving, image) for serving in served for image in serving.images]
    assessments += [_unread(serving, model) for serving in served for model in serving.unread]
    absent = missing(evidence, parameters, *_NEEDS) + list(problems)
    if not assessments and not absent:
        return not_applicable("CHG-3", "nothing is served from an image of the account's or the cluster's own")
    return conclude("CHG-3", assessments, absent)


def _assess(serving: Serving, image: str) -> Assessment:
    detail = {"image": image, "serving": serving.id}
    member = f"{serving.id} -> {image}"
    if _PINNED in image:
        return Assessment(member, Outcome.PASS, "", detail)
    tag = image.rpartition(":")[2] if ":" in image.rpartition("/")[2] else "latest"
    reason = (
        f"{serving.what} runs {image}, a tag that can be moved to another image unseen: "
        f"name the image by digest ({image.removesuffix(f':{tag}')}@sha256:…)"
    )
    return Assessment(member, Outcome.FAIL, reason, detail)


def _unread(serving: Serving, model: str) -> Assessment:
    reason = f"{serving.what} runs {model} in an image that is not known: no list of models that was read has it"
    return Assessment(f"{serving.id} -> {model}", Outcome.INCONCLUSIVE, reason, {"serving": serving.id})


CHG_3 = Control(
    id="CHG-3",
    title="The images that serve models are pinned by digest",
    criteria=("CC8.1",),
    populations=_NEEDS,
    test=test,
    defaults={SERVING_NAMESPACES: [], "sources": []},
    limits="That the image with this digest is what was built and scanned is not shown.",
)
