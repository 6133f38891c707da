"""What gives power over pods, roles and nodes: the requests, each one enough where several stand in one need.

Source: Kubernetes documentation, "Role Based Access Control Good Practices" (privilege escalation risks), "Ephemeral
Containers", "Managing Service Accounts" (token secrets), "User Impersonation".
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from controls.access.kubernetes.request import Request
from controls.access.kubernetes.role import CLUSTER_ROLE, ROLE
from controls.access.kubernetes.way import Ask, Kind, Need
from controls.access.kubernetes.workload import Workload

EVERYWHERE = "*"
"""Stands for every namespace. No role binding is in it, so only cluster role bindings speak there."""

RBAC_GROUP = "rbac.authorization.k8s.io"
_WRITES = ("patch", "update")


@dataclass(frozen=True, slots=True)
class Maker:
    """A resource whose objects make pods: its kind, whether its pods' template can change, and who reads it.

    `recorded` says whether `kubernetes.workloads` lists its objects; `optional`, that a cluster need not have it.
    """

    kind: str
    group: str
    resource: str
    changeable: bool = True
    recorded: bool = True
    optional: bool = False


MAKERS = (
    Maker("CronJob", "batch", "cronjobs"),
    Maker("DaemonSet", "apps", "daemonsets"),
    Maker("Deployment", "apps", "deployments"),
    Maker("InferenceService", "serving.kserve.io", "inferenceservices", optional=True),
    Maker("Job", "batch", "jobs", changeable=False),
    Maker("Pod", "", "pods", changeable=False),
    Maker("ReplicaSet", "apps", "replicasets", recorded=False),
    Maker("ReplicationController", "", "replicationcontrollers", recorded=False),
    Maker("Rollout", "argoproj.io", "rollouts", optional=True),
    Maker("StatefulSet", "apps", "statefulsets"),
)


def anything(_name: str) -> bool:
    """Serve every name."""
    return True


def run(namespace: str, installed: Iterable[str]) -> Need:
    """Give what makes pods in a namespace; `installed` are the kinds that the cluster is known to have."""
    known = set(installed)
    return tuple(
        Ask(
            Request("create", maker.resource, maker.group, namespace=namespace),
            condition=f"a controller of {maker.resource} runs" if maker.optional and maker.kind not in known else "",
        )
        for maker in MAKERS
    )


def change(namespace: str, workloads: Sequence[Workload]) -> Need:
    """Give what changes the pods that workloads of a namespace make."""
    asks = []
    for maker in filter(lambda each: each.changeable, MAKERS):
        names = frozenset(workload.name for workload in workloads if workload.kind == maker.kind)
        if not names and maker.recorded:
            continue
        about = names.__contains__ if maker.recorded else anything
        condition = "" if maker.recorded else f"there is one of {maker.resource}, which are not recorded"
        requests = (Request(verb, maker.resource, maker.group, namespace=namespace) for verb in _WRITES)
        asks += [Ask(request, about, condition) for request in requests]
    return tuple(asks)


def enter(namespace: str, workloads: Sequence[Workload], unknown: str = "") -> dict[Kind, Need]:
    """Give what commands the pods of workloads.

    Args:
        namespace: where the pods are.
        workloads: whose pods they are.
        unknown: the condition under which there are such pods, where no workload is recorded that makes them.

    """

    def ask(verb: str, subresource: str = "", condition: str = "") -> Ask:
        request = Request(verb, "pods", subresource=subresource, namespace=namespace)
        return Ask(request, about, "; ".join(filter(None, (unknown, condition))))

    def about(pod: str) -> bool:
        return not workloads or any(workload.may_own(pod) for workload in workloads)

    upgraded = "the server opens such connections for get alone, as versions before 1.35 do"
    listening = "a process in them takes commands from its input"
    return {
        Kind.EXEC: (ask("create", "exec"), ask("get", "exec", upgraded)),
        Kind.ATTACH: (ask("create", "attach", listening), ask("get", "attach", f"{listening}; {upgraded}")),
        Kind.DEBUG: tuple(ask(verb, "ephemeralcontainers") for verb in _WRITES),
        Kind.IMAGE: tuple(ask(verb) for verb in _WRITES),
    }


def node(unknown: str = "") -> Need:
    """Give what commands pods through the kubelet of their node."""
    reach = "the caller reaches a kubelet's port"
    create, get = (Request(verb, "nodes", subresource="proxy") for verb in ("create", "get"))
    there = "the pods run on that node"
    asks = (Ask(create), Ask(create, anything, there), Ask(get, None, reach), Ask(get, anything, f"{reach}; {there}"))
    return tuple(replace(ask, condition="; ".join(filter(None, (unknown, ask.condition)))) for ask in asks)


def bind(namespace: str, roles: frozenset[str], cluster_roles: frozenset[str]) -> tuple[Need, Need]:
    """Give what binds a role, in a namespace, or in the whole cluster where that is empty.

    Args:
        namespace: where.
        roles: the names of the namespace's roles that are worth to bind.
        cluster_roles: those of the cluster roles.

    """
    resource = "rolebindings" if namespace else "clusterrolebindings"
    existing = f"one of the {resource} refers to such a role"
    create = Ask(Request("create", resource, RBAC_GROUP, namespace=namespace))
    writes = (Ask(Request(verb, resource, RBAC_GROUP, namespace=namespace), anything, existing) for verb in _WRITES)
    binds = (
        Ask(Request("bind", resource, RBAC_GROUP, namespace=namespace), names.__contains__)
        for resource, names in (("clusterroles", cluster_roles), ("roles", roles))
        if names
    )
    return (create, *writes), tuple(binds)


def escalate(role: tuple[str, str, str], *, exists: bool) -> tuple[Need, Need]:
    """Give what extends a role, given as kind, namespace and name, or makes it where it does not exist."""
    kind, namespace, name = role
    resource = f"{kind.lower()}s"

    def ask(verb: str) -> Ask:
        # A request that creates an object has no name yet, neither has the check whether it may escalate.
        return Ask(Request(verb, resource, RBAC_GROUP, namespace=namespace, name=name if exists else ""))

    return tuple(map(ask, _WRITES if exists else ("create",))), (ask("escalate"),)


def make_token_secrets(namespace: str) -> tuple[Need, Need]:
    """Give what makes a secret that the cluster fills with a token of any service account, and reads it."""
    taken = "no secret of that name exists yet"
    reads = read_secrets(namespace)
    singled = (replace(ask, about=anything, condition=taken) for ask in reads)
    return (Ask(Request("create", "secrets", namespace=namespace)),), (*reads, *singled)


def remount(volume: str) -> tuple[Need, Need]:
    """Give what makes a volume over the same storage, or gives the volume to another claim; and what makes a claim.

    The second need is of any namespace: its requests have none yet.
    """
    writes = (Ask(Request(verb, "persistentvolumes"), lambda name: name == volume) for verb in _WRITES)
    unbound = "there is a claim that is not bound yet"
    changes = (Ask(Request(verb, "persistentvolumeclaims"), anything, unbound) for verb in _WRITES)
    return (
        (Ask(Request("create", "persistentvolumes")), *writes),
        (Ask(Request("create", "persistentvolumeclaims")), *changes),
    )


def within(namespace: str, need: Need) -> Need:
    """Give a need in a namespace."""
    return tuple(replace(ask, request=replace(ask.request, namespace=namespace)) for ask in need)


def read_secrets(namespace: str, name: str = "") -> Need:
    """Give what answers with the contents of secrets: a patch answers with the object, a deletion of many with all."""
    verbs = ("deletecollection", "get", "list", "patch", "watch")
    return tuple(Ask(Request(verb, "secrets", namespace=namespace, name=name)) for verb in verbs)


def impersonate(resource: str, namespace: str = "", name: str = "") -> Ask:
    """Give what acts as a user, a group or a service account (users, groups, serviceaccounts)."""
    return Ask(Request("impersonate", resource, namespace=namespace, name=name))


def issue(namespace: str, name: str = "") -> Ask:
    """Give what requests a token of a service account."""
    return Ask(Request("create", "serviceaccounts", subresource="token", namespace=namespace, name=name))


def requests_of(*needs: Need) -> tuple[Request, ...]:
    """Give the requests of needs."""
    return tuple(ask.request for need in needs for ask in need)


def _all() -> tuple[Request, ...]:
    recorded = [Workload(maker.kind, EVERYWHERE, maker.kind, "", frozenset(), frozenset()) for maker in MAKERS]
    needs = [
        run(EVERYWHERE, ()),
        change(EVERYWHERE, recorded),
        *enter(EVERYWHERE, ()).values(),
        node(),
        *make_token_secrets(EVERYWHERE),
        *remount(""),
        (issue(EVERYWHERE), *map(impersonate, ("users", "groups", "serviceaccounts"))),
    ]
    kinds = ((CLUSTER_ROLE, ""), (ROLE, EVERYWHERE))
    extending = [need for kind, home in kinds for need in escalate((kind, home, ""), exists=True)]
    making = [need for kind, home in kinds for need in escalate((kind, home, ""), exists=False)]
    binding = [
        (Ask(Request(verb, resource, RBAC_GROUP)),)
        for resource in ("rolebindings", "clusterrolebindings", "roles", "clusterroles")
        for verb in ("create", "bind", *_WRITES)
    ]
    return requests_of(*needs, *extending, *making, *binding)


POWERS = {request.act: request for request in _all()}
"""Every act that any way is made of: a role that allows none of them gives nobody any power over weights."""

VOLUME_WRITES = frozenset(act for act in POWERS if act[2] == "persistentvolumes")
ESCALATIONS = frozenset(act for act in POWERS if act[0] == "escalate")
