"""Whether a cluster serves a resource at all, by its own word: only then does "not found" mean "there is none"."""

from collections.abc import Callable, Mapping
from typing import Any

from connectors.documented import written
from connectors.kubernetes.resource import Resource

Document = Callable[[str], Mapping[str, Any]]
"""Reads a document of discovery; raises SourceError when it does not come."""


def is_served(resource: Resource, document: Document) -> bool:
    """Tell whether any version of the resource's group serves it.

    A group may be served without this resource (Argo Workflows shares a group with Rollouts), or with it in
    another version, in which there may be objects that were not read.

    Raises:
        SourceError: discovery did not answer in the documented form.

    """
    versions = written("get /apis", lambda answer: _versions(answer, resource.group), document("/apis"))
    return any(_lists(resource, f"/apis/{version}", document) for version in versions)


def _versions(answer: Mapping[str, Any], group: str) -> list[str]:
    if answer["kind"] != "APIGroupList":
        raise ValueError("no list of groups")
    for found in answer["groups"]:
        if found["name"] == group:
            return [str(version["groupVersion"]) for version in found["versions"]]
    return []


def _lists(resource: Resource, path: str, document: Document) -> bool:
    def names(answer: Mapping[str, Any]) -> set[str]:
        if answer["kind"] != "APIResourceList":
            raise ValueError("no list of resources")
        return {str(entry["name"]) for entry in answer["resources"]}

    return resource.name in written(f"get {path}", names, document(path))
