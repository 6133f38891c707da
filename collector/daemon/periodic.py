"""Jobs that a shift does beside collecting, each on a cadence of its own."""

import gc
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta

from collector.config import Configuration
from collector.daemon.anchoring import LOOKED_AT, anchoring
from collector.daemon.metrics import Metrics
from collector.ledger.store import Ledger
from collector.model.instant import now


@dataclass(frozen=True, slots=True)
class Periodic:
    """A job and how often it is done. A fault that it raises ends the shift, which begins anew."""

    cadence: timedelta
    job: Callable[[], None]


MEASURED = timedelta(seconds=30)
TIDIED = timedelta(seconds=20)


def periodic_jobs(
    ledger: Ledger, configuration: Configuration, metrics: Metrics, *, anchors: bool
) -> Sequence[Periodic]:
    """Give all of them, with anchoring where this collector is the one that does it; adding one is one entry here."""

    def measure() -> None:
        with ledger.read() as reader:
            metrics.records.set(reader.size)
        metrics.bytes.set(ledger.size_in_bytes())

    jobs = [Periodic(MEASURED, measure), Periodic(TIDIED, _tidy)]
    anchor = anchoring(ledger, configuration, metrics, now)
    if anchors and anchor.wanted:
        jobs.append(Periodic(LOOKED_AT, anchor))
    return jobs


def _tidy() -> None:
    """Throw away what refers to itself in circles, as the clients of an SDK do: some 6 MB for each account read."""
    gc.collect()
