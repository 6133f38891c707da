"""Copies under Object Lock, against moto's S3; what moto is too lenient for is refused by reading back."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from support.attacker import Attacker
from support.aws import client, made_up_credentials
from support.commands import runner
from support.ledgers import NAME, buckets, entry, raw, signer

from collector.anchors.outcome import AnchorState
from collector.anchors.run import anchor_now
from collector.config import load
from collector.daemon.anchoring import anchoring
from collector.daemon.metrics import Metrics
from collector.demo.server import moto_server
from collector.ledger.store import Ledger

REGION = "eu-central-1"
KEY = f"audit/{NAME}/checkpoints/0000000000000006.txt"


@pytest.fixture(scope="module")
def aws(tmp_path_factory):
    with made_up_credentials(tmp_path_factory.mktemp("aws")), moto_server() as url:
        yield url


@pytest.fixture
def bucket(aws, request):
    """A bucket with Object Lock of its own for each test."""
    name = f"audit-{abs(hash(request.node.name)):x}"
    client(aws, "s3", REGION).create_bucket(
        Bucket=name, ObjectLockEnabledForBucket=True, CreateBucketConfiguration={"LocationConstraint": REGION}
    )
    return name


@pytest.fixture
def configuration(configured, aws, bucket):
    def write(bucket=bucket, url=aws):
        lock = f"{{bucket: {bucket}, prefix: audit/, region: {REGION}, retention_days: 30, endpoint_url: '{url}'}}"
        return configured(f"anchors:\n  object_lock: {lock}")

    return write


def closed_in(configuration, tmp_path, periods, **changes):
    """A configuration that names periods too."""
    configuration(**changes)
    path = tmp_path / "controlproof.yaml"
    path.write_text(f"{path.read_text('utf-8')}\n  periods: {json.dumps(periods)}\n", "utf-8")
    return load(path)


@pytest.fixture
def locked(aws, bucket):
    """Makes a call about the copy of the checkpoint."""
    return lambda call: getattr(client(aws, "s3", REGION), call)(Bucket=bucket, Key=KEY)


def test_a_checkpoint_is_copied_locked_and_read_back(ledger, configuration, aws, bucket):
    (outcome,) = anchor_now(ledger, configuration())
    assert outcome.state is AnchorState.DONE, outcome.reason
    s3 = client(aws, "s3", REGION)
    found = s3.get_object(Bucket=bucket, Key=KEY)
    with ledger.read() as reader:
        assert found["Body"].read() == reader.checkpoint(6)
        (anchor,) = reader.anchors()
    assert found["ObjectLockMode"] == "COMPLIANCE"
    assert found["ObjectLockRetainUntilDate"] > datetime.now(UTC) + timedelta(days=29)
    assert json.loads(anchor.data)["url"] == f"s3://{bucket}/{KEY}"


def test_a_copy_that_is_there_already_is_taken_and_not_made_again(ledger, configuration, aws, bucket, database):
    anchor_now(ledger, configuration())
    with raw(database).begin() as connection:
        connection.exec_driver_sql("DROP TRIGGER anchors_no_delete")
        connection.exec_driver_sql("DELETE FROM anchors")
    assert anchor_now(ledger, configuration())[0].state is AnchorState.DONE
    versions = client(aws, "s3", REGION).list_object_versions(Bucket=bucket, Prefix=KEY)["Versions"]
    assert len(versions) == 1


def test_a_restored_older_copy_of_the_ledger_is_named_as_rolled_back(ledger, configuration, database, key, tmp_path):
    anchor_now(ledger, configuration())
    with raw(database).connect() as connection:
        Attacker(connection, tmp_path, key).rewind(4)
        connection.exec_driver_sql("DELETE FROM anchors")
        connection.commit()
    (outcome,) = anchor_now(ledger, configuration())
    assert outcome.state is AnchorState.REFUSED
    assert "has seen 6 records of it, and it ends at 4" in outcome.reason


def test_another_history_of_the_same_size_is_refused_even_behind_a_delete_marker(
    ledger, configuration, database, key, tmp_path, locked
):
    anchor_now(ledger, configuration())
    with raw(database).connect() as connection:
        Attacker(connection, tmp_path, key).rewind(5)
        connection.exec_driver_sql("DELETE FROM anchors")
        connection.commit()
    Ledger.open(database, "test-1", key).append([entry(buckets(9))])
    locked("delete_object")
    (outcome,) = anchor_now(ledger, configuration())
    assert (outcome.state, "another history" in outcome.reason) == (AnchorState.REFUSED, True)


def test_a_bucket_that_locks_nothing_is_a_gap(ledger, configuration, aws):
    client(aws, "s3", REGION).create_bucket(Bucket="plain", CreateBucketConfiguration={"LocationConstraint": REGION})
    (outcome,) = anchor_now(ledger, configuration(bucket="plain"))
    assert outcome.state is AnchorState.GAP
    assert "Object Lock" in outcome.reason or "refused" in outcome.reason


def test_a_copy_that_was_locked_in_governance_mode_does_not_count(ledger, configuration, aws, bucket):
    with ledger.read() as reader:
        note = reader.checkpoint(6)
    until = datetime.now(UTC) + timedelta(days=99)
    client(aws, "s3", REGION).put_object(
        Bucket=bucket, Key=KEY, Body=note, ObjectLockMode="GOVERNANCE", ObjectLockRetainUntilDate=until
    )
    (outcome,) = anchor_now(ledger, configuration())
    assert (outcome.state, "not locked in compliance mode" in outcome.reason) == (AnchorState.GAP, True)


def test_a_bucket_that_is_not_there_is_a_gap(ledger, configuration):
    (outcome,) = anchor_now(ledger, configuration(bucket="nowhere-at-all"))
    assert (outcome.state, "NoSuchBucket" in outcome.reason) == (AnchorState.GAP, True)


def test_a_service_that_is_down_is_a_gap(ledger, configuration):
    (outcome,) = anchor_now(ledger, configuration(url="http://127.0.0.1:9"))
    assert (outcome.state, "no answer" in outcome.reason) == (AnchorState.GAP, True)


def test_a_closed_period_is_copied_by_command(ledger, configuration, tmp_path, aws, bucket):
    configuration()
    run = runner(tmp_path)
    assert run("export", "--period", "2025-01-01..2027-01-01", "-o", "b.zip").returncode == 0
    done = run("anchor", "copy", "b.zip", "--json")
    assert done.returncode == 0, done.stderr
    key = json.loads(done.stdout)["url"].removeprefix(f"s3://{bucket}/")
    found = client(aws, "s3", REGION).get_object(Bucket=bucket, Key=key)
    assert found["Body"].read() == (tmp_path / "b.zip").read_bytes()
    assert found["ObjectLockMode"] == "COMPLIANCE"
    again = run("anchor", "copy", "b.zip", "--json")
    assert json.loads(again.stdout) == json.loads(done.stdout)
    status = run("anchor", "status")
    assert "copy" in status.stdout
    anchored = run("anchor")
    assert anchored.returncode == 0, anchored.stdout
    verified = run("verify")
    assert verified.returncode == 0, verified.stdout


def after():
    """The time by a clock that stands still."""
    return datetime(2027, 1, 1, tzinfo=UTC)


def copies(aws, bucket):
    found = client(aws, "s3", REGION).list_object_versions(Bucket=bucket, Prefix=f"audit/{NAME}/periods/")
    return [each["Key"] for each in found.get("Versions", [])]


def test_a_period_that_has_ended_is_exported_copied_and_locked_by_itself_and_once(
    ledger, configuration, tmp_path, aws, bucket
):
    loaded = closed_in(configuration, tmp_path, ["2025-01-01..2027-01-01", "2020-01-01..2021-01-01"])
    anchor = anchoring(ledger, loaded, Metrics(), after)
    anchor()
    anchor()
    anchoring(ledger, loaded, Metrics(), after)()
    (key,) = copies(aws, bucket)
    found = client(aws, "s3", REGION).get_object(Bucket=bucket, Key=key)
    assert found["ObjectLockMode"] == "COMPLIANCE"
    (tmp_path / "copy.zip").write_bytes(found["Body"].read())
    assert runner(tmp_path)("verify", "copy.zip", "--key", signer(tmp_path).key.encode()).returncode == 0
    with ledger.read() as reader:
        assert sum("/periods/0-6-" in each.name for each in reader.anchors()) == 1


def test_a_copy_of_a_period_that_did_not_come_is_tried_again(ledger, configuration, tmp_path, aws, bucket):
    anchor_now(ledger, configuration())
    loaded = closed_in(configuration, tmp_path, ["2025-01-01..2027-01-01"], url="http://127.0.0.1:9")
    anchor = anchoring(ledger, loaded, Metrics(), after)
    anchor()
    assert copies(aws, bucket) == []
    anchor._configuration = closed_in(configuration, tmp_path, ["2025-01-01..2027-01-01"])
    anchor()
    assert len(copies(aws, bucket)) == 1


def test_a_period_that_cannot_be_exported_is_said_once(ledger, configuration, tmp_path, database, caplog):
    anchor = anchoring(ledger, closed_in(configuration, tmp_path, ["2025-01-01..2027-01-01"]), Metrics(), after)
    with raw(database).begin() as connection:
        connection.exec_driver_sql("DELETE FROM objects")
    anchor()
    anchor()
    assert caplog.text.count("is not copied: nothing was exported") == 1
