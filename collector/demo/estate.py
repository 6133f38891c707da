"""Acme AI's AWS account: what a company that trains and serves models has, and the flaws in it.

Everything is a table that can be read; the functions below only carry the tables to AWS's interface.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import boto3
from botocore.config import Config

from collector.demo.account import ACCOUNT, REGION
from collector.demo.outputs import CAPTURES, LARGE, locked, log_a_day, seed_outputs
from collector.demo.serving import IMAGE, invoked, seed_serving
from collector.model import instant

PARTNER = "999988887777"
VENDOR = "555566667777"
AUDITOR = "444455556666"

WEIGHT_BUCKETS = ("acme-weights-prod", "acme-weights-research", "acme-weights-edge")
LOCATIONS = ("s3://acme-weights-prod/llm/", "s3://acme-weights-research/", "s3://acme-weights-edge/")
OTHER_BUCKETS = (
    "acme-training-tenant-blue",
    "acme-training-tenant-green",
    "acme-datasets-public-crawl",
    CAPTURES,
    LARGE,
    "acme-audit-logs",
    "acme-build-artifacts",
    "acme-terraform-state",
    "acme-billing-exports",
    "acme-website",
)
KEYS = ("weights", "tenant-blue", "tenant-green", "logs")


@dataclass(frozen=True, slots=True)
class Role:
    """A role: who may assume it, and what it may do."""

    name: str
    trust: Mapping[str, Any]
    managed: Sequence[str] = ()
    inline: Mapping[str, Any] | None = None
    boundary: str | None = None


@dataclass(frozen=True, slots=True)
class User:
    """A user: groups, managed policies, inline policy."""

    name: str
    groups: Sequence[str] = ()
    managed: Sequence[str] = ()
    inline: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Estate:
    """What was seeded, for whoever configures the collector."""

    account: str
    region: str
    weights: tuple[str, ...]
    tenants: Mapping[str, Mapping[str, Sequence[str]]]
    principals: int
    buckets: int


def allow(actions: str | Sequence[str], resources: str | Sequence[str] = "*", **more: Any) -> dict[str, Any]:
    """Write one allowing statement."""
    listed = [actions] if isinstance(actions, str) else list(actions)
    return {
        "Effect": "Allow",
        "Action": listed,
        "Resource": resources if isinstance(resources, str) else list(resources),
        **more,
    }


def document(*statements: Mapping[str, Any]) -> dict[str, Any]:
    """Write a policy document."""
    return {"Version": "2012-10-17", "Statement": list(statements)}


def service(name: str) -> dict[str, Any]:
    """Write the trust policy of an AWS service."""
    return _trust({"Service": f"{name}.amazonaws.com"})


def account(number: str, **more: Any) -> dict[str, Any]:
    """Write a trust policy for an account."""
    return _trust({"AWS": f"arn:aws:iam::{number}:root"}, **more)


def _trust(principal: Mapping[str, str], action: str = "sts:AssumeRole", **more: Any) -> dict[str, Any]:
    return document({"Effect": "Allow", "Principal": dict(principal), "Action": action, **more})


def _local(name: str) -> str:
    return f"arn:aws:iam::{ACCOUNT}:policy/{name}"


_AWS = "arn:aws:iam::aws:policy/"
_PIPELINE_OIDC = f"arn:aws:iam::{ACCOUNT}:oidc-provider/token.actions.githubusercontent.com"

POLICIES: Mapping[str, Mapping[str, Any]] = {
    "acme-read-prod-weights": document(
        allow(["s3:GetObject", "s3:GetObjectVersion"], "arn:aws:s3:::acme-weights-prod/*", Sid="ReadWeights"),
        allow("kms:Decrypt", f"arn:aws:kms:{REGION}:{ACCOUNT}:key/*", Sid="Decrypt"),
    ),
    "acme-write-research-weights": document(
        allow(["s3:GetObject", "s3:PutObject"], "arn:aws:s3:::acme-weights-research/*", Sid="Research")
    ),
    "acme-region-boundary": document(
        allow(["s3:*", "kms:*", "sagemaker:*", "logs:*"], Sid="Ceiling"),
    ),
    "acme-no-data-boundary": document(allow(["ec2:*", "logs:*", "cloudwatch:*"], Sid="NoData")),
    "acme-deny-weights": document(
        {"Sid": "NoWeights", "Effect": "Deny", "Action": "s3:*", "Resource": "arn:aws:s3:::acme-weights-*"}
    ),
}

GROUPS: Mapping[str, Sequence[str]] = {
    "research": (_local("acme-write-research-weights"),),
    "platform": (_AWS + "ReadOnlyAccess",),
    "contractors": (_AWS + "AmazonS3ReadOnlyAccess", _local("acme-deny-weights")),
    "finance": (),
}

ROLES: tuple[Role, ...] = (
    Role("inference-llm", service("sagemaker"), (_local("acme-read-prod-weights"),)),
    Role("inference-edge", service("lambda"), inline=document(
        allow("s3:GetObject", "arn:aws:s3:::acme-weights-edge/*", Sid="ReadWeights"),
        allow("kms:Decrypt", f"arn:aws:kms:{REGION}:{ACCOUNT}:key/*", Sid="Decrypt"),
    )),
    Role("training-llm", service("sagemaker"), (_local("acme-write-research-weights"),), None, "acme-region-boundary"),
    Role("training-tenant-blue", service("sagemaker"), inline=document(
        allow("s3:*", "arn:aws:s3:::acme-training-tenant-blue*", Sid="OwnData"),
        allow(["kms:Decrypt", "kms:GenerateDataKey"], "KEY:tenant-blue", Sid="OwnKey"),
    )),
    Role("training-tenant-green", service("sagemaker"), inline=document(
        allow("s3:*", "arn:aws:s3:::acme-training-tenant-green*", Sid="OwnData"),
        allow(["kms:Decrypt", "kms:GenerateDataKey"], "KEY:tenant-green", Sid="OwnKey"),
    )),
    Role("promotion", service("codebuild"), inline=document(
        allow("s3:GetObject", "arn:aws:s3:::acme-weights-research/*"),
        allow(["s3:PutObject"], "arn:aws:s3:::acme-weights-prod/*"),
    )),
    Role("evaluation", service("sagemaker"), inline=document(
        allow("s3:Get*", "arn:aws:s3:::acme-weights-research/eval-*"),
    )),
    Role("pipeline", _trust({"Federated": _PIPELINE_OIDC}, "sts:AssumeRoleWithWebIdentity", Condition={
        "StringEquals": {"token.actions.githubusercontent.com:aud": "sts.amazonaws.com"}}),
        inline=document(allow("s3:PutObject", "arn:aws:s3:::acme-build-artifacts/*"))),
    Role("auditor", account(AUDITOR), (_AWS + "SecurityAudit",)),
    Role("break-glass", account(ACCOUNT), (_AWS + "AdministratorAccess",)),
    Role("dashboards", service("ec2"), (_AWS + "AmazonS3ReadOnlyAccess",), boundary="acme-no-data-boundary"),
    Role("backup", service("backup"), inline=document(allow(["s3:ListBucket"], "arn:aws:s3:::acme-*"))),
    Role("log-shipper", service("firehose"), inline=document(
        allow("s3:PutObject", "arn:aws:s3:::acme-inference-logs/*"),
    )),
    Role("bedrock-logging", service("bedrock"), inline=document(
        allow("logs:PutLogEvents", f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:/acme/bedrock/*"),
        allow("s3:PutObject", f"arn:aws:s3:::{LARGE}/*"),
    )),
    Role("log-reader", service("lambda"), inline=document(allow("s3:GetObject", "arn:aws:s3:::acme-inference-logs/*"))),
    Role("billing", service("lambda"), inline=document(allow("s3:GetObject", "arn:aws:s3:::acme-billing-exports/*"))),
    Role("website", service("lambda"), inline=document(allow("s3:GetObject", "arn:aws:s3:::acme-website/*"))),
    Role("terraform", account(ACCOUNT), inline=document(
        allow("s3:*", "arn:aws:s3:::acme-terraform-state*"), allow("iam:Get*"),
    )),
    Role("key-admin", account(ACCOUNT), inline=document(allow(["kms:Describe*", "kms:List*"]))),
)  # fmt: skip

USERS: tuple[User, ...] = (
    User("research-1", ("research",)),
    User("research-2", ("research",)),
    User("research-3", ("research",)),
    User("platform-1", ("platform",)),
    User("platform-2", ("platform",), (_AWS + "AmazonEC2FullAccess",)),
    User("contractor-1", ("contractors",)),
    User("contractor-2", ("contractors",)),
    User("finance-1", ("finance",), inline=document(allow("s3:GetObject", "arn:aws:s3:::acme-billing-exports/*"))),
    User("finance-2", ("finance",)),
    User("oncall", inline=document(allow("s3:GetObject", "arn:aws:s3:::acme-weights-*/*", Condition={
        "Bool": {"aws:MultiFactorAuthPresent": "true"}}))),
    User("support-1", managed=(_AWS + "job-function/ViewOnlyAccess",)),
    User("support-2", managed=(_AWS + "CloudWatchReadOnlyAccess",)),
    User("release-bot", inline=document({"Effect": "Allow", "NotAction": ["iam:*", "s3:*"], "Resource": "*"})),
    User("emergency", managed=(_AWS + "AdministratorAccess",)),
)  # fmt: skip

# ACC-2: a role with everything in S3 that a vendor's account can assume.
VENDOR_ROLE = Role("vendor-monitoring", account(VENDOR), inline=document(allow("s3:*", Sid="Everything")))

# SEG-1, SEG-3: a wildcard that was meant for one tenant reaches every tenant's data and key.
WIDE_TENANT_POLICY = document(
    allow("s3:*", "arn:aws:s3:::acme-training-*", Sid="TrainingData"),
    allow("kms:Decrypt", f"arn:aws:kms:{REGION}:{ACCOUNT}:key/*", Sid="Keys"),
)

# ACC-3, ACC-4: a contractor who joined a forgotten group after the review, and someone whose access was revoked.
LEGACY_GROUP = "contractors-legacy"
LEGACY_POLICY = document(allow("s3:*", Sid="AllStorage"), allow("kms:Decrypt", Sid="AllKeys"))
NEW_CONTRACTOR = "contractor-3"
REVOKED = "research-3"

JOBS: Mapping[str, tuple[str, Sequence[str], str]] = {
    # Name: the tenant that it runs for, its inputs, its output.
    "finetune-blue": ("blue", ["s3://acme-training-tenant-blue/chats/"], "s3://acme-training-tenant-blue/models/"),
    "finetune-green": ("green", ["s3://acme-training-tenant-green/chats/"], "s3://acme-training-tenant-green/models/"),
}
# SEG-2: one fine-tuning job that reads two tenants' data.
SHARED_JOB = (
    "blue",
    ["s3://acme-training-tenant-blue/chats/", "s3://acme-training-tenant-green/chats/"],
    "s3://acme-training-tenant-blue/models/",
)

BUCKET_POLICIES: Mapping[str, Mapping[str, Any]] = {
    # ACC-2: a partner's account may read the research weights.
    "acme-weights-research": document(
        {
            "Sid": "PartnerRead",
            "Effect": "Allow",
            "Principal": {"AWS": f"arn:aws:iam::{PARTNER}:root"},
            "Action": "s3:GetObject",
            "Resource": "arn:aws:s3:::acme-weights-research/*",
        }
    ),
    # ACC-2, undecided: everyone in an organization, whose members this evidence does not show.
    "acme-weights-edge": document(
        {
            "Sid": "OrganizationRead",
            "Effect": "Allow",
            "Principal": "*",
            "Action": "s3:GetObject",
            "Resource": "arn:aws:s3:::acme-weights-edge/*",
            "Condition": {"StringEquals": {"aws:PrincipalOrgID": "o-acme123456"}},
        }
    ),
}

_BLOCK = {
    "BlockPublicAcls": True,
    "IgnorePublicAcls": True,
    "BlockPublicPolicy": True,
    "RestrictPublicBuckets": True,
}


def seed(endpoint_url: str, *, flaws: bool = True) -> Estate:
    """Make the estate. Without flaws, every control passes on it.

    Args:
        endpoint_url: the local AWS; its credentials are made up, nobody's own are used.
        flaws: whether to plant the flaws.

    """
    make = _Client(endpoint_url)
    keys = _seed_keys(make("kms"))
    _seed_iam(make("iam"), keys, flaws=flaws)
    _seed_buckets(make("s3"), keys, flaws=flaws)
    seed_serving(make, flaws=flaws)
    seed_outputs(make, flaws=flaws)
    _seed_jobs(make("sagemaker"), keys, flaws=flaws)
    _seed_trail(make("cloudtrail"), flaws=flaws)
    principals = len(ROLES) + len(USERS) + (1 if flaws else 0)
    tenants = {
        name: {
            "data": [f"s3://acme-training-tenant-{name}/"],
            "identities": [f"arn:aws:iam::{ACCOUNT}:role/training-tenant-{name}"],
            "keys": [keys[f"tenant-{name}"]],
        }
        for name in ("blue", "green")
    }
    return Estate(ACCOUNT, REGION, LOCATIONS, tenants, principals, len(WEIGHT_BUCKETS) + len(OTHER_BUCKETS))


def use(endpoint_url: str, *, flaws: bool = True) -> None:
    """Let a day end on which models were invoked, and what they put out was logged."""
    log_a_day(_Client(endpoint_url), instant.now(), invoked(flaws=flaws), flaws=flaws)


def drift(endpoint_url: str) -> None:
    """Change the estate after its review, as estates do: a contractor gains everything in S3 through a group."""
    iam = _Client(endpoint_url)("iam")
    iam.create_group(GroupName=LEGACY_GROUP)
    iam.put_group_policy(GroupName=LEGACY_GROUP, PolicyName="storage", PolicyDocument=json.dumps(LEGACY_POLICY))
    iam.create_user(UserName=NEW_CONTRACTOR)
    iam.add_user_to_group(GroupName=LEGACY_GROUP, UserName=NEW_CONTRACTOR)


class _Client:
    """Makes clients of the local AWS."""

    def __init__(self, endpoint_url: str) -> None:
        self._endpoint_url = endpoint_url
        self._session = boto3.Session(
            aws_access_key_id="demo",
            aws_secret_access_key="demo",  # noqa: S106 - made up
            region_name=REGION,
        )

    def __call__(self, name: str) -> Any:
        config = Config(inject_host_prefix=False, s3={"addressing_style": "path"})
        make: Any = self._session.client
        return make(name, endpoint_url=self._endpoint_url, config=config)


def _seed_keys(kms: Any) -> dict[str, str]:
    keys = {}
    for name in KEYS:
        key = kms.create_key(Description=f"Acme AI, {name}")["KeyMetadata"]
        kms.create_alias(AliasName=f"alias/acme-{name}", TargetKeyId=key["KeyId"])
        kms.enable_key_rotation(KeyId=key["KeyId"])
        keys[name] = key["Arn"]
    # A key that does not delegate to IAM: only whom its own policy names can use it.
    named_only = {
        "Sid": "OnlyTheLogReader",
        "Effect": "Allow",
        "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:role/log-reader"},
        "Action": "kms:*",
        "Resource": "*",
    }
    kms.put_key_policy(KeyId=keys["logs"], PolicyName="default", Policy=json.dumps(document(named_only)))
    kms.create_grant(
        KeyId=keys["weights"],
        GranteePrincipal=f"arn:aws:iam::{ACCOUNT}:role/promotion",
        Operations=["Decrypt", "GenerateDataKey"],
    )
    return keys


def _seed_iam(iam: Any, keys: Mapping[str, str], *, flaws: bool) -> None:
    for name, policy in POLICIES.items():
        iam.create_policy(PolicyName=name, PolicyDocument=json.dumps(policy))
    for name, attached in GROUPS.items():
        iam.create_group(GroupName=name)
        for arn in attached:
            iam.attach_group_policy(GroupName=name, PolicyArn=arn)
    for role in (*ROLES, VENDOR_ROLE) if flaws else ROLES:
        _seed_role(iam, role, keys)
    if flaws:
        wide = json.dumps(WIDE_TENANT_POLICY)
        iam.put_role_policy(RoleName="training-tenant-green", PolicyName="training", PolicyDocument=wide)
    for user in USERS:
        _seed_user(iam, user)


def _seed_role(iam: Any, role: Role, keys: Mapping[str, str]) -> None:
    bound = {"PermissionsBoundary": _local(role.boundary)} if role.boundary else {}
    iam.create_role(RoleName=role.name, AssumeRolePolicyDocument=json.dumps(role.trust), **bound)
    for arn in role.managed:
        iam.attach_role_policy(RoleName=role.name, PolicyArn=arn)
    if role.inline:
        text = json.dumps(role.inline)
        for name, arn in keys.items():
            text = text.replace(f"KEY:{name}", arn)
        iam.put_role_policy(RoleName=role.name, PolicyName="inline", PolicyDocument=text)


def _seed_user(iam: Any, user: User) -> None:
    iam.create_user(UserName=user.name)
    for group in user.groups:
        iam.add_user_to_group(GroupName=group, UserName=user.name)
    for arn in user.managed:
        iam.attach_user_policy(UserName=user.name, PolicyArn=arn)
    if user.inline:
        iam.put_user_policy(UserName=user.name, PolicyName="inline", PolicyDocument=json.dumps(user.inline))


def _seed_buckets(s3: Any, keys: Mapping[str, str], *, flaws: bool) -> None:
    for name in (*WEIGHT_BUCKETS, *OTHER_BUCKETS):
        s3.create_bucket(
            Bucket=name,
            CreateBucketConfiguration={"LocationConstraint": REGION},
            ObjectOwnership="BucketOwnerEnforced",
            ObjectLockEnabledForBucket=name in locked(flaws=flaws),
        )
        # ACC-5: the edge weights have no public access block.
        if not (flaws and name == "acme-weights-edge"):
            s3.put_public_access_block(Bucket=name, PublicAccessBlockConfiguration=_BLOCK)
    for name in WEIGHT_BUCKETS:
        # ACC-5: the research weights are under AWS's own key; the edge weights keep no versions.
        under_own_key = not (flaws and name == "acme-weights-research")
        _encrypt(s3, name, keys["weights"] if under_own_key else None)
        if not (flaws and name == "acme-weights-edge"):
            s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
        s3.put_object(Bucket=name, Key="llm/model.safetensors", Body=b"not a real model")
        if flaws and name in BUCKET_POLICIES:
            s3.put_bucket_policy(Bucket=name, Policy=json.dumps(BUCKET_POLICIES[name]))
    for tenant in ("tenant-blue", "tenant-green"):
        _encrypt(s3, f"acme-training-{tenant}", keys[tenant])
    for name in (CAPTURES, LARGE):
        _encrypt(s3, name, keys["logs"])


def _encrypt(s3: Any, bucket: str, key: str | None) -> None:
    rule = {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": key} if key else {"SSEAlgorithm": "AES256"}
    s3.put_bucket_encryption(
        Bucket=bucket,
        ServerSideEncryptionConfiguration={
            "Rules": [{"ApplyServerSideEncryptionByDefault": rule, "BucketKeyEnabled": key is not None}]
        },
    )


def _seed_jobs(sagemaker: Any, keys: Mapping[str, str], *, flaws: bool) -> None:
    for name, (tenant, inputs, output) in {**JOBS, **({"finetune-support-bot": SHARED_JOB} if flaws else {})}.items():
        key = keys[f"tenant-{tenant}"]
        sagemaker.create_training_job(
            TrainingJobName=name,
            RoleArn=f"arn:aws:iam::{ACCOUNT}:role/training-tenant-{tenant}",
            AlgorithmSpecification={"TrainingImage": IMAGE, "TrainingInputMode": "File"},
            InputDataConfig=[
                {
                    "ChannelName": f"channel-{number}",
                    "DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": uri}},
                }
                for number, uri in enumerate(inputs)
            ],
            OutputDataConfig={"S3OutputPath": output, "KmsKeyId": key},
            ResourceConfig={
                "InstanceType": "ml.p4d.24xlarge", "InstanceCount": 1, "VolumeSizeInGB": 100, "VolumeKmsKeyId": key,
            },
            StoppingCondition={"MaxRuntimeInSeconds": 3600},
        )  # fmt: skip


def _seed_trail(cloudtrail: Any, *, flaws: bool) -> None:
    cloudtrail.create_trail(Name="audit", S3BucketName="acme-audit-logs", IsMultiRegionTrail=True)
    cloudtrail.start_logging(Name="audit")
    # ACC-6: reads of the edge weights are not logged.
    logged = [name for name in WEIGHT_BUCKETS if not (flaws and name == "acme-weights-edge")]
    resources = [{"Type": "AWS::S3::Object", "Values": [f"arn:aws:s3:::{name}/" for name in logged]}]
    selector = {"ReadWriteType": "All", "IncludeManagementEvents": True, "DataResources": resources}
    cloudtrail.put_event_selectors(TrailName="audit", EventSelectors=[selector])
