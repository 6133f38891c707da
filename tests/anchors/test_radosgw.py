"""Copies under Object Lock in a real RADOS Gateway, which holds to the lock: moto lets much pass."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from botocore.exceptions import ClientError
from support.aws import client
from support.ledgers import NAME
from support.radosgw import KEY, MISSING, SECRET, radosgw

from collector.anchors.outcome import AnchorState
from collector.anchors.run import anchor_now, locked_bucket
from collector.model.instant import now

pytestmark = pytest.mark.skipif(
    bool(MISSING), reason=f"{', '.join(MISSING)} missing: apt-get install radosgw ceph-mon ceph-osd"
)
REGION = "us-east-1"
COPY = f"audit/{NAME}/checkpoints/0000000000000006.txt"


@pytest.fixture(scope="module")
def gateway(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch, radosgw() as url:
        patch.setenv("AWS_ACCESS_KEY_ID", KEY)
        patch.setenv("AWS_SECRET_ACCESS_KEY", SECRET)
        patch.setenv("AWS_CONFIG_FILE", str(tmp_path_factory.mktemp("aws") / "config"))
        client(url, "s3", REGION).create_bucket(Bucket="locked", ObjectLockEnabledForBucket=True)
        yield url


def refused(call, **parameters):
    with pytest.raises(ClientError) as caught:
        call(Bucket="locked", **parameters)
    return caught.value.response["Error"]["Code"]


def test_checkpoints_and_closed_periods_are_copied_read_back_and_cannot_be_deleted(
    gateway, ledger, configured, tmp_path
):
    lock = f"{{bucket: locked, prefix: audit/, region: {REGION}, retention_days: 30, endpoint_url: '{gateway}'}}"
    configuration = configured(f"anchors:\n  object_lock: {lock}")
    (outcome,) = anchor_now(ledger, configuration)
    assert outcome.state is AnchorState.DONE, outcome.reason
    with ledger.read() as reader:
        note, (anchor,) = reader.checkpoint(6), reader.anchors()
    said = json.loads(anchor.data)
    s3 = client(gateway, "s3", REGION)
    found = s3.get_object(Bucket="locked", Key=COPY, VersionId=said["version"])
    assert found["Body"].read() == note
    assert found["ObjectLockMode"] == "COMPLIANCE"
    assert found["ObjectLockRetainUntilDate"] > datetime.now(UTC) + timedelta(days=29)

    # Nobody can take it back: not the version, not its lock, not with the right to bypass a governance lock.
    version = {"Key": COPY, "VersionId": said["version"]}
    assert refused(s3.delete_object, **version) == "AccessDenied"
    assert refused(s3.delete_object, **version, BypassGovernanceRetention=True) == "AccessDenied"
    sooner = {"Mode": "COMPLIANCE", "RetainUntilDate": datetime.now(UTC) + timedelta(days=1)}
    assert refused(s3.put_object_retention, **version, Retention=sooner) == "AccessDenied"

    bundle = tmp_path / "bundle.zip"
    bundle.write_bytes(b"a closed period")
    settings = configuration.anchors
    copy = locked_bucket(settings, settings.object_lock, now).copy_file(bundle, "periods/it.zip")
    assert s3.get_object(Bucket="locked", Key="audit/periods/it.zip")["Body"].read() == b"a closed period"
    assert copy.locked_until > datetime.now(UTC) + timedelta(days=29)
    assert locked_bucket(settings, settings.object_lock, now).copy_file(bundle, "periods/it.zip") == copy
