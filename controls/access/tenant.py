"""The tenant map: whose each location, identity, key and namespace is."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from controls.access.location import Location, parse_location

_SCHEMES = ("gs", "s3")


@dataclass(frozen=True, slots=True)
class Tenant:
    """One tenant's data locations, identities, keys, and namespaces in every cluster.

    Identities and keys are ARNs, or `serviceAccount:…` and `projects/…/cryptoKeys/…` in Google Cloud.
    """

    name: str
    data: tuple[str, ...]
    identities: tuple[str, ...]
    keys: tuple[str, ...]
    namespaces: tuple[str, ...] = ()

    @property
    def locations(self) -> tuple[Location, ...]:
        """Give its data locations, parsed."""
        return tuple(location for uri in self.data if (location := parse_location(uri, *_SCHEMES)))

    def touches(self, uri: str) -> bool:
        """Tell whether something has anything in common with its data."""
        other = parse_location(uri, *_SCHEMES)
        return other is not None and any(location.meets(other) for location in self.locations)

    def holds(self, uri: str) -> bool:
        """Tell whether something lies wholly in its data."""
        other = parse_location(uri, *_SCHEMES)
        return other is not None and any(location.holds(other) for location in self.locations)


def tenants_of(parameters: Mapping[str, Any]) -> Sequence[Tenant]:
    """Give the tenants of a test's parameters, in order of name."""
    return [
        Tenant(
            name=name,
            data=tuple(parts["data"]),
            identities=tuple(parts["identities"]),
            keys=tuple(parts["keys"]),
            # Parameters that were recorded before tenants had namespaces are replayed too.
            namespaces=tuple(parts.get("namespaces", ())),
        )
        for name, parts in sorted(parameters["tenants"].items())
    ]
