"""A log bucket of Cloud Logging that outputs are logged to.

Source: Cloud Logging documentation, "Configure log buckets": every bucket is encrypted, has a retention from one day to
ten years, and once locked can be neither shortened nor deleted before its entries are due.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from collector.model.canonical import JsonObject
from collector.model.control import Parameters
from collector.model.evidence import Evidence
from collector.model.snapshot import Content
from controls.fault import Fault
from controls.logging.retention import retention_faults
from controls.logging.store import LogStore


@dataclass(frozen=True, slots=True)
class LoggedLogBucket:
    """A log bucket in the evidence, the source that has it, and when it was read."""

    store: LogStore
    content: Content
    source: str
    read: datetime

    @classmethod
    def find(cls, store: LogStore, evidence: Evidence) -> "LoggedLogBucket | str":
        """Find a store's bucket, or say why it was not found."""
        for snapshot in evidence.snapshots("gcp.log_buckets"):
            item = snapshot.get(store.id)
            if item is not None:
                return cls(store, item.content(), snapshot.source, snapshot.finished)
        return f"{store.what} is in no list of log buckets that was read: it is gone, or its project is no source"

    def kept(self, parameters: Parameters) -> Iterator[Fault]:
        """Say what is wrong with its encryption and its retention; who can read it is its project's to say."""
        if self.content.facet("lifecycle") != "ACTIVE":
            yield Fault(f"is not kept: its state is {self.content.facet('lifecycle')}")
        if parameters["customer_keys"] and not self.content.facet("key"):
            yield Fault("is encrypted under a key of Google's own: configure a customer-managed key")
        mend = f"set the retention of {self.store.what}"
        yield from retention_faults(self.content.facet("retention_days"), parameters, mend)

    def locked(self, parameters: Parameters) -> Iterator[Fault]:
        """Say what lets its entries be deleted before their time."""
        least = parameters["min_lock_days"]
        if not self.content.facet("locked"):
            yield Fault("can be deleted: lock it")
        elif self.content.facet("retention_days") < least:
            yield Fault(
                f"is locked for {self.content.facet('retention_days')} days, less than {least}: set {least} days"
            )

    def detail(self) -> JsonObject:
        """Say what that rests on."""
        return {name: self.content.value[name] for name in ("key", "lifecycle", "locked", "retention_days")}
