"""One cluster as recorded: its access rules, its workloads and its claims, and where each subject has any power."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from collector.model.snapshot import Item
from controls.access.kubernetes.holder import Claim, find, parse_claim
from controls.access.kubernetes.power import (
    ESCALATIONS,
    EVERYWHERE,
    POWERS,
    bind,
    change,
    escalate,
    requests_of,
    run,
)
from controls.access.kubernetes.rbac import WHOLE_CLUSTER, Rbac
from controls.access.kubernetes.request import Act, Request
from controls.access.kubernetes.role import CLUSTER_ROLE, ROLE, Role
from controls.access.kubernetes.subject import Subject
from controls.access.kubernetes.way import Kind, Need, Plan, Way, way_by
from controls.access.kubernetes.workload import Workload, parse_workload


class Cluster:
    """The items of one cluster, each read once."""

    def __init__(
        self, roles: Iterable[Item], bindings: Iterable[Item], workloads: Iterable[Item], claims: Iterable[Item]
    ) -> None:
        """Read the items of `kubernetes.roles`, `.bindings`, `.workloads` and `.volume_claims`.

        Raises:
            MalformedError: an item has not the documented form, so nothing may be concluded.
            UnreadableError: the source did not give a facet of an item.

        """
        self.rbac = Rbac(roles, bindings)
        self.workloads = tuple(map(parse_workload, workloads))
        self.claims = tuple(map(parse_claim, claims))
        self._by_namespace: dict[str, list[Workload]] = {}
        for workload in self.workloads:
            self._by_namespace.setdefault(workload.namespace, []).append(workload)
        self._installed = frozenset(workload.kind for workload in self.workloads)
        self._acts = {key: _acts_of(role) for key, role in self.rbac.roles.items()}
        self._names: dict[tuple[str, str], list[tuple[str, frozenset[Act]]]] = {}
        for (kind, namespace, name), acts in self._acts.items():
            self._names.setdefault((kind, namespace), []).append((name, acts))
        self._allowed: dict[Subject, Mapping[str, frozenset[Act]]] = {}

    def find(self, uri: str) -> Claim | str:
        """Find the claim of a location `pvc://NAMESPACE/CLAIM/path`, or say why it was not found.

        Raises:
            MalformedError: the location lacks a namespace or a claim.

        """
        return find(self.claims, uri)

    def sharing(self, claim: Claim) -> Sequence[Claim]:
        """Give a claim, and all others that have the same data."""
        return (claim, *(other for other in self.claims if other != claim and other.shares(claim)))

    def workloads_in(self, namespace: str) -> Sequence[Workload]:
        """Give the workloads of a namespace, or all."""
        return self.workloads if namespace == EVERYWHERE else self._by_namespace.get(namespace, ())

    def scopes(self, subject: Subject) -> Sequence[str]:
        """Give where bindings give a subject, or a group that it is in, any power: namespaces, and the whole cluster.

        A dangling binding counts: who may make the role that it refers to gives it rules.
        """
        return tuple(self._by_scope(subject))

    def acts(self, subject: Subject, namespace: str) -> frozenset[Act]:
        """Give the acts of power that a subject is allowed on any object of a namespace, or of the whole cluster."""
        by_scope = self._by_scope(subject)
        whole = by_scope.get(WHOLE_CLUSTER, frozenset())
        return whole | by_scope[namespace] if namespace in by_scope else whole

    def ways(self, subject: Subject, namespace: str, plans: Iterable[Plan]) -> Iterator[Way]:
        """Give the ways that a subject has to carry out plans in a namespace."""
        acts = self.acts(subject, namespace)
        if not acts:
            return
        for plan in plans:
            if plan.is_within(acts) and (way := way_by(self.rbac, subject, plan)) is not None:
                yield way

    def _by_scope(self, subject: Subject) -> Mapping[str, frozenset[Act]]:
        if subject not in self._allowed:
            members = self.rbac.members(subject)
            scopes = sorted({scope for member in members for scope in self.rbac.scopes(member)})
            bindings = {scope: [b for member in members for b in self.rbac.given(member, scope)] for scope in scopes}
            self._allowed[subject] = {
                scope: frozenset().union(*(self._acts.get(binding.role, ()) for binding in given))
                for scope, given in bindings.items()
                if any(self._acts.get(binding.role, True) for binding in given)
            }
        return self._allowed[subject]

    def running(self, namespace: str) -> Need:
        """Give what makes pods in a namespace."""
        return run(namespace, self._installed)

    def pods(self, namespace: str, wanted: Sequence[Request]) -> Iterator[Plan]:
        """Give the plans that let their holder decide what pods of a namespace are made of.

        Args:
            namespace: or EVERYWHERE.
            wanted: requests that are worth to bind a role for.

        """
        changing = change(namespace, self.workloads_in(namespace))
        yield Plan(Kind.RUN, (self.running(namespace),))
        yield Plan(Kind.CHANGE, (changing,))
        yield self.binding(namespace, (*wanted, *requests_of(changing)))

    def binding(self, namespace: str, wanted: Iterable[Request]) -> Plan:
        """Give the plan to bind a role that allows any wanted request, in a namespace or the whole cluster."""
        acts = frozenset(request.act for request in wanted)

        def names(kind: str, home: str) -> frozenset[str]:
            return frozenset(name for name, its in self._names.get((kind, home), ()) if not its.isdisjoint(acts))

        return Plan(Kind.BIND, bind(namespace, names(ROLE, namespace), names(CLUSTER_ROLE, "")))

    def escalations(self, subject: Subject, namespace: str) -> Iterator[Plan]:
        """Give the plans that let a subject extend a role that is bound to it, and so allow itself anything."""
        if self.acts(subject, namespace).isdisjoint(ESCALATIONS):
            return
        for role in dict.fromkeys(binding.role for binding in self.rbac.bound(subject, namespace)):
            yield Plan(Kind.ESCALATE, escalate(role, exists=role in self.rbac.roles))


def _acts_of(role: Role) -> frozenset[Act]:
    return frozenset(act for act, request in POWERS.items() if role.covering(request))
