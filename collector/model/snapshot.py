"""What a source was read as: items, the snapshot that holds them, and the gap where there is none."""

from collections.abc import Hashable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from functools import cached_property
from typing import Any

from collector.model.canonical import Json, JsonObject, decode_object, digest, encode


class FailureClass(StrEnum):
    """Why a reading failed. A person acts differently on each."""

    DENIED = "denied"
    THROTTLED = "throttled"
    UNREACHABLE = "unreachable"
    MALFORMED = "malformed"
    MISIDENTIFIED = "misidentified"
    """the endpoint answered as another account than the configured one"""
    NOT_ATTEMPTED = "not_attempted"
    CRASHED = "crashed"
    """an error of our own; never a statement about the source"""


@dataclass(frozen=True, slots=True)
class Failure:
    """One call that gave no answer.

    Attributes:
        failure_class: why; `code` is the source's own error code, such as `AccessDenied`.
        operation: the call, such as `s3:GetBucketPolicy`.
        reason: the source's message in a sentence, without request ids, so that it is stable.
        item: the id of the item it concerns, or None when it leaves the list itself incomplete.
        facet: the part of the item that is unknown, such as `policy`.

    """

    failure_class: FailureClass
    operation: str
    code: str
    reason: str
    item: str | None = None
    facet: str | None = None

    def to_json(self) -> dict[str, Json]:
        """Give the failure as it stands in snapshot and gap bodies."""
        return {
            "class": self.failure_class.value,
            "code": self.code,
            "facet": self.facet,
            "item": self.item,
            "operation": self.operation,
            "reason": self.reason,
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> "Failure":
        """Read a failure back."""
        return cls(
            FailureClass(value["class"]),
            value["operation"],
            value["code"],
            value["reason"],
            value["item"],
            value["facet"],
        )


class UnreadableError(Exception):
    """A test asked for a facet that the source did not give. The test must say `inconclusive`."""

    def __init__(self, item: str, facet: str, why: Mapping[str, Any]) -> None:
        self.why = why
        super().__init__(f"{facet} of {item} could not be read: {why['operation']} {why['class']} ({why['code']})")


@dataclass(frozen=True, slots=True)
class Item:
    """One member of a population: a stable id and its content as canonical JSON bytes.

    The content is kept as bytes, which are small, are hashed as they stand, and are the same whether they
    come from a source or from the ledger. A facet that could not be read is absent from the content and
    listed under `unreadable`, so that no test can take "could not look" for "is not there".
    """

    id: str
    body: bytes

    @classmethod
    def of(cls, item_id: str, content: JsonObject, unreadable: Mapping[str, Failure] | None = None) -> "Item":
        """Make an item of normalised content and the facets that could not be read."""
        whole = dict(content)
        if unreadable:
            whole["unreadable"] = {
                facet: {"class": f.failure_class.value, "code": f.code, "operation": f.operation}
                for facet, f in unreadable.items()
            }
        return cls(item_id, encode(whole))

    def digest(self) -> str:
        """Give the content's address."""
        return digest(self.body)

    def content(self) -> "Content":
        """Parse the content. Parsing is cheap and not cached: a large population is held once, as bytes."""
        return Content(self.id, decode_object(self.body, f"item {self.id}"))


@dataclass(frozen=True, slots=True)
class Content:
    """An item's parsed content, whose facets can only be reached through a check of their readability."""

    item: str
    value: Mapping[str, Any]

    def facet(self, name: str) -> Any:
        """Give a facet's value, which is None when the source says that there is none.

        Raises:
            UnreadableError: the source did not answer for this facet.
            KeyError: the connector never declares such a facet: an error of our own.

        """
        why = self.value.get("unreadable", {}).get(name)
        if why is not None:
            raise UnreadableError(self.item, name, why)
        return self.value[name]


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation of the source's interface, as it was called for a snapshot."""

    name: str
    parameters: JsonObject
    calls: int

    def to_json(self) -> dict[str, Json]:
        """Give the operation as it stands in a snapshot body."""
        return {"calls": self.calls, "name": self.name, "parameters": self.parameters}


@dataclass(frozen=True, slots=True)
class Provenance:
    """How a population was read: enough for an auditor to judge that the list is complete and accurate.

    Attributes:
        connector: name and version, such as `aws/0.1.0`.
        caller: the identity that the source saw, such as an ARN; empty if it never said.
        endpoint: where the calls went.
        operations: what was called, sorted by name.
        first_request, last_request: the source's own ids of the first and the last answer.
        clock_skew: the source's clock (its Date header) minus ours in whole seconds, None if it sent no date.

    """

    connector: str
    caller: str
    endpoint: str
    operations: tuple[Operation, ...] = ()
    first_request: str | None = None
    last_request: str | None = None
    clock_skew: int | None = None


@dataclass(frozen=True)
class Snapshot:
    """One population as read at one time. `items` are sorted by id, and no id stands twice.

    `failures` is empty in a complete snapshot. A failure without an item means that the list itself may be
    short; a failure with one, that one facet of that item is unknown. `derived` is what tests worked out from the
    items and nothing else; snapshots of equal items may share it.
    """

    source: str
    population: str
    started: datetime
    finished: datetime
    provenance: Provenance
    items: tuple[Item, ...] = field(repr=False)
    failures: tuple[Failure, ...] = ()
    derived: dict[Hashable, Any] = field(default_factory=dict, compare=False, repr=False)

    @property
    def subject(self) -> str:
        """Name it as records do: `aws:123456789012/s3.buckets`."""
        return f"{self.source}/{self.population}"

    @property
    def complete(self) -> bool:
        """Tell whether every item and every facet was read."""
        return not self.failures

    @property
    def listed(self) -> bool:
        """Tell whether at least the list of items is whole."""
        return all(failure.item is not None for failure in self.failures)

    def __iter__(self) -> Iterator[Item]:
        return iter(self.items)

    @cached_property
    def _by_id(self) -> dict[str, Item]:
        return {item.id: item for item in self.items}

    def get(self, item_id: str) -> Item | None:
        """Find an item by its id."""
        return self._by_id.get(item_id)


@dataclass(frozen=True)
class Gap:
    """An expected snapshot that failed, was incomplete, or was never attempted.

    `partial` is what was read all the same; it is evidence of that and of nothing else.
    """

    source: str
    population: str
    started: datetime
    finished: datetime
    failures: tuple[Failure, ...]
    partial: Snapshot | None = None

    @property
    def subject(self) -> str:
        """Name it as records do: `aws:123456789012/s3.buckets`."""
        return f"{self.source}/{self.population}"

    @property
    def failure_class(self) -> FailureClass:
        """Give the class of the first failure, the one that a person looks at first."""
        return self.failures[0].failure_class

    @property
    def reason(self) -> str:
        """Say in a sentence what failed first and how much else did."""
        first = self.failures[0]
        where = f" of {first.item}" if first.item else ""
        more = f", and {len(self.failures) - 1} more" if len(self.failures) > 1 else ""
        return f"{first.operation}{where}: {first.code}: {first.reason}{more}"
