"""`sagemaker.monitoring_schedules`: what watches the quality of data and models, how often, and whether it ran.

Source: Amazon SageMaker API Reference.
"""

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

from collector.model.canonical import Json
from connectors.aws.facets import Writers, member, moment, needed
from connectors.aws.sagemaker import described_by_name, each_listed
from connectors.aws.session import AwsSession
from connectors.base import Draft, Population


def monitoring_schedules(aws: AwsSession) -> Iterator[Draft]:
    """Yield every monitoring schedule; `last_execution` is null until the first, and moves with each one."""
    read = partial(described_by_name, "describe_monitoring_schedule", "MonitoringScheduleName", _SCHEDULE)
    return each_listed(aws, "list_monitoring_schedules", "MonitoringScheduleSummaries", "MonitoringSchedule", read)


def _last_execution(answer: Mapping[str, Any]) -> Json:
    execution = answer.get("LastMonitoringExecutionSummary")
    return {facet: write(execution) for facet, write in _EXECUTION.items()} if execution else None


_EXECUTION: Writers = {
    "status": needed("MonitoringExecutionStatus"),
    "created": moment("CreationTime"),
    # The reason quotes the job's own output: only that there is one is read.
    "failure_explained": lambda execution: bool(execution.get("FailureReason")),
}
_SCHEDULE: Writers = {
    "status": needed("MonitoringScheduleStatus"),
    "type": member("MonitoringType"),
    "endpoint": member("EndpointName"),
    "schedule": member("MonitoringScheduleConfig", "ScheduleConfig", "ScheduleExpression"),
    "last_execution": _last_execution,
}

MONITORING_SCHEDULES = Population(
    "sagemaker.monitoring_schedules",
    ("sagemaker:ListMonitoringSchedules", "sagemaker:DescribeMonitoringSchedule"),
    monitoring_schedules,
    regional=True,
)
