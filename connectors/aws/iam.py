"""`iam.authorization_details`: every user, group, role and policy of the account, in one paged call.

Source: AWS IAM API Reference, GetAccountAuthorizationDetails.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any
from urllib.parse import unquote

from collector.model.canonical import Json
from connectors.aws.documents import policy_document
from connectors.aws.session import AwsSession
from connectors.base import Draft, Population

_OPERATION = "iam:GetAccountAuthorizationDetails"
_PAGE = 200
"""Entries, with all their policies: an answer of as many as AWS would give takes a hundred times its size in memory."""
_FILTER = ["User", "Role", "Group", "LocalManagedPolicy", "AWSManagedPolicy"]


def authorization_details(aws: AwsSession) -> Iterator[Draft]:
    """Give users, groups, roles and policies; what moves without meaning (dates, the time of last use) is left out."""
    return aws.pages("iam", "get_account_authorization_details", _PAGE, _drafts, Filter=_FILTER)


def _drafts(page: Mapping[str, Any]) -> Iterator[Draft]:
    for key, make in _LISTS.items():
        for entry in page[key]:
            if not _is_unused(entry):
                yield Draft(entry["Arn"], make(entry))


def _is_unused(entry: Mapping[str, Any]) -> bool:
    """Tell an AWS-managed policy that nothing in the account uses: AWS's shelf, not a part of the account."""
    if str(entry.get("Arn", "")).split(":")[4:5] != ["aws"]:
        return False
    # Without a count nobody knows, and what may be used is kept.
    return entry.get("AttachmentCount") == 0 and not entry.get("PermissionsBoundaryUsageCount", 0)


def _user(entry: Mapping[str, Any]) -> dict[str, Json]:
    return {
        "type": "user",
        **_named(entry, "UserName"),
        **_policies(entry, "UserPolicyList"),
        **_bounded(entry),
        "groups": sorted(entry.get("GroupList", [])),
    }


def _group(entry: Mapping[str, Any]) -> dict[str, Json]:
    return {"type": "group", **_named(entry, "GroupName"), **_policies(entry, "GroupPolicyList")}


def _role(entry: Mapping[str, Any]) -> dict[str, Json]:
    return {
        "type": "role",
        **_named(entry, "RoleName"),
        **_policies(entry, "RolePolicyList"),
        **_bounded(entry),
        "last_used": _month(entry),
        "trust": _document(entry["AssumeRolePolicyDocument"]),
    }


def _month(entry: Mapping[str, Any]) -> Json:
    """Give the month in which a role was last used: enough for a reviewer, and it moves once a month at most."""
    used = (entry.get("RoleLastUsed") or {}).get("LastUsedDate")
    return f"{used:%Y-%m}" if used else None


def _policy(entry: Mapping[str, Any]) -> dict[str, Json]:
    (version,) = (v for v in entry["PolicyVersionList"] if v["IsDefaultVersion"])
    return {
        "type": "policy",
        "arn": entry["Arn"],
        "name": entry["Arn"].rsplit("/", 1)[-1],
        "path": entry["Path"],
        "document": _document(version["Document"]),
        "version": version["VersionId"],
    }


def _document(text: str) -> Json:
    """Give a document as IAM writes it, encoded as in a URL; the SDK would decode those of AWS's whole shelf too."""
    return policy_document(unquote(text))


def _named(entry: Mapping[str, Any], name: str) -> dict[str, Json]:
    return {"arn": entry["Arn"], "name": entry[name], "path": entry["Path"]}


def _policies(entry: Mapping[str, Any], inline: str) -> dict[str, Json]:
    return {
        "attached": sorted(policy["PolicyArn"] for policy in entry.get("AttachedManagedPolicies", [])),
        "inline": {p["PolicyName"]: _document(p["PolicyDocument"]) for p in entry.get(inline, [])},
    }


def _bounded(entry: Mapping[str, Any]) -> dict[str, Json]:
    boundary = entry.get("PermissionsBoundary") or {}
    return {
        "boundary": boundary.get("PermissionsBoundaryArn"),
        "tags": {tag["Key"]: tag["Value"] for tag in entry.get("Tags", [])},
    }


_LISTS: Mapping[str, Callable[[Mapping[str, Any]], dict[str, Json]]] = {
    "UserDetailList": _user,
    "GroupDetailList": _group,
    "RoleDetailList": _role,
    "Policies": _policy,
}

AUTHORIZATION_DETAILS = Population("iam.authorization_details", (_OPERATION,), authorization_details)
