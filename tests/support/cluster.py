"""Roles, bindings, workloads and claims of a cluster, as the connector records them, planted or from a recording."""

import gzip
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from collector.model.snapshot import Item

RECORDINGS = Path(__file__).parents[1] / "recordings" / "kubernetes"
_RBAC = "apis__rbac.authorization.k8s.io__v1__"


def recorded(name: str) -> Any:
    return json.loads(gzip.decompress((RECORDINGS / f"{name}.json.gz").read_bytes()))


def recorded_roles(instant: str = "t2") -> list[Item]:
    lists = (("ClusterRole", "clusterroles"), ("Role", "roles"))
    return [_role_item(kind, each) for kind, name in lists for each in recorded(f"{instant}/{_RBAC}{name}")["items"]]


def recorded_bindings(instant: str = "t2") -> list[Item]:
    lists = (("ClusterRoleBinding", "clusterrolebindings"), ("RoleBinding", "rolebindings"))
    return [_binding_item(kind, each) for kind, name in lists for each in recorded(f"{instant}/{_RBAC}{name}")["items"]]


def _role_item(kind: str, raw: Mapping[str, Any]) -> Item:
    metadata, aggregation = raw["metadata"], raw.get("aggregationRule")
    rules = [
        rule(
            each["verbs"],
            each.get("resources", []),
            each.get("apiGroups", []),
            each.get("resourceNames", []),
            each.get("nonResourceURLs", []),
        )
        for each in raw["rules"] or ()
    ]
    selectors = None if aggregation is None else aggregation["clusterRoleSelectors"]
    return role_item(kind, metadata.get("namespace"), metadata["name"], rules, selectors, metadata.get("labels"))


def _binding_item(kind: str, raw: Mapping[str, Any]) -> Item:
    metadata, reference = raw["metadata"], raw["roleRef"]
    subjects = [
        {"kind": each["kind"], "namespace": each.get("namespace"), "name": each["name"]}
        for each in raw.get("subjects", ())
    ]
    return binding_item(
        kind, metadata.get("namespace"), metadata["name"], reference["kind"], reference["name"], subjects
    )


def rule(
    verbs: Iterable[str],
    resources: Iterable[str] = (),
    groups: Iterable[str] = ("",),
    names: Iterable[str] = (),
    urls: Iterable[str] = (),
) -> dict[str, Any]:
    return {
        "verbs": list(verbs),
        "api_groups": list(groups),
        "resources": list(resources),
        "resource_names": list(names),
        "non_resource_urls": list(urls),
    }


def role_item(
    kind: str,
    namespace: str | None,
    name: str,
    rules: Iterable[Mapping[str, Any]],
    aggregated_from: Any = None,
    labels: Mapping[str, str] | None = None,
) -> Item:
    content = {
        "kind": kind,
        "namespace": namespace,
        "name": name,
        "labels": dict(labels or {}),
        "aggregated_from": aggregated_from,
        "rules": [dict(each) for each in rules],
    }
    return Item.of(_id(kind, namespace, name), content)


def binding_item(
    kind: str, namespace: str | None, name: str, role_kind: str, role_name: str, subjects: Iterable[Mapping[str, Any]]
) -> Item:
    content = {
        "kind": kind,
        "namespace": namespace,
        "name": name,
        "role": {"kind": role_kind, "name": role_name},
        "subjects": [dict(each) for each in subjects],
    }
    return Item.of(_id(kind, namespace, name), content)


def _id(kind: str, namespace: str | None, name: str) -> str:
    return "/".join(part for part in (kind.lower(), namespace, name) if part)


def subject(kind: str, name: str, namespace: str | None = None) -> dict[str, Any]:
    return {"kind": kind, "namespace": namespace, "name": name}


def workload_item(
    kind: str,
    namespace: str,
    name: str,
    *,
    claim: str | None = None,
    secret: str | None = None,
    service_account: str | None = None,
    model: str | None = None,
) -> Item:
    """A workload whose pods mount a claim and take a variable from a secret, where these are given."""
    environment = [{"name": "TOKEN", "from": {"kind": "Secret", "name": secret, "key": "token"}}] if secret else []
    container = {"name": "main", "init": False, "environment": environment, "environment_from": [], "mounts": []}
    content = {
        "kind": kind,
        "namespace": namespace,
        "name": name,
        "service_account": service_account,
        "containers": [container],
        "volumes": [{"name": "weights", "kind": "persistentVolumeClaim", "source": claim}] if claim else [],
        "model": {"uri": model} if model else None,
    }
    return Item.of(_id(kind, namespace, name), content)


def claim_item(namespace: str, name: str, volume: str | None) -> Item:
    content = {"namespace": namespace, "name": name, "volume": volume}
    return Item.of(_id("volumeclaim", namespace, name), content)
