"""`gcp.buckets`: every bucket of the project with its policy, and how what it holds is kept.

Source: Cloud Storage JSON API reference, `buckets`, `bucketAccessControls` and `defaultObjectAccessControls`.
"""

from collections.abc import Iterator, Mapping
from typing import Annotated, Any
from urllib.parse import quote

from pydantic import Field, TypeAdapter

from collector.model.canonical import Json
from collector.model.snapshot import Failure, FailureClass
from connectors.base import Draft, Population, SourceError
from connectors.gcp.answers import Page
from connectors.gcp.facets import Facets
from connectors.gcp.policies import Answer, policy_of
from connectors.gcp.session import GcpSession

_HOST = "storage.googleapis.com"
_LIST = "storage:buckets.list"
_POLICY = "storage:buckets.getIamPolicy"
_SECONDS = r"^[0-9]{1,18}$"
KEY = r"^projects/[^/]+/locations/[^/]+/keyRings/[^/]+/cryptoKeys/[^/]+$"


class _Switch(Answer):
    enabled: bool = False


class _Configuration(Answer):
    uniform_bucket_level_access: _Switch = _Switch()
    public_access_prevention: str = "inherited"


class _Encryption(Answer):
    default_kms_key_name: Annotated[str, Field(pattern=KEY)] | None = None


class _Retention(Answer):
    retention_period: Annotated[str, Field(pattern=_SECONDS)]
    is_locked: bool = False


class _SoftDelete(Answer):
    retention_duration_seconds: Annotated[str, Field(pattern=_SECONDS)] = "0"


class _Lifecycle(Answer):
    rule: tuple[Mapping[str, Any], ...] = ()


class _Logging(Answer):
    log_bucket: str
    log_object_prefix: str = ""


class Bucket(Answer):
    """One bucket. Retention and the like that are left out are off."""

    name: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9._-]{1,220}[a-z0-9]$")]
    project_number: Annotated[str, Field(pattern=r"^[0-9]{1,30}$")]
    location: str
    iam_configuration: _Configuration
    encryption: _Encryption = _Encryption()
    versioning: _Switch = _Switch()
    retention_policy: _Retention | None = None
    soft_delete_policy: _SoftDelete = _SoftDelete()
    lifecycle: _Lifecycle = _Lifecycle()
    logging: _Logging | None = None


class _BucketPage(Page):
    kind: str = ""
    items: tuple[Bucket, ...] = ()


class _Entry(Answer):
    entity: str
    role: str


class _Entries(Answer):
    kind: str
    items: tuple[_Entry, ...] = ()


_BUCKETS, _ENTRIES = TypeAdapter(_BucketPage), TypeAdapter(_Entries)


def listed_buckets(gcp: GcpSession) -> Iterator[Bucket]:
    """Yield what the list says of every bucket.

    Raises:
        SourceError: the list is not whole, or has buckets of more than one project.

    """
    query = {"maxResults": "100", "project": gcp.settings.project, "projection": "noAcl"}
    owner = ""
    for page in gcp.listed(_LIST, _HOST, "storage/v1/b", _BUCKETS, query):
        for bucket in page.items:
            owner = owner or bucket.project_number
            if bucket.project_number != owner:
                reason = f"bucket {bucket.name} is of project {bucket.project_number}, others are of {owner}"
                raise SourceError(Failure(FailureClass.MISIDENTIFIED, _LIST, "WrongProject", reason))
            yield bucket


def buckets(gcp: GcpSession) -> Iterator[Draft]:
    """Give every bucket.

    Raises:
        SourceError: the list is not whole.

    """
    return (_draft(gcp, bucket) for bucket in listed_buckets(gcp))


def _draft(gcp: GcpSession, bucket: Bucket) -> Draft:
    found = Facets(f"projects/_/buckets/{bucket.name}", _content(bucket))
    path = f"storage/v1/b/{quote(bucket.name, safe='')}"
    found.read(("policy",), lambda: {"policy": _policy(gcp, path)})
    if bucket.iam_configuration.uniform_bucket_level_access.enabled:
        found.content |= {"acl": None, "default_object_acl": None}
    else:
        found.read(("acl",), lambda: {"acl": _entries(gcp, path, "acl")})
        found.read(("default_object_acl",), lambda: {"default_object_acl": _entries(gcp, path, "defaultObjectAcl")})
    return found.draft


def _content(bucket: Bucket) -> dict[str, Json]:
    retention = bucket.retention_policy
    return {
        "default_key": bucket.encryption.default_kms_key_name,
        "lifecycle": [dict(rule) for rule in bucket.lifecycle.rule],
        "location": bucket.location,
        "logging": {"bucket": bucket.logging.log_bucket, "prefix": bucket.logging.log_object_prefix}
        if bucket.logging
        else None,
        "name": bucket.name,
        "project_number": bucket.project_number,
        "public_access_prevention": bucket.iam_configuration.public_access_prevention,
        "retention": {"locked": retention.is_locked, "seconds": int(retention.retention_period)} if retention else None,
        "soft_delete_seconds": int(bucket.soft_delete_policy.retention_duration_seconds),
        "uniform_access": bucket.iam_configuration.uniform_bucket_level_access.enabled,
        "versioning": bucket.versioning.enabled,
    }


def _policy(gcp: GcpSession, path: str) -> Json:
    # Cloud Storage has a name of its own for what other services call options.requestedPolicyVersion.
    return policy_of(gcp, _POLICY, _HOST, f"{path}/iam", query={"optionsRequestedPolicyVersion": "3"}).recorded


def _entries(gcp: GcpSession, path: str, collection: str) -> Json:
    found = gcp.answer(f"storage:{collection}.list", _HOST, f"{path}/{collection}", _ENTRIES).items
    return sorted(({"entity": each.entity, "role": each.role} for each in found), key=lambda each: sorted(each.items()))


BUCKETS = Population(
    "gcp.buckets", ("storage.buckets.get", "storage.buckets.getIamPolicy", "storage.buckets.list"), buckets
)
