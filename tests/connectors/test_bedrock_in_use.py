"""What an account set up to call models on Bedrock: inference profiles and agents."""

import pytest
from support.aws import client
from support.proxy import json_error
from support.serving import PROFILES, Serving, inference_profile

from collector.demo.estate import ACCOUNT, REGION
from collector.model.snapshot import FailureClass, Gap, Snapshot

ROLE = f"arn:aws:iam::{ACCOUNT}:role/agent"
CLAUDE = "arn:aws:bedrock:eu-central-1::foundation-model/anthropic.claude-sonnet-4-5-v1:0"
IN_PARIS = CLAUDE.replace("central-1", "west-3")
PROFILE = f"arn:aws:bedrock:{REGION}:{ACCOUNT}:application-inference-profile"


@pytest.fixture(scope="module")
def estate(blank):
    agents = client(blank, "bedrock-agent")
    for name in ("assistant", "router"):
        agents.create_agent(
            agentName=name,
            agentResourceRoleArn=ROLE,
            foundationModel="anthropic.claude-v2",
            instruction="canary: an instruction that people wrote for an agent",
        )
    return blank


@pytest.fixture
def profiles(aws):
    double = Serving(
        profiles=[
            inference_profile("chat", IN_PARIS, CLAUDE),
            inference_profile("search", CLAUDE),
            inference_profile("eu.anthropic", CLAUDE, kind="SYSTEM_DEFINED"),
        ]
    )
    aws.rules.append(double.answer)
    return double


@pytest.mark.parametrize("page", [1000, 1])
def test_a_profile_that_somebody_made_tells_its_models_and_one_of_awss_is_none(profiles, read, page):
    profiles.page = page
    snapshot = read("bedrock.inference_profiles")
    assert isinstance(snapshot, Snapshot)
    assert [item.id for item in snapshot] == [f"{PROFILE}/chat", f"{PROFILE}/search"]
    content = {"models": [CLAUDE, IN_PARIS], "name": "chat", "status": "ACTIVE"}
    assert snapshot.items[0].content().value == content


def test_profiles_that_may_not_be_listed_are_a_gap(aws, read):
    denied = json_error(403, "AccessDeniedException")
    aws.rules.append(lambda request: denied if request.path == PROFILES else None)
    gap = read("bedrock.inference_profiles")
    assert isinstance(gap, Gap)
    assert gap.failure_class is FailureClass.DENIED


def test_an_agent_tells_its_model_and_nothing_that_people_wrote(read):
    snapshot = read("bedrock.agents")
    assert isinstance(snapshot, Snapshot)
    assert {item.content().facet("name"): item.content().facet("model") for item in snapshot} == {
        "assistant": "anthropic.claude-v2",
        "router": "anthropic.claude-v2",
    }
    assert b"canary" not in b"".join(item.body for item in snapshot)


def test_an_agent_that_is_denied_has_an_unknown_model_not_none(aws, read):
    denied = json_error(403, "AccessDeniedException")
    aws.rules.append(
        lambda request: denied if request.method == "GET" and request.path.startswith("/agents/") else None
    )
    gap = read("bedrock.agents")
    assert gap.failure_class is FailureClass.DENIED
    assert gap.partial.listed
    assert {facet for item in gap.partial for facet in item.content().value["unreadable"]} == {
        "arn", "model", "name", "status",
    }  # fmt: skip
