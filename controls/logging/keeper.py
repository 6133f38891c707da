"""What keeps logged outputs, and how: one answer for each kind of store."""

from collections.abc import Iterator
from typing import Protocol

from collector.model.canonical import JsonObject
from collector.model.control import Parameters
from collector.model.evidence import Evidence
from controls.access.gcp.bucket import is_objects
from controls.fault import Fault
from controls.logging.bucket import LoggedBucket
from controls.logging.dataset import NEEDS as OF_DATASETS
from controls.logging.dataset import LoggedDataset
from controls.logging.group import LoggedGroup
from controls.logging.log_bucket import NEEDS as OF_LOG_BUCKETS
from controls.logging.log_bucket import LoggedLogBucket
from controls.logging.objects import NEEDS as OBJECTS
from controls.logging.objects import LoggedObjects
from controls.logging.store import LogStore, StoreKind

GROUPS = "logs.groups"
POLICIES = "logs.resource_policies"
BUCKETS = "s3.buckets"
KEYS = "kms.keys"
LOG_BUCKETS = "gcp.log_buckets"
NEEDS = (GROUPS, POLICIES, BUCKETS, KEYS, LOG_BUCKETS)
"""What says how stores are kept."""

OPTIONAL = tuple(dict.fromkeys((*OBJECTS, *OF_DATASETS, *OF_LOG_BUCKETS)))
"""What says it where there are stores of these kinds, and is not missed where there are none."""


class Keeper(Protocol):
    """What is known of how one store is kept.

    Each raises UnreadableError for what the source did not give, and MalformedError for a policy that says nothing.
    """

    def kept(self, parameters: Parameters) -> Iterator[Fault]:
        """Say what is wrong with its encryption, its openness and its retention."""
        ...

    def locked(self, parameters: Parameters) -> Iterator[Fault]:
        """Say what lets its entries be deleted before their time."""
        ...

    def detail(self) -> JsonObject:
        """Say what that rests on."""
        ...


def keeper_of(store: LogStore, evidence: Evidence) -> Keeper | str:
    """Find what keeps a store in the evidence, or say why it is not known."""
    if store.kind is StoreKind.GROUP:
        return LoggedGroup.find(store, evidence)
    if store.kind is StoreKind.BUCKET:
        return LoggedObjects.find(store, evidence) if is_objects(store.id) else LoggedBucket.find(store, evidence)
    if store.kind is StoreKind.LOG_BUCKET:
        return LoggedLogBucket.find(store, evidence)
    return LoggedDataset.find(store, evidence)
