"""A log bucket of Cloud Logging that outputs are logged to, and who can read it.

Every bucket is encrypted, has a retention from one day to ten years, and once locked can be neither shortened nor
deleted before its entries are due. Entries are read through views, each with a policy of its own beside those of its
project and what is above it; those in _Default and _Required are also read with a permission on the project itself.

Source: Cloud Logging documentation, "Configure log buckets", "Configure log views on a log bucket" and "Access control
with IAM".
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from collector.model.canonical import JsonObject
from collector.model.control import Parameters
from collector.model.evidence import Evidence
from collector.model.snapshot import Content, Item, UnreadableError
from controls.access.estate import Estate
from controls.access.gcp.access import Access, Asked, union
from controls.access.gcp.cloud import GoogleCloud, readers_by
from controls.access.gcp.condition import Request
from controls.access.gcp.policy import Level, bindings_of
from controls.access.gcp.project import IAM, ROLES
from controls.fault import Fault
from controls.logging.google import openness_faults
from controls.logging.retention import retention_faults
from controls.logging.store import LogStore

VIEWS = "gcp.log_views"
NEEDS = (VIEWS, IAM, ROLES)
"""What says who can read such a bucket; where there is none, nobody needs it."""

ACCESS = "logging.views.access"
OF_PROJECT = ("logging.logEntries.list", "logging.privateLogEntries.list")
"""What reads the logs of a project without naming a view: those in _Default and _Required."""

_SERVICE = "logging.googleapis.com"
_RESOURCES = "cloudresourcemanager.googleapis.com"
_BUILT_IN = ("_Default", "_Required")
_LINKED = "its entries can be queried as a data set too, and whether one is linked to it is not read"


@dataclass(frozen=True, slots=True)
class LoggedLogBucket:
    """A log bucket in the evidence, the source that has it, and when it was read."""

    store: LogStore
    content: Content
    source: str
    read: datetime
    evidence: Evidence

    @classmethod
    def find(cls, store: LogStore, evidence: Evidence) -> "LoggedLogBucket | str":
        """Find a store's bucket, or say why it was not found."""
        for snapshot in evidence.snapshots("gcp.log_buckets"):
            item = snapshot.get(store.id)
            if item is not None:
                return cls(store, item.content(), snapshot.source, snapshot.finished, evidence)
        return f"{store.what} is in no list of log buckets that was read: it is gone, or its project is no source"

    def kept(self, parameters: Parameters) -> Iterator[Fault]:
        """Say what is wrong with its encryption, its openness and its retention."""
        if self.content.facet("lifecycle") != "ACTIVE":
            yield Fault(f"is not kept: its state is {self.content.facet('lifecycle')}")
        if parameters["customer_keys"] and not self.content.facet("key"):
            yield Fault("is encrypted under a key of Google's own: configure a customer-managed key")
        mend = f"set the retention of {self.store.what}"
        yield from retention_faults(self.content.facet("retention_days"), parameters, mend)
        access = self.access(Estate(self.evidence).google)
        yield from openness_faults(readers_by(access), access.unread)

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

    def access(self, cloud: GoogleCloud) -> Access:
        """Give who can read what it keeps.

        Raises:
            MalformedError: a policy has another form than the recorded one.
            UnreadableError: whether it can be queried as a data set was not given.

        """
        views = [f"{name}/views/" for name in self._names(cloud)]
        asked = [Asked(ACCESS, self._view(each, open_name=True)) for each in views]
        if self.store.id.rpartition("/")[2] in _BUILT_IN:
            whole = Request(f"{_RESOURCES}/Project", _RESOURCES, self.read)
            asked += [Asked(permission, whole) for permission in OF_PROJECT]
        missing = (*self.evidence.missing(VIEWS), *((_LINKED,) if self.content.facet("analytics") else ()))
        own = (self._by_view(view, cloud) for view in self._views() if view.id.startswith(tuple(views)))
        return union(Access({}, missing), cloud.allowed(self.source, asked), *own)

    def _views(self) -> Iterator[Item]:
        for snapshot in self.evidence.snapshots(VIEWS):
            if snapshot.source == self.source:
                yield from snapshot

    def _by_view(self, view: Item, cloud: GoogleCloud) -> Access:
        """Give whom the policy of one view lets in."""
        where = f"log view {view.id.rpartition('/')[2]}"
        try:
            level = Level(where, bindings_of(view.content().facet("policy"), where))
        except UnreadableError as error:
            return Access({}, (f"who has access by {where} is not known: {error}",))
        return cloud.allowed(self.source, [Asked(ACCESS, self._view(view.id, open_name=False))], (level,))

    def _view(self, name: str, *, open_name: bool) -> Request:
        return Request(f"{_SERVICE}/LogView", _SERVICE, self.read, name, open=open_name)

    def _names(self, cloud: GoogleCloud) -> list[str]:
        """Give its names, with its project's id and number: conditions may have either."""
        _, project, rest = self.store.id.split("/", 2)
        found = cloud.projects.get(self.source)
        return [f"projects/{name}/{rest}" for name in sorted(found.names if found is not None else (project,))]
