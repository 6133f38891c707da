"""Makes ledgers and what goes into them."""

import itertools
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import Engine, NullPool, create_engine

from collector.ledger.bodies import configuration_entry, snapshot_entry
from collector.ledger.entry import Entry
from collector.ledger.keys import FileSigner, create_key_file, load_key_file
from collector.model.canonical import digest, encode
from collector.model.snapshot import Item, Operation, Provenance, Snapshot

NAME = "controlproof.example.com/test"
START = datetime(2026, 1, 1, tzinfo=UTC)
CONFIGURATION = {"ledger": NAME, "v": 1}
CONFIGURATION_DIGEST = digest(encode(CONFIGURATION))


def raw(database: str) -> Engine:
    """The database as someone with its password has it, past the ledger's code."""
    return create_engine(database, poolclass=NullPool)


class Clock:
    """A clock that moves on by a second at each look, so that every append has a time of its own."""

    def __init__(self, start: datetime = START) -> None:
        self.time = start

    def __call__(self) -> datetime:
        self.time += timedelta(seconds=1)
        return self.time


def signer(folder: Path, name: str = NAME, file: str = "key") -> FileSigner:
    path = folder / file
    if not path.exists():
        create_key_file(path)
    return load_key_file(path, name)


def buckets(count: int, **changed: object) -> tuple[Item, ...]:
    """Items of a population; `changed` maps an item's number, as `n5`, to other content."""
    return tuple(
        Item.of(
            f"arn:aws:s3:::bucket-{number:06d}",
            {"name": f"bucket-{number:06d}", "policy": changed.get(f"n{number}", str(number * 7919 % 10007))},
        )
        for number in range(count)
    )


_S3 = (
    "Acl",
    "Encryption",
    "Location",
    "Logging",
    "ObjectLockConfiguration",
    "OwnershipControls",
    "Policy",
    "Versioning",
)


def snapshot(items: tuple[Item, ...], at: datetime = START, population: str = "s3.buckets") -> Snapshot:
    """A snapshot as a connector makes it, with request ids that differ each time."""
    operations = (
        *(Operation(f"s3:GetBucket{name}", {}, len(items)) for name in _S3),
        Operation("s3:ListBuckets", {}, 1),
        Operation("s3control:GetPublicAccessBlock", {}, 1),
    )
    return Snapshot(
        "aws:123456789012",
        population,
        at,
        at,
        Provenance(
            "aws/0.1.0",
            "arn:aws:sts::123456789012:assumed-role/controlproof/controlproof",
            "aws:eu-central-1",
            operations,
            os.urandom(8).hex().upper(),
            os.urandom(8).hex().upper(),
            0,
        ),
        items,
    )


def entry(items: tuple[Item, ...], at: datetime = START, population: str = "s3.buckets") -> Entry:
    return snapshot_entry(snapshot(items, at, population), ("ACC-2", "ACC-5"), CONFIGURATION_DIGEST)


def configuration() -> Entry:
    return configuration_entry(CONFIGURATION, NAME)


def fill(ledger, appends: int = 6) -> None:
    """Append a configuration and then snapshots, each of which differs in one item from the one before."""
    ledger.append([configuration()])
    for number in itertools.islice(itertools.count(), appends - 1):
        ledger.append([entry(buckets(5, n1=f"version {number}"))])
