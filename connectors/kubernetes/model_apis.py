"""Model APIs that a cluster is set up to call: `kubernetes.model_apis` and what containers are told.

A value is searched for the hosts of known model APIs, and nothing of it is kept but those. Where only a secret holds
the place and the key, the variable's name tells of the vendor.

Source: Kubernetes API reference, ConfigMap v1 and EnvVar v1.
"""

from collections.abc import Iterable, Iterator, Mapping

from collector.model.canonical import Json
from collector.model.vendors import hosts_in, vendor_of_base, vendor_of_key
from connectors.base import Draft, Population
from connectors.kubernetes.metadata import Object, item_id, name_of, namespace_of
from connectors.kubernetes.resource import CONFIG_MAPS
from connectors.kubernetes.session import KubernetesSession


def of_container(container: Object) -> Iterator[Json]:
    """Yield what a container is told of model APIs, in its environment and its command line."""
    name = container.get("name") or ""
    variables = {variable["name"]: variable.get("value") or "" for variable in container.get("env") or ()}
    for variable, host in _hosts(variables):
        yield {"host": host, "key": None, "where": f"environment {variable} of container {name}"}
    for variable in _keys(variables):
        yield {"host": None, "key": variable, "where": f"environment {variable} of container {name}"}
    line = " ".join((*(container.get("command") or ()), *(container.get("args") or ())))
    for host in hosts_in(line):
        yield {"host": host, "key": None, "where": f"arguments of container {name}"}


def _hosts(values: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    return ((name, host) for name, value in values.items() for host in hosts_in(value))


def _keys(values: Mapping[str, str]) -> Iterable[str]:
    """Give the names that are those of model APIs' keys.

    Many servers speak a vendor's protocol: where a container is told that the API is elsewhere, its key is for there.
    """
    elsewhere = {vendor_of_base(name) for name, value in values.items() if value and not any(hosts_in(value))}
    return (name for name in values if (vendor := vendor_of_key(name)) and vendor not in elsewhere)


def model_apis(cluster: KubernetesSession) -> Iterator[Draft]:
    """Yield every ConfigMap that names a known model API or the key of one. Of the others nothing is kept."""
    return (draft for draft in cluster.list(CONFIG_MAPS, _config_map) if draft is not None)


def _config_map(value: Object) -> Draft | None:
    data: Mapping[str, str] = value.get("data") or {}
    found: list[Json] = [{"host": host, "key": None, "where": f"key {name}"} for name, host in _hosts(data)]
    found += [{"host": None, "key": name, "where": f"key {name}"} for name in _keys(data)]
    if not found:
        return None
    content: dict[str, Json] = {"model_apis": found, "name": name_of(value), "namespace": namespace_of(value)}
    return Draft(item_id(value, "ConfigMap"), content)


MODEL_APIS = Population("kubernetes.model_apis", (CONFIG_MAPS.permission,), model_apis)
