"""The decision of the API server's RBAC authorizer, and the bindings and rules behind it.

RBAC only ever allows, so access is a union: a request is allowed when any rule of any role bound to the caller, or to
a group of the caller, allows it, by a cluster role binding or by a role binding of the request's namespace. A binding
whose role does not exist gives nothing.

Source: Kubernetes, plugin/pkg/auth/authorizer/rbac/rbac.go and pkg/registry/rbac/validation/rule.go.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from collector.model.snapshot import Item
from controls.access.kubernetes.binding import Binding, parse_binding
from controls.access.kubernetes.request import Request, UrlRequest
from controls.access.kubernetes.role import CLUSTER_ROLE, Role, Rule, parse_role
from controls.access.kubernetes.subject import GROUP, MASTERS, Subject

WHOLE_CLUSTER = ""
"""The scope of cluster role bindings; that of a role binding is its namespace."""


@dataclass(frozen=True, slots=True)
class Path:
    """How a request is allowed: a subject, its binding, the role, and the rule by its number from 1.

    `binding` and `role` are None for members of system:masters, who need none. `origins` names the cluster roles
    that a rule of an aggregated role comes from: whoever wants to change the rule changes it there.
    """

    subject: Subject
    action: str
    binding: Binding | None = None
    role: Role | None = None
    number: int = 0
    origins: tuple[str, ...] = ()

    @property
    def steps(self) -> tuple[str, ...]:
        """Give the way from the subject to the rule."""
        if self.binding is None or self.role is None:
            return str(self.subject), f"every request without RBAC ({self.action})"
        origin = f", from clusterrole {', '.join(self.origins)}" if self.origins else ""
        return str(self.subject), str(self.binding), str(self.role), f"rule {self.number} ({self.action}){origin}"

    def __str__(self) -> str:
        return " → ".join(self.steps)


class Rbac:
    """The roles and bindings of one cluster, indexed by subject."""

    def __init__(self, roles: Iterable[Item], bindings: Iterable[Item]) -> None:
        """Read the items of `kubernetes.roles` and `kubernetes.bindings`.

        Raises:
            MalformedError: an item has not the documented form, so nothing may be concluded.
            UnreadableError: the source did not give a facet of an item.

        """
        self.roles = {(role.kind, role.namespace, role.name): role for role in map(parse_role, roles)}
        self.bindings = tuple(map(parse_binding, bindings))
        self._bound: dict[Subject, dict[str, list[Binding]]] = {}
        self._members: dict[Subject, tuple[Subject, ...]] = {}
        self._paths: dict[tuple[Subject, str, tuple[str, ...]], tuple[Path, ...]] = {}
        self._origins: dict[tuple[str, int], tuple[str, ...]] = {}
        for binding in self.bindings:
            for subject in binding.subjects:
                self._bound.setdefault(subject, {}).setdefault(binding.namespace, []).append(binding)

    @cached_property
    def subjects(self) -> tuple[Subject, ...]:
        """Give everyone to whom anything is bound."""
        return tuple(sorted(self._bound))

    @cached_property
    def dangling(self) -> tuple[Binding, ...]:
        """Give the bindings whose role does not exist: whoever creates that role gives it to their subjects."""
        return tuple(binding for binding in self.bindings if binding.role not in self.roles)

    def allowed(self, subject: Subject, request: Request | UrlRequest, groups: Sequence[str] = ()) -> tuple[Path, ...]:
        """Give every path by which a subject may do what it requests; none when it is denied.

        Args:
            subject: who asks. Of a group, this is what each of its members may do.
            request: what for.
            groups: the groups that an identity provider puts it in, beside those that the server does.

        """
        members = _with_groups(subject, (*groups, *subject.groups)) if groups else self.members(subject)
        if MASTERS in members:
            return (Path(MASTERS, request.action),)
        scopes = (WHOLE_CLUSTER, request.namespace) if request.namespace else (WHOLE_CLUSTER,)
        return tuple(path for member in members for scope in scopes for path in self._by(member, scope, request))

    def names(self, subject: Subject, request: Request) -> frozenset[str]:
        """Give the names of objects that rules single out for such a request."""
        return frozenset(
            name
            for binding in self.bound(subject, request.namespace)
            if (role := self.roles.get(binding.role)) is not None
            for _, rule in role.covering(request)
            for name in rule.names
        )

    def bound(self, subject: Subject, namespace: str) -> Iterator[Binding]:
        """Give the bindings that speak for a subject in a namespace, or in the whole cluster where that is empty."""
        for member in self.members(subject):
            for scope in dict.fromkeys((WHOLE_CLUSTER, namespace)):
                yield from self.given(member, scope)

    def given(self, member: Subject, scope: str) -> Sequence[Binding]:
        """Give the bindings of a scope that name a subject itself."""
        return self._bound.get(member, {}).get(scope, ())

    def scopes(self, subject: Subject) -> tuple[str, ...]:
        """Give where bindings name a subject: namespaces, and the whole cluster."""
        return tuple(sorted(self._bound.get(subject, {})))

    def members(self, subject: Subject) -> tuple[Subject, ...]:
        """Give the subject and the groups that the server puts it in, without those that nothing is bound to."""
        if subject not in self._members:
            everyone = _with_groups(subject, subject.groups)
            self._members[subject] = tuple(each for each in everyone if each == MASTERS or each in self._bound)
        return self._members[subject]

    def _by(self, member: Subject, scope: str, request: Request | UrlRequest) -> tuple[Path, ...]:
        bindings = self.given(member, scope)
        if not bindings:
            return ()
        key = (member, scope, request.what)
        if key not in self._paths:
            self._paths[key] = tuple(self._found(member, bindings, request))
        return self._paths[key]

    def _found(self, member: Subject, bindings: Iterable[Binding], request: Request | UrlRequest) -> Iterator[Path]:
        for binding in bindings:
            role = self.roles.get(binding.role)
            if role is None:
                continue
            for number, rule in role.allowing(request):
                yield Path(member, request.action, binding, role, number, self._origin(role, number, rule))

    def _origin(self, role: Role, number: int, rule: Rule) -> tuple[str, ...]:
        if role.selectors is None:
            return ()
        key = (role.name, number)
        if key not in self._origins:
            self._origins[key] = tuple(sorted(set(self._sources(role, rule, frozenset()))))
        return self._origins[key]

    def _sources(self, role: Role, rule: Rule, seen: frozenset[str]) -> Iterator[str]:
        """Give the cluster roles that are no aggregates themselves and have a rule that an aggregate took over."""
        for other in self.roles.values():
            if other.kind != CLUSTER_ROLE or other.name in seen or rule not in other.rules or other is role:
                continue
            if any(selector.selects(other.labels) for selector in role.selectors or ()):
                if other.selectors is None:
                    yield other.name
                else:
                    yield from self._sources(other, rule, seen | {role.name})


def _with_groups(subject: Subject, groups: Iterable[str]) -> tuple[Subject, ...]:
    return tuple(dict.fromkeys((subject, *(Subject(GROUP, name) for name in groups))))
