"""`logs.volumes`: how much was logged where the outputs of models go to, by the hour. No log entry is read.

Source: Amazon CloudWatch Logs User Guide, "Monitoring with CloudWatch metrics"; Amazon SageMaker Developer Guide,
"Data capture" (ENDPOINT/VARIANT/yyyy/mm/dd/hh/); Amazon Bedrock User Guide, "Monitor model invocation"
(AWSLogs/ACCOUNT/BedrockModelInvocationLogs/REGION/yyyy/mm/dd/hh/).
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from collector.model.canonical import Json
from connectors.aws.facets import Facets, draft
from connectors.aws.hours import Metric, Window, folder_hours, metric_hours
from connectors.aws.invocation_logging import ACTION, logging_of
from connectors.aws.session import AwsSession
from connectors.base import Draft, Population

_PAGE = 100


@dataclass(frozen=True, slots=True)
class _Folder:
    """A folder in a bucket that holds a folder for each hour."""

    bucket: str
    prefix: str

    @property
    def uri(self) -> str:
        """Give its address."""
        return f"s3://{self.bucket}/{self.prefix}"


def volumes(aws: AwsSession) -> Iterator[Draft]:
    """Yield each log group and each folder that outputs go to, with the hours in which something came.

    Of a group the entries are counted; of a folder, an hour with files counts as one.
    """
    window = Window.before(aws.now())
    logging = logging_of(aws)
    groups = sorted({str(name) for name in (logging["group"], *aws.settings.log_groups) if name})
    metrics = [Metric("AWS/Logs", "IncomingLogEvents", {"LogGroupName": group}) for group in groups]
    for metric, hours in metric_hours(aws, metrics, window):
        name = metric.dimensions["LogGroupName"]
        content: dict[str, Json] = {"group": name, "hours": hours, "region": aws.region, "uri": None}
        yield Draft(f"{aws.region}/group/{name}", {**content, "window": window.to_json()})
    yield from aws.each(partial(_volume, aws, window), _folders(aws, logging))


def _volume(aws: AwsSession, window: Window, folder: _Folder) -> Draft:
    item = f"{aws.region}/folder/{folder.uri}"
    facets: Facets = {
        "hours": aws.facet(item, "hours", lambda: folder_hours(aws, folder.bucket, folder.prefix, window))
    }
    known: dict[str, Json] = {"group": None, "region": aws.region, "uri": folder.uri, "window": window.to_json()}
    return draft(item, known, facets)


def _folders(aws: AwsSession, logging: Mapping[str, Any]) -> Iterator[_Folder]:
    if logging["bucket"]:
        parts = (logging["prefix"] or "").strip("/"), "AWSLogs", aws.settings.account
        folder = "/".join(filter(None, (*parts, "BedrockModelInvocationLogs", aws.region)))
        yield _Folder(logging["bucket"], f"{folder}/")

    def names(page: Mapping[str, Any]) -> Iterable[str]:
        return (endpoint["EndpointName"] for endpoint in page["Endpoints"])

    for name in aws.pages("sagemaker", "list_endpoints", _PAGE, names):
        yield from aws.call("sagemaker", "describe_endpoint", _captures, EndpointName=name)


def _captures(answer: Mapping[str, Any]) -> list[_Folder]:
    """Give the folders of an endpoint's variants, none where it never captured anything."""
    destination = (answer.get("DataCaptureConfig") or {}).get("DestinationS3Uri") or ""
    bucket, _, prefix = destination.removeprefix("s3://").partition("/")
    if not bucket:
        return []
    endpoint = answer["EndpointName"]
    # Neither while it is created nor after that failed does an endpoint have variants.
    variants = answer.get("ProductionVariants") or []
    parts = [(prefix.strip("/"), endpoint, variant["VariantName"]) for variant in variants]
    return [_Folder(bucket, "/".join(filter(None, part)) + "/") for part in parts]


VOLUMES = Population(
    "logs.volumes",
    (
        ACTION,
        "cloudwatch:GetMetricData",
        "s3:ListBucket",
        "sagemaker:DescribeEndpoint",
        "sagemaker:ListEndpoints",
    ),
    volumes,
    regional=True,
)
