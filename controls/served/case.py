"""What changes are held against: approvals, registry versions and audit logs, and which approval is of which change."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from collector.model.control import Parameters
from collector.model.evidence import Evidence
from controls.served.approval import PULL_REQUEST_ANNOTATION, Approval, approvals_of
from controls.served.audit import AuditEvent, audit_events, during
from controls.served.change import Change
from controls.served.reference import ModelReference, resolve
from controls.served.version import ModelVersion, versions_of


@dataclass(frozen=True, slots=True)
class Thing:
    """One thing of a change that needs an approval: what it is called, what an approval may call it, who made it."""

    name: str
    names: frozenset[str]
    authors: frozenset[str]


@dataclass(frozen=True, slots=True)
class Case:
    """The approvals, versions and audit events of one set of evidence."""

    approvals: Sequence[Approval]
    versions: Sequence[ModelVersion]
    events: Sequence[AuditEvent]

    @classmethod
    def of(cls, evidence: Evidence, parameters: Parameters) -> "Case":
        """Read them.

        Raises:
            MalformedError: an attestation does not have the form that `attest change` writes.

        """
        versions, _ = versions_of(evidence, parameters)
        return cls(approvals_of(evidence, parameters), versions, audit_events(evidence))

    def events_of(self, change: Change) -> list[AuditEvent]:
        """Give the writes that may be the ones behind a change."""
        return during(self.events, change.serving, change.not_before, change.not_after)

    def approvals_for(self, thing: Thing) -> Iterator[Approval]:
        """Yield the approvals that name a thing exactly."""
        return (approval for approval in self.approvals if approval.names & thing.names)

    def things(self, change: Change) -> Iterator[Thing]:
        """Yield what of a change needs an approval: all that it adds, or else the set-up that it leaves."""
        whole = {change.annotations.get(PULL_REQUEST_ANNOTATION, ""), change.after.configuration} - {""}
        for name in change.added:
            version = resolve(ModelReference(name, ""), self.versions)
            if isinstance(version, ModelVersion):
                yield Thing(name, frozenset((name, version.id, *whole)), frozenset((version.author,)) - {""})
            else:
                yield Thing(name, frozenset((name, *whole)), frozenset())
        if not change.added:
            # Nothing new is served, so what is approved is the set-up, or that it ends.
            name = change.after.configuration or change.serving
            yield Thing(name, frozenset((name, *whole)), frozenset())
