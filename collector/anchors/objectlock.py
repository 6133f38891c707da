"""Copies in a bucket with Object Lock in compliance mode, which nobody can delete or shorten, its owner included.

Source: docs.aws.amazon.com/AmazonS3/latest/userguide/object-lock.html. It needs `s3:PutObject`,
`s3:PutObjectRetention`, `s3:GetObject`, `s3:GetObjectVersion`, `s3:GetObjectRetention`, `s3:ListBucketVersions`.
"""

import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from io import BufferedReader
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from collector.anchors.outcome import AnchorGap, AnchorRefused, RolledBack
from collector.config.anchors import Anchors, ObjectLock
from collector.ledger.store import Ledger
from collector.model.canonical import encode
from collector.model.instant import format_instant

_ATTEMPTS = 2
_PIECE = 1024 * 1024
_MODE = "COMPLIANCE"
_EXISTS = ("PreconditionFailed", "ConditionalRequestConflict")
# Services round to whole seconds.
_ROUNDING = timedelta(seconds=2)


@dataclass(frozen=True, slots=True)
class Copy:
    """One copy: where it is, what it holds and how long it is locked."""

    url: str
    version: str
    digest: str
    locked_until: datetime

    def encode(self) -> bytes:
        """Give the data of an anchor."""
        return encode(
            {
                "digest": self.digest,
                "locked_until": format_instant(self.locked_until),
                "url": self.url,
                "version": self.version,
            }
        )


@dataclass(frozen=True, slots=True)
class _Stored:
    """What the bucket gives back: the digest of the bytes, and their lock."""

    url: str
    version: str
    digest: str
    mode: str | None
    locked_until: datetime | None


class LockedBucket:
    """The configured bucket. Every copy is read back, and its lock is, before it counts."""

    def __init__(self, settings: Anchors, lock: ObjectLock, clock: Callable[[], datetime]) -> None:
        make: Any = boto3.session.Session(profile_name=lock.profile).client
        self._client = make(
            "s3",
            region_name=lock.region,
            endpoint_url=lock.endpoint_url,
            config=Config(
                connect_timeout=settings.connect_timeout,
                read_timeout=settings.read_timeout,
                retries={"mode": "standard", "total_max_attempts": _ATTEMPTS},
            ),
        )
        self._lock = lock
        self._clock = clock

    def copy_checkpoint(self, ledger: Ledger, size: int, note: bytes) -> bytes:
        """Copy a checkpoint, and give the data of the anchor.

        Raises:
            AnchorGap: the bucket cannot be used, or does not lock what it takes.
            AnchorRefused: it holds another history of the ledger, or more of it than is left.

        """
        folder = f"{self._lock.prefix}{ledger.origin}/checkpoints/"
        key = f"{folder}{size:016d}.txt"
        with _answered():
            copy = self._kept(key, note) or self._put(key, note)
            self._check_not_rolled_back(ledger, folder, key)
        return copy.encode()

    def _kept(self, key: str, note: bytes) -> Copy | None:
        """Give the copy that is there already; everything that was ever written there must be this checkpoint."""
        kept = [self._read(key, version) for version in self._versions(key)]
        if any(each.digest != hashlib.sha256(note).hexdigest() for each in kept):
            raise AnchorRefused(f"another history: {self._url(key)} is not this ledger's checkpoint")
        return self._locked(kept[0], None) if kept else None

    def copy_file(self, path: Path, name: str) -> Copy:
        """Copy a file, once, under a name.

        Raises:
            AnchorGap: the bucket cannot be used, or does not lock what it takes.

        """
        key = f"{self._lock.prefix}{name}"
        with path.open("rb") as file, _answered():
            digest = hashlib.file_digest(file, "sha256").hexdigest()
            for version in self._versions(key):
                found = self._read(key, version)
                if found.digest == digest:
                    return self._locked(found, None)
            file.seek(0)
            return self._put(key, file)

    def _check_not_rolled_back(self, ledger: Ledger, folder: str, key: str) -> None:
        answer = self._client.list_object_versions(Bucket=self._lock.bucket, Prefix=folder, KeyMarker=key, MaxKeys=1000)
        later = [entry["Key"] for entry in answer.get("Versions", []) if entry["Key"] > key]
        sizes = [int(name) for each in later if (name := each.removeprefix(folder).removesuffix(".txt")).isdecimal()]
        if not sizes:
            return
        with ledger.read() as reader:
            newest = reader.size
        if max(sizes) > newest:
            raise RolledBack(self._lock.name, max(sizes), newest)

    def _versions(self, key: str) -> list[str]:
        """Give the versions of an object, those behind delete markers too, oldest first."""
        answer = self._client.list_object_versions(Bucket=self._lock.bucket, Prefix=key, MaxKeys=1000)
        return [entry["VersionId"] for entry in reversed(answer.get("Versions", [])) if entry["Key"] == key]

    def _put(self, key: str, body: bytes | BufferedReader) -> Copy:
        until = self._clock() + timedelta(days=self._lock.retention_days)
        digest = hashlib.sha256(body).hexdigest() if isinstance(body, bytes) else _rewound(body)
        try:
            answer = self._client.put_object(
                Bucket=self._lock.bucket,
                Key=key,
                Body=body,
                ChecksumAlgorithm="SHA256",
                IfNoneMatch="*",
                ObjectLockMode=_MODE,
                ObjectLockRetainUntilDate=until,
            )
        except ClientError as error:
            if _code(error) in _EXISTS:
                raise AnchorGap("another collector is copying the same checkpoint") from None
            raise
        version = answer.get("VersionId")
        if not version:
            raise AnchorGap(f"{self._lock.name} keeps no versions, so it locks nothing: turn on Object Lock")
        found = self._read(key, version)
        if found.digest != digest:
            raise AnchorGap(f"{self._url(key)} does not give back what was written to it")
        return self._locked(found, until)

    def _locked(self, found: "_Stored", until: datetime | None) -> Copy:
        """Make sure that what was read back is locked, and until when."""
        if found.locked_until is None:
            raise AnchorGap(f"{found.url} is not locked: turn on Object Lock, and allow s3:GetObjectRetention")
        if found.mode != _MODE or (until is not None and found.locked_until < until - _ROUNDING):
            raise AnchorGap(f"{found.url} is not locked in compliance mode for as long as was asked")
        return Copy(found.url, found.version, found.digest, found.locked_until)

    def _read(self, key: str, version: str) -> "_Stored":
        answer = self._client.get_object(Bucket=self._lock.bucket, Key=key, VersionId=version)
        state = hashlib.sha256()
        for piece in answer["Body"].iter_chunks(_PIECE):
            state.update(piece)
        mode, until = answer.get("ObjectLockMode"), answer.get("ObjectLockRetainUntilDate")
        return _Stored(self._url(key), version, state.hexdigest(), mode, until)

    def _url(self, key: str) -> str:
        return f"s3://{self._lock.bucket}/{key}"


def _rewound(body: BufferedReader) -> str:
    digest = hashlib.file_digest(body, "sha256").hexdigest()
    body.seek(0)
    return digest


@contextmanager
def _answered() -> Iterator[None]:
    """Take what the SDK raises as a gap."""
    try:
        yield
    except ClientError as error:
        raise AnchorGap(f"{error.operation_name} was refused ({_code(error)})") from None
    except BotoCoreError as error:
        raise AnchorGap(f"no answer ({type(error).__name__})") from None


def _code(error: ClientError) -> str:
    return str(error.response.get("Error", {}).get("Code", "no code"))
