"""`gcp.kms_keys`: the keys of Cloud KMS that the project's buckets name, of whichever project they are.

Source: Cloud KMS REST reference v1, `projects.locations.keyRings.cryptoKeys`.
"""

from collections.abc import Iterator
from typing import Annotated

from pydantic import Field, TypeAdapter

from collector.model.canonical import Json, JsonObject
from collector.model.snapshot import Failure, FailureClass
from connectors.base import Draft, Population, SourceError
from connectors.gcp.buckets import listed_buckets
from connectors.gcp.facets import Facets
from connectors.gcp.policies import VERSION_QUERY, Answer, policy_of
from connectors.gcp.session import GcpSession

_HOST = "cloudkms.googleapis.com"
_GET = "cloudkms:cryptoKeys.get"
_KEY_POLICY, _RING_POLICY = "cloudkms:cryptoKeys.getIamPolicy", "cloudkms:keyRings.getIamPolicy"
_DESCRIBED = ("protection", "purpose", "rotation_seconds", "state")


class _Version(Answer):
    state: str
    protection_level: str = ""


class _Key(Answer):
    name: str
    purpose: str
    primary: _Version | None = None
    rotation_period: Annotated[str, Field(pattern=r"^[0-9]{1,12}(\.[0-9]+)?s$")] | None = None


_KEY = TypeAdapter(_Key)


def keys(gcp: GcpSession) -> Iterator[Draft]:
    """Give every key that is the default of a bucket.

    Raises:
        SourceError: the list of buckets is not whole.

    """
    named = {bucket.encryption.default_kms_key_name for bucket in listed_buckets(gcp)} - {None}
    return (_draft(gcp, name) for name in sorted(filter(None, named)))


def _draft(gcp: GcpSession, name: str) -> Draft:
    found = Facets(name, {"name": name})
    ring = name.partition("/cryptoKeys/")[0]
    found.read(_DESCRIBED, lambda: _described(gcp, name))
    found.read(("policy",), lambda: {"policy": _policy(gcp, _KEY_POLICY, name)})
    found.read(("ring_policy",), lambda: {"ring_policy": _policy(gcp, _RING_POLICY, ring)})
    return found.draft


def _described(gcp: GcpSession, name: str) -> JsonObject:
    key = gcp.answer(_GET, _HOST, f"v1/{name}", _KEY)
    if key.name != name:
        raise SourceError(Failure(FailureClass.MISIDENTIFIED, _GET, "WrongKey", f"{key.name} was given, not {name}"))
    return {
        "protection": key.primary.protection_level or None if key.primary else None,
        "purpose": key.purpose,
        "rotation_seconds": int(key.rotation_period.rstrip("s").partition(".")[0]) if key.rotation_period else None,
        "state": key.primary.state if key.primary else None,
    }


def _policy(gcp: GcpSession, operation: str, name: str) -> Json:
    return policy_of(gcp, operation, _HOST, f"v1/{name}:getIamPolicy", query=VERSION_QUERY).recorded


KMS_KEYS = Population(
    "gcp.kms_keys",
    (
        "cloudkms.cryptoKeys.get",
        "cloudkms.cryptoKeys.getIamPolicy",
        "cloudkms.keyRings.getIamPolicy",
        "storage.buckets.list",
    ),
    keys,
)
