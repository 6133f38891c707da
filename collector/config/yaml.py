"""YAML, strictly: no aliases, no tags, no key twice, and the place of every value kept for errors."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import yaml
from yaml.events import AliasEvent, CollectionEndEvent, CollectionStartEvent
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from collector.model.errors import ConfigurationError

Path = tuple[str | int, ...]
_PLAIN = "tag:yaml.org,2002:"
_MAX_DEPTH = 20
_KINDS = {"str", "int", "bool", "null"}


@dataclass(frozen=True, slots=True)
class Document:
    """A parsed document: its value, and (line, column) of every path in it, both from 1."""

    value: Any
    places: Mapping[Path, tuple[int, int]]


def parse(text: str, name: str, source: str) -> Document:
    """Parse one YAML document; `source` says how to get one where there is none.

    Raises:
        ConfigurationError: naming file and line.

    """
    try:
        _check_events(text, name)
        node = yaml.compose(text, yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise _error(
            name, mark, f"not YAML: {error.problem or error.context}", "check indentation and quotes"
        ) from None
    except (yaml.YAMLError, ValueError) as error:
        raise ConfigurationError(f"{name}: not YAML: {str(error).splitlines()[0]}") from None
    if node is None:
        raise ConfigurationError(f"{name} is empty", source)
    places: dict[Path, tuple[int, int]] = {}
    return Document(_value(node, (), places, name), places)


def _check_events(text: str, name: str) -> None:
    """Refuse aliases and deep nesting while reading on, before the cost of either can grow."""
    depth = 0
    for event in yaml.parse(text, yaml.SafeLoader):
        if isinstance(event, AliasEvent) or getattr(event, "anchor", None):
            raise _error(name, event.start_mark, "anchors and aliases are not allowed", "write the value out")
        depth += isinstance(event, CollectionStartEvent) - isinstance(event, CollectionEndEvent)
        if depth > _MAX_DEPTH:
            raise _error(name, event.start_mark, f"nested deeper than {_MAX_DEPTH} levels", "flatten it")


def _value(node: Node, path: Path, places: dict[Path, tuple[int, int]], name: str) -> Any:
    places[path] = (node.start_mark.line + 1, node.start_mark.column + 1)
    if isinstance(node, SequenceNode):
        return [_value(member, (*path, index), places, name) for index, member in enumerate(node.value)]
    if isinstance(node, MappingNode):
        return _mapping(node, path, places, name)
    return _scalar(node, name)


def _mapping(node: MappingNode, path: Path, places: dict[Path, tuple[int, int]], name: str) -> dict[str, Any]:
    found: dict[str, Any] = {}
    lines: dict[str, int] = {}
    for key, member in node.value:
        if not isinstance(key, ScalarNode) or key.tag != f"{_PLAIN}str":
            raise _error(name, key.start_mark, "a key must be a string", "quote it")
        if key.value in found:
            first = lines[key.value]
            raise _error(name, key.start_mark, f"{key.value!r} stands here and on line {first}", "remove one of them")
        lines[key.value] = key.start_mark.line + 1
        found[key.value] = _value(member, (*path, key.value), places, name)
        # Errors about a value are best found by the line of its key.
        places[(*path, key.value)] = (key.start_mark.line + 1, key.start_mark.column + 1)
    return found


def _scalar(node: Node, name: str) -> Any:
    kind = node.tag.removeprefix(_PLAIN)
    text = str(node.value)
    if kind not in _KINDS:
        raise _error(name, node.start_mark, f"{text[:60]!r} is read as a YAML {kind}", f'quote it: "{text[:60]}"')
    if kind == "int":
        return _integer(text, node, name)
    if kind == "null":
        return None
    if kind == "bool":
        if text not in ("true", "false"):
            raise _error(
                name, node.start_mark, f"{text!r} is read as true or false", "write true or false, or quote it"
            )
        return text == "true"
    return text


def _integer(text: str, node: Node, name: str) -> int:
    """Read a plain decimal. YAML also reads 0123 as octal and 1:30 as 90: an account id would change silently."""
    if (
        not text.isascii()
        or not text.removeprefix("-").isdigit()
        or (text.lstrip("-") != "0" and text.lstrip("-")[0] == "0")
    ):
        raise _error(
            name, node.start_mark, f"{text[:60]!r} is read as another number by YAML", f'quote it: "{text[:60]}"'
        )
    if len(text) > 15:
        raise _error(name, node.start_mark, f"{text[:60]!r} is too large a number", f'quote it: "{text[:60]}"')
    return int(text)


def _error(name: str, mark: Any, what: str, mend: str) -> ConfigurationError:
    line = f":{mark.line + 1}" if mark is not None else ""
    return ConfigurationError(f"{name}{line}: {what}", mend)
