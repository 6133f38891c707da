"""Jobs that a shift does beside collecting, each on a cadence of its own."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta

from collector.daemon.metrics import Metrics
from collector.ledger.store import Ledger


@dataclass(frozen=True, slots=True)
class Periodic:
    """A job and how often it is done. A fault that it raises ends the shift, which begins anew."""

    cadence: timedelta
    job: Callable[[], None]


MEASURED = timedelta(seconds=30)


def periodic_jobs(ledger: Ledger, metrics: Metrics) -> Sequence[Periodic]:
    """Give all of them; adding one is one entry here."""

    def measure() -> None:
        with ledger.read() as reader:
            metrics.records.set(reader.size)
        metrics.bytes.set(ledger.size_in_bytes())

    return (Periodic(MEASURED, measure),)
