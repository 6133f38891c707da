"""The windows that a cadence cuts time into: aligned to it from the Unix epoch, in UTC."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Window:
    """[start, end) of one cadence: the end does not belong to it."""

    start: datetime
    end: datetime

    @classmethod
    def at(cls, moment: datetime, cadence: timedelta) -> "Window":
        """Give the window that a moment lies in."""
        start = moment - (moment - EPOCH) % cadence
        return cls(start, start + cadence)

    def deadline(self, begun: datetime, patience: timedelta) -> datetime:
        """Give until when a reading that begins now may last: as long as patience, and well within the window.

        The last tenth of what is left of the window is for recording and for testing.
        """
        return min(begun + patience, self.end - (self.end - begun) / 10)
