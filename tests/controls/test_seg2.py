"""Training jobs: whose data they read, as whom, where to and under which key."""

from datetime import timedelta

import pytest
from support.estate import (
    ACCOUNT,
    BLUE,
    GREEN,
    TENANTS,
    customization_job,
    gap,
    good,
    judge,
    key,
    only,
    partly,
    refused,
    role_arn,
    tenant_key,
    training_job,
)
from support.ledgers import START

from collector.model.instant import format_instant
from collector.model.outcome import Outcome
from collector.model.snapshot import Item
from controls.seg2 import SEG_2

PASS, FAIL, INCONCLUSIVE = Outcome.PASS, Outcome.FAIL, Outcome.INCONCLUSIVE
BLUE_ROLE, GREEN_ROLE = role_arn("training-blue"), role_arn("training-green")
BLUE_KEY, GREEN_KEY = (TENANTS[name]["keys"][0] for name in (BLUE, GREEN))
BLUE_SET, GREEN_SET = "s3://training-blue/set/", "s3://training-green/set/"
DAY, SECOND = timedelta(days=1), timedelta(seconds=1)


def training(**facets):
    return good(training=(training_job(**facets),), customization=())


def processing_job(**facets):
    content = {
        "name": "prepare", "role": BLUE_ROLE, "inputs": [BLUE_SET], "outputs": ["s3://training-blue/clean/"],
        "output_key": None, "volume_key": None, "created": format_instant(START), **facets,
    }  # fmt: skip
    return Item.of(f"arn:aws:sagemaker:eu-central-1:{ACCOUNT}:processing-job/prepare", content)


def processing(**facets):
    return good(training=(), customization=(), processing=(processing_job(**facets),))


def customization(**facets):
    return good(training=(), customization=(customization_job(**facets),))


def test_the_population_is_every_job_of_every_kind():
    result = judge(SEG_2, good(processing=(processing_job(),)))
    assert result.outcome is PASS
    assert [(each.id.split(":")[5].split("/")[0], each.detail["tenants"]) for each in result.assessments] == [
        ("model-customization-job", [GREEN]),
        ("processing-job", [BLUE]),
        ("training-job", [BLUE]),
    ]


MIXED = {
    "a training job reads two tenants' data": (
        training(inputs=[BLUE_SET, GREEN_SET]), f"used the data of blue and green: give it one tenant's inputs ({BLUE_SET}"
    ),
    "a processing job reads two tenants' data": (
        processing(inputs=[BLUE_SET, GREEN_SET]), "used the data of blue and green"
    ),
    "a customization trains on one tenant's data and validates on another's": (
        customization(validation_data=["s3://training-green/check.jsonl"]), "used the data of blue and green"
    ),
    "a training job runs as another tenant": (
        training(role=GREEN_ROLE), f"used blue's data as {GREEN_ROLE}, which is no identity of blue"
    ),
    "a training job runs as nobody's role": (training(role=role_arn("admin")), "which is no identity of blue"),
    "a customization runs as another tenant": (customization(role=GREEN_ROLE), "which is no identity of blue"),
    "a training job writes to another tenant": (
        training(output="s3://training-green/models/"), "wrote to s3://training-green/models/, which is not blue's"
    ),
    "a training job writes its checkpoints to another tenant": (
        training(checkpoint="s3://training-green/checkpoints/"), "wrote to s3://training-green/checkpoints/"
    ),
    "a training job writes to nobody's bucket": (training(output="s3://scratch/"), "wrote to s3://scratch/"),
    "a processing job writes one of its outputs elsewhere": (
        processing(outputs=["s3://training-blue/clean/", "s3://scratch/"]), "wrote to s3://scratch/"
    ),
    "a customization writes to another tenant": (
        customization(output="s3://training-green/tuned/"), "wrote to s3://training-green/tuned/"
    ),
    "a training job writes under another tenant's key": (
        training(output_key=GREEN_KEY), f"used the key {GREEN_KEY}, which is not blue's: use {BLUE_KEY}"
    ),
    "a training job's volume is under another tenant's key": (training(volume_key=GREEN_KEY), f"used the key {GREEN_KEY}"),
    "a customization writes under another tenant's key": (customization(key=GREEN_KEY), f"used the key {GREEN_KEY}"),
    "a training job names another tenant's key by its alias": (training(output_key="alias/green"), f"used the key {GREEN_KEY}"),
    "a training job reads beside its tenant's data": (
        training(inputs=[BLUE_SET, "s3://scratch/"]), "read s3://scratch/, which is not blue's alone"
    ),
    "a training job reads a bucket whose name only begins alike": (
        training(inputs=[BLUE_SET, "s3://training-blue-2/"]), "read s3://training-blue-2/"
    ),
    "a training job of nobody's data writes to a tenant": (
        training(inputs=["s3://corpus/"], role=role_arn("admin")), f"as {role_arn('admin')}, which is no identity of blue"
    ),
    "a training job of nobody's data runs as a tenant": (
        training(inputs=["s3://corpus/"], output="s3://scratch/", output_key=None), "read s3://corpus/"
    ),
}  # fmt: skip


@pytest.mark.parametrize(("given", "words"), MIXED.values(), ids=MIXED.keys())
def test_a_job_that_mixes_tenants_is_a_deviation_that_says_how(given, words):
    result = judge(SEG_2, given)
    assert result.outcome is FAIL
    deviation = only(result, FAIL)
    assert deviation.reason.startswith(("training job ", "processing job ", "customization job "))
    assert deviation.id in deviation.reason
    assert words in deviation.reason


def test_a_bucket_that_holds_two_tenants_folders_is_not_one_tenant_s():
    folders = {name: {**TENANTS[name], "data": [f"s3://shared/{name}/"], "keys": []} for name in (BLUE, GREEN)}
    whole = training(inputs=["s3://shared/"], output="s3://shared/blue/models/")
    assert "used the data of blue and green" in only(judge(SEG_2, whole, tenants=folders), FAIL).reason
    part = training(inputs=["s3://shared/blue/set/"], output="s3://shared/blue/models/")
    assert judge(SEG_2, part, tenants=folders).outcome is PASS


def test_every_fault_of_a_job_stands_in_its_reason():
    result = judge(SEG_2, training(role=GREEN_ROLE, output="s3://scratch/", output_key=GREEN_KEY))
    reason = only(result, FAIL).reason
    assert all(words in reason for words in ("which is no identity", "wrote to s3://scratch/", "used the key"))


@pytest.mark.parametrize("name", [BLUE_KEY, "alias/blue", BLUE_KEY.rsplit("/", 1)[1], None])
def test_a_tenant_s_own_key_is_right_by_whatever_name(name):
    assert judge(SEG_2, training(output_key=name)).outcome is PASS


def test_a_tenant_without_declared_keys_may_use_any():
    tenants = {name: {**parts, "keys": []} for name, parts in TENANTS.items()}
    assert judge(SEG_2, training(output_key=GREEN_KEY), tenants=tenants).outcome is PASS


def test_a_job_counts_for_job_days_and_not_a_second_longer():
    old = good(training=(training_job(inputs=[BLUE_SET, GREEN_SET]),))
    counted = judge(SEG_2, old, START + 92 * DAY)
    assert (counted.outcome, len(counted.assessments)) == (FAIL, 2)
    gone = judge(SEG_2, old, START + 92 * DAY + SECOND)
    assert (gone.outcome, gone.reason) == (Outcome.NOT_APPLICABLE, "no job was created in the last 92 days")


def test_a_job_whose_time_was_refused_counts_at_any_age():
    hidden = partly("sagemaker.training_jobs", refused(training_job(role=GREEN_ROLE), "created"))
    result = judge(SEG_2, good(training=hidden, customization=()), START + 900 * DAY)
    assert result.outcome is FAIL


def test_a_job_that_touches_no_tenant_passes_and_says_whose_it_is():
    given = training(
        inputs=["s3://corpus/"], role=role_arn("admin"), output="s3://scratch/", output_key=None, volume_key=None
    )
    result = judge(SEG_2, given)
    assert only(result, PASS).detail["tenants"] == []


@pytest.mark.parametrize("facet", ["inputs", "output", "role", "output_key", "checkpoint"])
def test_a_job_that_was_refused_in_part_is_inconclusive(facet):
    hidden = partly("sagemaker.training_jobs", refused(training_job(), facet))
    result = judge(SEG_2, good(training=hidden))
    assert result.outcome is INCONCLUSIVE
    undecided = only(result, INCONCLUSIVE)
    assert undecided.id == training_job().id
    assert f"{facet} of {training_job().id} could not be read" in undecided.reason


def test_a_key_by_a_name_that_is_in_no_list_is_inconclusive():
    result = judge(SEG_2, training(output_key="alias/gone"))
    assert result.outcome is INCONCLUSIVE
    assert "is not among the recorded keys" in only(result, INCONCLUSIVE).reason


def test_an_alias_needs_the_aliases():
    keys = partly("kms.keys", key(), refused(tenant_key(BLUE), "aliases"), tenant_key(GREEN))
    given = good(training=(training_job(output_key="alias/blue"),), keys=keys)
    result = judge(SEG_2, given)
    assert result.outcome is INCONCLUSIVE
    assert f"aliases of {BLUE_KEY} could not be read" in only(result, INCONCLUSIVE).reason


@pytest.mark.parametrize(
    ("part", "population"),
    [
        ("training", "sagemaker.training_jobs"),
        ("processing", "sagemaker.processing_jobs"),
        ("customization", "bedrock.customization_jobs"),
    ],
)
def test_a_list_of_jobs_that_failed_is_inconclusive(part, population):
    result = judge(SEG_2, good(**{part: gap(population)}))
    assert result.outcome is INCONCLUSIVE
    assert f"{population} is incomplete" in result.reason


def test_the_list_of_keys_is_not_needed_where_jobs_name_keys_by_arn():
    assert judge(SEG_2, good(keys=gap("kms.keys"))).outcome is PASS


def test_without_tenants_it_does_not_apply():
    assert judge(SEG_2, good(), tenants={}).outcome is Outcome.NOT_APPLICABLE
