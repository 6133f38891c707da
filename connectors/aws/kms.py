"""`kms.keys`: every key of the account in the configured region, with policy, grants, rotation and aliases.

Source: AWS Key Management Service API Reference.
"""

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

from collector.model.canonical import Json
from collector.model.snapshot import Failure
from connectors.aws.documents import policy_document
from connectors.aws.session import AwsSession
from connectors.base import Draft, Population

_UNSUPPORTED = frozenset(("UnsupportedOperationException", "KMSInvalidStateException"))
_METADATA = ("manager", "state", "spec", "usage", "origin", "multi_region")


def keys(aws: AwsSession) -> Iterator[Draft]:
    """Yield every key. Key material and grant tokens are never read."""
    aliases = _aliases(aws)
    listed = ((k["KeyArn"], k["KeyId"]) for page in aws.pages("kms", "list_keys", 1000) for k in page["Keys"])
    yield from aws.each(partial(_key, aws, aliases), listed)


def _aliases(aws: AwsSession) -> Mapping[str, list[str]]:
    found: dict[str, list[str]] = {}
    for page in aws.pages("kms", "list_aliases", 100):
        for alias in page["Aliases"]:
            if "TargetKeyId" in alias:
                found.setdefault(alias["TargetKeyId"], []).append(alias["AliasName"])
    return found


def _key(aws: AwsSession, aliases: Mapping[str, list[str]], listed: tuple[str, str]) -> Draft:
    arn, key_id = listed
    content: dict[str, Json] = {"aliases": sorted(aliases.get(key_id, [])), "arn": arn, "key_id": key_id}
    failures: list[Failure] = []
    described = aws.facet(arn, "state", lambda: _metadata(aws.call("kms", "describe_key", KeyId=key_id)))
    if isinstance(described, Failure):
        failures += [
            Failure(described.failure_class, described.operation, described.code, described.reason, arn, facet)
            for facet in _METADATA
        ]
    else:
        content |= described or {}
    for facet, value in (
        ("policy", aws.facet(arn, "policy", lambda: _policy(aws, key_id))),
        ("grants", aws.facet(arn, "grants", lambda: _grants(aws, key_id))),
        ("rotation", aws.facet(arn, "rotation", lambda: _rotation(aws, key_id), _UNSUPPORTED)),
    ):
        if isinstance(value, Failure):
            failures.append(value)
        else:
            content[facet] = value
    return Draft(arn, content, tuple(failures))


def _metadata(answer: Mapping[str, Any]) -> dict[str, Json]:
    key = answer["KeyMetadata"]
    return {
        "manager": key["KeyManager"],
        "multi_region": bool(key.get("MultiRegion", False)),
        "origin": key.get("Origin"),
        "spec": key.get("KeySpec") or key.get("CustomerMasterKeySpec"),
        "state": key["KeyState"],
        "usage": key.get("KeyUsage"),
    }


def _policy(aws: AwsSession, key_id: str) -> Json:
    return policy_document(aws.call("kms", "get_key_policy", KeyId=key_id, PolicyName="default")["Policy"])


def _grants(aws: AwsSession, key_id: str) -> Json:
    listed = (g for page in aws.pages("kms", "list_grants", 100, KeyId=key_id) for g in page["Grants"])
    return [_grant(grant) for grant in sorted(listed, key=lambda grant: str(grant["GrantId"]))]


def _grant(grant: Mapping[str, Any]) -> dict[str, Json]:
    return {
        "constraints": policy_document(grant.get("Constraints") or {}),
        "grantee": grant.get("GranteePrincipal"),
        "id": grant["GrantId"],
        "operations": sorted(grant.get("Operations", [])),
        "retiring": grant.get("RetiringPrincipal"),
    }


def _rotation(aws: AwsSession, key_id: str) -> Json:
    return bool(aws.call("kms", "get_key_rotation_status", KeyId=key_id)["KeyRotationEnabled"])


KEYS = Population(
    "kms.keys",
    (
        "kms:ListKeys",
        "kms:ListAliases",
        "kms:DescribeKey",
        "kms:GetKeyPolicy",
        "kms:ListGrants",
        "kms:GetKeyRotationStatus",
    ),
    keys,
)
