"""Roles, bindings, workloads and claims of a cluster in the form in which the connector records them."""

from collections.abc import Iterable, Mapping
from typing import Any

from collector.model.snapshot import Item


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
    service_account: str = "default",
    model: str | None = None,
    own_claim: str | None = None,
) -> Item:
    """A workload whose pods mount a claim, take a variable from a secret, or load a model, where these are given."""
    environment = [{"name": "TOKEN", "from": {"kind": "Secret", "name": secret, "key": "token"}}] if secret else []
    volumes = [{"name": "weights", "kind": "persistentVolumeClaim", "source": claim}] if claim else []
    if own_claim:
        volumes.append({"name": own_claim, "kind": "volumeClaimTemplate", "source": f"{own_claim}-{name}-"})
    container = {"name": "main", "init": False, "environment": environment, "environment_from": [], "mounts": []}
    content = {
        "kind": kind,
        "namespace": namespace,
        "name": name,
        "service_account": service_account,
        "containers": [container],
        "volumes": volumes,
        "models": [{"from": "storageUri of predictor", "uri": model}] if model else [],
    }
    return Item.of(_id(kind, namespace, name), content)


def claim_item(namespace: str, name: str, volume: str | None, handle: str | None = None) -> Item:
    csi = {"driver": "disk.example.com", "handle": handle} if handle else None
    content = {
        "namespace": namespace,
        "name": name,
        "volume": {"csi": csi} if volume else None,
        "volume_name": volume,
    }
    return Item.of(_id("persistentvolumeclaim", namespace, name), content)
