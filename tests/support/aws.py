"""Settings and credentials for a local AWS."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.loaders import create_loader

from collector.config import AwsAccount
from collector.demo.estate import ACCOUNT, REGION

ACTIONS = {
    "s3:ListBuckets": "s3:ListAllMyBuckets",
    "s3:GetPublicAccessBlock": "s3:GetBucketPublicAccessBlock",
    "s3:GetBucketEncryption": "s3:GetEncryptionConfiguration",
    "s3:GetObjectLockConfiguration": "s3:GetBucketObjectLockConfiguration",
    "s3:GetBucketLifecycleConfiguration": "s3:GetLifecycleConfiguration",
    "s3:ListObjectsV2": "s3:ListBucket",
    "s3control:GetPublicAccessBlock": "s3:GetAccountPublicAccessBlock",
    "bedrock-agent:ListAgents": "bedrock:ListAgents",
    "bedrock-agent:GetAgent": "bedrock:GetAgent",
}
"""The IAM action of an operation, where it does not have its name (AWS Service Authorization Reference)."""


def account(url: str, **changes: object) -> AwsAccount:
    """Settings that lose no time on retries."""
    given = {"account": ACCOUNT, "region": REGION, "endpoint_url": url, "max_attempts": 1, "connect_timeout": 2}
    return AwsAccount(**{**given, **changes})


def client(url: str, service: str, region: str = REGION) -> Any:
    """A client that fills a local AWS."""
    # Not the default session, which keeps the first credentials that it found.
    make: Any = boto3.session.Session().client
    return make(service, region_name=region, endpoint_url=url)


@contextmanager
def made_up_credentials(folder: Path) -> Iterator[pytest.MonkeyPatch]:
    """Sign in with nobody's credentials; the SDK's descriptions of services are read once, not for each session."""
    loader = create_loader()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("botocore.session.create_loader", lambda *_: loader)
        patch.setenv("AWS_ACCESS_KEY_ID", "testing")
        patch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
        patch.setenv("AWS_EC2_METADATA_DISABLED", "true")
        patch.setenv("AWS_CONFIG_FILE", str(folder / "config"))
        patch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(folder / "credentials"))
        for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN"):
            patch.delenv(name, raising=False)
        yield patch
