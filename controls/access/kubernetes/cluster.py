"""One cluster as recorded: its access rules, its workloads and its claims, and where each subject has any power."""

from collections.abc import Iterable, Iterator, Sequence

from collector.model.snapshot import Item
from controls.access.kubernetes.holder import Claim, find, parse_claim
from controls.access.kubernetes.power import EVERYWHERE, POWERS, bind, change, escalate, requests_of, run
from controls.access.kubernetes.rbac import Rbac
from controls.access.kubernetes.request import Request
from controls.access.kubernetes.subject import Subject
from controls.access.kubernetes.way import Kind, Need
from controls.access.kubernetes.workload import Workload, parse_workload

Plan = tuple[Kind, tuple[Need, ...]]
"""A way that somebody may have: what it makes use of, and the needs that it takes."""


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
        self._installed = frozenset(workload.kind for workload in self.workloads)
        self._powerful = frozenset(
            key for key, role in self.rbac.roles.items() if any(role.covering(request) for request in POWERS)
        )
        self._scopes: dict[Subject, tuple[str, ...]] = {}

    def find(self, uri: str) -> Claim | str:
        """Find the claim of a location `pvc://NAMESPACE/CLAIM/path`, or say why it was not found.

        Raises:
            MalformedError: the location lacks a namespace or a claim.

        """
        return find(self.claims, uri)

    def workloads_in(self, namespace: str) -> Sequence[Workload]:
        """Give the workloads of a namespace, or all."""
        return [each for each in self.workloads if namespace in (each.namespace, EVERYWHERE)]

    def scopes(self, subject: Subject) -> tuple[str, ...]:
        """Give where bindings give a subject, or a group that it is in, any power: namespaces, and the whole cluster.

        A dangling binding counts: who may make the role that it refers to gives it rules.
        """
        if subject not in self._scopes:
            members = self.rbac.members(subject)
            self._scopes[subject] = tuple(
                sorted(
                    {scope for member in members for scope in self.rbac.scopes(member) if self._power(member, scope)}
                )
            )
        return self._scopes[subject]

    def _power(self, member: Subject, scope: str) -> bool:
        roles = self.rbac.roles
        return any(
            binding.role in self._powerful or binding.role not in roles for binding in self.rbac.given(member, scope)
        )

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
        yield Kind.RUN, (self.running(namespace),)
        yield Kind.CHANGE, (changing,)
        yield Kind.BIND, bind(self.rbac, namespace, (*wanted, *requests_of(changing)))

    def escalations(self, subject: Subject, namespace: str) -> Iterator[Plan]:
        """Give the plans that let a subject extend a role that is bound to it, and so allow itself anything."""
        for role in dict.fromkeys(binding.role for binding in self.rbac.bound(subject, namespace)):
            yield Kind.ESCALATE, escalate(role, exists=role in self.rbac.roles)
