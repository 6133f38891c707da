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
    """A workload.

    Attributes:
        claims, secrets: names in its namespace of what all of its pods have.
        own_claims: how the names of claims begin that each pod has for itself, before the pod's number.

    """

    kind: str
    namespace: str
    name: str
    service_account: str
    claims: frozenset[str]
    secrets: frozenset[str]
    own_claims: tuple[str, ...] = ()

    def __str__(self) -> str:
        return full_name(self.kind, self.namespace, self.name)

    def has_claim(self, name: str) -> bool:
        """Tell whether a pod of it has a claim."""
        own = (name.removeprefix(start) for start in self.own_claims if name.startswith(start))
        return name in self.claims or any(map(str.isdecimal, own))

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
        secrets=frozenset(name for kind, name in used if kind == "secret"),
        own_claims=tuple(name for kind, name in used if kind == "volumeClaimTemplate"),
    )


def _used(value: Mapping[str, Any], where: str) -> Iterator[tuple[str, str]]:
    """Give kind and name of what its pods mount, take into their environment, or load as a model."""
    for volume in objects(value, "volumes", where):
        yield text(volume, "kind", where), optional_text(volume, "source", where)
    for container in objects(value, "containers", where):
        variables = (variable.get("from") for variable in objects(container, "environment", where))
        for origin in (*variables, *objects(container, "environment_from", where)):
            if isinstance(origin, Mapping) and origin.get("kind") == "Secret":
                yield "secret", text(origin, "name", where)
    # Only an inference service's controller mounts a claim because an address of a model names it.
    for model in objects(value, "models", where) if value.get("kind") == "InferenceService" else ():
        uri = text(model, "uri", where)
        if uri.startswith(_CLAIM_SCHEME):
            yield "persistentVolumeClaim", uri.removeprefix(_CLAIM_SCHEME).partition("/")[0]
