"""`logs.groups` and `logs.resource_policies`: log groups, how they are kept and masked, and who is let in by policy.

Source: Amazon CloudWatch Logs API Reference and User Guide, "Help protect sensitive log data with masking". How many
bytes a group holds changes by itself and is not read; neither is any log event.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from functools import partial
from typing import Any, TypeVar

from collector.model.canonical import Json
from collector.model.snapshot import Failure
from connectors.aws.documents import policy_document
from connectors.aws.facets import Facets, draft
from connectors.aws.invocation_logging import ACTION, logging_of
from connectors.aws.session import AwsSession
from connectors.base import Draft, Population

A = TypeVar("A")

_PAGE = 50
_ACCOUNT = "ACCOUNT_DATA_PROTECTION"
_MAX_ACCOUNT_PAGES = 20


def groups(aws: AwsSession) -> Iterator[Draft]:
    """Yield every log group of one region.

    Its own resource policies, and who gets copies by a subscription, are a call each, and are read only of groups
    that outputs of models go to: the one that Bedrock names, and those that the configuration names. Both are null
    of all others.
    """
    watched = {logging_of(aws)["group"], *aws.settings.log_groups}
    account = _AccountMasks(aws)
    listed = aws.pages("logs", "describe_log_groups", _PAGE, lambda page: [dict(each) for each in page["logGroups"]])
    yield from aws.each(partial(_group, aws, account, watched), listed)


class _AccountMasks:
    """What the data protection policy of the account masks; it is read once, when the first group has it."""

    def __init__(self, aws: AwsSession) -> None:
        self._aws = aws
        self._found: Json | Failure = None
        self._known = False

    def of(self, item: str) -> Json | Failure:
        """Give the masks, or why they are not known, as a facet of a group."""
        if not self._known:
            self._found = self._aws.facet(item, "account_masks", self._read)
            self._known = True
        return self._found

    def _read(self) -> Json:
        masks: set[str] = set()
        token: dict[str, str] = {}
        for _ in range(_MAX_ACCOUNT_PAGES):
            found, following = self._aws.call(
                "logs", "describe_account_policies", _account_policies, policyType="DATA_PROTECTION_POLICY", **token
            )
            masks |= found
            if not following:
                break
            token = {"nextToken": following}
        return sorted(masks)


def _account_policies(answer: Mapping[str, Any]) -> tuple[set[str], str | None]:
    found: set[str] = set()
    for policy in answer["accountPolicies"]:
        found |= set(_masked(policy["policyDocument"]))
    return found, answer.get("nextToken")


def _group(aws: AwsSession, account: _AccountMasks, watched: AbstractSet[Json], listed: Mapping[str, Any]) -> Draft:
    name = listed["logGroupName"]
    arn = str(listed.get("logGroupArn") or listed["arn"]).removesuffix(":*")
    known: dict[str, Json] = {
        "class": listed.get("logGroupClass") or "STANDARD",
        "deletion_protection": bool(listed.get("deletionProtectionEnabled")),
        "key": listed.get("kmsKeyId"),
        "name": name,
        "region": aws.region,
        "retention_days": listed.get("retentionInDays"),
    }
    facets: Facets = {"account_masks": [], "masks": [], "policies": None, "subscriptions": None}
    if listed.get("dataProtectionStatus") == "ACTIVATED":
        facets["masks"] = aws.facet(arn, "masks", partial(_masks, aws, arn))
    if _ACCOUNT in (listed.get("inheritedProperties") or ()):
        facets["account_masks"] = account.of(arn)
    if name in watched:
        facets["policies"] = aws.facet(arn, "policies", partial(_own_policies, aws, arn))
        facets["subscriptions"] = aws.facet(arn, "subscriptions", partial(_subscriptions, aws, name))
    return draft(arn, known, facets)


def _masks(aws: AwsSession, arn: str) -> Json:
    return aws.call("logs", "get_data_protection_policy", _own_masks, logGroupIdentifier=arn)


def _own_masks(answer: Mapping[str, Any]) -> Json:
    return sorted(_masked(answer["policyDocument"]))


def _masked(document: str) -> Iterator[str]:
    """Yield the identifiers of the data that a policy masks; to audit it leaves it readable."""
    for statement in json.loads(document)["Statement"]:
        if "Deidentify" in (statement.get("Operation") or {}):
            # arn:aws:dataprotection::aws:data-identifier/EmailAddress, or the name of one that the policy defines
            yield from (str(identifier).rpartition("/")[2] for identifier in statement["DataIdentifier"])


def _subscriptions(aws: AwsSession, name: str) -> Json:
    def write(page: Mapping[str, Any]) -> Iterable[dict[str, Json]]:
        return (
            {"destination": each["destinationArn"], "name": each["filterName"], "role": each.get("roleArn")}
            for each in page["subscriptionFilters"]
        )

    found = aws.pages("logs", "describe_subscription_filters", _PAGE, write, logGroupName=name)
    return sorted(found, key=lambda each: str(each["name"]))


def _own_policies(aws: AwsSession, arn: str) -> Json:
    def write(page: Mapping[str, Any]) -> Iterable[Json]:
        return (policy_document(each["policyDocument"]) for each in page["resourcePolicies"])

    return list(_policies(aws, write, resourceArn=arn, policyScope="RESOURCE"))


def resource_policies(aws: AwsSession) -> Iterator[Draft]:
    """Yield every resource policy of the account in one region; those of single groups are with the groups."""

    def write(page: Mapping[str, Any]) -> Iterable[Draft]:
        return (
            Draft(
                f"{aws.region}/{each['policyName']}",
                {
                    "document": policy_document(each["policyDocument"]),
                    "name": each["policyName"],
                    "region": aws.region,
                },
            )
            for each in page["resourcePolicies"]
        )

    return _policies(aws, write)


def _policies(aws: AwsSession, write: Callable[[Mapping[str, Any]], Iterable[A]], **parameters: str) -> Iterator[A]:
    return aws.pages("logs", "describe_resource_policies", _PAGE, write, **parameters)


GROUPS = Population(
    "logs.groups",
    (
        ACTION,
        "logs:DescribeAccountPolicies",
        "logs:DescribeLogGroups",
        "logs:DescribeResourcePolicies",
        "logs:DescribeSubscriptionFilters",
        "logs:GetDataProtectionPolicy",
    ),
    groups,
    regional=True,
)
RESOURCE_POLICIES = Population(
    "logs.resource_policies", ("logs:DescribeResourcePolicies",), resource_policies, regional=True
)
