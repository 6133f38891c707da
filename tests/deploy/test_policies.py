import json
from pathlib import Path

import pytest

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


def test_an_unknown_connector_is_named():
    with pytest.raises(ConfigurationError, match="no connector 'azure'"):
        policy("azure")
