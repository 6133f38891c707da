"""Bindings: which role is given to whom, in one namespace or in the whole cluster."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from collector.model.errors import MalformedError
from collector.model.snapshot import Item
from controls.access.kubernetes.facet import content_of, objects, optional_text, text
from controls.access.kubernetes.naming import full_name
from controls.access.kubernetes.role import CLUSTER_ROLE, ROLE
from controls.access.kubernetes.subject import KINDS, SERVICE_ACCOUNT, USER, Subject, user

ROLE_BINDING = "RoleBinding"
CLUSTER_ROLE_BINDING = "ClusterRoleBinding"


@dataclass(frozen=True, slots=True)
class Binding:
    """A role binding, or a cluster role binding, whose namespace is empty."""

    kind: str
    namespace: str
    name: str
    role_kind: str
    role_name: str
    subjects: tuple[Subject, ...]

    def __str__(self) -> str:
        return full_name(self.kind, self.namespace, self.name)

    @property
    def role(self) -> tuple[str, str, str]:
        """Give kind, namespace and name of the role that it refers to."""
        return self.role_kind, self.namespace if self.role_kind == ROLE else "", self.role_name


def parse_binding(item: Item) -> Binding:
    """Read an item of `kubernetes.bindings`.

    Raises:
        MalformedError: it has another form than a binding's.
        UnreadableError: the source did not give one of its facets.

    """
    value, where = content_of(item), item.id
    kind = text(value, "kind", where)
    namespace = optional_text(value, "namespace", where)
    if kind not in (ROLE_BINDING, CLUSTER_ROLE_BINDING) or bool(namespace) != (kind == ROLE_BINDING):
        raise MalformedError(f"{where} is neither a binding in a namespace nor a cluster role binding")
    role = value.get("role")
    if not isinstance(role, Mapping):
        raise MalformedError(f"role of {where} is not an object")
    role_kind = text(role, "kind", where)
    if role_kind != CLUSTER_ROLE and not (role_kind == ROLE and namespace):
        raise MalformedError(f"{where} refers to a {role_kind}, which such a binding cannot give")
    subjects = (_subject(subject, namespace, where) for subject in objects(value, "subjects", where))
    return Binding(
        kind=kind,
        namespace=namespace,
        name=text(value, "name", where),
        role_kind=role_kind,
        role_name=text(role, "name", where),
        subjects=tuple(subject for subject in dict.fromkeys(subjects) if subject is not None),
    )


def _subject(value: Mapping[str, Any], namespace: str, where: str) -> Subject | None:
    """Read a subject; None for a service account without any namespace, which is nobody."""
    kind, name = text(value, "kind", where), text(value, "name", where)
    if kind not in KINDS:
        raise MalformedError(f"{where} has a subject of the unknown kind {kind}")
    if kind == SERVICE_ACCOUNT:
        home = optional_text(value, "namespace", where) or namespace
        return Subject(kind, name, home) if home else None
    return user(name) if kind == USER else Subject(kind, name)
