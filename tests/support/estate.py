"""Evidence of a small AWS account, as the connector records it, and a ledger with real results on it."""

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from support.ledgers import NAME, START, Clock, signer

from collector.ledger.store import Ledger
from collector.model.evidence import Evidence
from collector.model.snapshot import Failure, FailureClass, Gap, Item, Provenance, Snapshot
from collector.pipeline.run import Plan, Report, run
from controls.registry import CONTROLS
from controls.source import source_files

ACCOUNT = "123456789012"
SOURCE = f"aws:{ACCOUNT}"
LOCATION = "s3://weights/llm/"
KEY = f"arn:aws:kms:eu-central-1:{ACCOUNT}:key/11111111-1111-1111-1111-111111111111"
BLOCKED = {
    "block_public_acls": True,
    "block_public_policy": True,
    "ignore_public_acls": True,
    "restrict_public_buckets": True,
}
OPEN = dict.fromkeys(BLOCKED, False)
PROVENANCE = Provenance("aws/test", f"arn:aws:iam::{ACCOUNT}:role/controlproof", "aws:eu-central-1")


def policy(*statements: Mapping[str, Any]) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": list(statements)}


def allow(action: Any = "s3:GetObject", resource: Any = "arn:aws:s3:::weights/*", **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


def deny(action: Any = "s3:GetObject", resource: Any = "arn:aws:s3:::weights/*", **more: Any) -> dict[str, Any]:
    return {**allow(action, resource, **more), "Effect": "Deny"}


def trust(principal: Any, action: str = "sts:AssumeRole", **more: Any) -> dict[str, Any]:
    return policy({"Effect": "Allow", "Principal": principal, "Action": action, **more})


def bucket(name: str = "weights", unreadable: tuple[str, ...] = (), **facets: Any) -> Item:
    content = {
        "name": name,
        "region": "eu-central-1",
        "policy": None,
        "public_access_block": BLOCKED,
        "account_public_access_block": None,
        "acl": {"owner": "owner", "grants": []},
        "ownership": "BucketOwnerEnforced",
        "encryption": {"algorithm": "aws:kms", "key": KEY, "bucket_key": True},
        "versioning": "Enabled",
        "object_lock": None,
        "logging": None,
        **facets,
    }
    arn = f"arn:aws:s3:::{name}"
    refused = {f: Failure(FailureClass.DENIED, f"s3:Get{f}", "AccessDenied", "no", arn, f) for f in unreadable}
    return Item.of(arn, {k: v for k, v in content.items() if k not in unreadable}, refused)


ROOT_STATEMENT = allow("kms:*", "*", Principal={"AWS": f"arn:aws:iam::{ACCOUNT}:root"})


def key(**facets: Any) -> Item:
    content = {
        "arn": KEY,
        "key_id": KEY.rsplit("/", 1)[1],
        "manager": "CUSTOMER",
        "state": "Enabled",
        "spec": "SYMMETRIC_DEFAULT",
        "usage": "ENCRYPT_DECRYPT",
        "origin": "AWS_KMS",
        "multi_region": False,
        "policy": policy(ROOT_STATEMENT),
        "grants": [],
        "rotation": True,
        "aliases": ["alias/weights"],
        **facets,
    }
    return Item.of(content["arn"], content)


def role(name: str, *statements: Mapping[str, Any], **facets: Any) -> Item:
    arn = f"arn:aws:iam::{ACCOUNT}:role/{name}"
    content = {
        "type": "role",
        "arn": arn,
        "name": name,
        "path": "/",
        "inline": {"inline": policy(*statements)} if statements else {},
        "attached": [],
        "boundary": None,
        "tags": {},
        "trust": trust({"Service": "sagemaker.amazonaws.com"}),
        **facets,
    }
    return Item.of(arn, content)


def user(name: str, *statements: Mapping[str, Any], **facets: Any) -> Item:
    arn = f"arn:aws:iam::{ACCOUNT}:user/{name}"
    content = {
        "type": "user",
        "arn": arn,
        "name": name,
        "path": "/",
        "inline": {"inline": policy(*statements)} if statements else {},
        "attached": [],
        "groups": [],
        "boundary": None,
        "tags": {},
        **facets,
    }
    return Item.of(arn, content)


def group(name: str, *statements: Mapping[str, Any]) -> Item:
    arn = f"arn:aws:iam::{ACCOUNT}:group/{name}"
    inline = {"inline": policy(*statements)}
    return Item.of(arn, {"type": "group", "arn": arn, "name": name, "path": "/", "inline": inline, "attached": []})


def managed(name: str, *statements: Mapping[str, Any]) -> Item:
    arn = f"arn:aws:iam::{ACCOUNT}:policy/{name}"
    content = {
        "type": "policy",
        "arn": arn,
        "name": name,
        "path": "/",
        "document": policy(*statements),
        "version": "v1",
    }
    return Item.of(arn, content)


def reader(name: str = "inference") -> Item:
    """A role that reads the weights as it should."""
    return role(name, allow(), allow("kms:Decrypt", KEY))


def snapshot(population: str, *items: Item, failures: tuple[Failure, ...] = (), source: str = SOURCE) -> Snapshot:
    ordered = tuple(sorted(items, key=lambda item: item.id))
    return Snapshot(source, population, START, START, PROVENANCE, ordered, failures)


def gap(population: str, partial: Snapshot | None = None, kind: FailureClass = FailureClass.THROTTLED) -> Gap:
    failures = partial.failures if partial else (Failure(kind, f"list {population}", "Code", "the reason"),)
    return Gap(SOURCE, population, START, START, failures, partial)


def evidence(
    iam: tuple[Item, ...] | Gap = (),
    buckets: tuple[Item, ...] | Gap | None = None,
    keys: tuple[Item, ...] | Gap | None = None,
) -> Evidence:
    """Evidence of the account; by default one good bucket under one good key."""
    parts = (
        ("iam.authorization_details", iam),
        ("s3.buckets", (bucket(),) if buckets is None else buckets),
        ("kms.keys", (key(),) if keys is None else keys),
    )
    return Evidence(tuple(part if isinstance(part, Gap) else snapshot(name, *part) for name, part in parts))


class Recorded:
    """A source that gives readings which were made before: for what comes after a connector."""

    id = SOURCE
    populations = ("iam.authorization_details", "kms.keys", "s3.buckets")

    def __init__(self, given: Evidence) -> None:
        self._given = given

    def read(self, population: str) -> Snapshot | Gap:
        return self._given.of(population)[0]


def plan() -> Plan:
    parameters = {c.id: {**c.defaults, "weights": [LOCATION]} for c in CONTROLS}
    return Plan(CONTROLS, parameters, {"ledger": NAME, "v": 1}, source_files())


def collect(ledger: Ledger, given: Evidence, clock: Any) -> Report:
    return run(ledger, [Recorded(given)], plan(), clock)


def year(folder: Path, start: datetime = START, days: int = 4) -> Ledger:
    """A ledger of a run a day; on the last one the bucket's policy opens to a stranger."""
    clock = Clock(start)
    ledger = Ledger.create(f"sqlite:///{folder}/ledger.db", "test-1", signer(folder), clock)
    stranger = policy(allow(Principal={"AWS": "arn:aws:iam::999988887777:root"}))
    for day in range(days):
        clock.time = start.replace(day=start.day + day)
        last = bucket(policy=stranger, encryption=None) if day == days - 1 else bucket()
        collect(ledger, evidence((reader(),), (last, bucket("other"))), clock)
    return ledger
