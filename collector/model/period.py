"""The audit period, a half-open interval of UTC time."""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time

from collector.model.errors import ConfigurationError, MalformedError
from collector.model.instant import format_instant, parse_instant

_DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)


@dataclass(frozen=True, slots=True)
class Period:
    """[start, end): the start belongs to it, the end does not."""

    start: datetime
    end: datetime

    @classmethod
    def parse(cls, text: str) -> "Period":
        """Read `A..B`, each a date (its first moment in UTC) or a time such as 2026-11-23T16:10:00Z.

        Raises:
            ConfigurationError: not of that form, or it ends before it starts.

        """
        start, dots, end = text.partition("..")
        if not dots:
            raise ConfigurationError(f"not a period: {text[:80]!r}", "for example 2026-01-01..2026-07-01")
        period = cls(moment(start), moment(end))
        if period.start >= period.end:
            raise ConfigurationError(f"the period {text} ends before it begins", "the end is not part of the period")
        return period

    def __str__(self) -> str:
        return f"{format_instant(self.start)}..{format_instant(self.end)}"


def moment(text: str) -> datetime:
    """Read a date (its first moment in UTC) or a time such as 2026-11-23T16:10:00Z.

    Raises:
        ConfigurationError: not of that form.

    """
    try:
        if _DATE.fullmatch(text):
            return datetime.combine(date.fromisoformat(text), time(), UTC)
        whole, dot, fraction = text.removesuffix("Z").partition(".")
        if text.endswith("Z") and (not dot or fraction):
            return parse_instant(f"{whole}.{fraction.ljust(6, '0')}Z", "the time")
    except (ValueError, MalformedError):
        pass
    raise ConfigurationError(f"not a date or UTC time: {text[:40]!r}", "write 2026-01-31 or 2026-01-31T16:10:00Z")
