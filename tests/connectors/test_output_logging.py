"""What is read of the logging of outputs: settings, log groups, and counts by the hour; never what was logged."""

from datetime import UTC, datetime, timedelta

import pytest
from support.aws import client
from support.logs import Logs, arn, described, masking
from support.proxy import NO_ANSWER, Answer, error_xml, json_error, operation

from collector.demo.estate import ACCOUNT, REGION
from collector.model.snapshot import FailureClass, Gap, Snapshot
from connectors.aws.hours import HOURS, Window, hour_of

GROUP = "/inference/bedrock"
OTHER = "/inference/llm"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/it"
STREAM = f"arn:aws:kinesis:{REGION}:{ACCOUNT}:stream/copies"
DENIED = json_error(403, "AccessDeniedException")
NOW = datetime.now(UTC)
PAST = NOW - timedelta(hours=3)
POLICY = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"es.amazonaws.com"},"Action":"logs:PutLogEvents","Resource":"*"}]}'
BEDROCK = f"s3://captures/bedrock/AWSLogs/{ACCOUNT}/BedrockModelInvocationLogs/{REGION}/"
POPULATIONS = (
    "bedrock.invocation_logging",
    "cloudwatch.invocations",
    "logs.groups",
    "logs.resource_policies",
    "logs.volumes",
)


@pytest.fixture(scope="module")
def estate(blank):
    seed_stores(blank)
    seed_endpoint(client(blank, "sagemaker"))
    seed_metrics(client(blank, "cloudwatch"))
    client(blank, "bedrock").put_model_invocation_logging_configuration(
        loggingConfig={
            "cloudWatchConfig": {
                "logGroupName": GROUP,
                "roleArn": ROLE,
                "largeDataDeliveryS3Config": {"bucketName": "captures", "keyPrefix": "large"},
            },
            "s3Config": {"bucketName": "captures", "keyPrefix": "bedrock"},
            "textDataDeliveryEnabled": True,
            "imageDataDeliveryEnabled": False,
        }
    )
    return blank


def seed_stores(url):
    logs, s3 = client(url, "logs"), client(url, "s3")
    for name in (GROUP, OTHER, "/aws/lambda/it"):
        logs.create_log_group(logGroupName=name)
    logs.put_retention_policy(logGroupName=GROUP, retentionInDays=365)
    logs.put_subscription_filter(
        logGroupName=GROUP, filterName="copies", filterPattern="", destinationArn=lambda_function(url)
    )
    logs.put_resource_policy(policyName="indexing", policyDocument=POLICY)
    s3.create_bucket(Bucket="captures", CreateBucketConfiguration={"LocationConstraint": REGION})
    for key in (f"outputs/llm/main/{PAST:%Y/%m/%d/%H}/1.jsonl", f"{BEDROCK[14:]}{PAST:%Y/%m/%d/%H}/1.json.gz"):
        s3.put_object(Bucket="captures", Key=key, Body=b"what a model answered")


def lambda_function(url):
    """A destination that the local AWS takes: it asks whether it is there."""
    client(url, "iam").create_role(RoleName="it", AssumeRolePolicyDocument="{}")
    kinesis = client(url, "kinesis")
    kinesis.create_stream(StreamName="copies", ShardCount=1)
    return STREAM


def seed_endpoint(sagemaker):
    sagemaker.create_model(ModelName="m", ExecutionRoleArn=ROLE, PrimaryContainer={"Image": "it"})
    variant = {"ModelName": "m", "VariantName": "main", "InstanceType": "ml.m5.large", "InitialInstanceCount": 1}
    capture = {
        "EnableCapture": True,
        "InitialSamplingPercentage": 50,
        "DestinationS3Uri": "s3://captures/outputs",
        "CaptureOptions": [{"CaptureMode": "InputAndOutput"}],
    }
    sagemaker.create_endpoint_config(
        EndpointConfigName="watched", ProductionVariants=[variant], DataCaptureConfig=capture
    )
    sagemaker.create_endpoint(EndpointName="llm", EndpointConfigName="watched")


def seed_metrics(cloudwatch):
    counted = (
        ("AWS/Bedrock", "Invocations", {"ModelId": "it.llm-v1"}, 5),
        ("AWS/Bedrock", "Invocations", {"ModelId": "it.llm-v1", "BucketedStepSize": "1"}, 3),
        ("AWS/SageMaker", "Invocations", {"EndpointName": "llm", "VariantName": "main"}, 7),
        ("AWS/SageMaker", "Invocation5XXErrors", {"EndpointName": "llm", "VariantName": "main"}, 1),
        ("AWS/Logs", "IncomingLogEvents", {"LogGroupName": GROUP}, 4),
    )
    for namespace, name, dimensions, value in counted:
        stated = [{"Name": key, "Value": text} for key, text in dimensions.items()]
        datum = {"MetricName": name, "Dimensions": stated, "Timestamp": PAST, "Value": value}
        cloudwatch.put_metric_data(Namespace=namespace, MetricData=[datum])


def contents(snapshot):
    assert isinstance(snapshot, Snapshot)
    return {item.id: item.content().value for item in snapshot}


def test_the_setting_of_bedrock_is_one_item_a_region(read):
    (setting,) = contents(read("bedrock.invocation_logging")).values()
    assert setting == {
        "audio": None,
        "bucket": "captures",
        "embedding": None,
        "enabled": True,
        "group": GROUP,
        "image": False,
        "large_bucket": "captures",
        "large_prefix": "large",
        "prefix": "bedrock",
        "region": REGION,
        "role": ROLE,
        "text": True,
        "video": None,
    }


def test_a_region_that_logs_nothing_says_so(read):
    found = contents(read("bedrock.invocation_logging", more_regions=("us-west-2",)))
    assert set(found) == {REGION, "us-west-2"}
    assert (found["us-west-2"]["enabled"], found["us-west-2"]["group"]) == (False, None)


def test_a_log_group_tells_how_it_is_kept_and_who_gets_copies(read):
    found = contents(read("logs.groups"))
    assert set(found) == {arn(GROUP), arn(OTHER), arn("/aws/lambda/it")}
    kept = found[arn(GROUP)]
    assert (kept["retention_days"], kept["deletion_protection"], kept["class"]) == (365, False, "STANDARD")
    assert [each["destination"] for each in kept["subscriptions"]] == [STREAM]
    assert found[arn(OTHER)]["retention_days"] is None
    assert (found[arn(OTHER)]["subscriptions"], found[arn(OTHER)]["policies"]) == (None, None)


def test_a_group_that_the_configuration_names_is_read_like_the_one_of_bedrock(read):
    found = contents(read("logs.groups", log_groups=(OTHER,)))
    assert found[arn(OTHER)]["subscriptions"] == []


def test_what_a_group_masks_is_told_by_kind_and_audited_data_is_not_masked(aws, read):
    double = Logs(
        [
            described("/masked", dataProtectionStatus="ACTIVATED", deletionProtectionEnabled=True),
            described("/audited", dataProtectionStatus="ACTIVATED"),
            described("/archived", dataProtectionStatus="ARCHIVED"),
            described("/inherits", inheritedProperties=["ACCOUNT_DATA_PROTECTION"]),
        ],
        {"/masked": masking("EmailAddress", "IpAddress"), "/audited": masking("EmailAddress", operation="Audit")},
        [masking("Name")],
    )
    aws.rules.append(double.answer)
    found = contents(read("logs.groups"))
    assert found[arn("/masked")]["masks"] == ["EmailAddress", "IpAddress"]
    assert found[arn("/masked")]["deletion_protection"] is True
    assert [found[arn(name)]["masks"] for name in ("/audited", "/archived", "/inherits")] == [[], [], []]
    assert found[arn("/inherits")]["account_masks"] == ["Name"]
    double.page = 1
    assert contents(read("logs.groups")) == found


def test_a_resource_policy_is_an_item(read):
    (policy,) = contents(read("logs.resource_policies")).values()
    assert (policy["name"], policy["region"]) == ("indexing", REGION)
    assert policy["document"]["Statement"][0]["Action"] == "logs:PutLogEvents"


def test_invocations_are_summed_by_model_and_by_variant_for_whole_hours(read):
    found = contents(read("cloudwatch.invocations"))
    assert set(found) == {f"{REGION}/bedrock/it.llm-v1", f"{REGION}/sagemaker/llm/main"}
    assert found[f"{REGION}/sagemaker/llm/main"]["hours"] == {hour_of(PAST): 7}
    assert found[f"{REGION}/bedrock/it.llm-v1"]["hours"][hour_of(PAST)] >= 5
    window = Window.before(NOW)
    assert found[f"{REGION}/sagemaker/llm/main"]["window"] in (
        window.to_json(),
        Window.before(datetime.now(UTC)).to_json(),
    )


def test_a_window_is_of_whole_hours_and_leaves_out_the_one_under_way():
    window = Window.before(datetime(2026, 11, 24, 1, 59, tzinfo=UTC))
    assert window.to_json() == {"end": "2026-11-24T01:00:00Z", "start": "2026-11-22T23:00:00Z"}
    assert [f"{day:%d}" for day in window.days] == ["22", "23", "24"]
    assert [f"{day:%d}" for day in Window.before(datetime(2026, 11, 24, 0, 5, tzinfo=UTC)).days] == ["22", "23"]


def test_volumes_are_of_the_groups_and_folders_that_outputs_go_to(read):
    found = contents(read("logs.volumes"))
    assert {item: value["hours"] for item, value in found.items()} == {
        f"{REGION}/group/{GROUP}": {hour_of(PAST): 4},
        f"{REGION}/folder/{BEDROCK}": {hour_of(PAST): 1},
        f"{REGION}/folder/s3://captures/outputs/llm/main/": {hour_of(PAST): 1},
    }


def test_folders_are_listed_by_the_day_and_no_name_of_a_file_is_asked_for(aws, read):
    read("logs.volumes")
    asked = [request for request in aws.requests if request.query.get("list-type") == ["2"]]
    assert len(asked) <= 2 * (HOURS // 24 + 2)
    assert all(request.query["delimiter"] == ["/"] for request in asked)


def test_many_counts_are_asked_for_five_hundred_a_call(aws, read):
    metrics = [
        {"MetricName": "Invocations", "Namespace": "AWS/Bedrock", "Dimensions": [{"Name": "ModelId", "Value": f"m{n}"}]}
        for n in range(501)
    ]
    listed = {"Metrics": metrics}
    aws.rules.append(operation("ListMetrics", answered(listed), lambda r: b"AWS/Bedrock" in r.body))
    snapshot = read("cloudwatch.invocations")
    assert len(snapshot.items) == 502
    assert {each.name: each.calls for each in snapshot.provenance.operations}["cloudwatch:GetMetricData"] == 2


def answered(value):
    import json

    return Answer(200, json.dumps(value).encode(), {"Content-Type": "application/x-amz-json-1.0"})


INCOMPLETE = {"MetricDataResults": [{"Id": "q0", "Timestamps": [], "Values": [], "StatusCode": "PartialData"}]}
FOREIGN = {"MetricDataResults": [{"Id": "q9", "Timestamps": [], "Values": [], "StatusCode": "Complete"}]}
FAULTS = {
    "no data": ("cloudwatch.invocations", operation("GetMetricData", DENIED), FailureClass.DENIED),
    "data that is partial": ("cloudwatch.invocations", operation("GetMetricData", answered(INCOMPLETE)), FailureClass.MALFORMED),
    "data of another query": ("cloudwatch.invocations", operation("GetMetricData", answered(FOREIGN)), FailureClass.MALFORMED),
    "data that never came": ("cloudwatch.invocations", operation("GetMetricData", answered({"MetricDataResults": []})), FailureClass.MALFORMED),
    "metrics that are throttled": ("cloudwatch.invocations", operation("ListMetrics", json_error(400, "Throttling")), FailureClass.THROTTLED),
    "metrics without a list": ("cloudwatch.invocations", operation("ListMetrics", answered({})), FailureClass.MALFORMED),
    "groups that are denied": ("logs.groups", operation("DescribeLogGroups", DENIED), FailureClass.DENIED),
    "groups without a list": ("logs.groups", operation("DescribeLogGroups", answered({})), FailureClass.MALFORMED),
    "groups that break off": ("logs.groups", operation("DescribeLogGroups", NO_ANSWER), FailureClass.UNREACHABLE),
    "policies that are throttled": ("logs.resource_policies", operation("DescribeResourcePolicies", json_error(400, "ThrottlingException")), FailureClass.THROTTLED),
    "endpoints that are denied": ("logs.volumes", operation("DescribeEndpoint", DENIED), FailureClass.DENIED),
    "a setting that is denied": ("bedrock.invocation_logging", lambda r: DENIED if r.path.startswith("/logging/") else None, FailureClass.DENIED),
    "volumes without the setting": ("logs.volumes", lambda r: DENIED if r.path.startswith("/logging/") else None, FailureClass.DENIED),
}  # fmt: skip


@pytest.mark.parametrize(("population", "fault", "kind"), FAULTS.values(), ids=FAULTS.keys())
def test_what_is_not_whole_is_a_gap(aws, read, population, fault, kind):
    aws.rules.append(fault)
    gap = read(population)
    assert isinstance(gap, Gap)
    assert gap.failure_class is kind
    assert not (gap.partial and gap.partial.listed)


def test_a_page_of_groups_that_is_cut_leaves_the_list_short(aws, read):
    double = Logs([described("/one"), described("/two")], page=1)
    denied = operation("DescribeLogGroups", DENIED, lambda r: b"nextToken" in r.body)
    aws.rules += [denied, double.answer]
    gap = read("logs.groups")
    assert isinstance(gap, Gap)
    assert [item.id for item in gap.partial] == [arn("/one")]
    assert not gap.partial.listed


@pytest.mark.parametrize("name", ["DescribeSubscriptionFilters", "DescribeResourcePolicies"])
def test_one_facet_that_is_denied_is_unknown_and_the_list_is_whole(aws, read, name):
    aws.rules.append(operation(name, DENIED))
    gap = read("logs.groups")
    assert gap.failure_class is FailureClass.DENIED
    assert gap.partial.listed
    (unread,) = [item for item in gap.partial if "unreadable" in item.content().value]
    assert unread.id == arn(GROUP)


def test_a_folder_that_is_denied_is_unknown_and_not_empty(aws, read):
    denied = error_xml(403, "AccessDenied")
    aws.rules.append(lambda r: denied if r.path == "/captures" and "list-type" in r.query else None)
    gap = read("logs.volumes")
    assert gap.failure_class is FailureClass.DENIED
    assert gap.partial.listed
    folders = [item.content().value for item in gap.partial if "/folder/" in item.id]
    assert len(folders) == 2
    assert all("hours" not in value for value in folders)


OF_ANOTHER = (
    b"<ListBucketResult><Name>captures</Name><Prefix>other/</Prefix><IsTruncated>false</IsTruncated></ListBucketResult>"
)


@pytest.mark.parametrize("body", [OF_ANOTHER, b"<Other/>", b""], ids=["another folder", "another answer", "nothing"])
def test_the_answer_about_another_folder_is_not_an_hour_without_files(aws, read, body):
    answer = Answer(200, body, {"Content-Type": "application/xml"})
    aws.rules.append(lambda r: answer if r.path == "/captures" and "list-type" in r.query else None)
    gap = read("logs.volumes")
    assert isinstance(gap, Gap)
    assert {failure.facet for failure in gap.failures} == {"hours"}


def test_nothing_that_was_logged_is_in_any_item(read):
    for population in POPULATIONS:
        assert b"what a model answered" not in b"".join(item.body for item in read(population))
