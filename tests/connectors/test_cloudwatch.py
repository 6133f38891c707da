"""What is read of CloudWatch: which alarms there are, on what, and whom they tell."""

import json

import pytest
from support.aws import client
from support.proxy import Answer, json_error, operation

from collector.demo.estate import ACCOUNT, REGION
from collector.model.snapshot import FailureClass, Gap, Snapshot

ARN = f"arn:aws:cloudwatch:{REGION}:{ACCOUNT}:alarm"
TOPIC = f"arn:aws:sns:{REGION}:{ACCOUNT}:on-call"
PAGER = f"arn:aws:sns:{REGION}:{ACCOUNT}:a-pager"
ERRORS = {"Namespace": "AWS/SageMaker", "MetricName": "Invocation5XXErrors"}
COMPARISON = {"ComparisonOperator": "GreaterThanThreshold", "EvaluationPeriods": 1}


@pytest.fixture(scope="module")
def estate(blank):
    cloudwatch = client(blank, "cloudwatch")
    cloudwatch.put_metric_alarm(
        AlarmName="errors",
        **ERRORS,
        **COMPARISON,
        Dimensions=[{"Name": "EndpointName", "Value": "llm"}, {"Name": "VariantName", "Value": "main"}],
        Period=60,
        Statistic="Sum",
        Threshold=0.1,
        AlarmActions=[TOPIC, PAGER],
        OKActions=[f"{TOPIC}-ok"],
        TreatMissingData="breaching",
        AlarmDescription="what people wrote",
    )
    cloudwatch.put_metric_alarm(
        AlarmName="silent",
        **ERRORS,
        **COMPARISON,
        Period=300,
        ExtendedStatistic="p99",
        Threshold=5,
        ActionsEnabled=False,
        AlarmActions=[TOPIC],
    )
    return blank


def answered(metric=(), composite=(), **more):
    body = json.dumps({"MetricAlarms": metric, "CompositeAlarms": composite, **more}).encode()
    return Answer(200, body, {"Content-Type": "application/x-amz-json-1.0"})


def composite(name):
    return {
        "AlarmArn": f"{ARN}:{name}",
        "AlarmName": name,
        "AlarmRule": "ALARM(errors) OR ALARM(silent)",
        "ActionsEnabled": True,
        "AlarmActions": [TOPIC],
        "StateValue": "OK",
    }


def content(snapshot, name):
    return snapshot.get(f"{ARN}:{name}").content().value


def test_an_alarm_tells_what_it_compares_and_whom_it_tells(read):
    snapshot = read("cloudwatch.alarms")
    assert isinstance(snapshot, Snapshot)
    assert content(snapshot, "errors") == {
        "actions": [PAGER, TOPIC],
        "actions_enabled": True,
        "comparison": "GreaterThanThreshold",
        "dimensions": {"EndpointName": "llm", "VariantName": "main"},
        "metric": "Invocation5XXErrors",
        "metrics": [],
        "name": "errors",
        "namespace": "AWS/SageMaker",
        "period": 60,
        "rule": None,
        "statistic": "Sum",
        "threshold": "0.1",
        "treat_missing_data": "breaching",
        "type": "metric",
    }


def test_an_alarm_whose_actions_are_off_says_so(read):
    silent = content(read("cloudwatch.alarms"), "silent")
    assert (silent["actions_enabled"], silent["actions"]) == (False, [TOPIC])
    assert (silent["statistic"], silent["threshold"], silent["dimensions"]) == ("p99", "5.0", {})


def test_an_alarm_that_fires_is_the_same_item(estate, read):
    before = read("cloudwatch.alarms")
    cloudwatch = client(estate, "cloudwatch")
    cloudwatch.set_alarm_state(AlarmName="errors", StateValue="ALARM", StateReason="it fired")
    assert read("cloudwatch.alarms").items == before.items


def test_alarms_on_other_alarms_are_asked_for_and_read(aws, read):
    asked = operation("DescribeAlarms", answered((), [composite("any")]), lambda r: b'"CompositeAlarm"' in r.body)
    aws.rules.append(asked)
    alarm = content(read("cloudwatch.alarms"), "any")
    assert (alarm["type"], alarm["rule"], alarm["actions"]) == ("composite", "ALARM(errors) OR ALARM(silent)", [TOPIC])
    assert (alarm["metric"], alarm["threshold"], alarm["period"]) == (None, None, None)


def test_an_alarm_that_calculates_tells_the_metrics_it_calculates_with(aws, read):
    dimension = {"Name": "EndpointName", "Value": "llm"}
    stat = {"Metric": {**ERRORS, "Dimensions": [dimension]}, "Period": 60, "Stat": "Sum"}
    metrics = [{"Id": "rate", "Expression": "errors / 10"}, {"Id": "errors", "MetricStat": stat}]
    alarm = {"AlarmArn": f"{ARN}:rate", "AlarmName": "rate", "ActionsEnabled": True, "Metrics": metrics}
    aws.rules.append(operation("DescribeAlarms", answered([alarm])))
    rate, errors = content(read("cloudwatch.alarms"), "rate")["metrics"]
    assert (rate["name"], rate["expression"], rate["metric"]) == ("rate", "errors / 10", None)
    assert (errors["metric"], errors["dimensions"]) == ("Invocation5XXErrors", {"EndpointName": "llm"})
    assert (errors["statistic"], errors["period"]) == ("Sum", 60)


def test_every_page_of_alarms_is_read(aws, read):
    last = operation("DescribeAlarms", answered((), [composite("second")]), lambda r: b'"page-2"' in r.body)
    aws.rules += [last, operation("DescribeAlarms", answered((), [composite("first")], NextToken="page-2"))]
    snapshot = read("cloudwatch.alarms")
    assert [item.id for item in snapshot] == [f"{ARN}:first", f"{ARN}:second"]
    assert [called.calls for called in snapshot.provenance.operations] == [2]


def test_alarms_of_two_regions_are_all_read(estate, read):
    client(estate, "cloudwatch", "us-west-2").put_metric_alarm(
        AlarmName="errors", **ERRORS, **COMPARISON, Period=60, Statistic="Sum", Threshold=1
    )
    found = {item.id for item in read("cloudwatch.alarms", more_regions=("us-west-2",))}
    assert found == {f"{ARN}:errors", f"{ARN}:silent", f"arn:aws:cloudwatch:us-west-2:{ACCOUNT}:alarm:errors"}


@pytest.mark.parametrize(
    "answer",
    [
        json_error(400, "AccessDeniedException"),
        Answer(200, b"{}"),
        Answer(200, b'{"MetricAlarms": []}'),
        Answer(200, b'{"CompositeAlarms": []}'),
        answered([{"AlarmName": "without an ARN"}]),
    ],
    ids=["denied", "no list", "no composite alarms", "no metric alarms", "no ARN"],
)
def test_alarms_that_are_not_all_there_are_a_gap_not_an_account_without_alarms(aws, read, answer):
    aws.rules.append(operation("DescribeAlarms", answer))
    gap = read("cloudwatch.alarms")
    assert isinstance(gap, Gap)
    assert gap.partial is None
    assert gap.failure_class in (FailureClass.DENIED, FailureClass.MALFORMED)
