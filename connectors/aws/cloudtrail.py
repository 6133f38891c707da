"""`cloudtrail.trails`: every trail of the account in any region, what it logs, where to, and whether it is on.

Source: AWS CloudTrail API Reference.
"""

from collections.abc import Iterable, Iterator, Mapping
from functools import partial
from typing import Any

from collector.model.canonical import Json
from connectors.aws.facets import Facets, Writers, described, draft, member, needed
from connectors.aws.session import AwsSession
from connectors.base import Draft, Population

Listed = tuple[str, str, str]
"""ARN, name and home region."""


def trails(aws: AwsSession) -> Iterator[Draft]:
    """Yield every trail, each as its home region describes it: another does not know a trail of one region."""
    return aws.each(partial(_trail, aws), aws.pages("cloudtrail", "list_trails", None, _listed))


def _listed(page: Mapping[str, Any]) -> Iterable[Listed]:
    return ((trail["TrailARN"], trail["Name"], trail["HomeRegion"]) for trail in page["Trails"])


def _trail(aws: AwsSession, listed: Listed) -> Draft:
    arn, name, region = listed
    home = aws.within(region)
    facets: Facets = {
        **described(home, arn, _TRAIL, "cloudtrail", "get_trail", Name=arn),
        **described(home, arn, _STATUS, "cloudtrail", "get_trail_status", Name=arn),
        **described(home, arn, _SELECTORS, "cloudtrail", "get_event_selectors", TrailName=arn),
    }
    return draft(arn, {"home_region": region, "name": name}, facets)


def _is_on(name: str) -> Any:
    def write(answer: Mapping[str, Any]) -> Json:
        return bool(answer["Trail"].get(name, False))

    return write


def _selectors(answer: Mapping[str, Any]) -> Json:
    return [
        {
            "data_resources": [_resource(resource) for resource in selector.get("DataResources") or []],
            "excluded_sources": sorted(selector.get("ExcludeManagementEventSources") or []),
            "management": bool(selector["IncludeManagementEvents"]),
            "read_write": selector["ReadWriteType"],
        }
        for selector in answer.get("EventSelectors") or []
    ]


def _resource(resource: Mapping[str, Any]) -> dict[str, Json]:
    return {"type": resource["Type"], "values": sorted(resource.get("Values") or [])}


def _advanced_selectors(answer: Mapping[str, Any]) -> Json:
    return [
        {"fields": [_field(field) for field in selector["FieldSelectors"]], "name": selector.get("Name")}
        for selector in answer.get("AdvancedEventSelectors") or []
    ]


def _field(field: Mapping[str, Any]) -> dict[str, Json]:
    conditions = {word: sorted(field.get(name) or []) for word, name in _CONDITIONS.items()}
    return {"field": field["Field"], **conditions}


_CONDITIONS = {
    "equals": "Equals",
    "starts_with": "StartsWith",
    "ends_with": "EndsWith",
    "not_equals": "NotEquals",
    "not_starts_with": "NotStartsWith",
    "not_ends_with": "NotEndsWith",
}
_TRAIL: Writers = {
    "multi_region": _is_on("IsMultiRegionTrail"),
    "organization": _is_on("IsOrganizationTrail"),
    "validation": _is_on("LogFileValidationEnabled"),
    "bucket": needed("Trail", "S3BucketName"),
    "key": member("Trail", "KmsKeyId"),
}
_STATUS: Writers = {"logging": lambda answer: bool(answer["IsLogging"])}
_SELECTORS: Writers = {"selectors": _selectors, "advanced_selectors": _advanced_selectors}

TRAILS = Population(
    "cloudtrail.trails",
    ("cloudtrail:ListTrails", "cloudtrail:GetTrail", "cloudtrail:GetTrailStatus", "cloudtrail:GetEventSelectors"),
    trails,
)
