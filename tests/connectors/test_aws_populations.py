"""What is read of a real account, and how it is told."""

import json
from functools import partial

import pytest
from support.aws import ACTIONS
from support.serving import one_of_each

from collector.demo.estate import ACCOUNT, REGION, ROLES, USERS
from collector.model.snapshot import Snapshot
from connectors.aws import events
from connectors.aws.source import POPULATIONS


@pytest.fixture
def aws(aws, monkeypatch):
    """The demo's account, with a double for what the local AWS does not implement."""
    monkeypatch.setattr(events, "SECONDS_BETWEEN_CALLS", 0)
    aws.rules.append(one_of_each().answer)
    return aws


@pytest.fixture
def read(read):
    """Reads a population as whoever asks for samples of log events gets it."""
    return partial(read, inspect_log_events=10)


def facet(snapshot, item, name):
    return snapshot.get(item).content().facet(name)


@pytest.mark.parametrize("population", POPULATIONS, ids=lambda p: p.name)
def test_an_account_is_read_completely_with_its_provenance(read, population):
    snapshot = read(population.name)
    assert isinstance(snapshot, Snapshot)
    assert snapshot.complete
    assert [item.id for item in snapshot] == sorted({item.id for item in snapshot})
    provenance = snapshot.provenance
    assert provenance.caller.startswith(f"arn:aws:sts::{ACCOUNT}:")
    assert provenance.connector.startswith("aws/")
    assert provenance.first_request
    assert provenance.last_request
    assert provenance.clock_skew == 0
    assert all(operation.calls >= 1 for operation in provenance.operations)


@pytest.mark.parametrize("population", POPULATIONS, ids=lambda p: p.name)
def test_only_read_operations_are_called_and_all_of_them_are_declared(read, population):
    snapshot = read(population.name)
    for operation in snapshot.provenance.operations:
        assert operation.name.split(":")[1].startswith(("Get", "List", "Describe", "Filter", "Lookup"))
        assert ACTIONS.get(operation.name, operation.name) in population.permissions


@pytest.mark.parametrize("population", [p.name for p in POPULATIONS])
def test_an_unchanged_account_gives_the_same_bytes_again(read, population):
    assert read(population).items == read(population).items


def test_every_user_role_group_and_used_policy_is_there(read):
    snapshot = read("iam.authorization_details")
    kinds = [item.content().value["type"] for item in snapshot]
    assert kinds.count("user") == len(USERS)
    assert kinds.count("role") == len(ROLES) + 1
    assert kinds.count("group") == 4
    role = f"arn:aws:iam::{ACCOUNT}:role/training-llm"
    assert facet(snapshot, role, "boundary") == f"arn:aws:iam::{ACCOUNT}:policy/acme-region-boundary"
    assert facet(snapshot, role, "trust")["Statement"][0]["Principal"] == {"Service": "sagemaker.amazonaws.com"}
    attached = {arn for item in snapshot for arn in item.content().value.get("attached", [])}
    policies = {item.id for item in snapshot if item.content().value["type"] == "policy"}
    assert attached <= policies
    unused = [arn for arn in policies - attached if arn.startswith("arn:aws:iam::aws:")]
    assert unused == []


def test_a_bucket_is_read_with_all_that_decides_who_reads_it(read):
    snapshot = read("s3.buckets")
    bucket = "arn:aws:s3:::acme-weights-research"
    assert facet(snapshot, bucket, "policy")["Statement"][0]["Sid"] == "PartnerRead"
    assert facet(snapshot, bucket, "encryption") == {"algorithm": "AES256", "bucket_key": False, "key": None}
    assert facet(snapshot, bucket, "region") == REGION
    assert facet(snapshot, bucket, "versioning") == "Enabled"
    assert facet(snapshot, bucket, "ownership") == "BucketOwnerEnforced"
    assert all(facet(snapshot, bucket, "public_access_block").values())
    assert facet(snapshot, "arn:aws:s3:::acme-weights-edge", "public_access_block") is None
    assert facet(snapshot, "arn:aws:s3:::acme-weights-edge", "versioning") is None
    assert facet(snapshot, "arn:aws:s3:::acme-website", "account_public_access_block") is None
    assert facet(snapshot, "arn:aws:s3:::acme-website", "object_lock") is None
    assert facet(snapshot, "arn:aws:s3:::acme-website", "lifecycle") is None


def test_a_key_is_read_with_policy_grants_rotation_and_aliases(read):
    snapshot = read("kms.keys")
    by_alias = {alias: item.content() for item in snapshot for alias in item.content().value["aliases"]}
    weights = by_alias["alias/acme-weights"]
    assert (weights.facet("manager"), weights.facet("state"), weights.facet("rotation")) == (
        "CUSTOMER",
        "Enabled",
        True,
    )
    assert [grant["grantee"] for grant in weights.facet("grants")] == [f"arn:aws:iam::{ACCOUNT}:role/promotion"]
    assert by_alias["alias/acme-logs"].facet("policy")["Statement"][0]["Sid"] == "OnlyTheLogReader"


def test_no_credential_and_no_object_content_is_in_what_is_read(read):
    for population in POPULATIONS:
        snapshot = read(population.name)
        text = b"".join(item.body for item in snapshot).decode() + repr(snapshot.provenance)
        assert "testing" not in text
        assert "not a real model" not in text


def test_the_token_of_a_grant_is_never_read(read):
    assert b"Token" not in b"".join(item.body for item in read("kms.keys"))


def test_a_role_is_assumed_with_its_external_id(aws, read):
    arn = f"arn:aws:iam::{ACCOUNT}:role/auditor"
    snapshot = read("kms.keys", role_arn=arn, external_id="given-by-the-owner")
    assert ":assumed-role/auditor/controlproof" in snapshot.provenance.caller
    assumed = next(request for request in aws.requests if request.operation == "AssumeRole")
    assert b"ExternalId=given-by-the-owner" in assumed.body
    assert "given-by-the-owner" not in json.dumps([op.to_json() for op in snapshot.provenance.operations])
