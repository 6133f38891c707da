"""One project as recorded: the policies that it inherits, the roles that they name, and what of both is not known."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from collector.model.errors import MalformedError
from collector.model.snapshot import Content, Snapshot, UnreadableError
from controls.access.gcp.policy import DenyRule, Level, bindings_of, deny_rules_of
from controls.access.truth import Truth

IAM = "gcp.iam"
ROLES = "gcp.roles"


@dataclass(frozen=True, slots=True)
class Roles:
    """What roles permit, by name; a deleted role permits nothing."""

    _permissions: Mapping[str, frozenset[str]]

    @classmethod
    def of(cls, snapshot: Snapshot | None) -> "Roles":
        """Read the roles of one source."""
        found: dict[str, frozenset[str]] = {}
        for item in snapshot or ():
            role = item.content()
            try:
                found[item.id] = frozenset() if role.facet("deleted") else frozenset(role.facet("permissions"))
            except UnreadableError:
                continue
        return cls(found)

    def permits(self, role: str, permission: str) -> Truth:
        """Tell whether a role permits something; UNKNOWN for a role that was not read."""
        permissions = self._permissions.get(role)
        if permissions is None:
            return Truth.UNKNOWN
        return Truth.YES if permission in permissions else Truth.NO


@dataclass(frozen=True, slots=True)
class AuditConfig:
    """Which reads of data one level logs: for which service, and whose it leaves out. `where` names the level."""

    where: str
    service: str
    exempted: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Project:
    """One project with everything above it.

    Attributes:
        id, number: such as `acme-prod` and `415104041262`.
        levels: its policy and what it inherits, the project first.
        denies: the deny rules of all levels that could be read; they only narrow.
        audits: which reads of data are logged, by all levels.
        roles: what the roles of all these policies permit.
        unread: sentences: what of the inherited policies is not known.
        unread_audits: the same of what is logged.

    """

    id: str
    number: str
    levels: tuple[Level, ...]
    denies: tuple[DenyRule, ...]
    audits: tuple[AuditConfig, ...]
    roles: Roles
    unread: tuple[str, ...] = ()
    unread_audits: tuple[str, ...] = ()

    @property
    def names(self) -> frozenset[str]:
        """Give both names of the project."""
        return frozenset((self.id, self.number))


@dataclass
class _Climb:
    """What was found on the way from a project to its organization."""

    levels: list[Level] = field(default_factory=list)
    denies: list[DenyRule] = field(default_factory=list)
    audits: list[AuditConfig] = field(default_factory=list)
    unread: list[str] = field(default_factory=list)
    unread_audits: list[str] = field(default_factory=list)

    def take(self, node: Content) -> None:
        """Take what one level says, or that it is not known."""
        where = name_of(node)
        try:
            self.levels.append(Level(where, bindings_of(node.facet("policy"), where)))
            self.audits += _audits(node.facet("audit"), where)
        except UnreadableError as error:
            self.unread.append(f"who has access by {where} is not known: {error}")
            self.unread_audits.append(f"what {where} logs is not known: {error}")
        try:
            self.denies += deny_rules_of(node.facet("deny"), where)
        except UnreadableError:
            # A deny only narrows access: without it, whoever may have access is listed.
            return

    def broken(self, sentence: str) -> None:
        """Note that what is further up is not known."""
        self.unread.append(sentence)
        self.unread_audits.append(sentence)


def project_in(snapshot: Snapshot, roles: Snapshot | None) -> Project | None:
    """Give the project of a source; None where the source did not even give its name.

    Raises:
        MalformedError: what was recorded has another form.

    """
    nodes = {item.id: item.content() for item in snapshot}
    project = next((node for node in nodes.values() if node.value["type"] == "project"), None)
    return _project(project, nodes, Roles.of(roles)) if project is not None else None


def name_of(node: Content) -> str:
    """Name a level for people: `project acme-prod`, `folder 12 (ml)`, `organization 3 (acme.example)`."""
    if node.value["type"] == "project":
        return f"project {node.value['project']}"
    shown = node.value.get("display_name")
    number = str(node.value["name"]).rpartition("/")[2]
    return f"{node.value['type']} {number}{f' ({shown})' if shown else ''}"


def _project(project: Content, nodes: Mapping[str, Content], roles: Roles) -> Project:
    climb = _Climb()
    node = project
    for _ in range(len(nodes)):
        climb.take(node)
        try:
            parent = node.facet("parent")
        except UnreadableError as error:
            climb.broken(f"what is above {name_of(node)} is not known: {error}")
            break
        if parent is None:
            break
        if parent not in nodes:
            climb.broken(f"{name_of(node)} is in {parent}, which was not read")
            break
        node = nodes[parent]
    else:
        raise MalformedError(f"the folders above {name_of(project)} lead back to one another")
    return Project(
        id=str(project.value["project"]),
        number=str(project.value["name"]).rpartition("/")[2],
        levels=tuple(climb.levels),
        denies=tuple(climb.denies),
        audits=tuple(climb.audits),
        roles=roles,
        unread=tuple(climb.unread),
        unread_audits=tuple(climb.unread_audits),
    )


def _audits(configs: Any, where: str) -> Iterator[AuditConfig]:
    try:
        for config in configs:
            for log in config["logs"]:
                if log["type"] == "DATA_READ":
                    yield AuditConfig(where, str(config["service"]), tuple(map(str, log["exempted"])))
    except (KeyError, TypeError) as error:
        raise MalformedError(f"the audit configuration of {where} is malformed: {error!r}") from None
