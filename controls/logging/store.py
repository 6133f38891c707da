"""Where outputs are logged to: a log group, a folder of a bucket, a table, or what a person names."""

import re
from dataclasses import dataclass
from enum import StrEnum

from controls.access.location import Location, parse_location

_GROUP = re.compile(r"arn:aws[a-z-]*:logs:[a-z0-9-]{2,32}:[0-9]{12}:log-group:[.\-_/#A-Za-z0-9]{1,512}")
_LOG_BUCKET = re.compile(r"projects/[^/\s]+/locations/[^/\s]+/buckets/[^/\s]+")


class StoreKind(StrEnum):
    """What kind of store it is."""

    GROUP = "log group"
    BUCKET = "bucket"
    LOG_BUCKET = "log bucket"
    TABLE = "table"


@dataclass(frozen=True, slots=True, order=True)
class LogStore:
    """One store, named as its cloud names it.

    `id` is a log group's ARN, `s3://bucket/folder/` or `gs://bucket/folder/`, `projects/…/locations/…/buckets/…`, or
    `bq://…`.
    """

    id: str
    kind: StoreKind

    @property
    def what(self) -> str:
        """Name it in sentences."""
        return f"log group {self.name}" if self.kind is StoreKind.GROUP else self.id

    @property
    def name(self) -> str:
        """Give the name of a log group; its id for all others."""
        return self.id.split(":", 6)[6] if self.kind is StoreKind.GROUP else self.id

    @property
    def region(self) -> str:
        """Give the region of a log group."""
        return self.id.split(":")[3]

    @property
    def source(self) -> str:
        """Give the source that a log group belongs to."""
        return f"aws:{self.id.split(':')[4]}"

    @property
    def location(self) -> Location:
        """Give where in which bucket it is.

        Raises:
            ValueError: it is no bucket of S3.

        """
        location = parse_location(self.id)
        if location is None:
            raise ValueError(f"{self.id} is no location in S3")
        return location


def log_group(source: str, region: str, name: str) -> LogStore:
    """Give the store that a log group of an account is."""
    return LogStore(f"arn:aws:logs:{region}:{source.removeprefix('aws:')}:log-group:{name}", StoreKind.GROUP)


def bucket(name: str, prefix: str | None, scheme: str = "s3") -> LogStore:
    """Give the store that a folder of a bucket is, in S3 or (`gs`) in Cloud Storage."""
    return LogStore("/".join(filter(None, (f"{scheme}://{name}", (prefix or "").strip("/")))) + "/", StoreKind.BUCKET)


def parse_store(text: str) -> LogStore | None:
    """Read the name of a store that a person wrote; None where it names none that these tests know."""
    given = text.strip()
    location = parse_location(given, "s3", "gs")
    if location is not None and location.bucket:
        return bucket(location.bucket, location.prefix, location.scheme)
    if _GROUP.fullmatch(given.removesuffix(":*")):
        return LogStore(given.removesuffix(":*"), StoreKind.GROUP)
    if _LOG_BUCKET.fullmatch(given):
        return LogStore(given, StoreKind.LOG_BUCKET)
    return LogStore(given, StoreKind.TABLE) if given.startswith("bq://") else None
