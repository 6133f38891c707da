"""What is read of Bedrock's guardrails and throughputs: what is filtered, and which models are served."""

import pytest
from support.proxy import Answer, json_error
from support.serving import GUARDRAILS, THROUGHPUTS, Serving

from collector.demo.estate import ACCOUNT, REGION
from collector.model.snapshot import FailureClass, Gap, Snapshot

ARN = f"arn:aws:bedrock:{REGION}:{ACCOUNT}"
GUARDRAIL = f"{ARN}:guardrail/abc123"
MODEL = "arn:aws:bedrock:eu-central-1::foundation-model/it.llm-v1"
NOON = "2026-05-28T20:26:40Z"
LISTS = {"bedrock.guardrails": GUARDRAILS, "bedrock.provisioned_throughputs": THROUGHPUTS}
WRITTEN = "words that people wrote"


def guardrail(version, arn=GUARDRAIL, **policies):
    return {
        "guardrailArn": arn,
        "guardrailId": arn.rpartition("/")[2],
        "name": "outputs",
        "version": version,
        "status": "READY",
        "createdAt": NOON,
        "updatedAt": NOON,
        "blockedInputMessaging": WRITTEN,
        "blockedOutputsMessaging": WRITTEN,
        **policies,
    }


def throughput(name, desired=MODEL):
    return {
        "provisionedModelName": name,
        "provisionedModelArn": f"{ARN}:provisioned-model/{name}",
        "modelArn": MODEL,
        "desiredModelArn": desired,
        "foundationModelArn": MODEL,
        "modelUnits": 1,
        "desiredModelUnits": 1,
        "status": "InService",
        "creationTime": NOON,
        "lastModifiedTime": NOON,
    }


@pytest.fixture
def estate(blank):
    return blank


@pytest.fixture
def serving(aws):
    """One guardrail with a draft and two versions, another that has only a draft, and two throughputs."""
    other = f"{ARN}:guardrail/def456"
    double = Serving(
        guardrails=[guardrail("DRAFT"), guardrail("1"), guardrail("2"), guardrail("DRAFT", other)],
        throughputs=[throughput("first"), throughput("second", f"{MODEL}:next")],
    )
    aws.rules.append(double.answer)
    return double


def filters(read, aws, **policies):
    """What is read of the filters of a guardrail with these policies."""
    aws.rules.append(Serving(guardrails=[guardrail("DRAFT", **policies)]).answer)
    snapshot = read("bedrock.guardrails")
    assert WRITTEN.encode() not in b"".join(item.body for item in snapshot)
    return snapshot.get(f"{GUARDRAIL}:DRAFT").content().facet("filters")


def found(policy, kind, *, stops_input, stops_output):
    return {"input": stops_input, "kind": kind, "output": stops_output, "policy": policy}


@pytest.mark.usefixtures("serving")
def test_every_version_of_every_guardrail_is_an_item(read):
    snapshot = read("bedrock.guardrails")
    assert isinstance(snapshot, Snapshot)
    assert [item.id for item in snapshot] == [
        f"{GUARDRAIL}:1",
        f"{GUARDRAIL}:2",
        f"{GUARDRAIL}:DRAFT",
        f"{ARN}:guardrail/def456:DRAFT",
    ]
    content = snapshot.get(f"{GUARDRAIL}:2").content().value
    assert content == {"filters": [], "name": "outputs", "status": "READY", "version": "2"}


def test_a_filter_tells_its_kind_and_which_way_it_stops(aws, read):
    content = [
        {"type": "HATE", "inputStrength": "HIGH", "outputStrength": "LOW"},
        {"type": "PROMPT_ATTACK", "inputStrength": "HIGH", "outputStrength": "NONE"},
    ]
    assert filters(read, aws, contentPolicy={"filters": content}) == [
        found("content", "HATE", stops_input=True, stops_output=True),
        found("content", "PROMPT_ATTACK", stops_input=True, stops_output=False),
    ]


def test_a_filter_that_only_detects_or_is_off_stops_nothing(aws, read):
    entities = [
        {"type": "NAME", "action": "ANONYMIZE", "inputAction": "NONE"},
        {"type": "EMAIL", "action": "NONE"},
        {"type": "PHONE", "action": "BLOCK", "outputEnabled": False},
    ]
    grounding = [{"type": "GROUNDING", "threshold": 0.7}, {"type": "RELEVANCE", "threshold": 0.7, "enabled": False}]
    policies = {
        "sensitiveInformationPolicy": {"piiEntities": entities},
        "contextualGroundingPolicy": {"filters": grounding},
    }
    assert filters(read, aws, **policies) == [
        found("grounding", "GROUNDING", stops_input=False, stops_output=True),
        found("grounding", "RELEVANCE", stops_input=False, stops_output=False),
        found("pii", "EMAIL", stops_input=False, stops_output=False),
        found("pii", "NAME", stops_input=False, stops_output=True),
        found("pii", "PHONE", stops_input=True, stops_output=False),
    ]


def test_topics_words_and_patterns_are_told_without_their_texts(aws, read):
    topic = {"name": WRITTEN, "definition": WRITTEN, "examples": [WRITTEN], "type": "DENY"}
    policies = {
        "topicPolicy": {"topics": [topic, {**topic, "inputAction": "NONE"}]},
        "wordPolicy": {"words": [{"text": WRITTEN}], "managedWordLists": [{"type": "PROFANITY"}]},
        "sensitiveInformationPolicy": {"regexes": [{"name": WRITTEN, "pattern": WRITTEN, "action": "BLOCK"}]},
    }
    assert filters(read, aws, **policies) == [
        found("pattern", "CUSTOM", stops_input=True, stops_output=True),
        found("topic", "DENY", stops_input=True, stops_output=True),
        found("word", "CUSTOM", stops_input=True, stops_output=True),
        found("word_list", "PROFANITY", stops_input=True, stops_output=True),
    ]


@pytest.mark.usefixtures("serving")
def test_a_throughput_tells_its_model_and_the_one_that_replaces_it(read):
    snapshot = read("bedrock.provisioned_throughputs")
    assert isinstance(snapshot, Snapshot)
    second = snapshot.get(f"{ARN}:provisioned-model/second").content().value
    assert second == {
        "desired_model": f"{MODEL}:next",
        "foundation_model": MODEL,
        "model": MODEL,
        "name": "second",
        "status": "InService",
    }


@pytest.mark.parametrize("population", LISTS)
def test_every_page_of_a_list_is_read(serving, read, population):
    whole = read(population)
    assert isinstance(whole, Snapshot)
    serving.page = 1
    assert read(population).items == whole.items


def test_the_versions_of_guardrails_are_counted_together(serving, read):
    serving.page = 1
    operations = read("bedrock.guardrails").provenance.operations
    # Two pages of drafts, three of the versions of one guardrail, and one of the other's.
    assert {called.name: called.calls for called in operations} == {
        "bedrock:GetGuardrail": 4,
        "bedrock:ListGuardrails": 6,
    }


@pytest.mark.parametrize(("population", "path"), LISTS.items())
@pytest.mark.parametrize("answer", [json_error(403, "AccessDeniedException"), Answer(200, b"{}")], ids=["no", "empty"])
def test_a_list_that_is_not_whole_is_a_gap(aws, read, population, path, answer):
    aws.rules.append(lambda request: answer if request.path == path else None)
    gap = read(population)
    assert isinstance(gap, Gap)
    assert gap.partial is None


def test_versions_that_cannot_be_listed_are_not_a_guardrail_without_versions(aws, read):
    denied = json_error(403, "AccessDeniedException")
    aws.rules.append(lambda request: denied if "guardrailIdentifier" in request.query else None)
    aws.rules.append(Serving(guardrails=[guardrail("DRAFT")]).answer)
    gap = read("bedrock.guardrails")
    assert gap.failure_class is FailureClass.DENIED
    assert not (gap.partial and gap.partial.listed)


def test_a_guardrail_that_is_denied_has_unknown_filters_not_none(aws, read):
    denied = json_error(403, "AccessDeniedException")
    aws.rules.append(lambda request: denied if request.path.startswith(f"{GUARDRAILS}/") else None)
    aws.rules.append(Serving(guardrails=[guardrail("DRAFT")]).answer)
    gap = read("bedrock.guardrails")
    assert gap.failure_class is FailureClass.DENIED
    assert gap.partial.listed
    (item,) = gap.partial
    assert item.content().value.keys() == {"unreadable", "version"}
