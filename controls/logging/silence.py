"""Silences of a log: hours in which something was invoked, and nothing was logged any more."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import groupby

_HOUR = timedelta(hours=1)
_FORM = "%Y-%m-%dT%H:%M:%SZ"

Hours = Mapping[str, int]
"""Counts by the start of the hour, such as `2026-11-24T13:00:00Z`; an absent hour counts nothing."""


@dataclass(frozen=True, slots=True)
class Silence:
    """A time [start, end) of whole hours without a log entry, which begins with invocations."""

    start: datetime
    end: datetime
    invocations: int

    def __str__(self) -> str:
        day = self.start.date()
        until = f"{self.end:%H:%M}" if self.end.date() == day else f"{self.end:%H:%M} UTC on {self.end.date()}"
        if self.end.date() == day:
            span = f"from {self.start:%H:%M} to {until} UTC on {day}"
        else:
            span = f"from {self.start:%H:%M} UTC on {day} to {until}"
        return f"{span}: {self.invocations} invocations, no log entries"


def hours_between(start: str, end: str) -> Sequence[str]:
    """Give the starts of the whole hours in [start, end).

    Raises:
        ValueError: a time is not written as hours are.

    """
    first, last = (datetime.strptime(each, _FORM).replace(tzinfo=UTC) for each in (start, end))
    return [f"{first + number * _HOUR:{_FORM}}" for number in range(max(0, (last - first) // _HOUR))]


def silences(hours: Sequence[str], invocations: Hours, entries: Hours, allowed: int) -> Iterator[Silence]:
    """Yield each silence that is longer than allowed.

    It begins with the first hour that had invocations and no entry, and lasts until the next hour with an entry: an
    entry may come an hour late, and what never came is missed however quiet it is afterwards.

    Args:
        hours: the consecutive hours that are looked at.
        invocations: how often something was invoked in them.
        entries: how much was logged in them.
        allowed: how many hours may be silent.

    """
    for silent, group in groupby(hours, key=lambda hour: not entries.get(hour)):
        run = list(group)
        while run and not invocations.get(run[0]):
            run = run[1:]
        if silent and len(run) > allowed:
            start = datetime.strptime(run[0], _FORM).replace(tzinfo=UTC)
            yield Silence(start, start + len(run) * _HOUR, sum(invocations.get(hour, 0) for hour in run))
