"""What holds weights in a cluster: a claim on a volume, or a secret that holds them or the credentials to them."""

from collections.abc import Sequence
from dataclasses import dataclass

from collector.model.errors import MalformedError
from collector.model.snapshot import Item
from controls.access.kubernetes.facet import content_of, optional_object, optional_text, text
from controls.access.kubernetes.workload import Workload

_SCHEME = "pvc://"


@dataclass(frozen=True, slots=True)
class Claim:
    """A persistent volume claim.

    Attributes:
        volume: the volume that it names, empty when it names none.
        storage: the driver and the handle of what is behind the volume, where the volume was read and tells.

    """

    namespace: str
    name: str
    volume: str = ""
    storage: tuple[str, str] | None = None

    def __str__(self) -> str:
        return f"claim {self.namespace}/{self.name}"

    def used_by(self, workload: Workload) -> bool:
        """Tell whether pods of a workload have it."""
        return workload.namespace == self.namespace and workload.has_claim(self.name)

    def shares(self, other: "Claim") -> bool:
        """Tell whether another claim has the same data: by the same volume, or by another one over the same storage."""
        return bool(
            (self.volume and self.volume == other.volume)
            or (self.storage is not None and self.storage == other.storage)
        )


@dataclass(frozen=True, slots=True)
class Secret:
    """A secret, known by its name alone: its contents are never read."""

    namespace: str
    name: str

    def __str__(self) -> str:
        return f"secret {self.namespace}/{self.name}"

    def used_by(self, workload: Workload) -> bool:
        """Tell whether pods of a workload have it."""
        return workload.namespace == self.namespace and self.name in workload.secrets


Holder = Claim | Secret


def parse_claim(item: Item) -> Claim:
    """Read an item of `kubernetes.volume_claims`.

    Raises:
        MalformedError: it has another form than a claim's.
        UnreadableError: the source did not give one of its facets.

    """
    value, where = content_of(item), item.id
    volume = optional_object(value, "volume", where)
    storage = optional_object(volume, "csi", where) if volume is not None else None
    return Claim(
        namespace=text(value, "namespace", where),
        name=text(value, "name", where),
        volume=optional_text(value, "volume_name", where),
        storage=(text(storage, "driver", where), text(storage, "handle", where)) if storage is not None else None,
    )


def parse_location(uri: str) -> tuple[str, str] | None:
    """Read namespace and claim out of `pvc://NAMESPACE/CLAIM/path`; None for another kind of location.

    Raises:
        MalformedError: it is that kind of location, and lacks a namespace or a claim.

    """
    if not uri.startswith(_SCHEME):
        return None
    namespace, name, *_ = (*uri.removeprefix(_SCHEME).split("/"), "", "")
    if not namespace or not name:
        raise MalformedError(f"{uri} is not pvc://NAMESPACE/CLAIM/path")
    return namespace, name


def find(claims: Sequence[Claim], uri: str) -> Claim | str:
    """Find the claim of a location, or say why it was not found."""
    place = parse_location(uri)
    if place is None:
        return f"{uri} is no location in a cluster"
    found = next((claim for claim in claims if (claim.namespace, claim.name) == place), None)
    return found or f"the claim of {uri} is not in the list of claims that was read"
