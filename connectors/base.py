"""The contract of a connector. A population function yields drafts; `drain` makes of them what happened.

A fault of the source never escapes and never looks like an answer: it becomes a failure in a `Gap`.
"""

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from collector.model.canonical import JsonObject
from collector.model.errors import MalformedError
from collector.model.snapshot import Failure, FailureClass, Gap, Item, Provenance, Snapshot

_log = logging.getLogger(__name__)

Progress = Callable[[str, int], None]
"""Told what is read and how many items since the last call."""


@dataclass(frozen=True, slots=True)
class Draft:
    """One item as a population function gives it: content, and the facets that could not be read."""

    id: str
    content: JsonObject
    failures: tuple[Failure, ...] = ()


@dataclass(frozen=True, slots=True)
class Population:
    """One population of one connector.

    Attributes:
        name: such as `s3.buckets`.
        permissions: the source's own names of what reading it needs, such as `s3:GetBucketPolicy`.
        read: yields the drafts; it takes the connector's session.
        regional: whether it is read in each region by itself.
        on_request: whether it looks at data, and is read only where the configuration asks for that: what it needs
            is not part of the published permissions.
        granted_as: the permissions of operations that are called otherwise than these, by the operation's name.

    """

    name: str
    permissions: tuple[str, ...]
    read: Callable[[Any], Iterator[Draft]]
    regional: bool = False
    on_request: bool = False
    granted_as: Mapping[str, str] = field(default_factory=dict)

    def needs_for(self, operation: str) -> tuple[str, ...]:
        """Give the permission of an operation; those that it may be, where no source documents which."""
        named = self.granted_as.get(operation, operation)
        return (named,) if named in self.permissions else self.permissions


class Source(Protocol):
    """One configured system with one identity."""

    @property
    def id(self) -> str:
        """Such as `aws:123456789012`."""
        ...

    @property
    def populations(self) -> Sequence[str]:
        """The names of what it can read."""
        ...

    def read(self, population: str) -> Snapshot | Gap:
        """Read one population now. It never raises for a fault of the source."""
        ...


class SourceError(Exception):
    """A call that a population cannot do without failed; what it concerns is in the failure."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.reason)
        self.failure = failure


@dataclass(frozen=True, slots=True)
class Reading:
    """Where a reading happens: for which source and population, by which clock, told to whom."""

    source: str
    population: str
    clock: Callable[[], datetime]
    progress: Progress

    def drain(self, drafts: Callable[[], Iterator[Draft]], provenance: Callable[[], Provenance]) -> Snapshot | Gap:
        """Read all drafts and make the snapshot, or the gap with what was read all the same.

        Args:
            drafts: called once; whatever it raises while it is iterated is caught here, not by the caller.
            provenance: called after the last draft, when all calls are counted.

        """
        started = self.clock()
        items: dict[str, Item] = {}
        failures: list[Failure] = []
        try:
            for draft in drafts():
                if draft.id in items:
                    reason = f"the source listed {draft.id} twice; the list cannot be trusted"
                    failures.append(self._malformed("DuplicateItem", reason))
                    continue
                try:
                    items[draft.id] = Item.of(draft.id, draft.content, {str(f.facet): f for f in draft.failures})
                except MalformedError as error:
                    failures.append(self._malformed("UnwritableItem", f"an item cannot be recorded: {error.message}"))
                    continue
                failures.extend(draft.failures)
                self.progress(f"{self.source}/{self.population}", 1)
        except SourceError as error:
            failures.append(error.failure)
        except Exception as error:  # noqa: BLE001 - it is recorded below, under its name
            # An error of ours, not of the source: loud in the log, and on record as what it is.
            _log.exception("reading %s of %s crashed", self.population, self.source)
            failures.append(
                Failure(FailureClass.CRASHED, self.population, type(error).__name__, "an error of Controlproof")
            )
        return self._conclude(started, items, failures, provenance)

    def _conclude(
        self,
        started: datetime,
        items: dict[str, Item],
        failures: list[Failure],
        provenance: Callable[[], Provenance],
    ) -> Snapshot | Gap:
        snapshot = Snapshot(
            source=self.source,
            population=self.population,
            started=started,
            finished=self.clock(),
            provenance=provenance(),
            items=tuple(items[item_id] for item_id in sorted(items)),
            # Stable, and what makes the list itself short comes first: it is what a person must know first.
            failures=tuple(sorted(failures, key=lambda failure: (failure.item is not None, failure.item or ""))),
        )
        if snapshot.complete:
            return snapshot
        return Gap(
            self.source, self.population, started, snapshot.finished, snapshot.failures, snapshot if items else None
        )

    def _malformed(self, code: str, reason: str) -> Failure:
        return Failure(FailureClass.MALFORMED, self.population, code, reason)
