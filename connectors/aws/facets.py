"""Items of which one call gives several facets: what it does not give, none of them has."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from collector.model.canonical import Json, JsonObject
from collector.model.instant import format_instant
from collector.model.snapshot import Failure
from connectors.aws.session import AwsSession
from connectors.base import Draft

Writers = Mapping[str, Callable[[Mapping[str, Any]], Json]]
"""How each facet is written from one answer."""

Facets = dict[str, Json | Failure]
"""What was read of an item, or why it was not, by facet."""


def described(aws: AwsSession, item: str, writers: Writers, service: str, operation: str, **parameters: Any) -> Facets:
    """Make one call about an item and write its facets; if it fails, each of them is unknown for that reason."""

    def write(answer: Mapping[str, Any]) -> dict[str, Json]:
        return {facet: write_facet(answer) for facet, write_facet in writers.items()}

    answer = aws.facet(item, "", lambda: aws.call(service, operation, write, **parameters))
    if isinstance(answer, Failure):
        return unknown(answer, item, writers)
    return {**(answer or {})}


def unknown(failure: Failure, item: str, facets: Writers) -> Facets:
    """Say that facets of an item are unknown because of one failure."""
    return {facet: replace(failure, item=item, facet=facet) for facet in facets}


def draft(item: str, known: JsonObject, facets: Facets) -> Draft:
    """Make the draft of an item from what its list said and what was read of it."""
    content = {facet: value for facet, value in facets.items() if not isinstance(value, Failure)}
    failures = tuple(value for value in facets.values() if isinstance(value, Failure))
    return Draft(item, {**known, **content}, failures)


def member(*path: str) -> Callable[[Mapping[str, Any]], Json]:
    """Give a writer of a member of the answer as it stands, null when it or what holds it is not there."""

    def write(answer: Mapping[str, Any]) -> Json:
        found: Any = answer
        for name in path:
            found = (found or {}).get(name)
        return found  # type: ignore[no-any-return]

    return write


def needed(*path: str) -> Callable[[Mapping[str, Any]], Json]:
    """Give a writer of a member that AWS documents as always there; without it the answer is none."""

    def write(answer: Mapping[str, Any]) -> Json:
        found: Any = answer
        for name in path:
            found = found[name]
        if not isinstance(found, str):
            raise TypeError(f"{path[-1]} is not text")
        return found

    return write


def moment(name: str) -> Callable[[Mapping[str, Any]], Json]:
    """Give a writer of a time that is always there, in UTC; AWS means that where it names no zone."""
    return lambda answer: _in_utc(answer[name])


def moment_if_any(name: str) -> Callable[[Mapping[str, Any]], Json]:
    """Give a writer of a time as `moment` does, null when it is not there."""
    return lambda answer: _in_utc(answer[name]) if answer.get(name) else None


def _in_utc(found: datetime) -> str:
    return format_instant(found if found.tzinfo else found.replace(tzinfo=UTC))
