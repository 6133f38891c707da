"""VEN-1: third-party models are found wherever they are set up, and whose vendor is not registered is a deviation."""

import pytest
from support.estate import custom_model, gap, good, judge, model_package, only, partly, refused, replacing, snapshot
from support.ledgers import START
from support.logging import invoked_model
from support.operations import throughput
from support.served import ACCOUNT, CLUSTER, PROJECT, REGISTRY, sagemaker_model, vertex_version, workload
from support.vendors import (
    CLAUDE,
    agent,
    api,
    config_map,
    gateway_model,
    inference_profile,
    service,
    vendor_assessment,
    vertex_endpoint,
)

from collector.model.attestation import Attestation
from collector.model.canonical import MAX_INTEGER
from collector.model.evidence import Evidence
from collector.model.outcome import Outcome
from collector.model.snapshot import FailureClass, Item
from controls.registry import CONTROLS
from controls.ven1 import VEN_1

FAIL, PASS, INCONCLUSIVE = Outcome.FAIL, Outcome.PASS, Outcome.INCONCLUSIVE
VENDOR_CONTROLS = [control for control in CONTROLS if control.id.startswith("VEN-")]
MARKETPLACE = "arn:aws:sagemaker:eu-central-1:865070037744:model-package/acme-chat-v1"
NO_VENDORS = {"profiles": (), "attestations": (), "invocations": ()}

SEEN = {
    "a Bedrock custom model's base": ("bedrock.custom_models", custom_model(base_model=CLAUDE), "anthropic", "custom model tuned"),
    "a base by its id": ("bedrock.custom_models", custom_model(base_model="amazon.nova-lite-v1:0"), "aws", "custom model tuned"),
    "an inference profile": ("bedrock.inference_profiles", inference_profile("x", "arn:aws:bedrock:eu-west-1::foundation-model/meta.llama3-70b"), "meta", "inference profile x"),
    "a profile of a profile": ("bedrock.inference_profiles", inference_profile("x", f"arn:aws:bedrock:eu-west-1:{ACCOUNT}:inference-profile/eu.mistral.pixtral-large"), "mistral", "inference profile x"),
    "a model that was invoked": ("cloudwatch.invocations", invoked_model({}, "us.anthropic.claude-haiku-4-5"), "anthropic", "CloudWatch counts its invocations"),
    "an agent": ("bedrock.agents", agent("us.anthropic.claude-haiku-4-5"), "anthropic", "Bedrock agent assistant"),
    "an unknown provider": ("bedrock.agents", agent("newco.chat-v1"), "newco", "Bedrock agent assistant"),
    "weights of JumpStart": ("sagemaker.models", sagemaker_model(package=None, model_data="s3://jumpstart-cache-prod-eu-central-1/meta-infer/llama/"), "meta", "SageMaker model llm-1"),
    "weights that JumpStart supplies itself": ("sagemaker.models", sagemaker_model(package=None, model_data="s3://jumpstart-private-cache-prod-eu-central-1/pytorch-ic/"), "aws", "SageMaker model llm-1"),
    "a package of JumpStart": ("sagemaker.model_packages", model_package("s3://jumpstart-cache-prod-eu-central-1/stabilityai-infer/x"), "stability", "model package llm/1"),
    "a model of Model Garden": ("vertex.models", vertex_version(base_model="publishers/mistralai/models/mistral-large"), "mistral", "Vertex AI model llm"),
    "one whose publisher is not said": ("vertex.models", vertex_version(source_type="MODEL_GARDEN"), "google", "Model Garden"),
    "a publisher's model on an endpoint": ("vertex.endpoints", vertex_endpoint("projects/1/locations/europe-west4/publishers/anthropic/models/claude"), "anthropic", "Vertex AI endpoint chat"),
    "a host in a workload": ("kubernetes.workloads", workload(model_apis=[api("api.openai.com")]), "openai", "container main of deployment inference/chat"),
    "a key in a workload": ("kubernetes.workloads", workload(model_apis=[api(key="COHERE_API_KEY")]), "cohere", "by its name alone"),
    "a host in a ConfigMap": ("kubernetes.model_apis", config_map(api("*.openai.azure.com", where="key routes.yaml")), "microsoft", "key routes.yaml of ConfigMap inference/routes"),
    "an external name": ("kubernetes.services", service("api.mistral.ai"), "mistral", "behind Service inference/out"),
    "a host of the mesh": ("kubernetes.services", service(None, "api.cohere.com", "example.com"), "cohere", "behind ServiceEntry inference/out"),
    "any host of the mesh": ("kubernetes.services", service(None, "*.deepseek.com"), "deepseek", "behind ServiceEntry inference/out"),
    "the gateway": ("mlflow.gateway_models", gateway_model("gemini", "gemini-2.5-pro", "support"), "google", "gateway endpoint support"),
    "the gateway to Bedrock": ("mlflow.gateway_models", gateway_model("bedrock", "anthropic.claude-v2", "support"), "anthropic", "gateway endpoint support"),
}  # fmt: skip


def source_of(population):
    kinds = {"kubernetes": CLUSTER, "mlflow": REGISTRY, "vertex": PROJECT}
    return kinds.get(population.partition(".")[0])


def using(population, *items, **parts):
    """The good estate without vendors, but for these items."""
    return replacing(good(**{**NO_VENDORS, **parts}), snapshot(population, *items, source=source_of(population)))


@pytest.mark.parametrize(("population", "item", "vendor", "where"), SEEN.values(), ids=SEEN)
def test_a_model_of_an_unregistered_vendor_is_a_deviation_that_says_where_it_was_seen(population, item, vendor, where):
    given = using(population, item)
    deviation = only(judge(VEN_1, given), FAIL)
    assert f"({vendor}) is not in the vendor register" in deviation.reason
    assert where in deviation.reason
    assert item.id in deviation.id
    registered = Evidence(given.readings, (vendor_assessment(vendor),))
    assert judge(VEN_1, registered).outcome is PASS
    for control in VENDOR_CONTROLS[1:]:
        assert f"is in use {deviation.detail['seen']}" in only(judge(control, given), FAIL).reason
        assert judge(control, registered).outcome is PASS


OWN = {
    "a custom model's throughput without a base": ("bedrock.provisioned_throughputs", throughput()),
    "an agent without a model": ("bedrock.agents", agent(None)),
    "a profile of a custom model": ("bedrock.inference_profiles", inference_profile("x", f"arn:aws:bedrock:eu-central-1:{ACCOUNT}:custom-model/tuned")),
    "an own package": ("sagemaker.models", sagemaker_model()),
    "own weights": ("sagemaker.models", sagemaker_model(package=None, model_data="s3://weights/jumpstart-cache/x")),
    "an own model of Vertex AI": ("vertex.models", vertex_version()),
    "an own model on an endpoint": ("vertex.endpoints", vertex_endpoint("projects/1/locations/europe-west4/models/7")),
    "an own server": ("mlflow.gateway_models", gateway_model("ollama", "llama3", "support")),
    "a model that no endpoint leads to": ("mlflow.gateway_models", gateway_model("openai", "gpt-5")),
    "a service of the cluster": ("kubernetes.services", service()),
    "another host": ("kubernetes.services", service("db.example.com")),
}  # fmt: skip


@pytest.mark.parametrize(("population", "item"), OWN.values(), ids=OWN)
def test_what_is_of_the_accounts_own_needs_no_vendor(population, item):
    given = using(population, item)
    for control in VENDOR_CONTROLS:
        assert judge(control, given).outcome is Outcome.NOT_APPLICABLE


def test_a_package_of_another_account_is_undecided_until_somebody_says_whose_it_is():
    given = using("sagemaker.models", sagemaker_model(package=MARKETPLACE))
    undecided = only(judge(VEN_1, given), INCONCLUSIVE)
    assert "whose it is is not known" in undecided.reason
    assert judge(VEN_1, given, own_accounts=["865070037744"]).outcome is Outcome.NOT_APPLICABLE
    claimed = vendor_assessment("acme", models=["arn:aws:sagemaker:*:865070037744:model-package/acme-*"])
    assert judge(VEN_1, Evidence(given.readings, (claimed,))).outcome is PASS


def test_a_package_of_another_configured_account_is_the_organizations_own():
    given = using("sagemaker.models", sagemaker_model(package=MARKETPLACE))
    other = snapshot("sagemaker.models", source="aws:865070037744")
    assert judge(VEN_1, Evidence((*given.readings, other))).outcome is Outcome.NOT_APPLICABLE


def test_a_vendor_that_is_retired_and_still_used_deviates_and_its_report_is_judged_no_more():
    retired = vendor_assessment(retired="2025-12-01", report=None)
    given = good(attestations=(retired,), invocations=())
    assert "retired since 2025-12-01" in only(judge(VEN_1, given), FAIL).reason
    unused = good(profiles=(), attestations=(retired,), invocations=())
    assert {judge(control, unused).outcome for control in VENDOR_CONTROLS} == {Outcome.NOT_APPLICABLE}


def test_the_newest_assessment_of_a_vendor_counts_and_those_of_others_stay():
    older = vendor_assessment(seq=1, retired="2025-12-01")
    other = vendor_assessment("openai", seq=2)
    given = good(attestations=(vendor_assessment(seq=3), older, other))
    assert judge(VEN_1, given).outcome is PASS
    assert {each.id for each in judge(VENDOR_CONTROLS[1], given).assessments} == {"anthropic", "openai"}


def test_a_model_that_was_invoked_on_demand_is_found_where_invocations_were_counted():
    counted = {"endpoint": None, "hours": {}, "region": "eu-central-1", "variant": None}
    ids = (
        "amazon.nova-pro-v1:0",
        "eu.anthropic.claude-sonnet-4-5-v1:0",
        f"arn:aws:bedrock:x:{ACCOUNT}:custom-model/it",
    )
    items = [Item.of(f"eu-central-1/bedrock/{id_}", {**counted, "model": id_, "service": "bedrock"}) for id_ in ids]
    variant = {**counted, "endpoint": "llm", "model": None, "service": "sagemaker", "variant": "all"}
    given = good(**NO_VENDORS)
    readings = (*given.readings, snapshot("cloudwatch.invocations", *items, Item.of("variant", variant)))
    result = judge(VEN_1, Evidence(readings))
    assert {each.detail["vendor"] for each in result.deviations} == {"aws", "anthropic"}
    assert len(result.assessments) == 2


@pytest.mark.parametrize("population", VEN_1.populations)
@pytest.mark.parametrize("kind", [FailureClass.DENIED, FailureClass.THROTTLED])
def test_a_list_that_could_not_be_read_makes_no_verdict_even_beside_a_deviation(population, kind):
    given = replacing(good(attestations=()), gap(population, kind=kind))
    for control in VENDOR_CONTROLS:
        result = judge(control, given)
        assert result.outcome is INCONCLUSIVE
        assert population in result.reason


def test_an_agent_whose_model_was_refused_is_named_and_makes_no_verdict():
    given = replacing(good(), partly("bedrock.agents", refused(agent(CLAUDE), "model")))
    for control in VENDOR_CONTROLS:
        result = judge(control, given)
        assert result.outcome is INCONCLUSIVE
        assert "which model eu-central-1/agent/assistant uses is not known" in result.reason


def test_a_source_that_is_not_configured_is_not_missing():
    given = Evidence(
        (snapshot("kubernetes.workloads"), snapshot("kubernetes.services"), snapshot("kubernetes.model_apis"))
    )
    assert judge(VEN_1, given, sources=[CLUSTER]).outcome is Outcome.NOT_APPLICABLE
    assert judge(VEN_1, given, sources=[CLUSTER, REGISTRY]).outcome is INCONCLUSIVE
    assert "no source" in judge(VEN_1, Evidence(()), sources=["github:acme/x"]).reason


@pytest.mark.parametrize("content", [{}, {"vendor": "x"}, {"vendor": "x", "document": 1}, {"report": MAX_INTEGER}])
def test_an_assessment_of_another_form_is_no_verdict_and_no_crash(content):
    given = good(attestations=(Attestation("vendor_assessment", 9, START, content),))
    for control in VENDOR_CONTROLS:
        result = judge(control, given)
        assert result.outcome is INCONCLUSIVE
        assert "record 9 is malformed" in result.reason
