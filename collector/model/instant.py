"""Times as the ledger writes them: UTC, six decimals, a fixed width that sorts as text."""

import re
from datetime import UTC, datetime
from functools import lru_cache

from collector.model.errors import MalformedError

_FORM = re.compile(r"\d{4}-\d\d-\d\dT(?:[01]\d|2[0-3]):\d\d:\d\d\.\d{6}Z", re.ASCII)


def now() -> datetime:
    """Give the time of the machine's clock, in UTC."""
    return datetime.now(UTC)


# What is appended together has one time.
@lru_cache(16)
def format_instant(instant: datetime) -> str:
    """Write an aware time as `2026-11-23T16:10:00.123456Z`.

    Raises:
        MalformedError: it has no time zone, or falls outside the years 1 to 9999 in UTC.

    """
    if instant.tzinfo is None:
        raise MalformedError(f"the time {instant.isoformat()} has no time zone")
    try:
        in_utc = instant if instant.tzinfo is UTC else instant.astimezone(UTC)
    except OverflowError:
        raise MalformedError(f"the time {instant.isoformat()} is outside the years 1 to 9999 in UTC") from None
    return in_utc.isoformat(timespec="microseconds").removesuffix("+00:00") + "Z"


def parse_instant(text: object, what: str) -> datetime:
    """Read a time in exactly that form; `what` names the place in the error."""
    if isinstance(text, str) and _FORM.fullmatch(text):
        try:
            return datetime.fromisoformat(text)
        except ValueError:
            pass
    raise MalformedError(f"{what} must be a UTC time such as 2026-11-23T16:10:00.123456Z, not {text!r}")
