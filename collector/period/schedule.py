"""The schedule that a `config` record holds, read back, and the windows that a cadence cuts time into."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from collector.ledger.reader import Reader, fetch
from collector.model.canonical import decode_object
from collector.model.errors import MalformedError
from collector.model.record import Header

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
"""Where windows are counted from; UTC has no daylight saving, so a day is always 24 hours."""


@dataclass(frozen=True, slots=True)
class Expectation:
    """What a configuration expects of one control: a test in every window, on all of these subjects."""

    cadence: timedelta
    subjects: frozenset[str]


def window_start(moment: datetime, cadence: timedelta) -> datetime:
    """Give the start of the window that a moment lies in: a multiple of the cadence since the Unix epoch."""
    return moment - (moment - EPOCH) % cadence


def window_end(moment: datetime, cadence: timedelta) -> datetime:
    """Give the end of that window, which is not part of it."""
    return window_start(moment, cadence) + cadence


def read_schedule(reader: Reader, header: Header) -> Mapping[str, Expectation]:
    """Read the schedule of a `config` record, by control; empty where the record holds none.

    Raises:
        IntegrityError: its body is missing or altered.
        MalformedError: the schedule is not one.

    """
    what = f"the body of record {header.seq}"
    recorded: Any = decode_object(fetch(reader, header.body), what).get("schedule", {})
    try:
        found = {
            str(control): Expectation(timedelta(seconds=entry["cadence"]), frozenset(entry["subjects"]))
            for control, entry in recorded.items()
        }
    except (AttributeError, KeyError, TypeError, OverflowError) as error:
        raise MalformedError(f"{what} holds a malformed schedule: {error!r}") from None
    if not all(expected.cadence >= timedelta(minutes=1) for expected in found.values()):
        raise MalformedError(f"{what} holds a cadence of less than a minute")
    return found
