"""One of the windows that a cadence cuts time into, and until when a reading in it may last."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from collector.period.schedule import window_end, window_start


@dataclass(frozen=True, slots=True)
class Window:
    """[start, end) of one cadence: the end does not belong to it."""

    start: datetime
    end: datetime

    @classmethod
    def at(cls, moment: datetime, cadence: timedelta) -> "Window":
        """Give the window that a moment lies in."""
        return cls(window_start(moment, cadence), window_end(moment, cadence))

    def deadline(self, begun: datetime, patience: timedelta) -> datetime:
        """Give until when a reading that begins now may last: as long as patience, and well within the window.

        The last tenth of what is left of the window is for recording and for testing.
        """
        return min(begun + patience, self.end - (self.end - begun) / 10)
