"""What is read of Bedrock: models that the account customized, on which data, under which key."""

import json

import pytest
from support.aws import client
from support.proxy import Answer, get_one_by_one, json_error

from collector.demo.estate import ACCOUNT, REGION
from collector.model.snapshot import FailureClass, Gap, Snapshot

ARN = f"arn:aws:bedrock:{REGION}:{ACCOUNT}"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/customization"
KEY = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/11111111-1111-1111-1111-111111111111"
MODELS = "/custom-models"
JOBS = "/model-customization-jobs"
LISTS = {"bedrock.custom_models": MODELS, "bedrock.customization_jobs": JOBS}


@pytest.fixture(scope="module")
def estate(blank):
    bedrock = client(blank, "bedrock")
    for name in ("first", "second"):
        bedrock.create_model_customization_job(
            jobName=f"{name}-job",
            customModelName=f"{name}-model",
            roleArn=ROLE,
            baseModelIdentifier="amazon.titan-text-lite-v1",
            customModelKmsKeyId=KEY,
            trainingDataConfig={"s3Uri": f"s3://data/{name}.jsonl"},
            validationDataConfig={"validators": [{"s3Uri": "s3://data/z.jsonl"}, {"s3Uri": "s3://data/a.jsonl"}]},
            outputDataConfig={"s3Uri": "s3://metrics/"},
            hyperParameters={"token": "a-token-in-a-hyperparameter"},
        )
    return blank


def named(snapshot, name):
    return next(value for item in snapshot if (value := item.content().value)["name"] == name)


def below(path, answer):
    """Answers what describes one member of a list."""
    return lambda request: answer if request.path.startswith(f"{path}/") else None


def listed(path, answer):
    return lambda request: answer if request.path == path else None


def written(value):
    return Answer(200, json.dumps(value).encode(), {"Content-Type": "application/json"})


def test_a_custom_model_tells_its_base_data_and_key(read):
    snapshot = read("bedrock.custom_models")
    assert len(snapshot.items) == 2
    model = named(snapshot, "first-model")
    assert model.pop("job").startswith(f"{ARN}:model-customization-job/")
    assert "amazon.titan-text-lite-v1" in model.pop("base_model")
    # The local AWS makes up a key; the next test gives it one.
    assert model.pop("key").startswith("arn:aws:kms:")
    assert model == {
        "name": "first-model",
        "output": "s3://metrics/",
        "training_data": ["s3://data/first.jsonl"],
    }


def test_a_customization_job_tells_its_role_data_and_model(read):
    snapshot = read("bedrock.customization_jobs")
    job = named(snapshot, "second-job")
    assert job.pop("created").endswith("Z")
    assert job.pop("arn").startswith(f"{ARN}:model-customization-job/")
    assert job.pop("key").startswith("arn:aws:kms:")
    assert job.pop("custom_model").startswith(f"{ARN}:custom-model/second-model")
    assert "amazon.titan-text-lite-v1" in job.pop("base_model")
    assert job == {
        "name": "second-job",
        "output": "s3://metrics/",
        "role": ROLE,
        "status": "InProgress",
        "training_data": ["s3://data/second.jsonl"],
        "validation_data": ["s3://data/a.jsonl", "s3://data/z.jsonl"],
    }


def test_a_model_is_told_with_the_key_it_is_encrypted_under_or_none(aws, read):
    answers = {
        "first": written({"modelName": "first"}),
        "second": written({"modelName": "second", "modelKmsKeyArn": KEY}),
    }
    aws.rules.append(lambda r: next((a for name, a in answers.items() if r.path.endswith(f"{name}-model")), None))
    keys = {item.content().facet("name"): item.content().facet("key") for item in read("bedrock.custom_models")}
    assert keys == {"first": None, "second": KEY}


def test_another_job_of_the_same_name_that_answers_is_malformed(aws, read):
    aws.rules.append(below(JOBS, written({"jobArn": f"{ARN}:model-customization-job/other", "jobName": "it"})))
    gap = read("bedrock.customization_jobs")
    assert gap.failure_class is FailureClass.MALFORMED
    assert all(item.content().value.keys() == {"unreadable"} for item in gap.partial)


def test_the_log_that_a_model_is_distilled_from_is_training_data(aws, read):
    log = {"invocationLogsConfig": {"invocationLogSource": {"s3Uri": "s3://invocations/"}}}
    aws.rules.append(below(MODELS, written({"modelName": "it", "trainingDataConfig": log})))
    assert {tuple(item.content().facet("training_data")) for item in read("bedrock.custom_models")} == {
        ("s3://invocations/",)
    }


@pytest.mark.parametrize("population", LISTS)
def test_hyperparameters_are_never_read(read, population):
    assert b"a-token-in" not in b"".join(item.body for item in read(population))


@pytest.mark.parametrize(("population", "path"), LISTS.items())
def test_every_page_of_a_list_is_read(aws, read, population, path):
    whole = read(population)
    aws.rules.append(get_one_by_one(aws, "bedrock", path))
    paged = read(population)
    assert isinstance(paged, Snapshot)
    assert paged.items == whole.items
    assert max(operation.calls for operation in paged.provenance.operations) == 2


@pytest.mark.parametrize(("population", "path"), LISTS.items())
def test_pages_that_go_round_in_a_circle_are_a_gap(aws, read, population, path):
    entries = "modelSummaries" if path == MODELS else "modelCustomizationJobSummaries"
    aws.rules.append(listed(path, written({entries: [], "nextToken": "same"})))
    gap = read(population)
    assert gap.failure_class is FailureClass.MALFORMED
    assert gap.partial is None


@pytest.mark.parametrize(("population", "path"), LISTS.items())
def test_a_member_that_is_denied_leaves_its_facets_unknown_and_the_list_whole(aws, read, population, path):
    aws.rules.append(below(path, json_error(403, "AccessDeniedException")))
    gap = read(population)
    assert isinstance(gap, Gap)
    assert gap.failure_class is FailureClass.DENIED
    assert gap.partial.listed
    assert len(gap.partial.items) == 2
    for item in gap.partial:
        assert item.content().value.keys() == {"unreadable"}
        assert "training_data" in item.content().value["unreadable"]


@pytest.mark.parametrize(("population", "path"), LISTS.items())
@pytest.mark.parametrize("answer", [json_error(403, "AccessDeniedException"), written({})], ids=["denied", "no list"])
def test_a_list_that_is_not_whole_is_a_gap(aws, read, population, path, answer):
    aws.rules.append(listed(path, answer))
    gap = read(population)
    assert isinstance(gap, Gap)
    assert gap.partial is None
