"""LOG-1: whether outputs are logged at all, of every endpoint that there is."""

import pytest
from support.estate import SOURCE, custom_model, gap, good, judge, only, partly, refused, replacing, snapshot
from support.logged import ALL, LOGGER, exclusion, sink
from support.logging import every_hour, invoked_model, setting
from support.operations import guardrail, throughput
from support.served import PROJECT, deployment, endpoint, sagemaker_model, vertex_endpoint, vertex_version, workload

from collector.model.outcome import Outcome
from controls.log1 import LOG_1

PASS, FAIL, INCONCLUSIVE = Outcome.PASS, Outcome.FAIL, Outcome.INCONCLUSIVE
ENDPOINTS, MODELS, WORKLOADS = "sagemaker.endpoints", "sagemaker.models", "kubernetes.workloads"
VERTEX, VERSIONS = "vertex.endpoints", "vertex.models"
SINKS, EXCLUSIONS = "gcp.log_sinks", "gcp.log_exclusions"
IMAGE = endpoint and sagemaker_model().content().value["containers"][0]["image"]


def variant(capture=(), config=(), **facets):
    """The good estate with one variant whose data capture is changed."""
    value = endpoint().content().value
    changed = {
        "data_capture": {**value["data_capture"], **dict(capture)},
        "capture": {**value["capture"], **dict(config)},
    }
    return replacing(good(), snapshot(ENDPOINTS, endpoint(**changed, **facets)))


def deployed(**facets):
    return replacing(good(), snapshot(WORKLOADS, workload(**facets)))


def bedrock(*settings, **parts):
    return good(settings=settings, **parts)


def container(image, *, init=False):
    return {**workload().content().value["containers"][0], "image": image, "init": init}


def service(logger):
    return deployed(kind="InferenceService", annotations={}, logger=logger)


def test_the_population_is_variants_workloads_and_regions_of_bedrock():
    result = judge(LOG_1, good())
    assert result.outcome is PASS
    assert [each.id for each in result.assessments] == [
        f"{endpoint().id}/all",
        f"{SOURCE}/bedrock/eu-central-1",
        "kubernetes:it/deployment/inference/chat",
    ]
    assert result.assessments[0].detail["stores"] == ["s3://captures/outputs/"]


UNLOGGED = {
    "a variant without capture": (variant({"enabled": False}), "variant all of endpoint llm does not log its outputs"),
    "a variant that never captured": (
        replacing(good(), snapshot(ENDPOINTS, endpoint(data_capture=None, capture=None))), "does not log its outputs"
    ),
    "a serverless variant": (
        variant({"enabled": False}, variant={"serverless": True}), "SageMaker captures nothing of serverless variants"
    ),
    "a capture that was stopped": (variant({"status": "Stopped"}), "has stopped to capture"),
    "a capture of requests alone": (variant({}, {"modes": ["Input"]}), "captures requests but no outputs"),
    "a capture of a sample": (variant({"percentage": 20}), "captures 20 % of its outputs: capture at least 100 %"),
    "a workload without annotation": (deployed(annotations={}), "deployment inference/chat is not known to log"),
    "a workload with an empty annotation": (
        deployed(annotations={"controlproof.io/output-logging": " "}), "deployment inference/chat is not known to log"
    ),
    "a workload whose logger ends before it serves": (
        deployed(annotations={}, containers=[container(IMAGE), container(LOGGER, init=True)]), "none of its images is like"
    ),
    "a service that logs requests alone": (service({"host": "it", "mode": "request"}), "logs requests but no outputs"),
    "a region without a setting": (bedrock(setting(enabled=False, group=None)), "does not log what models answer"),
    "a region that leaves out text": (bedrock(setting(text=False)), "leaves out text data"),
    "a region that leaves out much": (bedrock(setting(text=False, embedding=False)), "text and embedding data"),
    "a region that logs nothing large": (bedrock(setting(large_bucket=None)), "logs nothing larger than 100 KB"),
    "a region that nobody declared": (
        good(invocations=(invoked_model(every_hour()), invoked_model({}, region="us-west-2")),
             settings=(setting(), setting("us-west-2", enabled=False, group=None, large_bucket=None))),
        "Amazon Bedrock in us-west-2 does not log",
    ),
    "a throughput where nothing is logged": (
        good(throughputs=(throughput(region="eu-west-1"),), settings=(setting(), setting("eu-west-1", enabled=False, group=None))),
        "Amazon Bedrock in eu-west-1 does not log",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("given", "words"), UNLOGGED.values(), ids=UNLOGGED.keys())
def test_what_is_not_logged_is_a_deviation_that_says_what_to_turn_on(given, words):
    result = judge(LOG_1, given, logging_images=["registry.example.com/logger@*"])
    assert result.outcome is FAIL
    assert words in only(result, FAIL).reason


LOGGED = {
    "a sample that is enough": (variant({"percentage": 20}), {"min_sampling_percent": 20}),
    "a share that only the configuration says": (variant({"percentage": None}, {"percentage": 100}), {}),
    "a workload with a container that logs": (
        deployed(annotations={}, containers=[container(IMAGE), container(LOGGER)]), {"logging_images": ["*/logger@*"]}
    ),
    "a model with a container that logs": (
        replacing(variant({"enabled": False}), snapshot(MODELS, sagemaker_model(image=LOGGER))),
        {"logging_images": ["*/logger@*"]},
    ),
    "a service that logs responses": (service({"host": "it", "mode": "response"}), {}),
    "a service that logs all": (service({"host": None, "mode": "all"}), {}),
    "a region that logs to a bucket alone": (bedrock(setting(group=None, large_bucket=None, bucket="captures")), {}),
    "a region where nothing is used": (
        good(settings=(setting(), setting("us-west-2", enabled=False, group=None))), {}
    ),
}  # fmt: skip


@pytest.mark.parametrize(("given", "parameters"), LOGGED.values(), ids=LOGGED.keys())
def test_what_is_logged_passes(given, parameters):
    assert judge(LOG_1, given, **parameters).outcome is PASS


UNKNOWN = {
    "an endpoint whose capture was refused": (
        replacing(good(), partly(ENDPOINTS, refused(endpoint(), "data_capture"))), "logs what is not known"
    ),
    "an endpoint that was refused": (
        replacing(good(), partly(ENDPOINTS, refused(endpoint(), "variants"))), "the variants of endpoint llm are not known"
    ),
    "a share that nobody says": (variant({"percentage": None}, {"percentage": None}), "a share of its outputs that is not"),
    "a region without its setting": (good(settings=()), "its invocation logging was not read"),
    "invocations that were not counted": (good(invocations=gap("cloudwatch.invocations")), "is incomplete"),
}  # fmt: skip


@pytest.mark.parametrize(("given", "words"), UNKNOWN.values(), ids=UNKNOWN.keys())
def test_what_is_not_known_is_inconclusive(given, words):
    result = judge(LOG_1, given)
    assert (result.outcome, result.deviations) == (INCONCLUSIVE, ())
    assert words in result.reason


def test_where_nothing_is_served_it_does_not_apply():
    empty = good(guardrails=(), invocations=())
    nothing = replacing(empty, snapshot(WORKLOADS), snapshot(ENDPOINTS))
    assert judge(LOG_1, nothing).outcome is Outcome.NOT_APPLICABLE
    assert judge(LOG_1, good(), sources=["mlflow:main"]).outcome is Outcome.NOT_APPLICABLE


def test_a_guardrail_or_custom_model_alone_makes_its_region_an_endpoint():
    for parts in ({"guardrails": (guardrail(),)}, {"custom": (custom_model(),), "guardrails": ()}):
        given = replacing(good(**{"invocations": (), **parts}), snapshot(WORKLOADS), snapshot(ENDPOINTS))
        assert [each.id for each in judge(LOG_1, given).assessments] == [f"{SOURCE}/bedrock/eu-central-1"]


# Google Cloud


def on_google(*sinks, exclusions=(), logging=None, **of_deployment):
    """An endpoint of Vertex AI, and how what it prints is routed."""
    return replacing(
        good(sinks=sinks, exclusions=exclusions),
        snapshot(
            VERTEX, vertex_endpoint(deployment(**of_deployment), request_response_logging=logging), source=PROJECT
        ),
        snapshot(VERSIONS, vertex_version(image=LOGGER), source=PROJECT),
    )


TO_TABLE = {"destination": "bq://acme-prod.logs.outputs", "enabled": True, "sampling": "1"}
VERTEX_LOGS = 'resource.type="aiplatform.googleapis.com/Endpoint"'
ROUTED = {
    "requests and responses to a table": (on_google(logging=TO_TABLE), PASS, ""),
    "a tenth of them": (on_google(logging={**TO_TABLE, "sampling": "0.1"}), FAIL, "logs 10.0 % of its outputs"),
    "a share that is not said": (on_google(logging={**TO_TABLE, "sampling": None}), INCONCLUSIVE, "is not known"),
    "logging that is off": (on_google(logging={**TO_TABLE, "enabled": False}, container_logging=False), FAIL, "turn on its req"),
    "an image that prints, to the default sink": (on_google(sink(ALL)), PASS, ""),
    "one whose container is not logged": (on_google(sink(ALL), container_logging=False), FAIL, "does not log its outputs"),
    "no sink": (on_google(), FAIL, "no sink routes them"),
    "a sink that is off": (on_google(sink(ALL, disabled=True)), FAIL, "no sink routes them"),
    "a sink for other things": (on_google(sink('resource.type="gce_instance"')), FAIL, "no sink routes them"),
    "an exclusion of the project": (on_google(sink(ALL), exclusions=(exclusion(VERTEX_LOGS),)), FAIL, "exclusion noise of sink _Default drops them"),
    "an exclusion that is off": (on_google(sink(ALL), exclusions=(exclusion(VERTEX_LOGS, disabled=True),)), PASS, ""),
    "an exclusion of the sink": (on_google(sink(ALL, "_Default", VERTEX_LOGS)), FAIL, "drops them"),
    "an exclusion of another endpoint": (
        on_google(sink(ALL, "_Default", f'{VERTEX_LOGS} AND resource.labels.endpoint_id="8"')), PASS, ""
    ),
    "an exclusion by what is in them": (
        on_google(sink(ALL, "_Default", f'{VERTEX_LOGS} AND severity<ERROR')), INCONCLUSIVE, "drops them is not decided"
    ),
    "an exclusion that is no filter": (on_google(sink(ALL, "_Default", '((("')), INCONCLUSIVE, "drops them is not decided"),
    "another sink beside the one that drops": (on_google(sink(ALL, "_Default", VERTEX_LOGS), sink("", "archive")), PASS, ""),
    "a project's exclusion, which is of the default sink alone": (
        on_google(sink("", "archive"), exclusions=(exclusion(VERTEX_LOGS),)), PASS, ""
    ),
}  # fmt: skip


@pytest.mark.parametrize(("given", "outcome", "words"), ROUTED.values(), ids=ROUTED.keys())
def test_an_endpoint_of_vertex_logs_to_a_table_or_by_what_its_sinks_take(given, outcome, words):
    result = judge(LOG_1, given, logging_images=["*/logger@*"])
    (found,) = [each for each in result.assessments if each.id == vertex_endpoint().id]
    assert found.outcome is outcome
    assert words in found.reason
