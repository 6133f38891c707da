"""The server in front of the demo's local AWS: what it answers itself, what it forwards, and that it ends."""

import http.client
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

import pytest
from botocore.exceptions import ClientError

from collector.demo.estate import _Client
from collector.demo.front import Answers, front
from collector.demo.loopback import Answer, Request, loopback
from collector.demo.server import moto_server
from collector.demo.serving import ENDPOINTS, answers

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
NOBODY = "http://127.0.0.1:9"
"""An upstream that does not answer: what is forwarded fails."""


@pytest.fixture
def upstream():
    """A server that keeps what it got, and answers in an unusual way."""
    got: list[Request] = []

    def answer(request):
        got.append(request)
        length = {"content-length": "7"} if request.method == "HEAD" else {}
        body = b"" if request.method == "HEAD" else b"<odd/>\n"
        return Answer(418, {"content-type": "text/odd", "x-amz-version-id": "v1", **length}, body)

    with loopback(answer) as url:
        yield url, got


def ask(url, method, target, body=b"", **headers):
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=10)
    try:
        connection.request(method, target, body, headers)
        response = connection.getresponse()
        return response.status, dict(response.getheaders()), response.read()
    finally:
        connection.close()


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "DELETE"])
def test_what_is_not_answered_is_forwarded_as_it_came_and_so_is_its_answer(upstream, method):
    url, got = upstream
    with front(url, Answers()) as address:
        status, headers, body = ask(address, method, "/bucket/a%2Fb?acl&x=%20", b"the body", **{"X-Amz-Test": "1"})
    (sent,) = got
    assert (sent.method, sent.target, sent.body) == (method, "/bucket/a%2Fb?acl&x=%20", b"the body")
    assert (sent.headers["x-amz-test"], sent.headers["content-length"]) == ("1", "8")
    assert (status, body) == (418, b"<odd/>\n")
    assert headers == {"content-type": "text/odd", "x-amz-version-id": "v1", "content-length": "7"}


def test_the_length_of_what_a_head_request_asks_about_is_forwarded(upstream):
    url, _ = upstream
    with front(url, Answers()) as address:
        status, headers, body = ask(address, "HEAD", "/bucket/key")
    assert (status, headers["content-length"], body) == (418, "7", b"")


def test_a_bucket_that_is_named_as_an_operation_of_bedrock_is_not_taken_for_it(upstream):
    url, got = upstream
    signed = "AWS4-HMAC-SHA256 Credential=demo/20260301/eu-central-1/s3/aws4_request, Signature=0"
    with front(url, Answers()) as address:
        assert ask(address, "GET", "/guardrails", Authorization=signed)[0] == 418
        assert ask(address, "GET", "/guardrails", Authorization=signed.replace("/s3/", "/bedrock/"))[0] == 200
    assert len(got) == 1


@pytest.mark.parametrize("operation", ["Logs_20140328.DescribeLogGroups", "GraniteServiceVersion20100801.ListMetrics"])
def test_a_list_of_which_nothing_is_held_is_the_local_awss(upstream, operation):
    url, got = upstream
    with front(url, Answers()) as address:
        assert ask(address, "POST", "/", b"{}", **{"X-Amz-Target": operation})[0] == 418
    assert len(got) == 1


def test_the_sdk_reads_each_list_page_by_page():
    given = answers(NOW, flaws=False)
    versions = [{**given.guardrails[0], "version": version} for version in ("DRAFT", "1", "2")]
    throughput = {"provisionedModelArn": "arn:aws:bedrock:eu-central-1:123456789012:provisioned-model/a"}
    held = replace(given, guardrails=versions, throughputs=[throughput, throughput], groups=[*given.groups] * 2)
    window = {"StartTime": NOW - timedelta(days=80), "EndTime": NOW}
    by_name = [{"AttributeKey": "EventName", "AttributeValue": "CreateEndpoint"}]
    with front(NOBODY, held) as url:
        make = _Client(url)

        def pages(service, operation, key, **parameters):
            paginator = make(service).get_paginator(operation)
            return [len(page[key]) for page in paginator.paginate(**parameters, PaginationConfig={"PageSize": 1})]

        schedules = ("sagemaker", "list_monitoring_schedules", "MonitoringScheduleSummaries")
        assert pages(*schedules) == [1] * len(ENDPOINTS)
        assert pages("cloudtrail", "lookup_events", "Events", LookupAttributes=by_name, **window) == [1, 1]
        assert pages("bedrock", "list_provisioned_model_throughputs", "provisionedModelSummaries") == [1, 1]
        assert pages("bedrock", "list_guardrails", "guardrails") == [1]
        assert pages("logs", "describe_log_groups", "logGroups") == [1, 1]
        assert pages("bedrock", "list_inference_profiles", "inferenceProfileSummaries", typeEquals="APPLICATION") == [1]
        assert pages(
            "bedrock", "list_inference_profiles", "inferenceProfileSummaries", typeEquals="SYSTEM_DEFINED"
        ) == [0]
        arn = versions[0]["guardrailArn"]
        assert pages("bedrock", "list_guardrails", "guardrails", guardrailIdentifier=arn) == [1, 1, 1]


def test_the_sdk_reads_what_is_described_and_is_told_what_there_is_not():
    with front(NOBODY, answers(NOW, flaws=False)) as url:
        make = _Client(url)
        schedule = make("sagemaker").describe_monitoring_schedule(MonitoringScheduleName="llm-chat-data-quality")
        assert schedule["LastMonitoringExecutionSummary"]["CreationTime"] == NOW - timedelta(hours=5)
        arn = make("bedrock").list_guardrails()["guardrails"][0]["arn"]
        guardrail = make("bedrock").get_guardrail(guardrailIdentifier=arn, guardrailVersion="DRAFT")
        assert (guardrail["status"], guardrail["createdAt"]) == ("READY", NOW - timedelta(days=40))
        (group,) = make("logs").describe_log_groups()["logGroups"]
        policy = make("logs").get_data_protection_policy(logGroupIdentifier=group["logGroupArn"])["policyDocument"]
        assert (group["deletionProtectionEnabled"], "Deidentify" in policy) == (True, True)
        with pytest.raises(ClientError, match="ResourceNotFoundException"):
            make("logs").get_data_protection_policy(logGroupIdentifier="/other")
        with pytest.raises(ClientError, match="ResourceNotFoundException"):
            make("bedrock").get_guardrail(guardrailIdentifier=arn, guardrailVersion="9")
        with pytest.raises(ClientError, match="ResourceNotFound"):
            make("sagemaker").describe_monitoring_schedule(MonitoringScheduleName="llm-video-data-quality")


def test_events_of_another_name_or_time_are_not_found():
    def found(name, start, end):
        attributes = [{"AttributeKey": "EventName", "AttributeValue": name}]
        return trail.lookup_events(LookupAttributes=attributes, StartTime=start, EndTime=end)["Events"]

    made = NOW - timedelta(days=40)
    second = timedelta(seconds=1)
    with front(NOBODY, answers(NOW, flaws=False)) as url:
        trail = _Client(url)("cloudtrail")
        assert {event["EventTime"] for event in found("CreateEndpoint", made, made + second)} == {made}
        assert found("CreateEndpoint", made + second, NOW) == []
        assert found("CreateEndpoint", made - second * 2, made - second) == []
        assert found("UpdateEndpoint", made, NOW) == []


def test_a_metric_is_listed_once_and_only_where_its_namespace_and_name_are_asked_for():
    with front(NOBODY, answers(NOW, flaws=False)) as url:
        cloudwatch = _Client(url)("cloudwatch")

        def listed(**asked):
            return [each["Dimensions"][0]["Value"] for each in cloudwatch.list_metrics(**asked)["Metrics"]]

        assert listed(Namespace="AWS/SageMaker", MetricName="Invocations") == ["llm-chat", "llm-embed"]
        assert listed(Namespace="AWS/SageMaker", MetricName="ModelLatency") == []
        assert listed(Namespace="AWS/Logs") == ["/acme/bedrock/outputs"]


def test_the_local_aws_is_behind_it():
    with moto_server() as moto, front(moto, Answers()) as url:
        make = _Client(url)
        make("s3").create_bucket(Bucket="acme-b", CreateBucketConfiguration={"LocationConstraint": "eu-central-1"})
        make("s3").put_object(Bucket="acme-b", Key="k", Body=b"some bytes")
        assert make("s3").head_object(Bucket="acme-b", Key="k")["ContentLength"] == 10
        assert make("s3").get_object(Bucket="acme-b", Key="k")["Body"].read() == b"some bytes"
        assert make("sagemaker").list_endpoints()["Endpoints"] == []


def test_it_is_gone_after_its_context_also_when_something_fails():
    addresses = []

    def use():
        with front(NOBODY, Answers()) as url:
            addresses.append(url)
            raise KeyError

    with pytest.raises(KeyError):
        use()
    with pytest.raises(OSError, match="refused"):
        ask(addresses[0], "GET", "/")
