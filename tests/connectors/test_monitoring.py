"""What is read of monitoring schedules: what is watched, how often, and how the last execution went."""

import pytest
from support.proxy import Answer, json_error, operation
from support.serving import Serving

from collector.demo.estate import ACCOUNT, REGION
from collector.model.snapshot import FailureClass, Gap, Snapshot

ARN = f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:monitoring-schedule"
POPULATION = "sagemaker.monitoring_schedules"
QUOTED = "the customer 4711 is missing in the output"
NOON = 1_780_000_000
EXECUTION = {"CreationTime": NOON, "LastModifiedTime": NOON, "ScheduledTime": NOON}


def schedule(name, **more):
    return {
        "MonitoringScheduleArn": f"{ARN}/{name}",
        "MonitoringScheduleName": name,
        "MonitoringScheduleStatus": "Scheduled",
        "MonitoringType": "ModelQuality",
        "EndpointName": "llm",
        "CreationTime": NOON,
        "LastModifiedTime": NOON,
        "MonitoringScheduleConfig": {
            "ScheduleConfig": {"ScheduleExpression": "cron(0 * ? * * *)"},
            "MonitoringJobDefinition": {"Environment": {"TOKEN": QUOTED}},
        },
        **more,
    }


@pytest.fixture
def estate(blank):
    return blank


@pytest.fixture
def serving(aws):
    """Two schedules: one that never ran, and one whose last execution failed."""
    failed = {**EXECUTION, "MonitoringExecutionStatus": "Failed", "FailureReason": QUOTED}
    double = Serving(schedules=[schedule("never"), schedule("failed", LastMonitoringExecutionSummary=failed)])
    aws.rules.append(double.answer)
    return double


def content(snapshot, name):
    return snapshot.get(f"{ARN}/{name}").content().value


@pytest.mark.usefixtures("serving")
def test_a_schedule_that_never_ran_has_no_last_execution(read):
    snapshot = read(POPULATION)
    assert isinstance(snapshot, Snapshot)
    assert content(snapshot, "never") == {
        "endpoint": "llm",
        "last_execution": None,
        "name": "never",
        "schedule": "cron(0 * ? * * *)",
        "status": "Scheduled",
        "type": "ModelQuality",
    }


@pytest.mark.usefixtures("serving")
def test_an_execution_that_failed_says_so_without_quoting_its_reason(read):
    snapshot = read(POPULATION)
    assert content(snapshot, "failed")["last_execution"] == {
        "created": "2026-05-28T20:26:40.000000Z",
        "failure_explained": True,
        "status": "Failed",
    }
    assert QUOTED.encode() not in b"".join(item.body for item in snapshot)


def test_every_page_of_schedules_is_read(serving, read):
    whole = read(POPULATION)
    serving.page = 1
    paged = read(POPULATION)
    assert paged.items == whole.items
    assert {called.name: called.calls for called in paged.provenance.operations} == {
        "sagemaker:DescribeMonitoringSchedule": 2,
        "sagemaker:ListMonitoringSchedules": 2,
    }


@pytest.mark.parametrize("answer", [json_error(400, "AccessDeniedException"), Answer(200, b"{}")])
def test_schedules_that_cannot_be_listed_are_a_gap(aws, read, answer):
    aws.rules.append(operation("ListMonitoringSchedules", answer))
    gap = read(POPULATION)
    assert isinstance(gap, Gap)
    assert gap.partial is None


def test_a_schedule_whose_description_is_denied_is_not_one_that_never_ran(aws, read):
    aws.rules.append(operation("DescribeMonitoringSchedule", json_error(400, "AccessDeniedException")))
    aws.rules.append(Serving(schedules=[schedule("never")]).answer)
    gap = read(POPULATION)
    assert gap.failure_class is FailureClass.DENIED
    assert gap.partial.listed
    (item,) = gap.partial
    assert item.content().value.keys() == {"name", "unreadable"}


def test_an_execution_without_a_status_is_malformed(aws, read):
    aws.rules.append(Serving(schedules=[schedule("odd", LastMonitoringExecutionSummary=EXECUTION)]).answer)
    assert read(POPULATION).failure_class is FailureClass.MALFORMED
