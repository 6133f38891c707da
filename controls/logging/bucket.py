"""A folder of an S3 bucket that outputs are logged to.

Source: Amazon S3 User Guide: "Setting default server-side encryption", "Blocking public access", "Managing the
lifecycle of objects" (on a versioned bucket an expiration leaves the old version), "Locking objects with Object Lock".
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from collector.model.canonical import JsonObject
from collector.model.control import Parameters
from collector.model.evidence import Evidence
from controls.access.location import Found, find, key_in
from controls.access.policy import parse_policy
from controls.access.public import blocks, is_public
from controls.access.truth import Truth
from controls.fault import Fault
from controls.logging.retention import retention_faults
from controls.logging.store import LogStore

LOCK_DEFAULTS = {"lock_modes": ["COMPLIANCE", "GOVERNANCE"], "min_lock_days": 180}
"""Which modes of Object Lock are enough, and for how long it has to hold."""

_EVERYONE = ("/groups/global/AllUsers", "/groups/global/AuthenticatedUsers")
_DAYS_A_YEAR = 365


@dataclass(frozen=True, slots=True)
class LoggedBucket:
    """A folder whose bucket is in the evidence."""

    store: LogStore
    found: Found
    evidence: Evidence

    @classmethod
    def find(cls, store: LogStore, evidence: Evidence) -> "LoggedBucket | str":
        """Find a store's bucket, or say why it was not found."""
        found = find(evidence, [store.id])[store.id]
        return found if isinstance(found, str) else cls(store, found, evidence)

    @property
    def _name(self) -> str:
        return self.found.location.bucket

    def kept(self, parameters: Parameters) -> Iterator[Fault]:
        """Say what is wrong with its encryption, its openness and its retention."""
        yield from self._key_faults(parameters)
        yield from self._openness()
        yield from self._retention(parameters)

    def locked(self, parameters: Parameters) -> Iterator[Fault]:
        """Say what lets what is logged be deleted before its time."""
        lock = self.found.bucket.facet("object_lock") or {}
        least, modes = parameters["min_lock_days"], parameters["lock_modes"]
        mend = f"set the default retention of Object Lock on bucket {self._name}: {' or '.join(modes)}, {least} days"
        days = lock.get("days") or (lock.get("years") or 0) * _DAYS_A_YEAR
        if not lock.get("enabled") or not lock.get("mode"):
            yield Fault(f"can be deleted: {mend}")
        elif lock["mode"] not in modes:
            yield Fault(f"is locked in mode {lock['mode']}: {mend}")
        elif days < least:
            yield Fault(f"is locked for {days} days, less than {least}: {mend}")

    def detail(self) -> JsonObject:
        """Say what that rests on."""
        names = ("encryption", "lifecycle", "object_lock", "versioning")
        return {"bucket": self._name, **{name: self.found.bucket.value.get(name) for name in names}}

    def _key_faults(self, parameters: Parameters) -> Iterator[Fault]:
        encryption = self.found.bucket.facet("encryption")
        mend = f"set the default encryption of bucket {self._name}"
        if not encryption:
            yield Fault(f"has no default encryption: {mend}")
            return
        name = encryption["key"] if encryption["algorithm"].startswith("aws:kms") else None
        key = key_in(self.evidence, self.found.source, name) if name else None
        if key is not None and key.facet("state") != "Enabled":
            yield Fault(f"can be neither written nor read: its key {name} is {key.facet('state')}: enable it")
        if not parameters["customer_keys"]:
            return
        if name is None or (key is not None and key.facet("manager") != "CUSTOMER"):
            yield Fault(f"is encrypted under a key of AWS's own: {mend} to a customer-managed key")
        elif key is None:
            yield Fault(f"is encrypted under {name}, which is not among the keys that were read", certain=False)

    def _openness(self) -> Iterator[Fault]:
        bucket = self.found.bucket
        blocked = blocks(bucket)
        mend = f"block public access to bucket {self._name}"
        if not blocked["restrict_public_buckets"]:
            statements = parse_policy(bucket.facet("policy"), f"bucket policy of {self._name}")
            public = is_public(statements)
            if public is not Truth.NO:
                yield Fault(f"is open to the public by its bucket policy: {mend}", certain=public is Truth.YES)
        if not blocked["ignore_public_acls"] and bucket.facet("ownership") != "BucketOwnerEnforced":
            grants = bucket.facet("acl")["grants"]
            if any(str(grant["grantee"]).endswith(_EVERYONE) for grant in grants):
                yield Fault(f"is open to the public by its access control list: {mend}")
            elif not blocked["block_public_acls"]:
                yield Fault(f"may be open to the public by the lists of single objects: {mend}", certain=False)

    def _retention(self, parameters: Parameters) -> Iterator[Fault]:
        rules = [rule for rule in self.found.bucket.facet("lifecycle") or () if rule["enabled"] and self._meets(rule)]
        whole = [rule for rule in rules if self._covers(rule)]
        days = min((rule["days"] for rule in whole if rule["days"]), default=None)
        mend = f"set the expiration of a lifecycle rule of bucket {self._name}"
        if days is None and any(rule["date"] for rule in rules):
            yield Fault(f"is ended by a date and not by age: {mend}", certain=False)
            return
        if days is not None and self.found.bucket.facet("versioning"):
            old = min((rule["noncurrent_days"] for rule in whole if rule["noncurrent_days"]), default=None)
            days = days + old if old is not None else None
            mend += ", and of its noncurrent versions,"
        yield from retention_faults(days, parameters, mend)
        yield from _parts([rule for rule in rules if rule not in whole], parameters)

    def _meets(self, rule: Mapping[str, Any]) -> bool:
        folder, prefix = self.found.location.prefix, str(rule["prefix"])
        return folder.startswith(prefix) or prefix.startswith(folder)

    def _covers(self, rule: Mapping[str, Any]) -> bool:
        return self.found.location.prefix.startswith(str(rule["prefix"])) and not rule["narrowed"]


def _parts(rules: Sequence[Mapping[str, Any]], parameters: Parameters) -> Iterator[Fault]:
    """Say which rules end a part of what is logged too early, if they do."""
    least = parameters["min_retention_days"]
    for rule in rules:
        if rule["days"] and rule["days"] < least:
            name = rule["id"] or rule["prefix"]
            yield Fault(f"is kept for {rule['days']} days where rule {name} applies, less than {least}", certain=False)
