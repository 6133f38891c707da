"""Declared weight locations, and where in the evidence each is found."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from collector.model.evidence import Evidence
from collector.model.snapshot import Content, Snapshot
from controls.access.pattern import Resources
from controls.access.principal import account_of


@dataclass(frozen=True, slots=True)
class Location:
    """A location in S3 or Cloud Storage: a bucket and a prefix of names, which may be empty."""

    uri: str
    bucket: str
    prefix: str

    @property
    def scheme(self) -> str:
        """Give s3 or gs."""
        return self.uri.partition("://")[0]

    @property
    def bucket_arn(self) -> str:
        """Give the ARN of a bucket in S3."""
        return f"arn:aws:s3:::{self.bucket}"

    @property
    def objects(self) -> Resources:
        """Give its objects."""
        return Resources(f"{self.bucket_arn}/{self.prefix}", prefix=True)

    def holds(self, other: "Location") -> bool:
        """Tell whether all of another location lies in this one. A prefix ends at a slash, so `llm` is no `llm-2`."""
        if (self.scheme, self.bucket) != (other.scheme, other.bucket):
            return False
        folder = self.prefix.rstrip("/")
        return not folder or other.prefix == folder or other.prefix.startswith(f"{folder}/")

    def meets(self, other: "Location") -> bool:
        """Tell whether two locations have anything in common."""
        return self.holds(other) or other.holds(self)


@dataclass(frozen=True, slots=True)
class Found:
    """A location whose bucket is in the evidence."""

    location: Location
    bucket: Content
    source: str

    @property
    def account(self) -> str:
        """Give the account that owns the bucket: the one whose list it stands in."""
        return self.source.removeprefix("aws:")


def parse_location(uri: str, *schemes: str) -> Location | None:
    """Read `s3://bucket/prefix`, or one with another scheme that is asked for; None for any other."""
    scheme, separator, rest = uri.partition("://")
    if scheme not in (schemes or ("s3",)) or not separator:
        return None
    bucket, _, prefix = rest.partition("/")
    return Location(uri, bucket, prefix)


def find(evidence: Evidence, uris: Sequence[str]) -> Mapping[str, Found | str]:
    """Find each declared location's bucket, or say why it was not found.

    A bucket that is in no list is not absent: it may be another account's, or the list may be short.
    """
    snapshots = evidence.snapshots("s3.buckets")
    return {uri: _find_one(snapshots, uri) for uri in uris}


def _find_one(snapshots: Sequence[Snapshot], uri: str) -> Found | str:
    location = parse_location(uri)
    if location is None:
        return f"{uri} is a kind of location that this version does not read"
    for snapshot in snapshots:
        item = snapshot.get(location.bucket_arn)
        if item is not None:
            return Found(location, item.content(), snapshot.source)
    return f"the bucket of {uri} is in none of the bucket lists that were read: configure its account as a source"


def key_in(evidence: Evidence, source: str, name: str) -> Content | None:
    """Find a KMS key by id, ARN, alias name or alias ARN in the keys of a source.

    Raises:
        UnreadableError: it is named by an alias, and the aliases were not given by the source.

    """
    wanted = name.rsplit(":key/", 1)[-1].rsplit(":alias/", 1)[-1].removeprefix("alias/")
    owner = account_of(name) if name.startswith("arn:") else ""
    is_alias = "alias/" in name
    for snapshot in evidence.snapshots("kms.keys"):
        if owner and snapshot.source != f"aws:{owner}":
            continue
        if not owner and snapshot.source != source:
            continue
        for item in snapshot:
            content = item.content()
            names = content.facet("aliases") if is_alias else [content.value["key_id"]]
            if (f"alias/{wanted}" if is_alias else wanted) in names:
                return content
    return None
