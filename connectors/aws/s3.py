"""`s3.buckets`: every bucket with all that decides who can read it and how it is kept.

Source: Amazon S3 API Reference. Each facet is one call; a facet that is refused is marked, and the rest read.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from collector.model.canonical import Json
from collector.model.snapshot import Failure
from connectors.aws.documents import policy_document
from connectors.aws.session import AwsSession
from connectors.base import Draft, Population

_NO_BLOCK = frozenset(("NoSuchPublicAccessBlockConfiguration",))


@dataclass(frozen=True, slots=True)
class Facet:
    """One part of a bucket: the call that gives it, how it is written, and which codes mean "there is none"."""

    name: str
    operation: str
    permission: str
    write: Callable[[Mapping[str, Any]], Json]
    absent: frozenset[str] = frozenset()


def buckets(aws: AwsSession) -> Iterator[Draft]:
    """Yield every bucket of the account, of all regions."""
    block = _account_block(aws)
    names = aws.pages("s3", "list_buckets", 10_000, lambda page: (bucket["Name"] for bucket in page["Buckets"]))
    yield from aws.each(partial(_bucket, aws, block), names)


def _account_block(aws: AwsSession) -> Json | Failure:
    """Read the account's own public access block once; its failure is then one of every bucket."""
    return aws.facet(
        "",
        "account_public_access_block",
        lambda: aws.call("s3control", "get_public_access_block", _block, AccountId=aws.settings.account),
        _NO_BLOCK,
    )


def _bucket(aws: AwsSession, block: Json | Failure, name: str) -> Draft:
    arn = f"arn:aws:s3:::{name}"
    content: dict[str, Json] = {"name": name}
    failures: list[Failure] = []
    values = {facet.name: _read(aws, arn, name, facet) for facet in FACETS}
    values["account_public_access_block"] = _of_item(block, arn)
    for facet, value in values.items():
        if isinstance(value, Failure):
            failures.append(value)
        else:
            content[facet] = value
    return Draft(arn, content, tuple(failures))


def _read(aws: AwsSession, arn: str, name: str, facet: Facet) -> Json | Failure:
    return aws.facet(arn, facet.name, lambda: aws.call("s3", facet.operation, facet.write, Bucket=name), facet.absent)


def _of_item(block: Json | Failure, arn: str) -> Json | Failure:
    return replace(block, item=arn) if isinstance(block, Failure) else block


def _region(answer: Mapping[str, Any]) -> Json:
    # The two oldest regions have names of their own here (S3 API, GetBucketLocation).
    constraint = answer.get("LocationConstraint")
    return {None: "us-east-1", "": "us-east-1", "EU": "eu-west-1"}.get(constraint, constraint)


def _block(answer: Mapping[str, Any]) -> Json:
    block = answer["PublicAccessBlockConfiguration"]
    return {
        "block_public_acls": bool(block["BlockPublicAcls"]),
        "block_public_policy": bool(block["BlockPublicPolicy"]),
        "ignore_public_acls": bool(block["IgnorePublicAcls"]),
        "restrict_public_buckets": bool(block["RestrictPublicBuckets"]),
    }


def _acl(answer: Mapping[str, Any]) -> Json:
    grants = [_grant(grant) for grant in answer["Grants"]]
    return {"grants": sorted(grants, key=lambda grant: sorted(grant.items())), "owner": answer["Owner"]["ID"]}


def _grant(grant: Mapping[str, Any]) -> dict[str, str]:
    grantee = grant["Grantee"]
    name = grantee.get("ID") or grantee.get("URI") or grantee["EmailAddress"]
    return {"grantee": str(name), "permission": str(grant["Permission"]), "type": str(grantee["Type"])}


def _encryption(answer: Mapping[str, Any]) -> Json:
    rule = answer["ServerSideEncryptionConfiguration"]["Rules"][0]
    default = rule["ApplyServerSideEncryptionByDefault"]
    return {
        "algorithm": default["SSEAlgorithm"],
        "bucket_key": bool(rule.get("BucketKeyEnabled", False)),
        "key": default.get("KMSMasterKeyID"),
    }


def _ownership(answer: Mapping[str, Any]) -> Json:
    return str(answer["OwnershipControls"]["Rules"][0]["ObjectOwnership"])


def _versioning(answer: Mapping[str, Any]) -> Json:
    return answer.get("Status")


def _object_lock(answer: Mapping[str, Any]) -> Json:
    lock = answer["ObjectLockConfiguration"]
    retention = (lock.get("Rule") or {}).get("DefaultRetention") or {}
    return {
        "days": retention.get("Days"),
        "enabled": lock.get("ObjectLockEnabled") == "Enabled",
        "mode": retention.get("Mode"),
        "years": retention.get("Years"),
    }


def _logging(answer: Mapping[str, Any]) -> Json:
    target = answer.get("LoggingEnabled")
    return {"bucket": target["TargetBucket"], "prefix": target["TargetPrefix"]} if target else None


def _lifecycle(answer: Mapping[str, Any]) -> Json:
    """Write the rules that end objects; where to they are moved before does not matter here."""
    rules = [_lifecycle_rule(rule) for rule in answer["Rules"]]
    return sorted(rules, key=lambda rule: (str(rule["id"]), str(rule["prefix"])))


def _lifecycle_rule(rule: Mapping[str, Any]) -> dict[str, Json]:
    """Write one rule. `narrowed` says that it is about some objects below its prefix only: by tag or by size."""
    chosen = rule.get("Filter") or {}
    both = chosen.get("And") or {}
    expiration = rule.get("Expiration") or {}
    date = expiration.get("Date")
    return {
        "days": expiration.get("Days"),
        "date": date.date().isoformat() if date else None,
        "enabled": rule["Status"] == "Enabled",
        "id": rule.get("ID"),
        "narrowed": bool(chosen.keys() - {"Prefix", "And"} or both.keys() - {"Prefix"}),
        "noncurrent_days": (rule.get("NoncurrentVersionExpiration") or {}).get("NoncurrentDays"),
        "prefix": rule.get("Prefix") or chosen.get("Prefix") or both.get("Prefix") or "",
    }


FACETS = (
    Facet("region", "get_bucket_location", "s3:GetBucketLocation", _region),
    Facet(
        "policy",
        "get_bucket_policy",
        "s3:GetBucketPolicy",
        lambda answer: policy_document(answer["Policy"]),
        frozenset(("NoSuchBucketPolicy",)),
    ),
    Facet("public_access_block", "get_public_access_block", "s3:GetBucketPublicAccessBlock", _block, _NO_BLOCK),
    Facet("acl", "get_bucket_acl", "s3:GetBucketAcl", _acl),
    Facet(
        "ownership",
        "get_bucket_ownership_controls",
        "s3:GetBucketOwnershipControls",
        _ownership,
        frozenset(("OwnershipControlsNotFoundError",)),
    ),
    Facet(
        "encryption",
        "get_bucket_encryption",
        "s3:GetEncryptionConfiguration",
        _encryption,
        frozenset(("ServerSideEncryptionConfigurationNotFoundError",)),
    ),
    Facet("versioning", "get_bucket_versioning", "s3:GetBucketVersioning", _versioning),
    Facet(
        "object_lock",
        "get_object_lock_configuration",
        "s3:GetBucketObjectLockConfiguration",
        _object_lock,
        frozenset(("ObjectLockConfigurationNotFoundError",)),
    ),
    Facet(
        "lifecycle",
        "get_bucket_lifecycle_configuration",
        "s3:GetLifecycleConfiguration",
        _lifecycle,
        frozenset(("NoSuchLifecycleConfiguration",)),
    ),
    Facet("logging", "get_bucket_logging", "s3:GetBucketLogging", _logging),
)
"""What is read of each bucket. A missing Status of versioning means that it was never turned on."""

BUCKETS = Population(
    "s3.buckets",
    ("s3:ListAllMyBuckets", "s3:GetAccountPublicAccessBlock", *(facet.permission for facet in FACETS)),
    buckets,
    # Service Authorization Reference, "Actions, resources, and condition keys for Amazon S3".
    granted_as={
        "s3:ListBuckets": "s3:ListAllMyBuckets",
        "s3control:GetPublicAccessBlock": "s3:GetAccountPublicAccessBlock",
        **{f"s3:{facet.operation.title().replace('_', '')}": facet.permission for facet in FACETS},
    },
)
