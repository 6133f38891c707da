"""Redundancy: instances, replicas, subnets, and budgets that keep evictions from all pods."""

import pytest
from support.estate import gap, good, judge, only, partly, refused, replacing, snapshot
from support.operations import autoscaler, budget, expression, selector, target
from support.served import endpoint, sagemaker_model, workload

from collector.model.outcome import Outcome
from collector.model.snapshot import Item
from controls.ops1 import OPS_1

PASS, FAIL, INCONCLUSIVE = Outcome.PASS, Outcome.FAIL, Outcome.INCONCLUSIVE
ENDPOINTS, MODELS, TARGETS = "sagemaker.endpoints", "sagemaker.models", "autoscaling.targets"
WORKLOADS, BUDGETS, AUTOSCALERS = "kubernetes.workloads", "kubernetes.disruption_budgets", "kubernetes.autoscalers"
OWN = selector(app="chat")


def estate(**parts):
    """The good estate with the items of some populations replaced: `workloads=(…,)`."""
    names = {"endpoints": ENDPOINTS, "models": MODELS, "targets": TARGETS}
    names |= {"workloads": WORKLOADS, "budgets": BUDGETS, "autoscalers": AUTOSCALERS}
    return replacing(good(), *(snapshot(names[part], *items) for part, items in parts.items()))


def variant(**changed):
    return estate(endpoints=(endpoint(variant=changed),), targets=())


def pods(*, autoscalers=(), budgets=None, others=(), **facets):
    given = (budget(OWN, min_available=1),) if budgets is None else budgets
    return estate(workloads=(workload(**facets), *others), autoscalers=autoscalers, budgets=given)


def with_subnets(*subnets):
    content = dict(sagemaker_model().content().value)
    return Item.of(sagemaker_model().id, {**content, "subnets": list(subnets)})


def test_the_population_is_every_variant_and_every_workload_that_serves():
    other = workload("tools", model=None)
    result = judge(OPS_1, estate(workloads=(workload(), other)))
    assert result.outcome is PASS
    assert [each.id for each in result.assessments] == [
        f"{endpoint().id}/all",
        "kubernetes:it/deployment/inference/chat",
    ]


ALONE = {
    "one instance": (variant(instances=1), "has 1 instance: give it 2 or more"),
    "scaled down to one instance": (estate(targets=(target(1),)), "may be scaled down to 1 instance: raise its minimum"),
    "scaled down to none": (estate(targets=(target(0),)), "may be scaled down to 0 instances"),
    "one subnet": (estate(models=(with_subnets("subnet-a"),)), "in one subnet, subnet-a: give model llm-1 another"),
    "one replica": (pods(replicas=1), "keeps 1 pod: give it 2 replicas or more"),
    "no number of replicas, which means one": (pods(replicas=None), "keeps 1 pod"),
    "an autoscaler that goes down to one": (
        pods(replicas=3, autoscalers=(autoscaler(1),)), "may be scaled down to 1 pod: raise its autoscaler's minimum to 2"
    ),
    "no budget": (pods(budgets=()), "has no disruption budget"),
    "a budget of another namespace": (pods(budgets=(budget(OWN, namespace="other", min_available=1),)), "has no disruption"),
    "a budget for other pods": (pods(budgets=(budget(selector(app="x"), min_available=1),)), "has no disruption budget"),
    "a budget that selects nothing": (pods(budgets=(budget(None, min_available=1),)), "has no disruption budget"),
    "a budget of all but labels of others": (
        pods(budgets=(budget(selector(expression("app", "NotIn", "chat")), min_available=1),)), "has no disruption budget"
    ),
    "a budget that keeps none": (pods(budgets=(budget(OWN, min_available=0),)), "may lose all pods to evictions at once"),
    "a budget that keeps no share": (pods(budgets=(budget(OWN, min_available="0%"),)), "may lose all pods"),
    "a budget that gives up all": (pods(budgets=(budget(OWN, max_unavailable=2),)), "may lose all pods"),
    "a budget that gives up a share that is all": (pods(budgets=(budget(OWN, max_unavailable="51%"),)), "may lose all pods"),
    "a budget that says nothing": (pods(budgets=(budget(OWN),)), "may lose all pods"),
    "a budget that other workloads' pods can meet": (
        pods(others=(workload("tools", model=None),), budgets=(budget(selector(), min_available=1),)), "may lose all pods"
    ),
}  # fmt: skip


@pytest.mark.parametrize(("given", "words"), ALONE.values(), ids=ALONE.keys())
def test_what_can_be_lost_at_once_is_a_deviation_that_says_how(given, words):
    result = judge(OPS_1, given)
    assert result.outcome is FAIL
    assert words in only(result, FAIL).reason


ENOUGH = {
    "serverless": variant(instances=None, serverless=True),
    "a shadow of one instance beside it": estate(
        endpoints=(endpoint(variants=[*endpoint().content().value["variants"], {"name": "shadow", "shadow": True}]),)
    ),
    "a target of another kind": estate(targets=(target(0, dimension="sagemaker:variant:DesiredProvisionedConcurrency"),)),
    "a target of the same name in another region": estate(targets=(target(0, region="eu-west-1"),)),
    "two subnets": estate(models=(with_subnets("subnet-a", "subnet-b"),)),
    "an autoscaler that keeps more than was asked for": pods(replicas=1, autoscalers=(autoscaler(2),)),
    "another workload's autoscaler": pods(autoscalers=(autoscaler(1, "tools"),)),
    "a daemon set, without a budget": pods(kind="DaemonSet", replicas=None, budgets=()),
    "a budget that gives up one": pods(budgets=(budget(OWN, max_unavailable=1),)),
    "a budget that gives up half": pods(budgets=(budget(OWN, max_unavailable="50%"),)),
    "a budget that keeps a share": pods(budgets=(budget(OWN, min_available="1%"),)),
    "a budget of the whole namespace that gives up one": pods(
        others=(workload("tools", model=None),), budgets=(budget(selector(), max_unavailable=1),)
    ),
    "a second budget that is good": pods(budgets=(budget(OWN, min_available=0), budget(OWN, "b", min_available=1))),
    "an inference service by its label": pods(
        kind="InferenceService", selector=None,
        budgets=(budget(selector(**{"serving.kserve.io/inferenceservice": "chat"}), min_available=1),),
    ),
}  # fmt: skip


@pytest.mark.parametrize("given", ENOUGH.values(), ids=ENOUGH.keys())
def test_what_keeps_one_is_redundant(given):
    assert judge(OPS_1, given).outcome is PASS


def test_every_fault_of_a_workload_stands_in_its_reason():
    reason = only(judge(OPS_1, pods(replicas=1, budgets=())), FAIL).reason
    assert reason.startswith("deployment inference/chat keeps 1 pod")
    assert "; it has no disruption budget" in reason


def test_the_least_number_is_a_parameter():
    given = estate()
    assert len(judge(OPS_1, given, min_replicas=3).deviations) == 2
    assert judge(OPS_1, given, min_replicas=2).outcome is PASS


UNKNOWN = {
    "a variant that does not say its instances": (variant(instances=None), "does not say how many instances"),
    "a model that is in no list": (estate(models=()), "its model llm-1 was not read"),
    "an endpoint without variants": (estate(endpoints=(endpoint(variants=[]),)), "names no variant"),
    "an endpoint whose configuration was refused": (
        replacing(good(), partly(ENDPOINTS, refused(endpoint(), "variants"))), "the variants of endpoint llm are not known"
    ),
    "a model that was refused": (
        replacing(good(), partly(MODELS, refused(sagemaker_model(), "subnets"))), "has a network that is not known"
    ),
    "a budget by labels that are not recorded": (
        pods(budgets=(budget(selector(app="chat", tier="web"), min_available=1),)), "may have the disruption budget chat"
    ),
    "a budget of another form": (pods(budgets=(budget({"matchLabels": {}}, min_available=1),)), "is not a label selector"),
}  # fmt: skip


@pytest.mark.parametrize(("given", "words"), UNKNOWN.values(), ids=UNKNOWN.keys())
def test_what_is_not_known_is_inconclusive(given, words):
    result = judge(OPS_1, given)
    assert result.outcome is INCONCLUSIVE
    assert not result.deviations
    assert words in result.reason


@pytest.mark.parametrize(
    ("population", "given"),
    [(AUTOSCALERS, pods(replicas=1)), (BUDGETS, pods())],
)
def test_what_is_not_in_a_list_that_failed_is_no_deviation(population, given):
    result = judge(OPS_1, replacing(given, gap(population)))
    assert result.outcome is INCONCLUSIVE
    assert not result.deviations
    assert result.undecided


def test_where_nothing_is_served_it_does_not_apply_and_needs_no_bounds():
    given = replacing(estate(endpoints=(), workloads=()), gap(TARGETS), gap(BUDGETS))
    assert judge(OPS_1, given).outcome is Outcome.NOT_APPLICABLE


def test_a_cluster_that_nobody_runs_is_not_missed():
    given = replacing(good(), gap(WORKLOADS), gap(BUDGETS), gap(AUTOSCALERS))
    assert judge(OPS_1, given).outcome is INCONCLUSIVE
    assert judge(OPS_1, given, sources=["aws:123456789012"]).outcome is PASS
    assert judge(OPS_1, given, sources=["mlflow:main"]).outcome is Outcome.NOT_APPLICABLE


def test_in_the_recorded_cluster_one_deployment_is_redundant(cluster_snapshots):
    readings = [cluster_snapshots[name] for name in (WORKLOADS, BUDGETS, AUTOSCALERS)]
    result = judge(OPS_1, replacing(good(), *readings), sources=["kubernetes:it"])
    outcomes = {each.id.removeprefix("kubernetes:it/"): each for each in result.assessments if "aws" not in each.id}
    assert outcomes["deployment/inference/llm-chat"].outcome is PASS
    assert outcomes["deployment/inference/llm-chat"].detail["autoscaler_minimum"] == 2
    assert "keeps 1 pod" in outcomes["deployment/inference/embedder"].reason
    assert "keeps 1 pod" in outcomes["inferenceservice/inference/ranker"].reason


def test_a_certain_fault_is_a_deviation_beside_what_is_not_known():
    result = judge(OPS_1, estate(endpoints=(endpoint(variant={"instances": 1}),), models=(), targets=()))
    assert only(result, FAIL).reason == "variant all of endpoint llm has 1 instance: give it 2 or more"
