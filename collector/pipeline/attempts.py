"""Attempts to read: a collection of each source, as many at once as there are places, outcomes in a fixed order.

A thread reads; nothing here appends. A source that is slow holds up no other one, only what is recorded after it.
"""

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from threading import Event, Thread
from typing import overload

from collector.model import instant
from collector.model.snapshot import Gap, Snapshot
from collector.pipeline.collection import Collection, Interruption
from collector.pipeline.places import LIMITS, Errand, Limits, Places
from connectors.base import Source

_ATTENDED = 1.0
"""Seconds after which it is seen again which sources are slow."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """One population of one source that is to be read, is being read, or was read."""

    source: Source
    population: str
    outcome: "Future[Snapshot | Gap]" = field(default_factory=Future)

    @overload
    def wait(self) -> Snapshot | Gap: ...
    @overload
    def wait(self, seconds: float | None) -> Snapshot | Gap | None: ...
    def wait(self, seconds: float | None = None) -> Snapshot | Gap | None:
        """Give what came of it, or None if nothing did within some seconds.

        Raises:
            KeyboardInterrupt: here or in the thread that reads.

        """
        try:
            return self.outcome.result(None if seconds is None else max(0.0, seconds))
        except TimeoutError:
            return None

    def done(self) -> Snapshot | Gap | None:
        """Give what came of it if anything did by now."""
        if not self.outcome.done() or self.outcome.exception() is not None:
            return None
        return self.outcome.result()


@contextmanager
def attempts(
    sources: Sequence[Source],
    populations: Sequence[str],
    interruption: Interruption,
    clock: Callable[[], datetime] = instant.now,
    limits: Limits = LIMITS,
) -> Iterator[tuple[Attempt, ...]]:
    """Begin to read, and give the attempts by source and population, in the order of both.

    Leaving this early interrupts what is under way and begins nothing more. It does not wait: a call that hangs
    would keep a person at the keyboard for as long as its timeout.
    """
    places = Places(limits)
    by_source = [
        {name: Attempt(source, name) for name in populations if name in source.populations} for source in sources
    ]
    collections = [
        Collection(source.id, partial(_opened, source), tuple(expected), clock, interruption)
        for source, expected in zip(sources, by_source, strict=True)
    ]
    over = Event()
    Thread(target=_attend, args=(places, over), name="places", daemon=True).start()
    try:
        for collection, expected in zip(collections, by_source, strict=True):
            read = partial(_read, collection, expected)
            places.submit(Errand(collection.source, read, lambda: False, collection.advanced))
        yield tuple(attempt for expected in by_source for attempt in expected.values())
    except BaseException:
        places.clear()
        for collection in collections:
            collection.abandon()
        raise
    finally:
        over.set()


def _opened(source: Source, _: object) -> Source:
    """Give a source that is open already, and whose progress its maker watches."""
    return source


def _attend(places: Places, over: Event) -> None:
    while not over.wait(_ATTENDED):
        places.attend()


def _read(collection: Collection, expected: Mapping[str, Attempt]) -> None:
    try:
        collection.read(lambda _: True, lambda outcome: expected[outcome.population].outcome.set_result(outcome))
    finally:
        # Nobody must wait for what will not come.
        fault = sys.exception() or KeyboardInterrupt()
        for attempt in expected.values():
            if not attempt.outcome.done():
                attempt.outcome.set_exception(fault)
