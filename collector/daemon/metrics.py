"""What the daemon measures, in the form that Prometheus reads."""

from datetime import datetime

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from collector.model.outcome import Outcome
from collector.model.snapshot import FailureClass, Gap, Snapshot
from collector.pipeline.run import Tested

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"

_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)
_WINDOWS = (1, 5, 15, 30, 60, 120, 300, 600, 1200, 1800, 3600, 7200, 21600, 86400)


class Metrics:
    """All metrics of one daemon. Times are Unix times, durations seconds."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.leading = self._gauge("leader", "Whether this replica collects: 1, or 0 while it stands by.")
        self.source_success = self._gauge(
            "source_last_success_timestamp_seconds", "When a population was last read whole.", "source"
        )
        self.control_success = self._gauge(
            "control_last_success_timestamp_seconds", "When the control's test last decided.", "control"
        )
        self.outcome = self._gauge("control_outcome", "1 for the last outcome, 0 for the others.", "control", "outcome")
        self.deviations = self._gauge("control_deviations", "Items that failed the control's last test.", "control")
        self.readings = self._counter("readings", "Populations that were read, whole or not.", "source")
        self.gaps = self._counter("gaps", "Readings that failed, were not whole or did not happen.", "source", "class")
        self.missed = self._counter("missed_windows_gaps", "Gaps over windows in which no collector ran.", "source")
        self.calls = self._counter("api_calls", "Calls to the source, as the readings count them.", "source")
        self.throttles = self._counter("throttles", "Calls that the source refused as too many.", "source")
        self.crashes = self._counter("test_crashes", "Tests that crashed: an error of Controlproof.", "control")
        self.overdue = self._counter("tests_overdue", "Tests left out as their window was over.", "control")
        self.append = Histogram(
            "controlproof_append_seconds", "How long appends took.", buckets=_SECONDS, registry=self.registry
        )
        self.lag = Histogram(
            "controlproof_test_lag_seconds",
            "From the begin of a control's window to its recorded result.",
            buckets=_WINDOWS,
            registry=self.registry,
        )
        self.slow = self._gauge("slow_sources", "Sources that got no further for so long that they take no place.")
        self.anchor_age = self._gauge(
            "newest_anchor_age_seconds", "How old the newest anchor of the ledger is; NaN without any."
        )
        self.anchor_age.set(float("nan"))
        self.records = self._gauge("ledger_records", "Records in the ledger.")
        self.bytes = self._gauge("ledger_bytes", "What the ledger's database takes.")
        self.reloads = self._counter("configuration_reloads", "Changes of the configuration file.", "outcome")
        self.configuration_ok = self._gauge(
            "configuration_valid", "Whether the configuration file as it is now is the one in force."
        )
        self.configuration_ok.set(1)
        self.failures = self._counter("failures", "Faults after which the work was begun anew, by their kind.", "kind")

    def _gauge(self, name: str, text: str, *labels: str) -> Gauge:
        return Gauge(f"controlproof_{name}", text, labels, registry=self.registry)

    def _counter(self, name: str, text: str, *labels: str) -> Counter:
        return Counter(f"controlproof_{name}", text, labels, registry=self.registry)

    def read(self, outcome: Snapshot | Gap) -> None:
        """Count what came of a reading."""
        source = outcome.source
        self.readings.labels(source).inc()
        snapshot = outcome.partial if isinstance(outcome, Gap) else outcome
        if snapshot is not None:
            self.calls.labels(source).inc(sum(operation.calls for operation in snapshot.provenance.operations))
        if isinstance(outcome, Gap):
            self.gaps.labels(source, outcome.failure_class.value).inc()
            throttled = sum(failure.failure_class is FailureClass.THROTTLED for failure in outcome.failures)
            self.throttles.labels(source).inc(throttled)
        else:
            self.source_success.labels(source).set(outcome.finished.timestamp())

    def tested(self, tested: Tested, at: datetime) -> None:
        """Keep what came of a test."""
        control, result = tested.control.id, tested.result
        outcome = result.outcome if result else Outcome.INCONCLUSIVE
        for each in Outcome:
            self.outcome.labels(control, each.value).set(each is outcome)
        if result is None:
            self.crashes.labels(control).inc()
            return
        self.deviations.labels(control).set(len(result.deviations))
        if outcome is not Outcome.INCONCLUSIVE:
            self.control_success.labels(control).set(at.timestamp())

    def text(self) -> bytes:
        """Give all of them as Prometheus scrapes them."""
        return generate_latest(self.registry)
