"""An AI company's two AWS accounts as a connector would record them, for a year that is played without any server."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache

from collector.demo.year_vendor import MODEL
from collector.model.canonical import Json
from collector.model.instant import format_instant
from collector.model.snapshot import Item

MODELS, LAB = "123456789012", "210987654321"
"""The account that serves, and the one in which research keeps its weights."""
REGION = "eu-central-1"
WEIGHTS = ("s3://acme-weights/llm/", "s3://acme-lab-weights/")
TENANTS = ("blue", "green")
_REGISTRY = f"{MODELS}.dkr.ecr.{REGION}.amazonaws.com"
IMAGE = f"{_REGISTRY}/llm@sha256:{'5' * 64}"
VALIDATOR = f"{_REGISTRY}/output-validator@sha256:{'6' * 64}"
CAPTURES = "acme-captures"
"""The bucket that outputs are logged to; personal data is taken out before."""
ENDPOINT, VARIANT = "llm", "all"
AUTHOR = "ml-engineer-1"
DEPLOYER = f"arn:aws:iam::{MODELS}:role/deployer"
_TOPIC = f"arn:aws:sns:{REGION}:{MODELS}:oncall"
_LONG_AGO = "2025-06-01T00:00:00.000000Z"
_LIFECYCLE: list[Json] = [
    {
        "date": None,
        "days": 365,
        "enabled": True,
        "id": "a-year",
        "narrowed": False,
        "noncurrent_days": 30,
        "prefix": "",
    }
]
_LOCK: dict[str, Json] = {"days": 365, "enabled": True, "mode": "GOVERNANCE", "years": None}
_COUNTED_HOURS = 26
_BLOCKED = dict.fromkeys(
    ("block_public_acls", "block_public_policy", "ignore_public_acls", "restrict_public_buckets"), True
)


def weights_key(account: str) -> str:
    """Name the key that an account's weights are under."""
    return f"arn:aws:kms:{REGION}:{account}:key/11111111-1111-1111-1111-{account}"


def tenant_key(tenant: str) -> str:
    """Name the key that a tenant's training data is under."""
    digit = str(2 + TENANTS.index(tenant))
    return f"arn:aws:kms:{REGION}:{MODELS}:key/{digit * 8}-0000-0000-0000-000000000000"


def tenant_map() -> dict[str, dict[str, list[str]]]:
    """Give the tenants as a configuration declares them."""
    return {
        tenant: {
            "data": [f"s3://acme-training-{tenant}/"],
            "identities": [f"arn:aws:iam::{MODELS}:role/training-{tenant}"],
            "keys": [tenant_key(tenant)],
        }
        for tenant in TENANTS
    }


def user_arn(name: str) -> str:
    """Name a user of the account that serves."""
    return f"arn:aws:iam::{MODELS}:user/{name}"


def package_arn(version: int) -> str:
    """Name a version of the model in the registry."""
    return f"arn:aws:sagemaker:{REGION}:{MODELS}:model-package/llm/{version}"


@dataclass(frozen=True, slots=True)
class Registered:
    """When a version of the model was last modified in the registry; `approved_by` is None as long as nobody did."""

    modified: str
    approved_by: str | None = "release-lead"


@dataclass
class Estate:
    """What is so at one moment of the year.

    Attributes:
        readers: users that were given access to the weights.
        version: the model version that is served, and `since` when.
        versions: all that are in the registry.
        monitored: when the last run of the model's monitoring began; until then invocations are counted.
        events: what CloudTrail recorded of the serving.

    """

    readers: set[str] = field(default_factory=set)
    version: int = 1
    since: str = _LONG_AGO
    versions: dict[int, Registered] = field(default_factory=lambda: {1: Registered(_LONG_AGO)})
    monitored: datetime = datetime(2025, 6, 1, tzinfo=UTC)
    events: list[tuple[datetime, int]] = field(default_factory=list)

    def populations(self, account: str) -> Mapping[str, tuple[Item, ...]]:
        """Give what each population of an account holds now."""
        populations = _models_account(self) if account == MODELS else _lab_account()
        return {name: tuple(sorted(items, key=lambda item: item.id)) for name, items in populations.items()}

    def serve(self, version: int, now: datetime) -> None:
        """Put another version into service."""
        self.version, self.since = version, format_instant(now)
        self.events = [(when, what) for when, what in self.events if now - when < timedelta(days=60)]
        self.events.append((now, version))


def _models_account(estate: Estate) -> dict[str, list[Item]]:
    return {
        "autoscaling.targets": [_target()],
        "bedrock.agents": [],
        "bedrock.custom_models": [],
        "bedrock.customization_jobs": [],
        "bedrock.guardrails": [_guardrail()],
        "bedrock.inference_profiles": [_inference_profile()],
        "bedrock.invocation_logging": [_invocation_logging()],
        "bedrock.provisioned_throughputs": [],
        "cloudtrail.events": [_event(*each) for each in estate.events],
        "cloudtrail.trails": [_trail(MODELS)],
        "cloudwatch.alarms": _alarms(),
        "cloudwatch.invocations": _invocations(estate),
        "iam.authorization_details": _identities(estate),
        "kms.keys": [_key(weights_key(MODELS)), *(_key(tenant_key(tenant)) for tenant in TENANTS)],
        "logs.groups": [],
        "logs.resource_policies": [],
        "logs.volumes": _volumes(estate),
        "s3.buckets": [
            _bucket("acme-weights", weights_key(MODELS)),
            _bucket(CAPTURES, weights_key(MODELS), lifecycle=_LIFECYCLE, object_lock=_LOCK),
            *(_bucket(f"acme-training-{tenant}", tenant_key(tenant)) for tenant in TENANTS),
            *_data_buckets(),
        ],
        "sagemaker.endpoints": [_endpoint(estate)],
        "sagemaker.model_packages": [_package(*each) for each in estate.versions.items()],
        "sagemaker.models": [_model(version) for version in estate.versions],
        "sagemaker.monitoring_schedules": [_schedule(estate)],
        "sagemaker.processing_jobs": [],
        "sagemaker.training_jobs": [_training_job(tenant) for tenant in TENANTS],
    }


# What never changes is made once.
@cache
def _data_buckets() -> Sequence[Item]:
    return [_bucket(f"acme-data-{number:03d}", weights_key(MODELS)) for number in range(40)]


@cache
def _service_roles(account: str, count: int) -> Sequence[Item]:
    return [_role(account, f"service-{number:03d}") for number in range(count)]


@cache
def _lab_account() -> dict[str, list[Item]]:
    reader = _role(LAB, "research", _read("acme-lab-weights", weights_key(LAB)))
    return {
        "iam.authorization_details": [reader, *_service_roles(LAB, 30)],
        "kms.keys": [_key(weights_key(LAB))],
        "cloudtrail.trails": [_trail(LAB)],
        "s3.buckets": [_bucket("acme-lab-weights", weights_key(LAB))],
    }


def _policy(*statements: Json) -> dict[str, Json]:
    return {"Statement": list(statements), "Version": "2012-10-17"}


def _allow(actions: list[str] | str, resource: str, **more: Json) -> dict[str, Json]:
    return {"Action": actions, "Effect": "Allow", "Resource": resource, **more}


def _read(bucket: str, key: str) -> dict[str, Json]:
    return _policy(_allow("s3:GetObject", f"arn:aws:s3:::{bucket}/*"), _allow("kms:Decrypt", key))


def _identities(estate: Estate) -> list[Item]:
    read = _read("acme-weights", weights_key(MODELS))
    return [
        _role(MODELS, "inference", read),
        _role(MODELS, "quality", _read(CAPTURES, weights_key(MODELS))),
        _role(MODELS, "deployer", _policy(_allow(["sagemaker:CreateEndpoint", "sagemaker:UpdateEndpoint"], "*"))),
        *(_role(MODELS, f"training-{tenant}", _training(tenant)) for tenant in TENANTS),
        *(_user(name, read) for name in sorted(estate.readers)),
        *_service_roles(MODELS, 60),
    ]


def _training(tenant: str) -> dict[str, Json]:
    data = _allow("s3:*", f"arn:aws:s3:::acme-training-{tenant}/*")
    return _policy(data, _allow("kms:Decrypt", tenant_key(tenant)))


def _role(account: str, name: str, policy: Json | None = None) -> Item:
    arn = f"arn:aws:iam::{account}:role/{name}"
    service: dict[str, Json] = {
        "Action": "sts:AssumeRole",
        "Effect": "Allow",
        "Principal": {"Service": "sagemaker.amazonaws.com"},
    }
    content: dict[str, Json] = {
        "arn": arn,
        "attached": [],
        "boundary": None,
        "inline": {"access": policy} if policy else {},
        "name": name,
        "path": "/",
        "tags": {},
        "trust": _policy(service),
        "type": "role",
    }
    return Item.of(arn, content)


def _user(name: str, policy: Json) -> Item:
    content: dict[str, Json] = {
        "arn": user_arn(name),
        "attached": [],
        "boundary": None,
        "groups": [],
        "inline": {"access": policy},
        "name": name,
        "path": "/",
        "tags": {},
        "type": "user",
    }
    return Item.of(user_arn(name), content)


def _bucket(name: str, key: str, **more: Json) -> Item:
    content: dict[str, Json] = {
        "account_public_access_block": None,
        "acl": {"grants": [], "owner": "owner"},
        "encryption": {"algorithm": "aws:kms", "bucket_key": True, "key": key},
        "lifecycle": None,
        "logging": None,
        "name": name,
        "object_lock": None,
        "ownership": "BucketOwnerEnforced",
        "policy": None,
        "public_access_block": _BLOCKED,
        "region": REGION,
        "versioning": "Enabled",
        **more,
    }
    return Item.of(f"arn:aws:s3:::{name}", content)


def _key(arn: str) -> Item:
    account = arn.split(":")[4]
    content: dict[str, Json] = {
        "aliases": [],
        "arn": arn,
        "grants": [],
        "key_id": arn.rsplit("/", 1)[1],
        "manager": "CUSTOMER",
        "multi_region": False,
        "origin": "AWS_KMS",
        "policy": _policy(_allow("kms:*", "*", Principal={"AWS": f"arn:aws:iam::{account}:root"})),
        "rotation": True,
        "spec": "SYMMETRIC_DEFAULT",
        "state": "Enabled",
        "usage": "ENCRYPT_DECRYPT",
    }
    return Item.of(arn, content)


def _trail(account: str) -> Item:
    resources: list[Json] = [{"type": "AWS::S3::Object", "values": ["arn:aws:s3"]}]
    content: dict[str, Json] = {
        "advanced_selectors": [],
        "bucket": "acme-audit",
        "home_region": REGION,
        "key": None,
        "logging": True,
        "multi_region": True,
        "name": "main",
        "organization": False,
        "selectors": [{"data_resources": resources, "excluded_sources": [], "management": True, "read_write": "All"}],
        "validation": True,
    }
    return Item.of(f"arn:aws:cloudtrail:{REGION}:{account}:trail/main", content)


def _package(version: int, registered: Registered) -> Item:
    container: dict[str, Json] = {
        "image": IMAGE,
        "image_digest": None,
        "model_data": f"{WEIGHTS[0]}{version}/model.tar.gz",
        "model_data_source": None,
    }
    content: dict[str, Json] = {
        "approval": "Approved" if registered.approved_by else "PendingManualApproval",
        "containers": [container],
        "created_by": AUTHOR,
        "group": "llm",
        "last_modified": registered.modified,
        "last_modified_by": registered.approved_by or AUTHOR,
        "name": f"llm/{version}",
        "type": "model_package",
        "version": version,
    }
    return Item.of(package_arn(version), content)


def _model(version: int) -> Item:
    container: dict[str, Json] = {
        "additional_model_data": [],
        "image": IMAGE,
        "model_data": None,
        "package": package_arn(version),
    }
    validator: dict[str, Json] = {**container, "image": VALIDATOR, "package": None}
    content: dict[str, Json] = {
        "containers": [container, validator],
        "name": f"llm-{version}",
        "role": None,
        "subnets": [],
    }
    return Item.of(f"arn:aws:sagemaker:{REGION}:{MODELS}:model/llm-{version}", content)


def _endpoint(estate: Estate) -> Item:
    variant: dict[str, Json] = {
        "instances": 2,
        "model": f"llm-{estate.version}",
        "name": VARIANT,
        "serverless": False,
        "shadow": False,
    }
    content: dict[str, Json] = {
        "capture": {"modes": ["Input", "Output"], "percentage": 100},
        "config": f"llm-{estate.version}",
        "created": _LONG_AGO,
        "data_capture": {
            "destination": f"s3://{CAPTURES}/outputs",
            "enabled": True,
            "key": None,
            "percentage": 100,
            "status": "Started",
        },
        "key": None,
        "last_modified": estate.since,
        "name": ENDPOINT,
        "status": "InService",
        "variants": [variant],
    }
    return Item.of(f"arn:aws:sagemaker:{REGION}:{MODELS}:endpoint/{ENDPOINT}", content)


def _event(when: datetime, version: int) -> Item:
    content: dict[str, Json] = {
        "error_code": None,
        "invoked_by": None,
        "name": "UpdateEndpoint",
        "region": REGION,
        "request": {"endpointConfigName": f"llm-{version}", "endpointName": ENDPOINT},
        "session": None,
        "time": format_instant(when),
        "user": DEPLOYER,
    }
    return Item.of(f"event-{version}-{when:%Y%m%d%H%M}", content)


def _target() -> Item:
    dimension, resource = "sagemaker:variant:DesiredInstanceCount", f"endpoint/{ENDPOINT}/variant/{VARIANT}"
    content: dict[str, Json] = {
        "dimension": dimension,
        "maximum": 8,
        "minimum": 2,
        "region": REGION,
        "resource": resource,
        "suspended": [],
    }
    return Item.of(f"{REGION}/{resource}/{dimension}", content)


def _alarms() -> list[Item]:
    measured = {
        "Invocation5XXErrors": "GreaterThanThreshold",
        "Invocations": "LessThanThreshold",
        "ModelLatency": "GreaterThanThreshold",
    }
    return [_alarm(metric, comparison) for metric, comparison in measured.items()]


def _alarm(metric: str, comparison: str) -> Item:
    content: dict[str, Json] = {
        "actions": [_TOPIC],
        "actions_enabled": True,
        "comparison": comparison,
        "dimensions": {"EndpointName": ENDPOINT, "VariantName": VARIANT},
        "metric": metric,
        "metrics": [],
        "name": f"{ENDPOINT}-{metric}",
        "namespace": "AWS/SageMaker",
        "period": 60,
        "rule": None,
        "statistic": "Sum",
        "threshold": "5",
        "treat_missing_data": "missing",
        "type": "metric",
    }
    return Item.of(f"arn:aws:cloudwatch:{REGION}:{MODELS}:alarm:{ENDPOINT}-{metric}", content)


def _guardrail() -> Item:
    filters: list[Json] = [{"input": True, "kind": "HATE", "output": True, "policy": "content"}]
    content: dict[str, Json] = {"filters": filters, "name": "outputs", "status": "READY", "version": "1"}
    return Item.of(f"arn:aws:bedrock:{REGION}:{MODELS}:guardrail/outputs:1", content)


def _inference_profile() -> Item:
    content: dict[str, Json] = {
        "models": [f"arn:aws:bedrock:{REGION}::foundation-model/{MODEL}"],
        "name": "support-chat",
        "status": "ACTIVE",
    }
    return Item.of(f"arn:aws:bedrock:{REGION}:{MODELS}:application-inference-profile/support-chat", content)


def _invocation_logging() -> Item:
    content: dict[str, Json] = {
        "audio": None,
        "bucket": CAPTURES,
        "embedding": True,
        "enabled": True,
        "group": None,
        "image": True,
        "large_bucket": None,
        "large_prefix": None,
        "prefix": "bedrock",
        "region": REGION,
        "role": f"arn:aws:iam::{MODELS}:role/bedrock-logs",
        "text": True,
        "video": None,
    }
    return Item.of(REGION, content)


def _invocations(estate: Estate) -> list[Item]:
    endpoint: dict[str, Json] = {"endpoint": ENDPOINT, "model": None, "service": "sagemaker", "variant": VARIANT}
    bought: dict[str, Json] = {"endpoint": None, "model": MODEL, "service": "bedrock", "variant": None}
    return [
        _counted(estate, f"{REGION}/sagemaker/{ENDPOINT}/{VARIANT}", 40, endpoint),
        _counted(estate, f"{REGION}/bedrock/{MODEL}", 40, bought),
    ]


def _volumes(estate: Estate) -> list[Item]:
    folders = (
        f"s3://{CAPTURES}/outputs/{ENDPOINT}/{VARIANT}/",
        f"s3://{CAPTURES}/bedrock/AWSLogs/{MODELS}/BedrockModelInvocationLogs/{REGION}/",
    )
    return [_counted(estate, f"{REGION}/folder/{uri}", 1, {"group": None, "uri": uri}) for uri in folders]


def _counted(estate: Estate, item: str, count: int, content: Mapping[str, Json]) -> Item:
    """Count something in each of the hours before the last run of the model's monitoring."""
    hours = [estate.monitored - timedelta(hours=back) for back in range(_COUNTED_HOURS, -1, -1)]
    *counted, end = (f"{hour:%Y-%m-%dT%H:00:00Z}" for hour in hours)
    window: dict[str, Json] = {"end": end, "start": counted[0]}
    counts: dict[str, Json] = dict.fromkeys(counted, count)
    return Item.of(item, {**content, "hours": counts, "region": REGION, "window": window})


def _schedule(estate: Estate) -> Item:
    content: dict[str, Json] = {
        "endpoint": ENDPOINT,
        "last_execution": {
            "created": format_instant(estate.monitored),
            "failure_explained": False,
            "status": "Completed",
        },
        "name": "quality",
        "schedule": "cron(0 0 ? * * *)",
        "status": "Scheduled",
        "type": "DataQuality",
    }
    return Item.of(f"arn:aws:sagemaker:{REGION}:{MODELS}:monitoring-schedule/quality", content)


def _training_job(tenant: str) -> Item:
    where = f"s3://acme-training-{tenant}/"
    content: dict[str, Json] = {
        "checkpoint": None,
        "created": _LONG_AGO,
        "input_file_systems": [],
        "inputs": [f"{where}set/"],
        "model_artifacts": f"{where}models/model.tar.gz",
        "name": f"train-{tenant}",
        "output": f"{where}models/",
        "output_key": tenant_key(tenant),
        "role": f"arn:aws:iam::{MODELS}:role/training-{tenant}",
        "status": "Completed",
        "volume_key": None,
    }
    return Item.of(f"arn:aws:sagemaker:{REGION}:{MODELS}:training-job/train-{tenant}", content)
