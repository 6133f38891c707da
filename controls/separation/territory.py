"""One cluster, and whose each of its namespaces is."""

from collections.abc import Mapping
from dataclasses import dataclass

from controls.access.tenant import Tenant


@dataclass(frozen=True, slots=True)
class Territory:
    """The namespaces of one cluster.

    Attributes:
        source: the cluster's id, such as `kubernetes:prod`.
        labels: of each namespace that there is, by its name.
        owners: the tenant of each namespace that belongs to one, whether or not this cluster has it.

    """

    source: str
    labels: Mapping[str, Mapping[str, str]]
    owners: Mapping[str, Tenant]

    @property
    def owned(self) -> tuple[str, ...]:
        """Give the namespaces of tenants that there are, sorted."""
        return tuple(sorted(self.owners.keys() & self.labels))

    def stranger(self, namespace: str, owner: Tenant) -> Tenant | None:
        """Give the tenant of a namespace where that is another than the given one."""
        other = self.owners.get(namespace)
        return other if other is not None and other.name != owner.name else None

    def id(self, thing: str) -> str:
        """Give the id of something in this cluster."""
        return f"{self.source}/{thing}"
