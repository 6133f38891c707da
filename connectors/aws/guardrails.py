"""`bedrock.guardrails`: every version of every guardrail, and which kinds of text it stops on the way in and out.

Source: Amazon Bedrock API Reference. Words, topics, patterns and messages, which people write, are not read.
"""

from collections.abc import Iterable, Iterator, Mapping
from functools import partial
from typing import Any

from collector.model.canonical import Json
from connectors.aws.facets import Writers, described, draft, needed
from connectors.aws.session import AwsSession
from connectors.base import Draft, Population

_PAGE = 1000

Listed = tuple[str, str]
"""ARN and version: a number, or DRAFT."""


def guardrails(aws: AwsSession) -> Iterator[Draft]:
    """Yield every version of every guardrail, the working draft included. Its id is ARN, colon, version."""
    return aws.each(partial(_guardrail, aws), _versions(aws))


def _versions(aws: AwsSession) -> Iterator[Listed]:
    """Give the drafts, which the list of guardrails consists of, each with the versions made of it."""
    listed = partial(aws.pages, "bedrock", "list_guardrails", _PAGE, _listed)
    for arn, version in listed():
        yield arn, version
        yield from (other for other in listed(guardrailIdentifier=arn) if other != (arn, version))


def _listed(page: Mapping[str, Any]) -> Iterable[Listed]:
    return ((guardrail["arn"], guardrail["version"]) for guardrail in page["guardrails"])


def _guardrail(aws: AwsSession, listed: Listed) -> Draft:
    arn, version = listed
    item = f"{arn}:{version}"
    named = {"guardrailIdentifier": arn, "guardrailVersion": version}
    return draft(item, {"version": version}, described(aws, item, _GUARDRAIL, "bedrock", "get_guardrail", **named))


def _filters(answer: Mapping[str, Any]) -> Json:
    """Give what is filtered, by policy and kind, and whether what goes in and what comes out is stopped by it."""
    found: dict[tuple[str, str], tuple[bool, bool]] = {}
    for policy, kind, entry in _entries(answer):
        before = found.get((policy, kind), (False, False))
        # Grounding compares the output with its sources.
        stops_input = before[0] or (policy != "grounding" and _stops(entry, "input"))
        found[policy, kind] = stops_input, before[1] or _stops(entry, "output")
    return [
        {"input": stops_input, "kind": kind, "output": stops_output, "policy": policy}
        for (policy, kind), (stops_input, stops_output) in sorted(found.items())
    ]


def _entries(answer: Mapping[str, Any]) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    for policy, (holder, entries) in _POLICIES.items():
        for entry in (answer.get(holder) or {}).get(entries) or []:
            yield policy, str(entry.get("type", "CUSTOM")), entry


def _stops(entry: Mapping[str, Any], direction: str) -> bool:
    """Tell whether an entry blocks or masks; without an action of its own, a direction has the entry's."""
    if not entry.get("enabled", True) or not entry.get(f"{direction}Enabled", True):
        return False
    return "NONE" not in (entry.get(f"{direction}Action") or entry.get("action"), entry.get(f"{direction}Strength"))


_POLICIES = {
    "content": ("contentPolicy", "filters"),
    "grounding": ("contextualGroundingPolicy", "filters"),
    "pattern": ("sensitiveInformationPolicy", "regexes"),
    "pii": ("sensitiveInformationPolicy", "piiEntities"),
    "topic": ("topicPolicy", "topics"),
    "word": ("wordPolicy", "words"),
    "word_list": ("wordPolicy", "managedWordLists"),
}
"""Which list of which member of the answer each policy is."""
_GUARDRAIL: Writers = {"name": needed("name"), "status": needed("status"), "filters": _filters}

GUARDRAILS = Population(
    "bedrock.guardrails", ("bedrock:ListGuardrails", "bedrock:GetGuardrail"), guardrails, regional=True
)
