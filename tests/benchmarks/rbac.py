"""Who reads what in a large cluster: 5,000 bindings x 2,000 roles x 100 claims, from recorded items to readers."""

import random
import resource
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from support.cluster import binding_item, claim_item, role_item, rule, subject, workload_item

from controls.access.kubernetes.cluster import Cluster
from controls.access.kubernetes.weights import Weights

BINDINGS, ROLES, NAMESPACES = 5_000, 2_000, [f"team-{n}" for n in range(100)]
RESOURCES = [
    ("", "configmaps"),
    ("", "events"),
    ("", "pods"),
    ("", "pods/exec"),
    ("", "pods/log"),
    ("", "secrets"),
    ("", "serviceaccounts/token"),
    ("", "services"),
    ("apps", "deployments"),
    ("batch", "jobs"),
    ("rbac.authorization.k8s.io", "roles"),
    ("serving.kserve.io", "inferenceservices"),
]
VERBS = ["get", "list", "watch", "create", "patch", "update", "delete"]


def a_role(chance: random.Random, number: int):
    """Make a role of a few rules, most of which allow something that matters."""
    rules = []
    for _ in range(chance.randint(1, 6)):
        group, resource_name = chance.choice(RESOURCES)
        names = [f"object-{chance.randint(0, 50)}"] if chance.random() < 0.2 else []
        rules.append(rule(chance.sample(VERBS, chance.randint(1, 5)), [resource_name], [group], names))
    return role_item("ClusterRole", None, f"role-{number}", rules)


def a_subject(chance: random.Random):
    """Make one of 1,500 users, 200 groups, or 2,000 service accounts."""
    kind = chance.choice(["User", "User", "Group", "ServiceAccount", "ServiceAccount"])
    home = chance.choice(NAMESPACES) if kind == "ServiceAccount" else None
    return subject(kind, f"{kind.lower()}-{chance.randint(0, {'User': 1500, 'Group': 200}.get(kind, 20))}", home)


def a_binding(chance: random.Random, number: int):
    """Make a binding, one in fifty of them for the whole cluster."""
    whom = [a_subject(chance) for _ in range(chance.randint(1, 3))]
    role = f"role-{chance.randint(0, ROLES - 1)}"
    if number % 50 == 0:
        return binding_item("ClusterRoleBinding", None, f"b{number}", "ClusterRole", role, whom)
    return binding_item("RoleBinding", chance.choice(NAMESPACES), f"b{number}", "ClusterRole", role, whom)


def main() -> None:
    """Print what it took."""
    chance = random.Random(1)
    roles = [a_role(chance, number) for number in range(ROLES)]
    bindings = [a_binding(chance, number) for number in range(BINDINGS)]
    workloads = [
        workload_item("Deployment", home, f"server-{n}", claim="weights", service_account=f"serviceaccount-{n}")
        for home in NAMESPACES
        for n in range(20)
    ]
    claims = [claim_item(home, "weights", f"pv-{home}") for home in NAMESPACES]
    started = time.process_time()
    cluster = Cluster(roles, bindings, workloads, claims)
    read = time.process_time() - started
    weights = Weights(cluster)
    readers = [reader for claim in cluster.claims for reader in weights.readers(claim)]
    took = time.process_time() - started
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    ways = sum(len(reader.ways) for reader in readers)
    print(f"{BINDINGS} bindings x {ROLES} roles x {len(claims)} claims: {len(readers)} readers, {ways} ways")  # noqa: T201
    print(f"{took:.1f} s of processor time, {read:.1f} s of them to read the items; {memory:.0f} MB")  # noqa: T201


if __name__ == "__main__":
    main()
