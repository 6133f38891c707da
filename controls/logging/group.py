"""A CloudWatch log group that outputs are logged to.

Source: Amazon CloudWatch Logs User Guide: "Encrypt log data" (all groups are encrypted, under a key of AWS's own where
none is named), "Protecting log groups from deletion", "Resource-based policies".
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from collector.model.canonical import JsonObject
from collector.model.control import Parameters
from collector.model.evidence import Evidence
from collector.model.snapshot import Content
from controls.access.context import Context
from controls.access.location import key_in
from controls.access.pattern import Resources
from controls.access.policy import parse_policy
from controls.access.principal import Named
from controls.access.public import for_everyone, is_public
from controls.access.truth import Truth
from controls.fault import Fault
from controls.logging.retention import retention_faults
from controls.logging.store import LogStore

READS = ("logs:FilterLogEvents", "logs:GetLogEvents", "logs:GetLogRecord", "logs:StartLiveTail", "logs:StartQuery")
"""What reads log events. Source: Service Authorization Reference, "Actions defined by Amazon CloudWatch Logs"."""

UNWATCHED = "who is let in by its own policies and who gets copies was not read: name it in log_groups of its account"


@dataclass(frozen=True, slots=True)
class LoggedGroup:
    """A log group in the evidence."""

    store: LogStore
    content: Content
    evidence: Evidence

    @classmethod
    def find(cls, store: LogStore, evidence: Evidence) -> "LoggedGroup | str":
        """Find a store's group, or say why it was not found."""
        for snapshot in evidence.snapshots("logs.groups"):
            item = snapshot.get(store.id)
            if item is not None:
                return cls(store, item.content(), evidence)
        return f"{store.what} is in no list of log groups that was read: it is gone, or its account is no source"

    @property
    def resources(self) -> Resources:
        """Give what reading of it is authorised on."""
        return Resources(f"{self.store.id}:log-stream:", prefix=True)

    def policies(self) -> Sequence[Named]:
        """Give the statements of the policies that let somebody in: the account's, and its own where they were read.

        Raises:
            UnreadableError: its own were asked for and not given.
            MalformedError: one of them says nothing.

        """
        found: list[Named] = []
        for snapshot in self.evidence.snapshots("logs.resource_policies"):
            if snapshot.source != self.store.source:
                continue
            for item in snapshot:
                value = item.content().value
                if value["region"] == self.store.region:
                    where = f"resource policy {value['name']}"
                    found += [Named((where,), each) for each in parse_policy(value["document"], where)]
        for document in self.content.facet("policies") or ():
            where = f"resource policy of {self.store.what}"
            found += [Named((where,), each) for each in parse_policy(document, where)]
        return found

    def kept(self, parameters: Parameters) -> Iterator[Fault]:
        """Say what is wrong with its encryption, its openness and its retention."""
        yield from self._key_faults(parameters)
        yield from self._openness()
        mend = f"set the retention of {self.store.what}"
        yield from retention_faults(self.content.facet("retention_days"), parameters, mend)

    def locked(self, parameters: Parameters) -> Iterator[Fault]:
        """Say what lets it be deleted."""
        del parameters  # A group is protected or it is not.
        if not self.content.facet("deletion_protection"):
            yield Fault("can be deleted: turn on its deletion protection")

    def detail(self) -> JsonObject:
        """Say what that rests on."""
        names = ("class", "deletion_protection", "key", "retention_days")
        return {name: self.content.value[name] for name in names}

    def _key_faults(self, parameters: Parameters) -> Iterator[Fault]:
        name = self.content.facet("key")
        if name is None:
            if parameters["customer_keys"]:
                yield Fault("is encrypted under a key of AWS's own: associate a customer-managed key")
            return
        key = key_in(self.evidence, self.store.source, name)
        if key is None:
            # Its key may be another account's; that it is encrypted is certain all the same.
            return
        if key.facet("state") != "Enabled":
            yield Fault(f"can be neither written nor read: its key {name} is {key.facet('state')}: enable it")

    def _openness(self) -> Iterator[Fault]:
        for named in self.policies():
            statement = named.statement
            reads = any(statement.has_action(action) for action in READS)
            if not (statement.allow and reads and for_everyone(statement)):
                continue
            reached = statement.reaches(self.resources, Context())
            public = min(reached, is_public([statement]))
            if public is not Truth.NO:
                way = " of ".join(reversed(named.steps))
                yield Fault(f"can be read by everyone: take away {way}", certain=public is Truth.YES)
        if self.content.facet("policies") is None:
            yield Fault(f"may be shared: {UNWATCHED}", certain=False)
