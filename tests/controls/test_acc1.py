"""Where weights are kept, against where they are declared to be."""

import pytest
from support.estate import LOCATION, custom_model, gap, good, judge, model_package, only, partly, refused
from support.served import serving, version, workload

from collector.model.outcome import Outcome
from collector.model.snapshot import Item
from controls.acc1 import ACC_1

PASS, FAIL, INCONCLUSIVE = Outcome.PASS, Outcome.FAIL, Outcome.INCONCLUSIVE
ELSEWHERE = "s3://scratch/model.tar.gz"
MODEL = "arn:aws:sagemaker:eu-central-1:123456789012:model/chat"


def served(uri, source=None):
    """A model as an endpoint's configuration names it."""
    container = {"image": "image", "image_digest": None, "model_data": uri, "model_data_source": source}
    return Item.of(MODEL, {"name": "chat", "role": None, "containers": [container]})


NO_CLUSTER = serving(**{"kubernetes.workloads": (), "mlflow.versions": ()})


def test_every_artifact_of_every_registry_is_in_the_population():
    packages = (model_package(), model_package(f"{LOCATION}v2.tar.gz", "llm/2"))
    given = good(
        packages=packages, models=(served(f"{LOCATION}v2.tar.gz"),), custom=(custom_model(),), served=NO_CLUSTER
    )
    result = judge(ACC_1, given)
    assert result.outcome is PASS
    assert len(result.assessments) == 4


OUTSIDE = {
    "a model package's artifact": (good(packages=(model_package(ELSEWHERE),)), "model package arn:aws:sagemaker", ELSEWHERE),
    "the artifact of a model that an endpoint serves": (good(models=(served(ELSEWHERE),)), f"model {MODEL}", ELSEWHERE),
    "an artifact that is given as a data source": (
        good(models=(served(None, "s3://scratch/llm/"),)), f"model {MODEL}", "s3://scratch/llm/"
    ),
    "the output of a Bedrock customization": (
        good(custom=(custom_model("s3://scratch/tuned/"),)), "custom model arn:aws:bedrock", "s3://scratch/tuned/"
    ),
    "the folder above the declared one": (good(models=(served("s3://weights/"),)), MODEL, "s3://weights/"),
    "a bucket whose name only begins alike": (
        good(models=(served("s3://weights-copy/llm/model.tar.gz"),)), MODEL, "s3://weights-copy/llm/model.tar.gz"
    ),
}  # fmt: skip


@pytest.mark.parametrize(("given", "what", "uri"), OUTSIDE.values(), ids=OUTSIDE.keys())
def test_an_artifact_outside_every_declared_location_is_a_deviation(given, what, uri):
    result = judge(ACC_1, given)
    assert result.outcome is FAIL
    deviation = only(result, FAIL)
    assert deviation.id.endswith(f" -> {uri}")
    assert what in deviation.reason
    assert f"keeps its weights at {uri}, which is in no declared location" in deviation.reason


@pytest.mark.parametrize("declared", ["s3://weights/llm", "s3://weights/llm/"])
def test_a_sibling_whose_name_begins_with_the_declared_folder_is_outside(declared):
    beside = good(packages=(model_package("s3://weights/llm-secret/model.tar.gz"),))
    inside = good(packages=(model_package("s3://weights/llm/model.tar.gz"),))
    assert judge(ACC_1, beside, weights=[declared]).outcome is FAIL
    assert judge(ACC_1, inside, weights=[declared]).outcome is PASS


def test_one_of_several_declared_locations_is_enough():
    given = good(packages=(model_package(ELSEWHERE),))
    assert judge(ACC_1, given, weights=[LOCATION, "s3://scratch"]).outcome is PASS


def test_an_artifact_that_two_containers_share_counts_once():
    twice = model_package().content().value["containers"] * 2
    assert len(judge(ACC_1, good(packages=(model_package(containers=twice),), served=NO_CLUSTER)).assessments) == 1


def test_a_model_whose_artifacts_were_refused_is_inconclusive():
    hidden = partly("sagemaker.models", refused(served(LOCATION), "containers"))
    result = judge(ACC_1, good(models=hidden))
    assert result.outcome is INCONCLUSIVE
    undecided = only(result, INCONCLUSIVE)
    assert undecided.id == MODEL
    assert f"containers of {MODEL} could not be read" in undecided.reason


def test_a_kind_of_location_that_is_not_read_is_inconclusive():
    result = judge(ACC_1, good(packages=(model_package("https://weights.example.com/llm"),)))
    assert result.outcome is INCONCLUSIVE
    assert "a kind of location that is not read" in only(result, INCONCLUSIVE).reason


@pytest.mark.parametrize(
    ("part", "population"),
    [("packages", "sagemaker.model_packages"), ("models", "sagemaker.models"), ("custom", "bedrock.custom_models")],
)
def test_a_registry_that_was_not_read_whole_is_inconclusive_even_where_the_rest_conforms(part, population):
    result = judge(ACC_1, good(**{part: gap(population)}))
    assert result.outcome is INCONCLUSIVE
    assert f"{population} is incomplete" in result.reason


def test_a_deviation_beside_a_registry_that_was_not_read_stays_listed():
    result = judge(ACC_1, good(packages=(model_package(ELSEWHERE),), custom=gap("bedrock.custom_models")))
    assert result.outcome is INCONCLUSIVE
    assert [each.detail["artifact"] for each in result.deviations] == [ELSEWHERE]


def test_where_no_model_names_an_artifact_it_does_not_apply():
    result = judge(ACC_1, good(packages=(), custom=(custom_model(output=None),), served=NO_CLUSTER))
    assert (result.outcome, result.reason) == (
        Outcome.NOT_APPLICABLE,
        "no model in a registry, and nothing that is served, names an artifact",
    )


def test_without_declared_locations_it_does_not_apply():
    assert judge(ACC_1, good(), weights=[]).outcome is Outcome.NOT_APPLICABLE


def mounting(path, model, kind="persistentVolumeClaim"):
    """A workload that loads a model from a volume mounted at a path."""
    container = dict(workload().content().value["containers"][0])
    container["mounts"] = [{"path": path, "read_only": True, "volume": "weights"}]
    volumes = [{"kind": kind, "name": "weights", "source": "cache"}]
    return workload(model=model, containers=[container], volumes=volumes)


ON_A_CLUSTER = {
    "a bucket": (workload(model="s3://scratch/llm/"), "s3://scratch/llm/"),
    "a public hub": (workload(model="hf://acme/llm"), "hf://acme/llm"),
    "a claim in KServe's form": (workload(model="pvc://cache/llm"), "pvc://inference/cache/llm"),
    "a path on a mounted claim": (mounting("/models", "/models/llm/3"), "pvc://inference/cache/llm/3"),
}


@pytest.mark.parametrize(("served_by", "uri"), ON_A_CLUSTER.values(), ids=ON_A_CLUSTER)
def test_what_a_workload_loads_from_elsewhere_is_a_deviation_and_where_declared_it_is_not(served_by, uri):
    given = good(served=serving(**{"kubernetes.workloads": (served_by,)}))
    found = only(judge(ACC_1, given), FAIL)
    assert found.detail["artifact"] == uri
    assert judge(ACC_1, given, weights=[LOCATION, uri]).outcome is PASS


@pytest.mark.parametrize(
    "served_by",
    [mounting("/other", "/models/llm/3"), mounting("/models", "/models/llm/3", kind="emptyDir")],
    ids=["nothing is mounted there", "the volume is no claim"],
)
def test_a_path_in_a_container_that_is_on_no_claim_is_inconclusive(served_by):
    given = good(served=serving(**{"kubernetes.workloads": (served_by,)}))
    assert "a kind of location that is not read" in only(judge(ACC_1, given), INCONCLUSIVE).reason


def test_a_version_in_mlflow_is_an_artifact_too():
    given = good(served=serving(**{"mlflow.versions": (version(source="s3://scratch/llm/"),)}))
    found = only(judge(ACC_1, given), FAIL)
    assert found.id == "mlflow:it/llm/1 -> s3://scratch/llm/"


def test_a_name_in_a_registry_is_the_registrys_to_place():
    given = good(served=serving(**{"kubernetes.workloads": (workload(model="models:/llm/1"),)}))
    assert judge(ACC_1, given).outcome is PASS
