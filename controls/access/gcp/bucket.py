"""Declared locations in Cloud Storage, and everyone who can read what lies there.

Reading an object takes storage.objects.get. Where uniform bucket-level access is off, each object has an ACL of its own
beside the policies. Under a customer's key it is Cloud Storage that decrypts, so a reader needs nothing on the key.

Source: Cloud Storage documentation, "Overview of access control", "Access control lists", "Public access prevention"
and "Customer-managed encryption keys".
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from collector.model.errors import MalformedError
from collector.model.evidence import Evidence
from collector.model.snapshot import Content, UnreadableError
from controls.access.evaluate import Grant
from controls.access.gcp.access import Access, Asked, access_to, holders
from controls.access.gcp.condition import Request
from controls.access.gcp.member import EVERYONE
from controls.access.gcp.policy import Level, bindings_of
from controls.access.gcp.project import Project
from controls.access.location import Location, parse_location
from controls.access.truth import Truth

BUCKETS = "gcp.buckets"
READ = "storage.objects.get"
ENFORCED = "enforced"
"""The state of public access prevention in which bindings of everyone give nothing."""

_SERVICE = "storage.googleapis.com"
_ENTITIES = {
    "user": "user",
    "group": "group",
    "domain": "domain",
    "project-owners": "projectOwner",
    "project-editors": "projectEditor",
    "project-viewers": "projectViewer",
}
_OWN_ACL = "objects have ACLs of their own, which are not read; this one is given to new objects"


@dataclass(frozen=True, slots=True)
class FoundObjects:
    """A location whose bucket is in the evidence, the source that has it, and when it was read."""

    location: Location
    bucket: Content
    source: str
    read: datetime

    @property
    def uri(self) -> str:
        """Give the location as it is declared."""
        return self.location.uri

    @property
    def project(self) -> str:
        """Give the id of the project whose list the bucket stands in."""
        return self.source.removeprefix("gcp:")


def is_objects(uri: str) -> bool:
    """Tell whether a location is `gs://BUCKET/PREFIX`."""
    return uri.startswith("gs://")


def find_objects(evidence: Evidence, uri: str) -> FoundObjects | str:
    """Find a location's bucket, or say why it was not found."""
    location = parse_location(uri, "gs")
    if location is None:
        return f"{uri} is no place in Cloud Storage: write gs://BUCKET/PREFIX"
    for snapshot in evidence.snapshots(BUCKETS):
        item = snapshot.get(f"projects/_/buckets/{location.bucket}")
        if item is not None:
            return FoundObjects(location, item.content(), snapshot.source, snapshot.finished)
    return f"the bucket of {uri} is in none of the bucket lists that were read: configure its project as a source"


def access_to_objects(found: FoundObjects, project: Project) -> Access:
    """Give who can read a location.

    Raises:
        MalformedError: a policy or ACL has another form than the recorded one.

    """
    name = f"projects/_/buckets/{found.location.bucket}/objects/{found.location.prefix}"
    request = Request(f"{_SERVICE}/Object", _SERVICE, found.read, name, open=True)
    asked = Asked(READ, request)
    where = f"bucket {found.location.bucket}"
    own: tuple[Level, ...] = ()
    unread: list[str] = []
    try:
        own = (Level(where, bindings_of(found.bucket.facet("policy"), where)),)
    except UnreadableError as error:
        unread.append(f"who has access by {where} is not known: {error}")
    access = access_to(asked, own, project)
    grants = {member: list(given) for member, given in access.grants.items()}
    try:
        for member, grant in _by_acl(found, asked, project):
            grants.setdefault(member, []).append(grant)
        for everyone in EVERYONE if found.bucket.facet("public_access_prevention") == ENFORCED else ():
            grants.pop(everyone, None)
    except UnreadableError as error:
        unread.append(f"who has access by ACLs of {where} is not known: {error}")
    return Access({member: tuple(grants[member]) for member in sorted(grants)}, (*unread, *access.unread))


def _by_acl(found: FoundObjects, asked: Asked, project: Project) -> Iterator[tuple[str, Grant]]:
    if found.bucket.facet("uniform_access"):
        return
    where = f"bucket {found.location.bucket}"
    for entry in found.bucket.facet("default_object_acl"):
        member = _member(entry, where)
        mend = f"turn on uniform bucket-level access of {where}, which ends its ACLs"
        grant = Grant(Truth.UNKNOWN, (where, "default object ACL", member), (_OWN_ACL,), mend)
        yield from holders(grant, member, asked, project)


def _member(entry: Mapping[str, Any], where: str) -> str:
    """Write the entity of an ACL as bindings write it."""
    entity = entry.get("entity")
    if entity in EVERYONE:
        return str(entity)
    for prefix, kind in _ENTITIES.items():
        if isinstance(entity, str) and entity.startswith(f"{prefix}-"):
            name = entity.removeprefix(f"{prefix}-")
            is_account = kind == "user" and name.endswith(".gserviceaccount.com")
            return f"{'serviceAccount' if is_account else kind}:{name}"
    raise MalformedError(f"an entity of the default object ACL of {where} has no documented form")
