"""What stands in front of the demo's local AWS: it answers what that lacks, and carries the rest."""

import boto3
import pytest
from support.aws import made_up_credentials

from collector.demo.front import MadeUp, front
from collector.demo.server import moto_server

REGION = "eu-central-1"


@pytest.fixture(scope="module")
def local(tmp_path_factory):
    with made_up_credentials(tmp_path_factory.mktemp("aws")), moto_server() as url:
        yield url


def client(service, url):
    return boto3.client(service, endpoint_url=url, region_name=REGION)


@pytest.mark.parametrize("flaws", [True, False])
def test_what_the_local_aws_lacks_is_answered_as_the_sdk_reads_it(local, flaws):
    with front(local, MadeUp("123456789012", REGION, flaws)) as url:
        sagemaker, bedrock = client("sagemaker", url), client("bedrock", url)
        schedules = sagemaker.list_monitoring_schedules()["MonitoringScheduleSummaries"]
        described = [
            sagemaker.describe_monitoring_schedule(MonitoringScheduleName=each["MonitoringScheduleName"])
            for each in schedules
        ]
        (guardrail,) = bedrock.list_guardrails()["guardrails"]
        whole = bedrock.get_guardrail(guardrailIdentifier=guardrail["arn"], guardrailVersion=guardrail["version"])
        assert client("cloudtrail", url).lookup_events()["Events"] == []
        assert bedrock.list_provisioned_model_throughputs()["provisionedModelSummaries"] == []
    states = {d["EndpointName"]: d["LastMonitoringExecutionSummary"]["MonitoringExecutionStatus"] for d in described}
    assert states == {"llm-chat": "Completed", "llm-embed": "Failed" if flaws else "Completed"}
    assert whole["contentPolicy"]["filters"][0]["outputStrength"] == ("NONE" if flaws else "HIGH")


def test_everything_else_is_the_local_awss_own_answer(local):
    client("s3", local).create_bucket(Bucket="acme-it", CreateBucketConfiguration={"LocationConstraint": REGION})
    with front(local, MadeUp("123456789012", REGION, False)) as url:
        s3 = client("s3", url)
        assert [bucket["Name"] for bucket in s3.list_buckets()["Buckets"]] == ["acme-it"]
        assert s3.get_bucket_location(Bucket="acme-it")["LocationConstraint"] == REGION
        with pytest.raises(s3.exceptions.ClientError, match="NoSuchBucketPolicy"):
            s3.get_bucket_policy(Bucket="acme-it")
        assert client("sts", url).get_caller_identity()["Account"] == "123456789012"
