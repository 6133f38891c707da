"""The calls that made one snapshot, counted: what its provenance states."""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from threading import Lock, local

from collector.model.canonical import Json, decode_object, encode
from collector.model.snapshot import Operation

_SMALL_SKEW = 2
"""Seconds. A Date header has whole seconds; no more than this is no skew, and would vary by poll."""


@dataclass
class CallLog:
    """What was called for one snapshot. Several threads write to it."""

    calls: dict[tuple[str, bytes], int] = field(default_factory=dict)
    first_request: str | None = None
    last_request: str | None = None
    clock_skew: int | None = None
    lock: Lock = field(default_factory=Lock)
    _sent: local = field(default_factory=local)

    def note(self, operation: str, parameters: Mapping[str, Json]) -> None:
        """Count a call that is about to be sent from this thread."""
        self._sent.at = time.monotonic()
        with self.lock:
            at = (operation, encode(parameters))
            self.calls[at] = self.calls.get(at, 0) + 1

    def answered(self, request: str | None, date: str | None, now: datetime) -> None:
        """Keep the source's ids of the first and last answer, and its clock as the first answer's Date header says."""
        skew = _skew(date, now - timedelta(seconds=time.monotonic() - self._sent.at), now)
        with self.lock:
            self.first_request = self.first_request or request
            self.last_request = request or self.last_request
            if self.clock_skew is None and skew is not None:
                self.clock_skew = skew

    def operations(self) -> tuple[Operation, ...]:
        """Give what was called, sorted."""
        return tuple(
            Operation(name, decode_object(parameters, "parameters"), count)
            for (name, parameters), count in sorted(self.calls.items())
        )


def _skew(date: str | None, sent: datetime, now: datetime) -> int | None:
    """Give a Date header's time minus ours in whole seconds, None if it says none.

    The header was written at some moment between our sending and now, so what lies between them is no skew.
    """
    try:
        stated = parsedate_to_datetime(date) if date else None
    except ValueError:
        return None
    if stated is None:
        return None
    if stated.tzinfo is None:
        stated = stated.replace(tzinfo=UTC)
    skew = round((stated - min(max(stated, sent), now)).total_seconds())
    return 0 if abs(skew) <= _SMALL_SKEW else skew
