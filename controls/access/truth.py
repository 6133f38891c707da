"""Three-valued truth (Kleene): what recorded evidence decides, and what it does not."""

from collections.abc import Iterable
from enum import IntEnum


class Truth(IntEnum):
    """`and` is the minimum, `or` the maximum."""

    NO = 0
    UNKNOWN = 1
    YES = 2

    def negate(self) -> "Truth":
        """Give NO for YES, YES for NO; UNKNOWN stays."""
        return Truth(2 - self)


def every(values: Iterable[Truth]) -> Truth:
    """Give the conjunction; YES for nothing."""
    return min(values, default=Truth.YES)


def some(values: Iterable[Truth]) -> Truth:
    """Give the disjunction; NO for nothing."""
    return max(values, default=Truth.NO)
