"""What is read of Application Auto Scaling: the bounds between which serving is scaled."""

import json

import pytest
from support.aws import client
from support.proxy import Answer, json_error, operation

from collector.demo.estate import REGION
from collector.model.snapshot import Gap, Snapshot

ELSEWHERE = "us-west-2"
RESOURCE = "endpoint/llm/variant/main"
DIMENSION = "sagemaker:variant:DesiredInstanceCount"


@pytest.fixture(scope="module")
def estate(blank):
    seed(client(blank, "application-autoscaling"), RESOURCE, 2)
    seed(client(blank, "application-autoscaling", ELSEWHERE), RESOURCE, 1)
    return blank


def seed(scaling, resource, minimum):
    scaling.register_scalable_target(
        ServiceNamespace="sagemaker",
        ResourceId=resource,
        ScalableDimension=DIMENSION,
        MinCapacity=minimum,
        MaxCapacity=4,
        SuspendedState={"DynamicScalingOutSuspended": True, "DynamicScalingInSuspended": False},
    )


def target(number):
    bounds = {"MinCapacity": number, "MaxCapacity": 9, "ServiceNamespace": "sagemaker"}
    return {"ResourceId": f"endpoint/llm/variant/{number}", "ScalableDimension": DIMENSION, **bounds}


def answered(value):
    return Answer(200, json.dumps(value).encode(), {"Content-Type": "application/x-amz-json-1.1"})


def test_a_target_tells_its_bounds_and_what_of_it_is_suspended(read):
    snapshot = read("autoscaling.targets")
    assert isinstance(snapshot, Snapshot)
    (item,) = snapshot
    assert item.id == f"{REGION}/{RESOURCE}/{DIMENSION}"
    assert item.content().value == {
        "dimension": DIMENSION,
        "maximum": 4,
        "minimum": 2,
        "region": REGION,
        "resource": RESOURCE,
        "suspended": ["DynamicScalingOutSuspended"],
    }


def test_targets_of_one_name_in_two_regions_are_two(read):
    snapshot = read("autoscaling.targets", more_regions=(ELSEWHERE,))
    assert isinstance(snapshot, Snapshot)
    assert {(item.content().facet("region"), item.content().facet("minimum")) for item in snapshot} == {
        (REGION, 2),
        (ELSEWHERE, 1),
    }


def test_every_page_of_targets_is_read(aws, read):
    pages = [{"ScalableTargets": [target(1)], "NextToken": "page-2"}, {"ScalableTargets": [target(2)]}]
    first, last = map(answered, pages)
    aws.rules.append(operation("DescribeScalableTargets", last, lambda request: b'"page-2"' in request.body))
    aws.rules.append(operation("DescribeScalableTargets", first))
    assert [item.content().facet("minimum") for item in read("autoscaling.targets")] == [1, 2]


@pytest.mark.parametrize(
    "answer",
    [json_error(400, "AccessDeniedException"), answered({}), answered({"ScalableTargets": [{"ResourceId": "it"}]})],
    ids=["denied", "no list", "no bounds"],
)
def test_targets_that_cannot_be_listed_are_a_gap(aws, read, answer):
    aws.rules.append(operation("DescribeScalableTargets", answer))
    gap = read("autoscaling.targets")
    assert isinstance(gap, Gap)
    assert gap.partial is None
