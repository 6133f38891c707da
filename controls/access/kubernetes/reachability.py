"""Who can become whom in a cluster: by impersonation, by tokens, and by pods that run as a service account.

Every subject's steps are worked out once, for the cluster; the chains to some subjects are then found backwards from
them, one for each subject, so that none is visited more than twice.

Source: Kubernetes documentation, "User Impersonation", "Managing Service Accounts", "Role Based Access Control Good
Practices".
"""

from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from controls.access.kubernetes.cluster import Cluster, Plan
from controls.access.kubernetes.power import (
    EVERYWHERE,
    anything,
    enter,
    impersonate,
    issue,
    make_token_secrets,
    node,
    requests_of,
)
from controls.access.kubernetes.rbac import WHOLE_CLUSTER
from controls.access.kubernetes.subject import (
    ANONYMOUS,
    AUTHENTICATED,
    GROUP,
    MASTERS,
    SERVICE_ACCOUNT,
    UNAUTHENTICATED,
    USER,
    Subject,
    user,
)
from controls.access.kubernetes.way import Ask, Kind, Need, Way, way_by

_ANY = "*"
_SIGNED_IN = "the pods hold a token of their service account, as they do unless told otherwise"
_IN_USE = Subject("ServiceAccount in use", _ANY, EVERYWHERE)
"""Any service account that a workload runs as."""


@dataclass(frozen=True, slots=True)
class Step:
    """A subject becomes another one, in a way."""

    way: Way
    target: Subject

    def __str__(self) -> str:
        return f"{self.way} → {self.target}"


@dataclass(frozen=True, slots=True)
class Chain:
    """Steps from a subject to one whose access is then its own.

    `certain` tells that neither a step nor the access at its end is conditional.
    """

    steps: tuple[Step, ...]
    certain: bool

    def __str__(self) -> str:
        return "; then ".join(map(str, self.steps)) + ("" if self.certain else " (conditional)")


Edge = tuple[Subject, Way]


Planned = tuple[Subject, Kind, tuple[Need, ...]]
"""An edge that may be: its end, what it makes use of, and the needs that it takes."""


class Reachability:
    """The graph of who can become whom."""

    def __init__(self, cluster: Cluster) -> None:
        """Keep the cluster; the graph is made when it is first asked for."""
        self._cluster = cluster
        self._rbac = cluster.rbac
        self._by_namespace: dict[str, Sequence[Plan]] = {}

    def chains(self, ends: Mapping[Subject, bool]) -> Mapping[Subject, Chain]:
        """Give everyone who can become one of some subjects, other than itself, each by one chain.

        A certain chain goes before a conditional one, and a shorter before a longer one.

        Args:
            ends: the subjects to become, each with whether its own access is certain.

        """
        found: dict[Subject, Chain] = {}
        for certain in (True, False):
            self._extend(found, ends, certain=certain)
        return found

    def _extend(self, found: dict[Subject, Chain], ends: Mapping[Subject, bool], *, certain: bool) -> None:
        """Add the chains that are certain, or all others."""
        reached = {*found, *(subject for subject, sure in ends.items() if sure or not certain)}
        # Of what can be become as easily, the one that matters most is shown: RBAC does not bind it.
        waiting = deque(sorted(reached, key=lambda subject: (subject != MASTERS, subject)))
        crossed: set[Subject] = set()
        while waiting:
            target = waiting.popleft()
            rest = found[target].steps if target in found and not ends.get(target) else ()
            for entrance in self._entrances(target):
                for subject, way in () if entrance in crossed else self._edges.get(entrance, ()):
                    # Nobody needs a chain through itself.
                    if (certain and way.conditions) or subject in (target, *(step.target for step in rest)):
                        continue
                    found.setdefault(subject, Chain((Step(way, target), *rest), certain))
                    if subject not in reached:
                        reached.add(subject)
                        waiting.append(subject)
                crossed.add(entrance)

    def _entrances(self, target: Subject) -> Iterator[Subject]:
        """Give the ends of edges that lead to a subject. Who everyone is already, nobody needs to become."""
        if target in (AUTHENTICATED, UNAUTHENTICATED, ANONYMOUS):
            return
        if target.kind == SERVICE_ACCOUNT:
            for namespace in (target.namespace, EVERYWHERE):
                yield from (Subject(SERVICE_ACCOUNT, name, namespace) for name in (target.name, _ANY))
            if target in self._in_use:
                yield _IN_USE
            return
        yield target
        yield Subject(target.kind, _ANY)
        # Every service account is in a group of its namespace, whichever of them somebody becomes.
        yield from (end for end in self._edges if end.kind == SERVICE_ACCOUNT and _has_member(target, end))
        if any(target.holds(account) for account in self._in_use):
            yield _IN_USE

    @cached_property
    def _in_use(self) -> frozenset[Subject]:
        """Give the service accounts that workloads run as."""
        return frozenset(
            Subject(SERVICE_ACCOUNT, each.service_account, each.namespace) for each in self._cluster.workloads
        )

    @cached_property
    def _edges(self) -> Mapping[Subject, list[Edge]]:
        """Give who can become whom, by whom; the end's name or namespace may be `*`."""
        edges: dict[Subject, list[Edge]] = {}
        for subject in self._rbac.subjects:
            if subject == MASTERS:
                continue
            for end, kind, needs in self._plans(subject):
                way = way_by(self._rbac, subject, kind, *needs)
                if way is not None:
                    edges.setdefault(end, []).append((subject, way))
        return edges

    def _plans(self, subject: Subject) -> Iterator[Planned]:
        scopes = self._cluster.scopes(subject)
        for scope in scopes:
            namespace = scope or EVERYWHERE
            account = Subject(SERVICE_ACCOUNT, _ANY, namespace)
            yield from ((account, *plan) for plan in self._of(namespace))
            yield from ((account, *plan) for plan in self._cluster.escalations(subject, namespace))
            yield from self._entering(namespace)
            yield from self._named(subject, SERVICE_ACCOUNT, Kind.ISSUE, issue(namespace))
            yield from self._named(
                subject, SERVICE_ACCOUNT, Kind.IMPERSONATE, impersonate("serviceaccounts", namespace)
            )
        if WHOLE_CLUSTER in scopes:
            anyone = self._anyone(scopes)
            yield from self._named(subject, USER, Kind.IMPERSONATE, impersonate("users"))
            # A group is impersonated beside a user, any one.
            yield from self._named(subject, GROUP, Kind.IMPERSONATE, impersonate("groups"), anyone)
            yield _IN_USE, Kind.NODE, (node(_SIGNED_IN),)

    def _of(self, namespace: str) -> Sequence[Plan]:
        """Give the plans that make their holder any service account of a namespace."""
        if namespace not in self._by_namespace:
            accounts = (issue(namespace), impersonate("serviceaccounts", namespace))
            wanted = requests_of(accounts, *enter(namespace, ()).values(), self._cluster.running(namespace))
            plans = (*self._cluster.pods(namespace, wanted), (Kind.MINT, make_token_secrets(namespace)))
            self._by_namespace[namespace] = plans
        return self._by_namespace[namespace]

    def _entering(self, namespace: str) -> Iterator[Planned]:
        """Give the plans that make their holder the service account of pods that it enters."""
        if namespace == EVERYWHERE:
            for kind, need in enter(EVERYWHERE, self._cluster.workloads, _SIGNED_IN).items():
                yield _IN_USE, kind, (need,)
            return
        workloads = self._cluster.workloads_in(namespace)
        for name in sorted({each.service_account for each in workloads}):
            running = [each for each in workloads if each.service_account == name]
            for kind, need in enter(namespace, running, _SIGNED_IN).items():
                yield Subject(SERVICE_ACCOUNT, name, namespace), kind, (need,)

    def _named(self, subject: Subject, end: str, kind: Kind, ask: Ask, *more: Need) -> Iterator[Planned]:
        """Give the plans to become any subject of a kind, and those to become one that a rule singles out."""
        home = ask.request.namespace
        yield Subject(end, _ANY, home), kind, ((ask,), *more)
        for name in sorted(self._rbac.names(subject, ask.request)):
            singled = replace(ask, request=replace(ask.request, name=name))
            yield (user(name) if end == USER else Subject(end, name, home)), kind, ((singled,), *more)

    @staticmethod
    def _anyone(scopes: Iterable[str]) -> Need:
        """Give what impersonates any one user or service account."""
        places = [impersonate("serviceaccounts", scope or EVERYWHERE) for scope in scopes]
        return tuple(replace(ask, about=anything) for ask in (impersonate("users"), *places))


def _has_member(group: Subject, end: Subject) -> bool:
    """Tell whether somebody who becomes any service account that an edge ends at, may be in a group by that."""
    if end.namespace == EVERYWHERE:
        return group.kind == GROUP and group.name.split(":", 2)[:2] == ["system", "serviceaccounts"]
    return group.holds(end)
