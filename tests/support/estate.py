"""Evidence of a small AWS account, as the connector records it, and a ledger with real results on it."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

from support.google import google
from support.ledgers import NAME, START, Clock, signer
from support.logging import CAPTURES, GROUP, logging
from support.logging import POPULATIONS as LOGGING
from support.operations import POPULATIONS as OPERATIONS
from support.operations import operations
from support.served import APPROVED, CLUSTER, DEPLOYER, PROJECT, sagemaker_model, serving
from support.vendors import inference_profile, vendor_assessment

from collector.ledger.store import Ledger
from collector.model.attestation import ACCESS_REQUEST, ACCESS_REVIEW, Attestation
from collector.model.control import Control
from collector.model.evidence import Evidence
from collector.model.instant import format_instant
from collector.model.outcome import Outcome
from collector.model.result import Assessment, Result
from collector.model.snapshot import Failure, FailureClass, Gap, Item, Provenance, Snapshot
from collector.pipeline.run import Plan, Report, run
from controls.registry import CONTROLS
from controls.source import source_files

ACCOUNT = "123456789012"
SOURCE = f"aws:{ACCOUNT}"
LOCATION = "s3://weights/llm/"
KEY = f"arn:aws:kms:eu-central-1:{ACCOUNT}:key/11111111-1111-1111-1111-111111111111"
SMALL = tuple(replace(control, optional=()) for control in CONTROLS if control.id in ("ACC-2", "ACC-5"))
"""Two controls whose evidence is three populations, for tests of what is the same for all controls."""
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
        "lifecycle": None,
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


def _source(population: str) -> str:
    return {"gcp": PROJECT, "kubernetes": CLUSTER}.get(population.partition(".")[0], SOURCE)


def snapshot(population: str, *items: Item, failures: tuple[Failure, ...] = (), source: str | None = None) -> Snapshot:
    ordered = tuple(sorted(items, key=lambda item: item.id))
    return Snapshot(source or _source(population), population, START, START, PROVENANCE, ordered, failures)


def gap(population: str, partial: Snapshot | None = None, kind: FailureClass = FailureClass.THROTTLED) -> Gap:
    failures = partial.failures if partial else (Failure(kind, f"list {population}", "Code", "the reason"),)
    return Gap(_source(population), population, START, START, failures, partial)


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


BLUE, GREEN = "blue", "green"
TENANTS = {
    name: {
        "data": [f"s3://training-{name}/"],
        "identities": [f"arn:aws:iam::{ACCOUNT}:role/training-{name}"],
        "keys": [f"arn:aws:kms:eu-central-1:{ACCOUNT}:key/{digit * 8}-0000-0000-0000-000000000000"],
        "namespaces": [f"tenant-{name}"],
    }
    for name, digit in ((BLUE, "2"), (GREEN, "3"))
}


def tenant_key(name: str, **facets: Any) -> Item:
    arn = TENANTS[name]["keys"][0]
    return key(arn=arn, key_id=arn.rsplit("/", 1)[1], aliases=[f"alias/{name}"], **facets)


def tenant_bucket(name: str, **facets: Any) -> Item:
    encryption = {"algorithm": "aws:kms", "key": TENANTS[name]["keys"][0], "bucket_key": True}
    return bucket(f"training-{name}", **{"encryption": encryption, **facets})


def tenant_role(name: str, *more: Mapping[str, Any], **facets: Any) -> Item:
    data = allow("s3:*", f"arn:aws:s3:::training-{name}/*")
    return role(f"training-{name}", data, allow("kms:Decrypt", TENANTS[name]["keys"][0]), *more, **facets)


def training_job(name: str = "job", tenant: str = BLUE, **facets: Any) -> Item:
    arn = f"arn:aws:sagemaker:eu-central-1:{ACCOUNT}:training-job/{name}"
    content = {
        "name": name,
        "status": "Completed",
        "role": TENANTS[tenant]["identities"][0],
        "inputs": [f"s3://training-{tenant}/set/"],
        "input_file_systems": [],
        "output": f"s3://training-{tenant}/models/",
        "output_key": TENANTS[tenant]["keys"][0],
        "volume_key": None,
        "checkpoint": None,
        "model_artifacts": f"s3://training-{tenant}/models/model.tar.gz",
        "created": format_instant(START),
        **facets,
    }
    return Item.of(arn, content)


def customization_job(name: str = "tune", tenant: str = BLUE, **facets: Any) -> Item:
    arn = f"arn:aws:bedrock:eu-central-1:{ACCOUNT}:model-customization-job/{name}"
    content = {
        "name": name,
        "role": TENANTS[tenant]["identities"][0],
        "base_model": "arn:aws:bedrock:eu-central-1::foundation-model/base",
        "status": "Completed",
        "training_data": [f"s3://training-{tenant}/set.jsonl"],
        "validation_data": [],
        "output": f"s3://training-{tenant}/tuned/",
        "key": None,
        "custom_model": None,
        "created": format_instant(START),
        **facets,
    }
    return Item.of(arn, content)


def model_package(uri: str = f"{LOCATION}model.tar.gz", name: str = "llm/1", **facets: Any) -> Item:
    arn = f"arn:aws:sagemaker:eu-central-1:{ACCOUNT}:model-package/{name}"
    container = {"image": "image", "image_digest": None, "model_data": uri, "model_data_source": None}
    content = {
        "approval": "Approved",
        "containers": [container],
        "created_by": "engineer-1",
        "group": name.partition("/")[0],
        "last_modified": format_instant(START),
        "last_modified_by": "release-lead",
        "name": name,
        "type": "model_package",
        "version": 1,
        **facets,
    }
    return Item.of(arn, content)


def trail(*prefixes: str, name: str = "main", **facets: Any) -> Item:
    arn = f"arn:aws:cloudtrail:eu-central-1:{ACCOUNT}:trail/{name}"
    resources = [{"type": "AWS::S3::Object", "values": list(prefixes)}] if prefixes else []
    selector = {"data_resources": resources, "excluded_sources": [], "management": True, "read_write": "All"}
    content = {
        "name": name,
        "home_region": "eu-central-1",
        "multi_region": True,
        "organization": False,
        "validation": True,
        "bucket": "audit",
        "key": None,
        "logging": True,
        "selectors": [selector],
        "advanced_selectors": [],
        **facets,
    }
    return Item.of(arn, content)


def access_review(decisions: Mapping[str, str], made: datetime = START, **content: Any) -> Attestation:
    """A review of the weights' location: principal to decision."""
    entries = [
        {"decision": decision, "location": LOCATION, "note": "", "principal": principal}
        for principal, decision in decisions.items()
    ]
    told = {"control": "ACC-3", "entries": entries, "opened": format_instant(made), "reviewer": "security-lead"}
    return Attestation(ACCESS_REVIEW, 1, made, {**told, "signature": None, **content})


def access_request(reader: str, made: datetime = START, **content: Any) -> Attestation:
    told = {"location": LOCATION, "principal": reader, "requested_by": "engineer-1", "approved_by": "owner-1"}
    return Attestation(
        ACCESS_REQUEST, 2, made, {"approved": format_instant(made), "reason": "on call", **told, **content}
    )


def custom_model(output: str | None = f"{LOCATION}tuned/", name: str = "tuned", **facets: Any) -> Item:
    arn = f"arn:aws:bedrock:eu-central-1:{ACCOUNT}:custom-model/{name}"
    return Item.of(arn, {"name": name, "base_model": "base", "output": output, **facets})


def refused(item: Item, *facets: str) -> Item:
    """The item as it is recorded when the source refuses some of its facets."""
    content = dict(item.content().value)
    failures = {f: Failure(FailureClass.DENIED, f"get {f}", "AccessDenied", "no", item.id, f) for f in facets}
    return Item.of(item.id, {k: v for k, v in content.items() if k not in facets}, failures)


def partly(population: str, *items: Item) -> Gap:
    """A list that is whole, some of whose items have facets that were refused."""
    failures = tuple(
        Failure(FailureClass.DENIED, why["operation"], why["code"], "no", item.id, facet)
        for item in items
        for facet, why in item.content().value.get("unreadable", {}).items()
    )
    return gap(population, snapshot(population, *items, failures=failures))


def moved(item: Item, account: str) -> Item:
    """The same item in another account."""
    return Item(item.id.replace(ACCOUNT, account), item.body.replace(ACCOUNT.encode(), account.encode()))


FULL_ACCESS = policy(allow("*", "*"))


def organization(
    root: tuple[Mapping[str, Any], ...] = (FULL_ACCESS,),
    unit: tuple[Mapping[str, Any], ...] = (FULL_ACCESS,),
    account: tuple[Mapping[str, Any], ...] = (FULL_ACCESS,),
    management: str = "000011112222",
    enabled: bool = True,
) -> tuple[Item, ...]:
    """An organization with the account in a unit below the root, and the policies attached to each of the three."""
    levels = {"root": root, "unit": unit, "account": account}
    above: tuple[str, ...] = ()
    known = {"id": "o-1", "in_use": True, "management_account": management, "type": "organization"}
    items = [Item.of("organization", known)]
    for level, documents in levels.items():
        names = [f"{level}-{number}" for number, _ in enumerate(documents, 1)]
        own = {"root": {"enabled": enabled}, "unit": {}, "account": {"account": ACCOUNT}}[level]
        items.append(
            Item.of(level, {"id": level, "name": level, "path": above, "policies": names, "type": level, **own})
        )
        items += [
            Item.of(f"policy {name}", {"document": document, "id": name, "name": name, "type": "policy"})
            for name, document in zip(names, documents, strict=True)
        ]
        above = (*above, level)
    return tuple(items)


def role_arn(name: str) -> str:
    return f"arn:aws:iam::{ACCOUNT}:role/{name}"


READER = role_arn("inference")
AUDITOR = role_arn("auditor")


def logs_reader(name: str = "auditor") -> Item:
    """A role that reads what is logged of outputs, as it should."""
    return role(name, allow("logs:FilterLogEvents", f"{GROUP}:*"), allow("s3:GetObject", "arn:aws:s3:::captures/*"))


def captures(**facets: Any) -> Item:
    """A bucket that keeps captured outputs as it should."""
    rule = {"date": None, "days": 365, "enabled": True, "id": "end", "narrowed": False, "prefix": ""}
    lock = {"days": 200, "enabled": True, "mode": "COMPLIANCE", "years": None}
    kept = {"lifecycle": [{**rule, "noncurrent_days": 30}], "object_lock": lock}
    return bucket("captures", **{**kept, "encryption": {"algorithm": "AES256", "key": None}, **facets})


def logs_review(decisions: Mapping[str, str], made: datetime = START, **content: Any) -> Attestation:
    """A review of the two stores that outputs are logged to: principal to decision, the same for both."""
    entries = [
        {"decision": decision, "location": location, "note": "", "principal": principal}
        for location in (CAPTURES, GROUP)
        for principal, decision in decisions.items()
    ]
    return access_review({}, made, **{"control": "LOG-5", "entries": entries, **content})


def good(**parts: Any) -> Evidence:
    """Evidence on which every control passes, except for what is given in its place: items by name of population."""
    served = parts.pop("served", serving())
    given = {
        "iam": (reader(), logs_reader(), tenant_role(BLUE), tenant_role(GREEN)),
        "buckets": (bucket(), captures(), tenant_bucket(BLUE), tenant_bucket(GREEN)),
        "keys": (key(), tenant_key(BLUE), tenant_key(GREEN)),
        "packages": (model_package(),),
        "models": (sagemaker_model(),),
        "custom": (),
        "training": (training_job(),),
        "processing": (),
        "customization": (customization_job(tenant=GREEN),),
        "trails": (trail("arn:aws:s3:::weights/"),),
        "profiles": (inference_profile(),),
        "agents": (),
        "attestations": (
            access_review({READER: "keep"}),
            logs_review({AUDITOR: "keep"}),
            APPROVED,
            vendor_assessment(),
        ),
        **logging(),
        **operations(BLUE, GREEN),
        **parts,
    }
    names = {
        "iam": "iam.authorization_details",
        "buckets": "s3.buckets",
        "keys": "kms.keys",
        "packages": "sagemaker.model_packages",
        "models": "sagemaker.models",
        "custom": "bedrock.custom_models",
        "training": "sagemaker.training_jobs",
        "processing": "sagemaker.processing_jobs",
        "customization": "bedrock.customization_jobs",
        "trails": "cloudtrail.trails",
        "profiles": "bedrock.inference_profiles",
        "agents": "bedrock.agents",
        **LOGGING,
        **OPERATIONS,
    }
    readings = tuple(
        given[part] if isinstance(given[part], Gap) else snapshot(name, *given[part]) for part, name in names.items()
    )
    return Evidence((*readings, *served, *google()), tuple(given["attestations"]))


def replacing(given: Evidence, *readings: Snapshot | Gap) -> Evidence:
    """The evidence with other readings of some populations."""
    names = {reading.population for reading in readings}
    kept = (reading for reading in given.readings if reading.population not in names)
    return Evidence((*kept, *readings), given.attestations)


def parameters_of(control: Control, **changed: Any) -> dict[str, Any]:
    """The control's defaults, with what the configuration of the good estate says where it takes that."""
    validators = ["registry.example.com/server@*"]
    told = {
        "weights": [LOCATION],
        "tenants": TENANTS,
        "deployers": [DEPLOYER],
        "redacted_stores": [CAPTURES],
        "validator_images": validators,
    }
    return {**control.defaults, **{name: value for name, value in told.items() if name in control.defaults}, **changed}


def judge(control: Control, given: Evidence, as_of: datetime = START, **changed: Any) -> Result:
    return control.test(given, parameters_of(control, **changed), as_of)


def only(result: Result, outcome: Outcome) -> Assessment:
    """The one assessment with an outcome; that there is exactly one is part of what a test shows."""
    (found,) = [each for each in result.assessments if each.outcome is outcome]
    return found


class Recorded:
    """A source that gives readings which were made before: for what comes after a connector."""

    id = SOURCE
    populations = ("iam.authorization_details", "kms.keys", "s3.buckets")

    def __init__(self, given: Evidence) -> None:
        self._given = given

    def read(self, population: str) -> Snapshot | Gap:
        return self._given.of(population)[0]


def plan(controls: tuple[Control, ...] = SMALL, weights: tuple[str, ...] = (LOCATION,)) -> Plan:
    parameters = {c.id: {**c.defaults, "weights": list(weights)} for c in controls}
    return Plan(controls, parameters, {"ledger": NAME, "v": 1}, source_files())


def collect(ledger: Ledger, given: Evidence, clock: Any, planned: Plan | None = None) -> Report:
    return run(ledger, [Recorded(given)], planned or plan(), clock)


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
