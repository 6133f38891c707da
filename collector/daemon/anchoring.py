"""Anchoring on a cadence: the newest checkpoint goes to everyone that the configuration names."""

import logging
from collections.abc import Callable
from datetime import datetime, timedelta

from collector.anchors.outcome import AnchorGap, AnchorState
from collector.anchors.run import anchor_now, newest_anchor
from collector.config import Configuration
from collector.daemon.metrics import Metrics
from collector.ledger.store import Ledger
from collector.model.errors import ConfigurationError, ExportError, LedgerError
from collector.model.period import Period
from collector.period.extent import first_since

_log = logging.getLogger(__name__)

LOOKED_AT = timedelta(minutes=15)
"""How often it is seen whether an anchor is due; one that did not come is tried again as often."""


class Anchoring:
    """Anchors when the newest anchor is as old as the cadence, and knows how old that is."""

    def __init__(self, ledger: Ledger, configuration: Configuration, clock: Callable[[], datetime]) -> None:
        self._ledger = ledger
        self._configuration = configuration
        self._clock = clock
        self._newest: datetime | None = None
        self._closed: set[Period] = set()

    @property
    def wanted(self) -> bool:
        """Tell whether the configuration names anyone."""
        anchors = self._configuration.anchors
        return bool(anchors.tsas or anchors.witnesses or anchors.object_lock)

    def age(self) -> float:
        """Give the age of the newest anchor in seconds, NaN where there is none."""
        return (self._clock() - self._newest).total_seconds() if self._newest else float("nan")

    def __call__(self) -> None:
        """Anchor what is due: the end of a period, or the newest checkpoint.

        What does not come is a gap in the anchors, not a fault of the collector, and is tried again.

        Raises:
            IntegrityError: the ledger's checkpoint is missing.

        """
        for period in self._configuration.anchors.ended(self._clock()):
            if period not in self._closed:
                self._close(period)
        self._newest = newest_anchor(self._ledger)
        if self._newest is None or self._clock() - self._newest >= self._configuration.anchors.cadence:
            self._anchor()
            self._newest = newest_anchor(self._ledger)

    def _close(self, period: Period) -> None:
        """Anchor the last checkpoint of a period, and copy its bundle; what is done already is not done again."""
        with self._ledger.read() as reader:
            size = first_since(reader, period.end)
        if self._anchor(size) and self._copied(period):
            _log.info("the period %s is closed: its %s records are anchored", period, size)
            self._closed.add(period)

    def _copied(self, period: Period) -> bool:
        """Copy the bundle of a period where a bucket is configured; tell whether that need not be tried again."""
        lock = self._configuration.anchors.object_lock
        if lock is None:
            return True
        # Only here, as the bucket is: exporting takes what a daemon without one does not need.
        from collector.anchors.closed import copy_period  # noqa: PLC0415

        try:
            copied = copy_period(self._ledger, self._configuration, lock, period, self._clock)
        except AnchorGap as gap:
            _log.warning("no copy of the period %s by %s: %s", period, lock.name, gap)
            return False
        except ExportError as error:
            # It would take minutes to fail again in the same way.
            _log.error("the period %s is not copied: %s", period, error.message)
            return True
        if copied is not None:
            _log.info("%s holds the period %s", copied.name, period)
        return True

    def _anchor(self, size: int | None = None) -> bool:
        """Anchor one checkpoint, the newest without a size; tell whether everyone took it."""
        try:
            outcomes = anchor_now(self._ledger, self._configuration, self._clock, size)
        except (ConfigurationError, LedgerError) as error:
            _log.error("the checkpoint is not anchored: %s", error.message)
            return False
        for outcome in outcomes:
            if outcome.state is AnchorState.DONE:
                continue
            level = logging.ERROR if outcome.state is AnchorState.REFUSED else logging.WARNING
            _log.log(level, "no anchor of %s records by %s: %s", outcome.size, outcome.name, outcome.reason)
        return all(outcome.state is AnchorState.DONE for outcome in outcomes)


def anchoring(
    ledger: Ledger, configuration: Configuration, metrics: Metrics, clock: Callable[[], datetime]
) -> Anchoring:
    """Make one whose age is among the metrics."""
    made = Anchoring(ledger, configuration, clock)
    metrics.anchor_age.set_function(made.age)
    return made
