"""`bedrock.invocation_logging`: whether and where Bedrock logs what models were asked and what they answered.

Source: Amazon Bedrock API Reference (GetModelInvocationLoggingConfiguration). It is one setting of a region.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from collector.model.canonical import Json
from connectors.aws.facets import Writers, member
from connectors.aws.session import AwsSession
from connectors.base import Draft, Population

ACTION = "bedrock:GetModelInvocationLoggingConfiguration"


def invocation_logging(aws: AwsSession) -> Iterator[Draft]:
    """Yield the setting of one region, whose name is its id; a region that logs nothing has it too."""
    yield Draft(aws.region, {"region": aws.region, **logging_of(aws)})


def logging_of(aws: AwsSession) -> dict[str, Json]:
    """Read the setting of one region.

    Raises:
        SourceError: it was not given.

    """
    return aws.call("bedrock", "get_model_invocation_logging_configuration", _setting)


def _setting(answer: Mapping[str, Any]) -> dict[str, Json]:
    """Write the setting; AWS leaves the whole of it out where nothing is logged."""
    setting = answer.get("loggingConfig") or {}
    found = {facet: write(setting) for facet, write in _SETTING.items()}
    return {**found, "enabled": bool(found["group"] or found["bucket"])}


_LARGE = ("cloudWatchConfig", "largeDataDeliveryS3Config")
_SETTING: Writers = {
    "group": member("cloudWatchConfig", "logGroupName"),
    "role": member("cloudWatchConfig", "roleArn"),
    "large_bucket": member(*_LARGE, "bucketName"),
    "large_prefix": member(*_LARGE, "keyPrefix"),
    "bucket": member("s3Config", "bucketName"),
    "prefix": member("s3Config", "keyPrefix"),
    "text": member("textDataDeliveryEnabled"),
    "image": member("imageDataDeliveryEnabled"),
    "embedding": member("embeddingDataDeliveryEnabled"),
    "video": member("videoDataDeliveryEnabled"),
    "audio": member("audioDataDeliveryEnabled"),
}

INVOCATION_LOGGING = Population("bedrock.invocation_logging", (ACTION,), invocation_logging, regional=True)
