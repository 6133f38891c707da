"""Vertex AI endpoints: what is deployed on them, and the images that it runs in."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from collector.model.canonical import digest, encode
from collector.model.snapshot import Content, Snapshot
from controls.served.reference import ModelReference

_SETUP = ("key", "network", "private_service_connect", "request_response_logging", "traffic")
_DEPLOYMENT = ("id", "machine_type", "model", "pool", "service_account", "version")


def within_project(name: str) -> str:
    """Give the part of a resource name that tells things of one project apart: some spell its number, others its id."""
    return name.split("/", 2)[-1]


class VertexModels:
    """The versions of some snapshots of the registry, by resource name."""

    def __init__(self, snapshots: Sequence[Snapshot]) -> None:
        self._images: Mapping[str, str | None] = {
            item.id: item.content().facet("image") for snapshot in snapshots for item in snapshot
        }

    def image(self, version: str) -> str | None:
        """Give the image that a version runs in, None where it is not known or Google's own."""
        return self._images.get(version)

    def images(self, endpoint: Content) -> tuple[str, ...]:
        """Give the images that an endpoint runs, as far as they are known, sorted, each once.

        A version without an image is run by Google in one of its own.
        """
        found = (self.image(reference.name) for reference in references(endpoint))
        return tuple(sorted({image for image in found if image}))

    def unread(self, endpoint: Content) -> tuple[str, ...]:
        """Give the versions whose images are not known, since no list that was read has them."""
        return tuple(sorted({each.name for each in references(endpoint)} - self._images.keys()))


def references(endpoint: Content) -> Iterator[ModelReference]:
    """Yield the versions that are deployed, also those that get no traffic: they are loaded, and one step from it."""
    for deployed in endpoint.facet("deployed"):
        suffix = f"@{deployed['version']}" if deployed["version"] else ""
        yield ModelReference(f"{deployed['model']}{suffix}", f"deployment {deployed['id']}")


def configuration(endpoint: Content) -> str:
    """Digest how an endpoint is set up. How many replicas it has is no change of what is served."""
    deployed: Sequence[Mapping[str, Any]] = endpoint.facet("deployed")
    setup = {name: endpoint.facet(name) for name in _SETUP}
    return digest(encode({**setup, "deployed": [{name: each[name] for name in _DEPLOYMENT} for each in deployed]}))
