"""How long outputs are kept: not shorter than the law asks for, and not longer than their purpose needs."""

from collections.abc import Iterator

from collector.model.control import Parameters
from controls.fault import Fault

DEFAULTS = {"max_retention_days": 1095, "min_retention_days": 180}
"""Six months at the least (Regulation (EU) 2024/1689, articles 19 and 26); three years at the most."""


def retention_faults(days: int | None, parameters: Parameters, mend: str) -> Iterator[Fault]:
    """Judge for how many days entries are kept; None is for ever."""
    least, most = parameters["min_retention_days"], parameters["max_retention_days"]
    if days is None:
        yield Fault(f"is kept for ever: {mend} between {least} and {most} days")
    elif days < least:
        yield Fault(f"is kept for {days} days, less than {least}: {mend} to {least} days or more")
    elif days > most:
        yield Fault(f"is kept for {days} days, more than {most}: {mend} to {most} days or less")
