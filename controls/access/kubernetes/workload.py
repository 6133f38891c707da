"""Workloads, and what of a namespace their pods use: claims, secrets and a service account."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from collector.model.snapshot import Item
from controls.access.kubernetes.facet import content_of, objects, optional_text, text
from controls.access.kubernetes.naming import full_name

_CLAIM_SCHEME = "pvc://"
# A generated name has at most 63 characters: 5 random ones, and before them up to 12 for a template's hash and dashes.
_STEM = 46


@dataclass(frozen=True, slots=True)
class Workload:
    """A workload; `claims` and `secrets` are names of its namespace."""

    kind: str
    namespace: str
    name: str
    service_account: str
    claims: frozenset[str]
    secrets: frozenset[str]

    def __str__(self) -> str:
        return full_name(self.kind, self.namespace, self.name)

    def may_own(self, pod: str) -> bool:
        """Tell whether a pod of this name may be one of its pods, whose names begin with its own."""
        return pod.startswith(f"{self.name}-"[:_STEM])


def parse_workload(item: Item) -> Workload:
    """Read an item of `kubernetes.workloads`.

    Raises:
        MalformedError: it has another form than a workload's.
        UnreadableError: the source did not give one of its facets.

    """
    value, where = content_of(item), item.id
    used = list(_used(value, where))
    return Workload(
        kind=text(value, "kind", where),
        namespace=text(value, "namespace", where),
        name=text(value, "name", where),
        service_account=optional_text(value, "service_account", where) or "default",
        claims=frozenset(name for kind, name in used if kind == "persistentVolumeClaim"),
        secrets=frozenset(name for kind, name in used if kind.lower() == "secret"),
    )


def _used(value: Mapping[str, Any], where: str) -> Iterator[tuple[str, str]]:
    """Give kind and name of what its pods mount, take into their environment, or load as a model."""
    for volume in objects(value, "volumes", where):
        yield text(volume, "kind", where), optional_text(volume, "source", where)
    for container in objects(value, "containers", where):
        for variable in (*_listed(container, "environment", where), *_listed(container, "environment_from", where)):
            origin = variable.get("from", variable)
            if isinstance(origin, Mapping) and origin.get("kind") == "Secret":
                yield "secret", text(origin, "name", where)
    model = value.get("model")
    uri = model.get("uri") if isinstance(model, Mapping) else None
    if isinstance(uri, str) and uri.startswith(_CLAIM_SCHEME):
        yield "persistentVolumeClaim", uri.removeprefix(_CLAIM_SCHEME).partition("/")[0]


def _listed(value: Mapping[str, Any], name: str, where: str) -> Iterator[Mapping[str, Any]]:
    yield from objects(value, name, where) if value.get(name) is not None else ()
