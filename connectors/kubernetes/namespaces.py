"""`kubernetes.namespaces`: names and labels, by which policies and tenants select them."""

from collections.abc import Iterator

from connectors.base import Draft, Population
from connectors.kubernetes.metadata import Object, item_id, labels_of, name_of
from connectors.kubernetes.resource import NAMESPACES
from connectors.kubernetes.session import KubernetesSession


def namespaces(cluster: KubernetesSession) -> Iterator[Draft]:
    """Yield every namespace; the server leaves out all but the metadata."""
    return cluster.list(NAMESPACES, _namespace, metadata_only=True)


def _namespace(value: Object) -> Draft:
    return Draft(item_id(value, "Namespace"), {"labels": labels_of(value), "name": name_of(value)})


NAMESPACES_POPULATION = Population("kubernetes.namespaces", (NAMESPACES.permission,), namespaces)
