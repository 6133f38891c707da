"""`kubernetes.roles` and `kubernetes.bindings`: who is allowed what by role-based access control.

Source: Kubernetes API reference, rbac.authorization.k8s.io/v1.
"""

from collections.abc import Iterator
from functools import partial

from collector.model.canonical import Json
from connectors.base import Draft, Population
from connectors.kubernetes.metadata import Object, item_id, labels_of, name_of, namespace_of, selector
from connectors.kubernetes.resource import CLUSTER_ROLE_BINDINGS, CLUSTER_ROLES, ROLE_BINDINGS, ROLES
from connectors.kubernetes.session import KubernetesSession


def roles(cluster: KubernetesSession) -> Iterator[Draft]:
    """Yield every role and cluster role."""
    for resource in (CLUSTER_ROLES, ROLES):
        yield from cluster.list(resource, partial(_role, resource.kind))


def bindings(cluster: KubernetesSession) -> Iterator[Draft]:
    """Yield every role binding and cluster role binding."""
    for resource in (CLUSTER_ROLE_BINDINGS, ROLE_BINDINGS):
        yield from cluster.list(resource, partial(_binding, resource.kind))


def _role(kind: str, role: Object) -> Draft:
    aggregation = role.get("aggregationRule")
    content: dict[str, Json] = {
        "aggregated_from": None
        if aggregation is None
        else [selector(each) for each in aggregation.get("clusterRoleSelectors") or ()],
        "kind": kind,
        "labels": labels_of(role),
        "name": name_of(role),
        "namespace": namespace_of(role),
        "rules": [_rule(rule) for rule in role["rules"] or ()],
    }
    return Draft(item_id(role, kind), content)


def _rule(rule: Object) -> Json:
    return {
        "api_groups": list(rule.get("apiGroups") or ()),
        "non_resource_urls": list(rule.get("nonResourceURLs") or ()),
        "resource_names": list(rule.get("resourceNames") or ()),
        "resources": list(rule.get("resources") or ()),
        "verbs": list(rule["verbs"]),
    }


def _binding(kind: str, binding: Object) -> Draft:
    role = binding["roleRef"]
    content: dict[str, Json] = {
        "kind": kind,
        "name": name_of(binding),
        "namespace": namespace_of(binding),
        "role": {"kind": role["kind"], "name": role["name"]},
        "subjects": [
            {"kind": subject["kind"], "name": subject["name"], "namespace": subject.get("namespace") or None}
            for subject in binding.get("subjects") or ()
        ],
    }
    return Draft(item_id(binding, kind), content)


ROLES_POPULATION = Population("kubernetes.roles", (CLUSTER_ROLES.permission, ROLES.permission), roles)
BINDINGS = Population("kubernetes.bindings", (CLUSTER_ROLE_BINDINGS.permission, ROLE_BINDINGS.permission), bindings)
