"""What all objects have: a name, a namespace, labels. Volatile metadata (uid, resource version) is left out."""

from collections.abc import Mapping
from typing import Any

from collector.model.canonical import Json

Object = Mapping[str, Any]


def name_of(value: Object) -> str:
    """Give an object's name."""
    return str(value["metadata"]["name"])


def namespace_of(value: Object) -> str | None:
    """Give an object's namespace, None for an object of the cluster."""
    return value["metadata"].get("namespace") or None


def labels_of(value: Object) -> dict[str, Json]:
    """Give an object's labels."""
    return dict(value["metadata"].get("labels") or {})


def annotations_of(value: Object) -> dict[str, str]:
    """Give an object's annotations as they are: they may hold secrets, and must not be recorded so."""
    return dict(value["metadata"].get("annotations") or {})


def item_id(value: Object, kind: str) -> str:
    """Give the id of an object's item: `role/NAMESPACE/NAME`, or `clusterrole/NAME`."""
    namespace = namespace_of(value)
    return "/".join((kind.lower(), *((namespace,) if namespace else ()), name_of(value)))


def selector(value: Object | None) -> Json:
    """Give a label selector, None where there is none.

    An empty selector selects everything, and a missing one nothing or everything, as its field says.
    """
    if value is None:
        return None
    return {
        "expressions": [
            {"key": e["key"], "operator": e["operator"], "values": list(e.get("values") or ())}
            for e in value.get("matchExpressions") or ()
        ],
        "labels": dict(value.get("matchLabels") or {}),
    }
