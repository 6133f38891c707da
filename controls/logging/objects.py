"""A folder of a bucket in Cloud Storage that outputs are logged to.

Source: Cloud Storage documentation: "Data encryption options" (all is encrypted, under a key of Google's own where none
is named), "Public access prevention", "Bucket Lock" (a locked retention policy can be neither shortened nor removed).
"""

from collections.abc import Iterator
from dataclasses import dataclass

from collector.model.canonical import JsonObject
from collector.model.control import Parameters
from collector.model.evidence import Evidence
from controls.access.estate import Estate
from controls.access.gcp.bucket import BUCKETS, ENFORCED, FoundObjects, find_objects
from controls.access.gcp.key import KEYS
from controls.access.gcp.project import IAM, ROLES
from controls.fault import Fault
from controls.logging.google import key_faults, openness_faults
from controls.logging.lifecycle import Deletion, days_kept, deletions
from controls.logging.retention import retention_faults
from controls.logging.store import LogStore

NEEDS = (BUCKETS, IAM, ROLES, KEYS)
"""What is read of such a bucket; where there is none, nobody needs it."""

_DAY = 86_400
_DATES = ("createdBefore",)


@dataclass(frozen=True, slots=True)
class LoggedObjects:
    """A folder whose bucket is in the evidence."""

    store: LogStore
    found: FoundObjects
    evidence: Evidence

    @classmethod
    def find(cls, store: LogStore, evidence: Evidence) -> "LoggedObjects | str":
        """Find a store's bucket, or say why it was not found."""
        found = find_objects(evidence, store.id)
        return found if isinstance(found, str) else cls(store, found, evidence)

    def kept(self, parameters: Parameters) -> Iterator[Fault]:
        """Say what is wrong with its encryption, its openness and its retention."""
        yield from key_faults(self.found.bucket.facet("default_key"), self._where, self.evidence, parameters)
        yield from self._openness()
        yield from self._retention(parameters)

    def locked(self, parameters: Parameters) -> Iterator[Fault]:
        """Say what lets what is logged be deleted before its time."""
        least, retained = parameters["min_lock_days"], self._retained_days
        mend = f"set a retention policy of {least} days on {self._where}, and lock it"
        if retained is None:
            yield Fault(f"can be deleted: {mend}")
        elif not self.found.bucket.facet("retention")["locked"]:
            yield Fault(f"can be deleted once its retention policy is taken away: lock that of {self._where}")
        elif retained < least:
            yield Fault(f"is locked for {retained} days, less than {least}: set {least} days")

    def detail(self) -> JsonObject:
        """Say what that rests on."""
        names = (
            "default_key",
            "lifecycle",
            "public_access_prevention",
            "retention",
            "soft_delete_seconds",
            "versioning",
        )
        return {"bucket": self._name, **{name: self.found.bucket.value.get(name) for name in names}}

    @property
    def _name(self) -> str:
        return self.found.location.bucket

    @property
    def _where(self) -> str:
        return f"bucket {self._name}"

    @property
    def _retained_days(self) -> int | None:
        retention = self.found.bucket.facet("retention")
        return int(retention["seconds"]) // _DAY if retention else None

    def _openness(self) -> Iterator[Fault]:
        if self.found.bucket.facet("public_access_prevention") == ENFORCED:
            return
        cloud = Estate(self.evidence).google
        unread = (*self.evidence.missing(IAM, ROLES), *cloud.unread(self.found))
        yield from openness_faults(
            cloud.readers(self.found), unread, f"enforce public access prevention on {self._where}"
        )

    def _retention(self, parameters: Parameters) -> Iterator[Fault]:
        rules = deletions(self.found.bucket.facet("lifecycle"), self.found.location.prefix, self._where)
        days = days_kept(rules, versioned=self.found.bucket.facet("versioning"))
        retained = self._retained_days or 0
        if days is None and any(
            rule.ends_live and set(rule.narrowing) <= set(_DATES) for rule in rules if rule.narrowing
        ):
            yield Fault("is ended by a date and not by age: give the rule an age", certain=False)
            return
        mend = f"set the age of a deleting lifecycle rule of {self._where}"
        yield from retention_faults(None if days is None else max(days, retained), parameters, mend)
        if retained < parameters["min_retention_days"]:
            yield from (_part(rule) for rule in rules if self._ends_early(rule, parameters))

    def _ends_early(self, rule: Deletion, parameters: Parameters) -> bool:
        return bool(rule.narrowing) and rule.ends_live and (rule.age or 0) < parameters["min_retention_days"]


def _part(rule: Deletion) -> Fault:
    after = f"after {rule.age} days" if rule.age else "at any age"
    return Fault(f"may be deleted {after} by a rule with {', '.join(rule.narrowing)}", certain=False)
