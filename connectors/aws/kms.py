"""`kms.keys`: every key of the account in the configured region, with policy, grants, rotation and aliases.

Source: AWS Key Management Service API Reference.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from functools import partial
from typing import Any

from collector.model.canonical import Json
from collector.model.snapshot import Failure
from connectors.aws.documents import policy_document
from connectors.aws.session import AwsSession
from connectors.base import Draft, Population

_UNSUPPORTED = frozenset(("UnsupportedOperationException",))
_METADATA = ("manager", "state", "spec", "usage", "origin", "multi_region")

Aliases = Mapping[str, list[str]]
"""The names of each key, by key id."""


def keys(aws: AwsSession) -> Iterator[Draft]:
    """Yield every key. Key material and grant tokens are never read."""
    # The aliases of all keys come in one list; where it fails, each key is without this one facet.
    aliases = aws.facet("", "aliases", lambda: _aliases(aws))
    listed = aws.pages("kms", "list_keys", 1000, lambda page: ((key["KeyArn"], key["KeyId"]) for key in page["Keys"]))
    yield from aws.each(partial(_key, aws, aliases or {}), listed)


def _aliases(aws: AwsSession) -> Aliases:
    found: dict[str, list[str]] = {}
    for target, name in aws.pages("kms", "list_aliases", 100, _targets):
        found.setdefault(target, []).append(name)
    return found


def _targets(page: Mapping[str, Any]) -> Iterable[tuple[str, str]]:
    """Give key id and name of the aliases that point at a key; AWS's own may point at none yet."""
    return ((alias["TargetKeyId"], alias["AliasName"]) for alias in page["Aliases"] if "TargetKeyId" in alias)


def _key(aws: AwsSession, aliases: Aliases | Failure, listed: tuple[str, str]) -> Draft:
    arn, key_id = listed
    content: dict[str, Json] = {"arn": arn, "key_id": key_id}
    failures: list[Failure] = []
    described = aws.facet(arn, "state", lambda: aws.call("kms", "describe_key", _metadata, KeyId=key_id))
    if isinstance(described, Failure):
        failures += [replace(described, facet=facet) for facet in _METADATA]
    else:
        content |= described or {}
    for facet, value in (
        ("aliases", _aliases_of(aliases, key_id, arn)),
        ("policy", aws.facet(arn, "policy", lambda: _policy(aws, key_id))),
        ("grants", aws.facet(arn, "grants", lambda: _grants(aws, key_id))),
        ("rotation", aws.facet(arn, "rotation", lambda: _rotation(aws, key_id), _UNSUPPORTED)),
    ):
        if isinstance(value, Failure):
            failures.append(value)
        else:
            content[facet] = value
    return Draft(arn, content, tuple(failures))


def _aliases_of(aliases: Aliases | Failure, key_id: str, arn: str) -> Json | Failure:
    if isinstance(aliases, Failure):
        return replace(aliases, item=arn)
    return sorted(aliases.get(key_id, []))


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
    return aws.call(
        "kms", "get_key_policy", lambda answer: policy_document(answer["Policy"]), KeyId=key_id, PolicyName="default"
    )


def _grants(aws: AwsSession, key_id: str) -> Json:
    listed = aws.pages("kms", "list_grants", 100, lambda page: map(_grant, page["Grants"]), KeyId=key_id)
    return sorted(listed, key=lambda grant: str(grant["id"]))


def _grant(grant: Mapping[str, Any]) -> dict[str, Json]:
    return {
        "constraints": policy_document(grant.get("Constraints") or {}),
        "grantee": grant.get("GranteePrincipal"),
        "id": grant["GrantId"],
        "operations": sorted(grant.get("Operations", [])),
        "retiring": grant.get("RetiringPrincipal"),
    }


def _rotation(aws: AwsSession, key_id: str) -> Json:
    return aws.call("kms", "get_key_rotation_status", lambda answer: bool(answer["KeyRotationEnabled"]), KeyId=key_id)


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
    regional=True,
)
