"""What is logged of outputs, as the connectors record it: settings, log groups, counts by the hour."""

from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any

from support.ledgers import START
from support.served import ACCOUNT

from collector.model.snapshot import Item

REGION = "eu-central-1"
NAME = "/inference/outputs"
GROUP = f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:{NAME}"
CAPTURES = "s3://captures/outputs/"
FOLDER = f"{CAPTURES}llm/all/"
END = START.replace(minute=0, second=0, microsecond=0)
WINDOW = {"end": f"{END:%Y-%m-%dT%H:00:00Z}", "start": f"{END - timedelta(hours=26):%Y-%m-%dT%H:00:00Z}"}


def hour(number: int) -> str:
    """The hour that begins so many hours before the window's end."""
    return f"{END - timedelta(hours=number):%Y-%m-%dT%H:00:00Z}"


def every_hour(count: int = 5, but: Iterable[int] = ()) -> dict[str, int]:
    """A count in each hour of the window but some, which are counted back from its end."""
    return {hour(number): count for number in range(26, 0, -1) if number not in set(but)}


def setting(region: str = REGION, **facets: Any) -> Item:
    content = {
        "audio": None,
        "bucket": None,
        "embedding": True,
        "enabled": True,
        "group": NAME,
        "image": True,
        "large_bucket": "captures",
        "large_prefix": "outputs",
        "prefix": None,
        "region": region,
        "role": f"arn:aws:iam::{ACCOUNT}:role/bedrock-logs",
        "text": True,
        "video": None,
        **facets,
    }
    return Item.of(region, content)


def group(name: str = NAME, region: str = REGION, **facets: Any) -> Item:
    content = {
        "account_masks": [],
        "class": "STANDARD",
        "deletion_protection": True,
        "key": None,
        "masks": ["EmailAddress"],
        "name": name,
        "policies": [],
        "region": region,
        "retention_days": 365,
        "subscriptions": [],
        **facets,
    }
    return Item.of(f"arn:aws:logs:{region}:{ACCOUNT}:log-group:{name}", content)


def resource_policy(document: Mapping[str, Any], name: str = "it", region: str = REGION) -> Item:
    return Item.of(f"{region}/{name}", {"document": dict(document), "name": name, "region": region})


def invoked_variant(hours: Mapping[str, int], endpoint: str = "llm", variant: str = "all") -> Item:
    content = {"endpoint": endpoint, "model": None, "service": "sagemaker", "variant": variant}
    return _counted(f"{REGION}/sagemaker/{endpoint}/{variant}", hours, content)


def invoked_model(
    hours: Mapping[str, int], model: str = "anthropic.claude-sonnet-4-5-v1:0", region: str = REGION
) -> Item:
    content = {"endpoint": None, "model": model, "service": "bedrock", "variant": None}
    return _counted(f"{region}/bedrock/{model}", hours, content)


def group_volume(hours: Mapping[str, int], name: str = NAME) -> Item:
    return _counted(f"{REGION}/group/{name}", hours, {"group": name, "uri": None})


def folder_volume(hours: Mapping[str, int], uri: str = FOLDER) -> Item:
    return _counted(f"{REGION}/folder/{uri}", hours, {"group": None, "uri": uri})


def _counted(item: str, hours: Mapping[str, int], content: Mapping[str, Any]) -> Item:
    region = item.partition("/")[0]
    return Item.of(item, {**content, "hours": dict(hours), "region": region, "window": WINDOW})


POPULATIONS = {
    "settings": "bedrock.invocation_logging",
    "groups": "logs.groups",
    "resource_policies": "logs.resource_policies",
    "invocations": "cloudwatch.invocations",
    "volumes": "logs.volumes",
    "sinks": "gcp.log_sinks",
    "exclusions": "gcp.log_exclusions",
    "log_buckets": "gcp.log_buckets",
    "log_views": "gcp.log_views",
    "gcp_invocations": "gcp.invocations",
    "inference_logs": "gcp.inference_logs",
}


def logging() -> dict[str, tuple[Item, ...]]:
    """What is logged of the endpoint and the workload of `support.served` and of Bedrock, as it should be."""
    return {
        "settings": (setting(),),
        "groups": (group(),),
        "resource_policies": (),
        "invocations": (invoked_variant(every_hour()), invoked_model(every_hour())),
        "volumes": (group_volume(every_hour()), folder_volume(every_hour(1))),
        "sinks": (),
        "exclusions": (),
        "log_buckets": (),
        "log_views": (),
        "gcp_invocations": (),
        "inference_logs": (),
    }
