"""Facets of recorded items, checked: nothing is concluded from an item of another form than the documented one."""

from collections.abc import Mapping, Sequence
from typing import Any

from collector.model.errors import MalformedError
from collector.model.snapshot import Item


def content_of(item: Item) -> Mapping[str, Any]:
    """Give an item's content.

    Raises:
        UnreadableError: the source did not give one of its facets.
        MalformedError: it is not a canonical object.

    """
    content = item.content()
    for name in content.value.get("unreadable", {}):
        content.facet(name)
    return content.value


def text(value: Mapping[str, Any], name: str, where: str) -> str:
    """Give a facet that is a text and not empty."""
    found = value.get(name)
    if not isinstance(found, str) or not found:
        raise MalformedError(f"{name} of {where} is not a text")
    return found


def optional_text(value: Mapping[str, Any], name: str, where: str) -> str:
    """Give a facet that is a text, or the empty text for null. It must be there all the same."""
    if name in value and value[name] is None:
        return ""
    return text(value, name, where)


def texts(value: Mapping[str, Any], name: str, where: str) -> tuple[str, ...]:
    """Give a facet that is a list of texts, which may be empty texts: the core API group is one."""
    found = value.get(name)
    if not isinstance(found, list) or not all(isinstance(member, str) for member in found):
        raise MalformedError(f"{name} of {where} is not a list of texts")
    return tuple(found)


def objects(value: Mapping[str, Any], name: str, where: str) -> Sequence[Mapping[str, Any]]:
    """Give a facet that is a list of objects."""
    found = value.get(name)
    if not isinstance(found, list) or not all(isinstance(member, Mapping) for member in found):
        raise MalformedError(f"{name} of {where} is not a list of objects")
    return found


def optional_object(value: Mapping[str, Any], name: str, where: str) -> Mapping[str, Any] | None:
    """Give a facet that is an object, or None for null. It must be there all the same."""
    found = value.get(name)
    if name not in value or not (found is None or isinstance(found, Mapping)):
        raise MalformedError(f"{name} of {where} is neither an object nor null")
    return found


def labels(value: Mapping[str, Any], name: str, where: str) -> Mapping[str, str]:
    """Give a facet that maps texts to texts; null is none."""
    found = value.get(name)
    if found is None:
        return {}
    if not isinstance(found, Mapping) or not all(isinstance(member, str) for member in found.values()):
        raise MalformedError(f"{name} of {where} does not map texts to texts")
    return found
