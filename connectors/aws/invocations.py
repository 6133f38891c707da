"""`cloudwatch.invocations`: how often each variant of an endpoint and each model of Bedrock was invoked, by the hour.

Source: Amazon SageMaker Developer Guide, "Monitor Amazon SageMaker AI with Amazon CloudWatch"; Amazon Bedrock User
Guide, "Monitoring". Whatever was invoked in the last two weeks is listed, whether or not anybody declared it.
"""

from collections.abc import Iterable, Iterator, Mapping
from functools import partial
from typing import Any

from collector.model.canonical import Json
from connectors.aws.hours import Metric, Window, metric_hours
from connectors.aws.session import AwsSession
from connectors.base import Draft, Population

_NAME = "Invocations"
_DIMENSIONS = {
    "AWS/Bedrock": {"ModelId": "model"},
    "AWS/SageMaker": {"EndpointName": "endpoint", "VariantName": "variant"},
}
"""Which dimensions the sum of one model or variant has, and what they are called here; other sums are parts of it."""


def invocations(aws: AwsSession) -> Iterator[Draft]:
    """Yield each variant and model that was invoked; an hour in which it was not is absent."""
    window = Window.before(aws.now())
    metrics = [metric for namespace in _DIMENSIONS for metric in _listed(aws, namespace)]
    for metric, hours in metric_hours(aws, metrics, window):
        names = {called: metric.dimensions[name] for name, called in _DIMENSIONS[metric.namespace].items()}
        service = metric.namespace.partition("/")[2].lower()
        content: dict[str, Json] = {"endpoint": None, "model": None, "variant": None, **names}
        yield Draft(
            "/".join((aws.region, service, *names.values())),
            {**content, "hours": hours, "region": aws.region, "service": service, "window": window.to_json()},
        )


def _listed(aws: AwsSession, namespace: str) -> Iterator[Metric]:
    write = partial(_metrics, namespace)
    return aws.pages("cloudwatch", "list_metrics", None, write, Namespace=namespace, MetricName=_NAME)


def _metrics(namespace: str, page: Mapping[str, Any]) -> Iterable[Metric]:
    for metric in page["Metrics"]:
        dimensions = {each["Name"]: each["Value"] for each in metric["Dimensions"]}
        if dimensions.keys() == _DIMENSIONS[namespace].keys():
            yield Metric(namespace, _NAME, dimensions)


INVOCATIONS = Population(
    "cloudwatch.invocations", ("cloudwatch:GetMetricData", "cloudwatch:ListMetrics"), invocations, regional=True
)
