"""Whether reads of objects are logged: Data Access audit logs of the project or anything above it.

Services' and members' settings of all levels are a union: what any level logs is logged, whom any level exempts is not.

Source: Cloud Audit Logs documentation, "Enable Data Access audit logs" and "AuditConfig inheritance"; Cloud Storage
documentation, "Cloud Audit Logs with Cloud Storage" (what everyone may read is not logged).
"""

from collections.abc import Iterator, Sequence

from controls.access.gcp.bucket import FoundObjects
from controls.access.gcp.member import EVERYONE, kind_of
from controls.access.gcp.project import AuditConfig, Project
from controls.access.readers import Reader
from controls.access.truth import Truth
from controls.fault import Fault

_SERVICES = ("allServices", "storage.googleapis.com")
_SINGLE = ("user", "serviceAccount", "principal")


def audit_faults(found: FoundObjects, project: Project, readers: Sequence[Reader], *, whole: bool) -> Iterator[Fault]:
    """Yield what keeps reads of a location out of the log.

    Args:
        found: the location.
        project: the bucket's.
        readers: who can read it.
        whole: whether those are all.

    """
    configs = [config for config in project.audits if config.service in _SERVICES]
    if not configs and project.unread_audits:
        yield Fault(f"may not be logged: {project.unread_audits[0]}", certain=False)
        return
    if not configs:
        mend = f"turn on DATA_READ for storage.googleapis.com in the audit configuration of project {project.id}"
        yield Fault(f"is not logged: {mend}")
        return
    for reader in readers:
        if reader.principal in EVERYONE:
            mend = f"take its access to bucket {found.location.bucket} away"
            yield Fault(f"is never logged for {reader.principal}: {mend}", certain=reader.access is Truth.YES)
    exempted = {member: config for config in configs for member in config.exempted}
    for member, config in sorted(exempted.items()):
        yield from _exempted(member, config, readers, whole=whole)
    if project.unread_audits:
        yield Fault(f"may be exempted from the log further up: {project.unread_audits[0]}", certain=False)


def _exempted(member: str, config: AuditConfig, readers: Sequence[Reader], *, whole: bool) -> Iterator[Fault]:
    mend = f"remove {member} from the exempted members of {config.service} on {config.where}"
    own = [reader.access for reader in readers if reader.principal == member]
    if own:
        yield Fault(f"is not logged for {member}: {mend}", certain=own[0] is Truth.YES)
        return
    # A single identity may be in a group that reads, and any reader may be in an exempted group.
    single = kind_of(member) in _SINGLE
    hidden = any(kind_of(reader.principal) not in _SINGLE for reader in readers) if single else bool(readers)
    if hidden or not whole:
        yield Fault(f"is not logged for {member}, if it can read there: {mend}", certain=False)
