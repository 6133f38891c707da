"""Validators of outputs: images, annotations and guardrails."""

import pytest
from support.estate import custom_model, gap, good, judge, only, partly, refused, replacing, snapshot
from support.operations import guardrail, throughput
from support.served import IMAGE, endpoint, sagemaker_model, workload

from collector.model.outcome import Outcome
from collector.model.snapshot import Item
from controls.ops4 import OPS_4

PASS, FAIL, INCONCLUSIVE = Outcome.PASS, Outcome.FAIL, Outcome.INCONCLUSIVE
ENDPOINTS, MODELS, WORKLOADS = "sagemaker.endpoints", "sagemaker.models", "kubernetes.workloads"
GUARDRAILS = "bedrock.guardrails"
PATTERNS = ["registry.example.com/validator@*", "*/guard:*"]
VALIDATOR = "registry.example.com/validator@sha256:3"


def image(name, *, init=False):
    return {**workload().content().value["containers"][0], "image": name, "init": init}


def model(*images, name="llm-1"):
    item = sagemaker_model(name)
    container = item.content().value["containers"][0]
    return Item.of(item.id, {**item.content().value, "containers": [{**container, "image": each} for each in images]})


def only_workload(**facets):
    return replacing(good(guardrails=()), snapshot(ENDPOINTS), snapshot(WORKLOADS, workload(**facets)))


def only_endpoint(*models, **facets):
    given = replacing(good(guardrails=()), snapshot(WORKLOADS), snapshot(MODELS, *models))
    return replacing(given, snapshot(ENDPOINTS, endpoint(**facets)))


def bedrock(*guardrails, **parts):
    return replacing(good(guardrails=guardrails, **parts), snapshot(WORKLOADS), snapshot(ENDPOINTS))


def annotated(value):
    return only_workload(annotations={"controlproof.io/output-validator": value})


def test_the_population_is_variants_workloads_and_regions_of_bedrock():
    result = judge(OPS_4, good())
    assert result.outcome is PASS
    assert [each.id for each in result.assessments] == [
        f"{endpoint().id}/all",
        "aws:123456789012/bedrock/eu-central-1",
        "kubernetes:it/deployment/inference/chat",
    ]


UNCHECKED = {
    "a workload without a validator": (only_workload(), "deployment inference/chat gives out what no validator is known"),
    "a workload whose annotation is empty": (annotated(""), "deployment inference/chat gives out"),
    "a workload whose validator ends before it serves": (
        only_workload(containers=[image(IMAGE), image(VALIDATOR, init=True)]), "none of its images is like"
    ),
    "a workload of an image that begins alike": (
        only_workload(containers=[image("registry.example.com/validator-2@sha256:3")]), "none of its images is like"
    ),
    "an endpoint without a validator": (only_endpoint(model(IMAGE)), "variant all of endpoint llm gives out what no valid"),
    "a variant beside one that is validated": (
        only_endpoint(
            model(IMAGE, VALIDATOR), model(IMAGE, name="llm-2"),
            variants=[{**endpoint().content().value["variants"][0], "name": name, "model": f"llm-{name}"} for name in "12"],
        ),
        "variant 2 of endpoint llm gives out",
    ),
    "a custom model without a guardrail": (bedrock(custom=(custom_model(),)), "in eu-central-1 serves models of the account"),
    "a throughput without a guardrail": (bedrock(throughputs=(throughput(),)), "without a guardrail"),
    "a guardrail in another region": (
        bedrock(guardrail(region="eu-west-1"), throughputs=(throughput(),)), "Amazon Bedrock in eu-central-1"
    ),
    "a guardrail that failed": (bedrock(guardrail(status="FAILED")), "has no guardrail that is ready and filters outputs"),
    "a guardrail that filters inputs alone": (
        bedrock(guardrail(filters=[{"input": True, "kind": "HATE", "output": False, "policy": "content"}])), "no guardrail"
    ),
    "a guardrail that filters nothing": (bedrock(guardrail(filters=[])), "no guardrail that is ready and filters outputs"),
}  # fmt: skip


@pytest.mark.parametrize(("given", "words"), UNCHECKED.values(), ids=UNCHECKED.keys())
def test_what_nothing_validates_is_a_deviation_that_says_what_to_add(given, words):
    result = judge(OPS_4, given, validator_images=PATTERNS)
    assert result.outcome is FAIL
    assert words in only(result, FAIL).reason


CHECKED = {
    "a workload with a container that validates": only_workload(containers=[image(IMAGE), image(VALIDATOR)]),
    "a workload by the second pattern": only_workload(containers=[image("registry.example.com/guard:2")]),
    "a workload that names its validator": annotated("gateway"),
    "a pipeline that ends in a validator": only_endpoint(model(IMAGE, VALIDATOR)),
    "a throughput behind a guardrail": bedrock(guardrail(), throughputs=(throughput(),)),
    "one guardrail of two": bedrock(guardrail("a", status="FAILED"), guardrail("b")),
}


@pytest.mark.parametrize("given", CHECKED.values(), ids=CHECKED.keys())
def test_what_a_validator_checks_passes(given):
    assert judge(OPS_4, given, validator_images=PATTERNS).outcome is PASS


def test_without_patterns_no_image_is_a_validator():
    result = judge(OPS_4, only_workload(containers=[image(VALIDATOR)]), validator_images=[])
    assert "OPS-4 has no validator_images" in only(result, FAIL).reason


UNKNOWN = {
    "a model that was refused": (
        replacing(good(), partly(MODELS, refused(sagemaker_model(), "containers"))), "runs what is not known"
    ),
    "a model that is in no list": (only_endpoint(), "its model llm-1 was not read"),
    "inference components": (only_endpoint(variant={"model": None}), "its inference components was not read"),
    "an endpoint that was refused": (
        replacing(good(), partly(ENDPOINTS, refused(endpoint(), "variants"))), "the variants of endpoint llm are not known"
    ),
    "a guardrail that was refused": (
        good(guardrails=partly(GUARDRAILS, refused(guardrail(), "filters"))), "guardrail that is not"
    ),
}  # fmt: skip


@pytest.mark.parametrize(("given", "words"), UNKNOWN.values(), ids=UNKNOWN.keys())
def test_what_is_not_known_is_inconclusive(given, words):
    result = judge(OPS_4, given)
    assert (result.outcome, result.deviations) == (INCONCLUSIVE, ())
    assert words in result.reason


def test_a_guardrail_that_was_not_listed_is_not_said_to_lack():
    result = judge(OPS_4, replacing(bedrock(throughputs=(throughput(),)), gap(GUARDRAILS)))
    assert (result.outcome, result.deviations) == (INCONCLUSIVE, ())


def test_where_nothing_is_served_it_does_not_apply():
    assert judge(OPS_4, bedrock()).outcome is Outcome.NOT_APPLICABLE
    assert judge(OPS_4, good(), sources=["mlflow:main"]).outcome is Outcome.NOT_APPLICABLE


def test_in_the_recorded_cluster_only_a_declared_image_validates(cluster_snapshots):
    given = replacing(good(), cluster_snapshots[WORKLOADS])
    result = judge(OPS_4, given, sources=["kubernetes:it"], validator_images=["registry.example.com/logger@*"])
    assert result.outcome is FAIL
    passed = {each.id for each in result.assessments if each.outcome is PASS and each.id.startswith("kubernetes")}
    assert passed == {"kubernetes:it/deployment/inference/llm-chat"}
