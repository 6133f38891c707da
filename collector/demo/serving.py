"""What Acme AI serves on SageMaker, from which registered versions, and what watches it; the flaws are planted here."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from collector.demo.account import ACCOUNT, REGION
from collector.demo.front import Answers
from collector.demo.outputs import VARIANT, data_capture, log_groups, metrics, profiles, protections

REPOSITORY = f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com"
IMAGE = f"{REPOSITORY}/llm@sha256:{'5' * 64}"
VALIDATOR = f"{REPOSITORY}/output-validator@sha256:{'6' * 64}"
VALIDATORS = f'["{REPOSITORY}/output-validator@*"]'
"""Which images validate, as the configuration says it."""

VERSIONS: Mapping[str, str] = {
    # Approval status: where the weights of that version of model llm lie.
    "Rejected": "s3://acme-weights-prod/llm/1/model.tar.gz",
    "Approved": "s3://acme-weights-prod/llm/2/model.tar.gz",
    "PendingManualApproval": "s3://acme-weights-prod/llm/3/model.tar.gz",
}
# ACC-1: a registered model whose weights nobody declared.
FORGOTTEN_WEIGHTS = "s3://acme-build-artifacts/llm-experimental/model.tar.gz"

ALARMS: Mapping[str, Mapping[str, Any]] = {
    # Metric: when its alarm rings.
    "Invocation5XXErrors": {"Statistic": "Sum", "ComparisonOperator": "GreaterThanThreshold", "Threshold": 5},
    "ModelLatency": {"Statistic": "Average", "ComparisonOperator": "GreaterThanThreshold", "Threshold": 2_000_000},
    "Invocations": {"Statistic": "Sum", "ComparisonOperator": "LessThanThreshold", "Threshold": 1},
}
_TOPIC = f"arn:aws:sns:{REGION}:{ACCOUNT}:oncall"
_SUBNETS = ["subnet-0a1b2c3d4e5f60001", "subnet-0a1b2c3d4e5f60002"]
_MOST = 8
"""Instances that automatic scaling may start."""
_SINCE_MONITORED = timedelta(hours=5)
_SINCE_DEPLOYED = timedelta(days=40)
"""Longer ago than the review with which the demo begins."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """An endpoint: which version it serves from which image, on how many instances, and what watches it.

    Attributes:
        name: of it, and of its configuration and its model.
        version: the approval status of the version that it serves.
        image: what it runs.
        instances: how many, and the minimum of automatic scaling.
        alarms: the metrics that are watched.
        monitoring: how the last monitoring of its data ended.
        validated: whether its outputs pass a validator.
        captured: whether its outputs are captured; one whose are not was not invoked lately.

    """

    name: str
    version: str = "Approved"
    image: str = IMAGE
    instances: int = 2
    alarms: Sequence[str] = tuple(ALARMS)
    monitoring: str = "Completed"
    validated: bool = True
    captured: bool = True


ENDPOINTS = (Endpoint("llm-chat"), Endpoint("llm-embed"))
# CHG-2, CHG-3, LOG-1, OPS-1 to OPS-4.
FLAWED = replace(
    ENDPOINTS[1],
    version="PendingManualApproval",
    image=f"{REPOSITORY}/llm:experimental",
    instances=1,
    alarms=("Invocation5XXErrors", "Invocations"),
    monitoring="Failed",
    validated=False,
    captured=False,
)


def endpoints(*, flaws: bool) -> tuple[Endpoint, ...]:
    """Give the endpoints of the estate."""
    return (ENDPOINTS[0], FLAWED) if flaws else ENDPOINTS


def invoked(*, flaws: bool) -> Sequence[str]:
    """Give the names of the endpoints that were invoked lately: those whose outputs are captured."""
    return [endpoint.name for endpoint in endpoints(flaws=flaws) if endpoint.captured]


def seed_serving(make: Any, *, flaws: bool) -> None:
    """Make the versions, the endpoints, and what moto has of what watches them; `make` gives a service's client."""
    versions = {**VERSIONS, **({"PendingManualApproval": FORGOTTEN_WEIGHTS} if flaws else {})}
    _seed_versions(make("sagemaker"), versions)
    for endpoint in endpoints(flaws=flaws):
        _seed_endpoint(make("sagemaker"), endpoint, versions[endpoint.version])
        _seed_scaling(make("application-autoscaling"), endpoint)
        _seed_alarms(make("cloudwatch"), endpoint)


def _seed_versions(sagemaker: Any, versions: Mapping[str, str]) -> None:
    sagemaker.create_model_package_group(ModelPackageGroupName="llm", ModelPackageGroupDescription="Acme LLM")
    for status, weights in versions.items():
        sagemaker.create_model_package(
            ModelPackageGroupName="llm",
            ModelApprovalStatus=status,
            InferenceSpecification={
                "Containers": [{"Image": IMAGE, "ModelDataUrl": weights}],
                "SupportedContentTypes": ["application/json"],
                "SupportedResponseMIMETypes": ["application/json"],
            },
        )


def _seed_endpoint(sagemaker: Any, endpoint: Endpoint, weights: str) -> None:
    name = endpoint.name
    validator = [{"Image": VALIDATOR}] if endpoint.validated else []
    sagemaker.create_model(
        ModelName=name,
        ExecutionRoleArn=f"arn:aws:iam::{ACCOUNT}:role/inference-llm",
        Containers=[{"Image": endpoint.image, "ModelDataUrl": weights}, *validator],
        VpcConfig={"SecurityGroupIds": ["sg-0a1b2c3d4e5f60001"], "Subnets": _SUBNETS},
    )
    variant = {"VariantName": VARIANT, "ModelName": name, "InstanceType": "ml.g4dn.xlarge"}
    variants = [{**variant, "InitialInstanceCount": endpoint.instances}]
    captured = {"DataCaptureConfig": data_capture()} if endpoint.captured else {}
    sagemaker.create_endpoint_config(EndpointConfigName=name, ProductionVariants=variants, **captured)
    sagemaker.create_endpoint(EndpointName=name, EndpointConfigName=name)


def _seed_scaling(scaling: Any, endpoint: Endpoint) -> None:
    scaling.register_scalable_target(
        ServiceNamespace="sagemaker",
        ResourceId=f"endpoint/{endpoint.name}/variant/{VARIANT}",
        ScalableDimension="sagemaker:variant:DesiredInstanceCount",
        MinCapacity=endpoint.instances,
        MaxCapacity=_MOST,
    )


def _seed_alarms(cloudwatch: Any, endpoint: Endpoint) -> None:
    dimensions = {"EndpointName": endpoint.name, "VariantName": VARIANT}
    for metric in endpoint.alarms:
        cloudwatch.put_metric_alarm(
            AlarmName=f"{endpoint.name}-{metric}",
            Namespace="AWS/SageMaker",
            MetricName=metric,
            Dimensions=[{"Name": name, "Value": value} for name, value in dimensions.items()],
            Period=300,
            EvaluationPeriods=3,
            ActionsEnabled=True,
            AlarmActions=[_TOPIC],
            **ALARMS[metric],
        )


def answers(now: datetime, *, flaws: bool) -> Answers:
    """Give what is answered instead of moto, as it is at a time: what was deployed weeks ago, and watched since.

    OPS-4: with flaws, the guardrail was never ready.
    """
    found = endpoints(flaws=flaws)
    return Answers(
        schedules=[_schedule(endpoint, now - _SINCE_MONITORED) for endpoint in found],
        guardrails=[_guardrail("FAILED" if flaws else "READY", now - _SINCE_DEPLOYED)],
        events=list(_deployments(found, now - _SINCE_DEPLOYED)),
        profiles=profiles(),
        groups=log_groups(flaws=flaws),
        protections=protections(),
        metrics=metrics(invoked(flaws=flaws)),
    )


def _schedule(endpoint: Endpoint, ran: datetime) -> Mapping[str, Any]:
    name, created = f"{endpoint.name}-data-quality", (ran - _SINCE_DEPLOYED).timestamp()
    moments = {"ScheduledTime": ran.timestamp(), "CreationTime": ran.timestamp(), "LastModifiedTime": ran.timestamp()}
    last = {**moments, "MonitoringScheduleName": name, "MonitoringExecutionStatus": endpoint.monitoring}
    return {
        "MonitoringScheduleArn": f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:monitoring-schedule/{name}",
        "MonitoringScheduleName": name,
        "MonitoringScheduleStatus": "Scheduled",
        "MonitoringType": "DataQuality",
        "EndpointName": endpoint.name,
        "CreationTime": created,
        "LastModifiedTime": ran.timestamp(),
        "MonitoringScheduleConfig": {"ScheduleConfig": {"ScheduleExpression": "cron(0 3 ? * * *)"}},
        "LastMonitoringExecutionSummary": last,
    }


def _guardrail(status: str, made: datetime) -> Mapping[str, Any]:
    filters = [{"type": kind, "inputStrength": "HIGH", "outputStrength": "HIGH"} for kind in ("HATE", "VIOLENCE")]
    return {
        "guardrailArn": f"arn:aws:bedrock:{REGION}:{ACCOUNT}:guardrail/acme0outputs",
        "guardrailId": "acme0outputs",
        "name": "outputs",
        "version": "DRAFT",
        "status": status,
        "contentPolicy": {"filters": filters},
        "blockedInputMessaging": "no",
        "blockedOutputsMessaging": "no",
        "createdAt": made.isoformat(),
        "updatedAt": made.isoformat(),
    }


def _deployments(found: Iterable[Endpoint], made: datetime) -> Iterable[Mapping[str, Any]]:
    """Yield the event of each endpoint's creation, which release-bot did."""
    identity = {"type": "IAMUser", "arn": f"arn:aws:iam::{ACCOUNT}:user/release-bot", "userName": "release-bot"}
    for number, endpoint in enumerate(found, 1):
        request = {"endpointName": endpoint.name, "endpointConfigName": endpoint.name}
        record = {"awsRegion": REGION, "userIdentity": identity, "requestParameters": request}
        yield {
            "EventId": f"00000000-0000-4000-8000-{number:012}",
            "EventName": "CreateEndpoint",
            "EventSource": "sagemaker.amazonaws.com",
            "EventTime": made.timestamp(),
            "Username": identity["userName"],
            "Resources": [{"ResourceType": "AWS::SageMaker::Endpoint", "ResourceName": endpoint.name}],
            "CloudTrailEvent": json.dumps(record),
        }
