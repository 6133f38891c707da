"""Windows in which nothing was recorded of a subject, because no collector ran: gaps, each with its length."""

from datetime import datetime, timedelta

from collector.daemon.window import Window
from collector.model.instant import format_instant
from collector.model.snapshot import Failure, FailureClass, Gap

NOT_RUNNING = "NotRunning"


def missed(source: str, population: str, cadence: timedelta, last: datetime, now: datetime) -> Gap | None:
    """Give the gap over all windows between that of the last reading and the present one, None without any.

    Args:
        source, population: of what there should have been readings, each `cadence`.
        last: the last moment that the records speak of it, or when it was first expected.
        now: the present window is not missed: there is time left.

    """
    start, end = Window.at(last, cadence).end, Window.at(now, cadence).start
    if start >= end:
        return None
    count = (end - start) // cadence
    windows = "a window" if count == 1 else f"{count} windows"
    reason = (
        f"collector was not running from {format_instant(start)} to {format_instant(end)}: {windows} of "
        f"{int(cadence.total_seconds())} s without a reading"
    )
    failure = Failure(FailureClass.NOT_ATTEMPTED, "daemon", NOT_RUNNING, reason)
    return Gap(source, population, start, end, (failure,))
