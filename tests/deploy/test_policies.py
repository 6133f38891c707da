import json
from pathlib import Path

import pytest
import yaml

from collector.cli.permissions import policy
from collector.model.errors import ConfigurationError

DEPLOY = Path(__file__).parents[2] / "deploy"


def test_the_deployed_policy_is_the_generated_one():
    assert json.loads((DEPLOY / "aws" / "controlproof-read-only.json").read_text()) == policy("aws")


def test_only_reading_of_settings_is_asked_for():
    actions = policy("aws")["Statement"][0]["Action"]
    assert actions == sorted(set(actions))
    assert all(action.split(":")[1].startswith(("Get", "List", "Describe", "Lookup")) for action in actions)
    assert not {"s3:GetObject", "s3:GetObjectVersion", "kms:Decrypt", "*"} & set(actions)


def test_the_deployed_cluster_role_is_the_generated_one():
    assert yaml.safe_load((DEPLOY / "kubernetes" / "clusterrole.yaml").read_text()) == policy("kubernetes")


def test_the_cluster_role_lists_what_is_named_and_no_secret():
    rules = policy("kubernetes")["rules"]
    assert len(rules) >= 8
    assert {verb for rule in rules for verb in rule["verbs"]} == {"list"}
    named = {resource for rule in rules for resource in rule["resources"]}
    assert {"deployments", "clusterroles", "inferenceservices"} <= named
    assert not {"*", "secrets", "pods"} & named
    assert not any("*" in rule["apiGroups"] for rule in rules)


def test_the_deployed_custom_role_is_the_generated_one_and_only_reads():
    role = yaml.safe_load((DEPLOY / "gcp" / "controlproof-read-only.yaml").read_text())
    assert role == policy("gcp")
    assert all(permission.endswith((".get", ".getIamPolicy", ".list")) for permission in role["includedPermissions"])


def test_an_unknown_connector_is_named():
    with pytest.raises(ConfigurationError, match="no connector 'azure'"):
        policy("azure")
