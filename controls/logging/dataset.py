"""A data set of BigQuery that outputs are logged to tables of, and who can read them.

Tables are encrypted, under a key of Google's own where none is named. What a data set says of expirations holds for
tables that are made from then on; a partitioned table loses each partition when it is due, any other table ends as a
whole. BigQuery has no lock: whoever may delete a table can do so at any time.

Source: BigQuery documentation, "Update dataset properties" (default expirations), "Customer-managed Cloud KMS keys",
"Access control with IAM", "Authorized views", "Data retention with time travel and fail-safe"; Vertex AI documentation,
"Online inference logging" (`bq://PROJECT.DATASET.TABLE`); Cloud Logging documentation, "Route logs to BigQuery".
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from collector.model.canonical import JsonObject
from collector.model.control import Parameters
from collector.model.evidence import Evidence
from collector.model.snapshot import Content, UnreadableError
from controls.access.estate import Estate
from controls.access.evaluate import Grant
from controls.access.gcp.access import Access, Asked, union
from controls.access.gcp.cloud import GoogleCloud, readers_by
from controls.access.gcp.condition import Request
from controls.access.gcp.key import KEYS
from controls.access.gcp.policy import Level, bindings_of
from controls.access.gcp.project import IAM, ROLES
from controls.access.readers import Reader
from controls.access.truth import Truth
from controls.fault import Fault
from controls.logging.google import key_faults, openness_faults
from controls.logging.retention import retention_faults
from controls.logging.store import LogStore

DATASETS = "gcp.datasets"
NEEDS = (DATASETS, IAM, ROLES, KEYS)
"""What is read of such a data set; where there is none, nobody needs it."""

READS = ("bigquery.tables.getData", "bigquery.tables.export")
"""What reads the rows of a table, by query or by export."""

_SERVICE = "bigquery.googleapis.com"
_DAY = 86_400_000
_NAMES = (
    re.compile(r"bq://projects/(?P<project>[^/]+)/datasets/(?P<dataset>[A-Za-z0-9_]+)"),
    re.compile(r"bq://(?P<project>(?:[a-z0-9.-]+:)?[a-z0-9-]+)\.(?P<dataset>[A-Za-z0-9_]+)(?:\.(?P<table>[^.]+))?"),
)


@dataclass(frozen=True, slots=True)
class LoggedDataset:
    """A data set in the evidence, or one `table` of it, the source that has it, and when it was read."""

    store: LogStore
    content: Content
    table: str | None
    source: str
    read: datetime
    evidence: Evidence

    @classmethod
    def find(cls, store: LogStore, evidence: Evidence) -> "LoggedDataset | str":
        """Find a store's data set, or say why it was not found."""
        named = next((match for form in _NAMES if (match := form.fullmatch(store.id))), None)
        if named is None:
            return f"how {store.what} is kept is not known: it names no data set"
        told = named.groupdict()
        for snapshot in evidence.snapshots(DATASETS):
            item = snapshot.get(f"projects/{told['project']}/datasets/{told['dataset']}")
            if item is not None:
                return cls(store, item.content(), told.get("table"), snapshot.source, snapshot.finished, evidence)
        return f"{store.what} is in no list of data sets that was read: it is gone, hidden, or its project is no source"

    def kept(self, parameters: Parameters) -> Iterator[Fault]:
        """Say what is wrong with its encryption, its openness and its retention."""
        if self.content.facet("type") != "DEFAULT":
            yield Fault(f"is no data set that keeps anything itself but {self.content.facet('type')}", certain=False)
        yield from key_faults(self.content.facet("default_key"), self._where, self.evidence, parameters)
        yield from self._openness()
        yield from self._retention(parameters)

    def locked(self, parameters: Parameters) -> Iterator[Fault]:
        """Say that it can be deleted: that BigQuery has no lock is documented, so nothing of this is undecided."""
        del parameters  # No parameter makes a lock of what is none.
        yield Fault("can be deleted, as BigQuery locks nothing: log to a log bucket or a bucket that is locked")

    def detail(self) -> JsonObject:
        """Say what that rests on."""
        names = ("default_key", "location", "partition_expiration_ms", "table_expiration_ms", "type")
        return {"dataset": self._where, **{name: self.content.value.get(name) for name in names}}

    def access(self, cloud: GoogleCloud) -> Access:
        """Give who can read its tables by its own entries, its project and all above that.

        Raises:
            MalformedError: a policy has another form than the recorded one.

        """
        asked = [Asked(read, request) for read in READS for request in self._requests(cloud)]
        try:
            own = (Level(self._where, bindings_of(self.content.facet("policy"), self._where)),)
        except UnreadableError as error:
            return union(
                Access({}, (f"who has access by {self._where} is not known: {error}",)),
                cloud.allowed(self.source, asked),
            )
        return cloud.allowed(self.source, asked, own)

    def shared(self) -> Sequence[Reader]:
        """Give the views, routines and data sets that may read it, whoever asks them.

        Raises:
            UnreadableError: its entries were not given by the source.

        """
        return [
            Reader(each["name"], each["kind"], "", (Grant(Truth.YES, (self._where, f"authorized {each['kind']}")),))
            for each in self.content.facet("shared")
        ]

    @property
    def _where(self) -> str:
        return f"data set {self.content.value['dataset']}"

    def _requests(self, cloud: GoogleCloud) -> Iterator[Request]:
        """Yield what is asked about: its tables, and itself, as a condition may speak of either by id or number."""
        project = cloud.projects.get(self.source)
        for name in sorted(project.names) if project is not None else ():
            whole = f"projects/{name}/datasets/{self.content.value['dataset']}"
            yield Request(f"{_SERVICE}/Dataset", _SERVICE, self.read, whole)
            table = f"{whole}/tables/{self.table or ''}"
            yield Request(f"{_SERVICE}/Table", _SERVICE, self.read, table, open=self.table is None)

    def _openness(self) -> Iterator[Fault]:
        access = self.access(Estate(self.evidence).google)
        yield from openness_faults(readers_by(access), access.unread)

    def _retention(self, parameters: Parameters) -> Iterator[Fault]:
        partitions, tables = (self.content.facet(f"{each}_expiration_ms") for each in ("partition", "table"))
        mend = f"set the default partition expiration of {self._where}"
        lasting = partitions if partitions is not None else tables
        faults = list(retention_faults(None if lasting is None else lasting // _DAY, parameters, mend))
        yield from faults
        if partitions is None and tables is not None and not faults:
            words = f"ends as a whole {tables // _DAY} days after its table was made, however new its entries: {mend}"
            yield Fault(f"{words}, unless each day has a table", certain=False)
