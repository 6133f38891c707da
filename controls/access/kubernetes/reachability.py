"""Who can become whom in a cluster: by impersonation, by tokens, and by pods that run as a service account.

Every subject's steps are worked out once, for the cluster; the chains to some subjects are then found backwards from
them, one for each subject, so that none is visited more than twice.

Source: Kubernetes documentation, "User Impersonation", "Managing Service Accounts", "Role Based Access Control Good
Practices".
"""

from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from controls.access.kubernetes.cluster import Cluster
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
from controls.access.kubernetes.subject import (
    ACCOUNTS,
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
from controls.access.kubernetes.way import Ask, Kind, Need, Plan, Way

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


Planned = tuple[Subject, Plan]
"""Who a subject becomes when it carries out a plan; the name or the namespace may be `*`."""


class Reachability:
    """The graph of who can become whom."""

    def __init__(self, cluster: Cluster) -> None:
        """Keep the cluster; the graph is made when it is first asked for."""
        self._cluster = cluster
        self._rbac = cluster.rbac
        self._by_namespace: dict[str, Sequence[Planned]] = {}

    def chains(self, ends: Mapping[Subject, bool]) -> Mapping[Subject, Chain]:
        """Give everyone who can become one of some subjects, other than itself, each by one chain.

        A certain chain goes before a conditional one, and a shorter before a longer one.

        Args:
            ends: the subjects to become, each with whether its own access is certain. Of those that can be become as
                easily, the first is shown.

        """
        found: dict[Subject, Chain] = {}
        for certain in (True, False):
            self._extend(found, ends, certain=certain)
        return found

    def _extend(self, found: dict[Subject, Chain], ends: Mapping[Subject, bool], *, certain: bool) -> None:
        """Add the chains that are certain, or all others."""
        waiting = deque(dict.fromkeys((*(end for end, sure in ends.items() if sure or not certain), *found)))
        reached = set(waiting)
        crossed: set[Subject] = set()
        while waiting:
            target = waiting.popleft()
            rest = found[target].steps if target in found and not ends.get(target) else ()
            passed = {target, *(step.target for step in rest)}
            for entrance in self._entrances(target):
                if entrance in crossed:
                    continue
                crossed.add(entrance)
                for subject, way in self._edges.get(entrance, {}).items():
                    # Nobody needs a chain through itself.
                    if (certain and way.conditions) or subject in passed:
                        continue
                    if subject not in found:
                        found[subject] = Chain((Step(way, target), *rest), certain)
                    if subject not in reached:
                        reached.add(subject)
                        waiting.append(subject)

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
        if (target.kind == GROUP and target.groups[:1] == (ACCOUNTS.name,)) or target == ACCOUNTS:
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
    def _edges(self) -> Mapping[Subject, Mapping[Subject, Way]]:
        """Give by whom each subject can be become, in the surest way; a name or a namespace may be `*`."""
        edges: dict[Subject, dict[Subject, Way]] = {}
        for subject in self._rbac.subjects:
            if subject == MASTERS:
                continue
            for scope in self._cluster.scopes(subject):
                namespace = scope or EVERYWHERE
                for end, plan in self._plans(subject, namespace):
                    ways = edges.setdefault(end, {})
                    if subject in ways and not ways[subject].conditions:
                        continue
                    for way in self._cluster.ways(subject, namespace, (plan,)):
                        if subject not in ways or not way.conditions:
                            ways[subject] = way
        return edges

    def _plans(self, subject: Subject, namespace: str) -> Iterator[Planned]:
        account = Subject(SERVICE_ACCOUNT, _ANY, namespace)
        yield from self._of(namespace)
        yield from ((account, plan) for plan in self._cluster.escalations(subject, namespace))
        yield from self._named(subject, SERVICE_ACCOUNT, Kind.ISSUE, issue(namespace))
        yield from self._named(subject, SERVICE_ACCOUNT, Kind.IMPERSONATE, impersonate("serviceaccounts", namespace))
        if namespace == EVERYWHERE:
            yield from self._named(subject, USER, Kind.IMPERSONATE, impersonate("users"))
        # A group is impersonated beside a user or a service account, any one.
        beside = (impersonate("users"), impersonate("serviceaccounts", namespace))
        anyone = tuple(replace(ask, about=anything) for ask in beside)
        yield from self._named(subject, GROUP, Kind.IMPERSONATE, impersonate("groups"), anyone)

    def _of(self, namespace: str) -> Sequence[Planned]:
        """Give what makes anyone a service account of a namespace."""
        if namespace not in self._by_namespace:
            self._by_namespace[namespace] = tuple(self._planned(namespace))
        return self._by_namespace[namespace]

    def _planned(self, namespace: str) -> Iterator[Planned]:
        account = Subject(SERVICE_ACCOUNT, _ANY, namespace)
        accounts = (issue(namespace), impersonate("serviceaccounts", namespace))
        wanted = requests_of(accounts, *enter(namespace, ()).values(), self._cluster.running(namespace))
        yield from ((account, plan) for plan in self._cluster.pods(namespace, wanted))
        yield account, Plan(Kind.MINT, make_token_secrets(namespace))
        yield from self._entering(namespace)

    def _entering(self, namespace: str) -> Iterator[Planned]:
        """Give the plans that make their holder the service account of pods that it enters."""
        if namespace == EVERYWHERE:
            for kind, need in enter(EVERYWHERE, self._cluster.workloads, _SIGNED_IN).items():
                yield _IN_USE, Plan(kind, (need,))
            yield _IN_USE, Plan(Kind.NODE, (node(_SIGNED_IN),))
            return
        workloads = self._cluster.workloads_in(namespace)
        for name in sorted({each.service_account for each in workloads}):
            running = [each for each in workloads if each.service_account == name]
            for kind, need in enter(namespace, running, _SIGNED_IN).items():
                yield Subject(SERVICE_ACCOUNT, name, namespace), Plan(kind, (need,))

    def _named(self, subject: Subject, end: str, kind: Kind, ask: Ask, *more: Need) -> Iterator[Planned]:
        """Give the plans to become any subject of a kind, and those to become one that a rule singles out."""
        home = ask.request.namespace
        if ask.request.act not in self._cluster.acts(subject, home):
            return
        yield Subject(end, _ANY, home), Plan(kind, ((ask,), *more))
        for name in sorted(self._rbac.names(subject, ask.request)):
            singled = replace(ask, request=replace(ask.request, name=name))
            yield user(name) if end == USER else Subject(end, name, home), Plan(kind, ((singled,), *more))


def _has_member(group: Subject, end: Subject) -> bool:
    """Tell whether a group of service accounts may have the one that an edge ends at."""
    if end.namespace == EVERYWHERE:
        return True
    return group.holds(end)
