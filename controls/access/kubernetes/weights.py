"""Who can read the weights that a claim or a secret of a cluster holds, and in which ways.

What is not followed, because nothing recorded decides it: pods that mount a node's own file system, what a pod serves
over the network, signing of client certificates, changes of admission webhooks, impersonation by the constrained verbs
(`impersonate:user-info` and its siblings), and secrets that already hold a service account's token. The groups that an
identity provider gives a user are not recorded in a cluster: what two of them allow together is not seen.

Source: Kubernetes documentation, "Role Based Access Control Good Practices" and "Persistent Volumes".
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain

from controls.access.kubernetes.cluster import Cluster
from controls.access.kubernetes.holder import Claim, Holder, Secret
from controls.access.kubernetes.power import VOLUME_WRITES, enter, node, read_secrets, remount, requests_of, within
from controls.access.kubernetes.rbac import WHOLE_CLUSTER
from controls.access.kubernetes.reachability import Chain, Reachability
from controls.access.kubernetes.request import Request
from controls.access.kubernetes.subject import MASTERS, Subject
from controls.access.kubernetes.way import Kind, Plan, Way, way_by


@dataclass(frozen=True, slots=True)
class ClusterReader:
    """A subject that can read what a holder holds.

    Attributes:
        subject: who.
        ways: its own ways; empty when it must become someone else first.
        chain: how it can become another reader; None when it cannot.

    """

    subject: Subject
    ways: tuple[Way, ...]
    chain: Chain | None = None

    @property
    def certain(self) -> bool:
        """Tell whether some way is without conditions; if not, access is conditional."""
        return _certain(self.ways) or (self.chain is not None and self.chain.certain)


def _certain(ways: Sequence[Way]) -> bool:
    return any(not way.conditions for way in ways)


class Weights:
    """The readers of everything that holds weights in one cluster."""

    def __init__(self, cluster: Cluster) -> None:
        """Keep the cluster; who can become whom is worked out once for all holders."""
        self._cluster = cluster
        self._rbac = cluster.rbac
        self._reachability = Reachability(cluster)

    def readers(self, holder: Holder) -> tuple[ClusterReader, ...]:
        """Give everyone who can read what a holder holds, sorted by subject."""
        holders = self._cluster.sharing(holder) if isinstance(holder, Claim) else (holder,)
        direct: dict[Subject, tuple[Way, ...]] = {}
        for each in holders:
            for subject, ways in self._direct(each):
                known = direct.get(subject, ())
                # A way through nodes or the whole cluster's bindings is the same one to each claim.
                direct[subject] = (*known, *(way for way in ways if way not in known))
        direct = {subject: ways for subject, ways in direct.items() if ways}
        chains = self._reachability.chains(
            {MASTERS: True, **{subject: _certain(ways) for subject, ways in direct.items()}}
        )
        return tuple(
            ClusterReader(subject, direct.get(subject, ()), chains.get(subject))
            for subject in self._rbac.subjects
            if subject in direct or subject in chains
        )

    def _direct(self, holder: Holder) -> Iterator[tuple[Subject, tuple[Way, ...]]]:
        plans = list(self._plans(holder))
        for subject in self._rbac.subjects:
            if subject == MASTERS:
                way = way_by(self._rbac, MASTERS, Plan(Kind.EVERYTHING, (read_secrets(holder.namespace),)))
                yield MASTERS, (way,) if way else ()
                continue
            own = chain(plans, self._cluster.escalations(subject, holder.namespace))
            ways = tuple(self._cluster.ways(subject, holder.namespace, own))
            yield subject, (*ways, *self._remounting(subject, holder))

    def _plans(self, holder: Holder) -> Iterator[Plan]:
        namespace = holder.namespace
        users = [workload for workload in self._cluster.workloads if holder.used_by(workload)]
        unknown = "" if users else f"a pod of {namespace} uses {holder}, which no recorded workload does"
        if isinstance(holder, Secret):
            yield Plan(Kind.READ, (read_secrets(namespace, holder.name),))
        entering = enter(namespace, users, unknown)
        yield from (Plan(kind, (need,)) for kind, need in entering.items())
        yield Plan(Kind.NODE, (node(unknown),))
        wanted: Sequence[Request] = requests_of(*entering.values(), self._cluster.running(namespace))
        if isinstance(holder, Secret):
            wanted = (*wanted, *requests_of(read_secrets(namespace)))
        yield from self._cluster.pods(namespace, wanted)
        yield self._cluster.binding(WHOLE_CLUSTER, (*wanted, *requests_of(node())))

    def _remounting(self, subject: Subject, holder: Holder) -> Iterator[Way]:
        """Give the ways to mount a claim's volume in another namespace, where a subject can run pods."""
        acts = self._cluster.acts(subject, WHOLE_CLUSTER)
        if not isinstance(holder, Claim) or not holder.volume or acts.isdisjoint(VOLUME_WRITES):
            return
        volumes, claims = remount(holder.volume)
        for scope in self._cluster.scopes(subject):
            if scope not in (WHOLE_CLUSTER, holder.namespace):
                needs = (volumes, within(scope, claims), self._cluster.running(scope))
                yield from self._cluster.ways(subject, scope, (Plan(Kind.VOLUME, needs),))
