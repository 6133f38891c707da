"""What a test looks at is watched, not declared: which fields of a reading, and of a time, what was asked.

A test compares times with others, and hardly ever writes one down. So a time that it is given is a stand-in that
answers as the time itself does, and keeps the bounds within which every answer would have been the same: whoever asks
whether a review is older than 92 days is told the same until the day on which it is. What is asked for as a whole,
such as its text, keeps the bounds to that one time.
"""

import operator
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, timezone
from typing import Any, NamedTuple, cast

from collector.model.snapshot import Gap, Provenance, Snapshot

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_DAY = timedelta(days=1)
_ALWAYS = 2**62
"""Microseconds, some hundred thousand years: more than any time is from the epoch, and than two are apart."""

PARTIAL = "partial."
"""What the fields of what was read of a gap all the same begin with."""


class Look(NamedTuple):
    """What a test looked at: the number of the input, and the field of its body."""

    input: int
    field: str


AS_OF = Look(-1, "as_of")
"""The time that the test is told."""


def _count(length: timedelta) -> int:
    return length // _MICROSECOND


def _instant(moment: datetime) -> int:
    return _count(moment - _EPOCH)


@dataclass(frozen=True, slots=True)
class Within:
    """What is known of a time that was looked at: from `first` to `last`, in microseconds, all answers are the same."""

    first: int
    last: int

    def holds(self, found: object) -> bool:
        """Tell whether another time would have given the same answers."""
        return isinstance(found, datetime) and self.first <= _instant(found) <= self.last


@dataclass(frozen=True, slots=True)
class Exactly:
    """What is known of anything else that was looked at: with another value, the answers may be others."""

    value: object

    def holds(self, found: object) -> bool:
        """Tell whether it is the same."""
        return found == self.value


class Looks:
    """What was looked at so far, with the bounds of the times among it."""

    def __init__(self) -> None:
        self._values: dict[Look, object] = {}
        self._bounds: dict[Look, _Bounds] = {}

    def moment(self, look: Look, moment: datetime) -> datetime:
        """Give a time, which is in UTC, as the test gets it."""
        bounds = self._bounds.setdefault(look, _Bounds(_instant(moment)))
        return cast("datetime", _Moment(moment, bounds))

    def exactly(self, look: Look, value: object) -> None:
        """Take note of a value that the test gets as it is."""
        self._values[look] = value

    def noted(self) -> dict[Look, Within | Exactly]:
        """Give what must hold of other inputs, as far as is known by now, so that a test says the same of them."""
        noted: dict[Look, Within | Exactly] = {look: Exactly(value) for look, value in self._values.items()}
        for look, bounds in self._bounds.items():
            if not bounds.open:
                noted[look] = Within(bounds.first, bounds.last)
        return noted


class _Bounds:
    """The times around one for which every answer so far would have been the same."""

    __slots__ = ("_here", "first", "last")

    def __init__(self, here: int) -> None:
        self._here = here
        self.first, self.last = -_ALWAYS, _ALWAYS

    @property
    def open(self) -> bool:
        return (self.first, self.last) == (-_ALWAYS, _ALWAYS)

    def cut(self, edge: int) -> None:
        """Keep to the side of an edge on which the time is, or to the edge itself."""
        if self._here < edge:
            self.keep(-_ALWAYS, edge - 1)
        elif self._here > edge:
            self.keep(edge + 1, _ALWAYS)
        else:
            self.keep(edge, edge)

    def keep(self, first: int, last: int) -> None:
        self.first, self.last = max(self.first, first), min(self.last, last)

    def settle(self) -> None:
        self.keep(self._here, self._here)


class _Watched:
    """A time, or how long one is after or before another: `sign` times what the time watched is after `zero`.

    What is not told apart here settles the time watched, or is refused with a TypeError.
    """

    __slots__ = ("_bounds", "_sign", "_true", "_zero")

    def __init__(self, true: Any, bounds: _Bounds, zero: int = 0, sign: int = 1) -> None:
        self._true = true
        self._bounds = bounds
        self._zero = zero
        self._sign = sign

    def _kind(self) -> type:
        return type(self._true)

    # So that isinstance says of it what it says of the time itself.
    __class__ = cast("Any", property(_kind))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._settled(), name)

    def _settled(self) -> Any:
        self._bounds.settle()
        return self._true

    def _edge(self, value: int) -> int:
        """Give the time watched for which this has a value, in microseconds."""
        return self._zero + self._sign * value

    def _measure(self, other: Any) -> int | None:
        """Give another of its kind in microseconds; None if it is of no kind that this can be compared with."""
        raise NotImplementedError

    def _compared(self, compare: Callable[[Any, Any], bool], other: Any) -> bool:
        if isinstance(other, _Watched):
            return compare(self._settled(), other._settled())  # noqa: SLF001 - of the same class
        answer = compare(self._true, other)
        value = self._measure(other)
        if value is not None:
            self._bounds.cut(self._edge(value))
        return answer

    def __lt__(self, other: Any) -> bool:
        return self._compared(operator.lt, other)

    def __le__(self, other: Any) -> bool:
        return self._compared(operator.le, other)

    def __gt__(self, other: Any) -> bool:
        return self._compared(operator.gt, other)

    def __ge__(self, other: Any) -> bool:
        return self._compared(operator.ge, other)

    def __eq__(self, other: object) -> bool:
        return self._compared(operator.eq, other)

    def __ne__(self, other: object) -> bool:
        return self._compared(operator.ne, other)

    def __hash__(self) -> int:
        return hash(self._settled())

    def __bool__(self) -> bool:
        return bool(self._settled())

    def __repr__(self) -> str:
        return repr(self._settled())

    def __str__(self) -> str:
        return str(self._settled())

    def __format__(self, form: str) -> str:
        return format(self._settled(), form)

    def __reduce_ex__(self, protocol: Any) -> Any:
        return self._settled().__reduce_ex__(protocol)


class _Moment(_Watched):
    """A time."""

    __slots__ = ()

    def __bool__(self) -> bool:
        return True

    def _measure(self, other: Any) -> int | None:
        if not isinstance(other, datetime) or other.tzinfo is None:
            return None
        if not isinstance(other.tzinfo, timezone):
            # Where clocks are put back, an hour comes twice, and its times are compared by rules of their own.
            self._bounds.settle()
        return _instant(other)

    def __add__(self, other: Any) -> "_Moment":
        if not isinstance(other, timedelta) or isinstance(other, _Watched):
            return NotImplemented
        # What would leave the years 1 to 9999 is refused, so it is told apart.
        moved, by = self._true + other, _count(other)
        self._bounds.keep(self._edge(_FIRST - by), self._edge(_LAST - by))
        return _Moment(moved, self._bounds, self._zero - by)

    __radd__ = __add__

    def __sub__(self, other: Any) -> "_Moment | _Length | timedelta":
        if isinstance(other, _Moment):
            return cast("timedelta", self._settled() - other._settled())
        if isinstance(other, timedelta):
            return self + -other
        if not isinstance(other, datetime):
            return NotImplemented
        length = self._true - other
        measured = self._measure(other)
        assert measured is not None  # noqa: S101 - a naive time was refused by the subtraction
        return _Length(length, self._bounds, self._zero + measured)

    def __rsub__(self, other: Any) -> "_Length":
        if not isinstance(other, datetime):
            return NotImplemented
        measured = self._measure(other)
        assert measured is not None  # noqa: S101 - as above
        return _Length(other - self._true, self._bounds, self._zero + measured, -1)

    def date(self) -> date:
        """Give the day; the answer is the same throughout it."""
        day: date = self._true.date()
        start = _instant(datetime.combine(day, time(), UTC))
        self._bounds.keep(self._edge(start), self._edge(start + _count(_DAY) - 1))
        return day


_FIRST = _instant(datetime(1, 1, 1, tzinfo=UTC))
_LAST = _instant(datetime(9999, 12, 31, 23, 59, 59, 999_999, UTC))


class _Length(_Watched):
    """How long a time is after another, or before it."""

    __slots__ = ()

    def _measure(self, other: Any) -> int | None:
        return _count(other) if isinstance(other, timedelta) else None

    @property
    def days(self) -> int:
        """Give the whole days; the answer is the same throughout the last of them."""
        days: int = self._true.days
        edges = (self._edge(_count(days * _DAY)), self._edge(_count((days + 1) * _DAY) - 1))
        self._bounds.keep(min(edges), max(edges))
        return days


See = Callable[[str, Any], Any]
"""Gives a field of a reading, by its name and value, as a test gets it."""


class _Field:
    """A field of a reading that is watched."""

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    def __get__(self, reading: object, owner: type) -> Any:
        value = reading.__dict__[self._name]
        see: See | None = reading.__dict__.get("_see")
        # A copy that a test made has no `_see`; what it was copied from was asked for.
        return see(self._name, value) if see else value

    def __set__(self, reading: object, value: object) -> None:
        # By the constructor of a copy alone: readings are frozen.
        reading.__dict__[self._name] = value


class WatchedSnapshot(Snapshot):
    """A snapshot whose times and provenance are watched."""

    started = cast("datetime", _Field())
    finished = cast("datetime", _Field())
    provenance = cast("Provenance", _Field())

    @classmethod
    def of(cls, snapshot: Snapshot, see: See) -> "WatchedSnapshot":
        """Watch a snapshot; `derived` stays shared with it."""
        watched = object.__new__(cls)
        watched.__dict__.update(snapshot.__dict__, _see=see)
        return watched


class WatchedGap(Gap):
    """A gap whose times, and those of what was read all the same, are watched."""

    started = cast("datetime", _Field())
    finished = cast("datetime", _Field())

    @classmethod
    def of(cls, gap: Gap, see: See) -> "WatchedGap":
        """Watch a gap."""
        watched = object.__new__(cls)
        partial = gap.partial and WatchedSnapshot.of(gap.partial, lambda name, value: see(PARTIAL + name, value))
        watched.__dict__.update(gap.__dict__, partial=partial, _see=see)
        return watched
