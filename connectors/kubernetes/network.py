"""`kubernetes.network_policies` and `kubernetes.services`: who may talk to whom, and what leads out of the cluster.

Source: Kubernetes API reference, NetworkPolicy networking.k8s.io/v1 and Service v1; Istio ServiceEntry v1.
"""

from collections.abc import Iterator
from typing import Any

from collector.model.canonical import Json
from connectors.base import Draft, Population
from connectors.kubernetes.metadata import Object, item_id, labels_of, name_of, namespace_of, selector
from connectors.kubernetes.resource import NETWORK_POLICIES, SERVICE_ENTRIES, SERVICES
from connectors.kubernetes.session import KubernetesSession


def network_policies(cluster: KubernetesSession) -> Iterator[Draft]:
    """Yield every network policy."""
    return cluster.list(NETWORK_POLICIES, _network_policy)


def services(cluster: KubernetesSession) -> Iterator[Draft]:
    """Yield every service, and every host that Istio lets out of the mesh."""
    yield from cluster.list(SERVICES, _service)
    yield from cluster.list(SERVICE_ENTRIES, _service_entry)


def _network_policy(value: Object) -> Draft:
    spec = value["spec"]
    content: dict[str, Json] = {
        "egress": _rules(spec.get("egress"), "to"),
        "ingress": _rules(spec.get("ingress"), "from"),
        "labels": labels_of(value),
        "name": name_of(value),
        "namespace": namespace_of(value),
        # An empty selector, which the API server writes for a missing one, selects all pods of the namespace.
        "pod_selector": selector(spec.get("podSelector") or {}),
        "policy_types": list(spec["policyTypes"]),
    }
    return Draft(item_id(value, "NetworkPolicy"), content)


def _rules(rules: Any, peers: str) -> Json:
    """Give rules as they allow: no rule allows nothing, and a rule without peers or ports allows all of them."""
    return [
        {"peers": [_peer(peer) for peer in rule.get(peers) or ()], "ports": [_port(p) for p in rule.get("ports") or ()]}
        for rule in rules or ()
    ]


def _peer(peer: Object) -> Json:
    block = peer.get("ipBlock")
    return {
        "ip_block": {"cidr": block["cidr"], "except": list(block.get("except") or ())} if block else None,
        "namespace_selector": selector(peer.get("namespaceSelector")),
        "pod_selector": selector(peer.get("podSelector")),
    }


def _port(port: Object) -> Json:
    return {"end_port": port.get("endPort"), "port": port.get("port"), "protocol": port.get("protocol", "TCP")}


def _service(value: Object) -> Draft:
    spec = value["spec"]
    content: dict[str, Json] = {
        "external_name": spec.get("externalName"),
        "hosts": None,
        "kind": "Service",
        "labels": labels_of(value),
        "name": name_of(value),
        "namespace": namespace_of(value),
        "selector": dict(spec["selector"]) if spec.get("selector") else None,
        "type": spec["type"],
    }
    return Draft(item_id(value, "Service"), content)


def _service_entry(value: Object) -> Draft:
    spec = value["spec"]
    content: dict[str, Json] = {
        "external_name": None,
        "hosts": list(spec["hosts"]),
        "kind": "ServiceEntry",
        "labels": labels_of(value),
        "name": name_of(value),
        "namespace": namespace_of(value),
        "selector": None,
        # Istio's reference: what is not said to be inside is outside.
        "type": spec.get("location") or "MESH_EXTERNAL",
    }
    return Draft(item_id(value, "ServiceEntry"), content)


NETWORK_POLICIES_POPULATION = Population(
    "kubernetes.network_policies", (NETWORK_POLICIES.permission,), network_policies
)
SERVICES_POPULATION = Population("kubernetes.services", (SERVICES.permission, SERVICE_ENTRIES.permission), services)
