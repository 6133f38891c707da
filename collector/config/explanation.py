"""What is wrong with a YAML document that a pydantic model refuses: every problem, each with its line and mend."""

import difflib
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from collector.config import yaml
from collector.config.files import all_problems
from collector.model.errors import ConfigurationError

Names = Callable[[yaml.Path], list[str]]
"""Gives the keys that are known at a place."""


def explain(
    name: str, document: yaml.Document, errors: Iterable[Any], known_names: Names, example: str
) -> ConfigurationError:
    """Make one error of what pydantic found, in the order of lines.

    Args:
        name: of the document, for places such as `controlproof.yaml:14`.
        document: what was refused.
        errors: pydantic's, with their inputs.
        known_names: see there.
        example: where a good document can be seen, such as `see the comments that controlproof init writes`.

    """
    problems = []
    for error in errors:
        place = tuple(part for part in error["loc"] if isinstance(part, (str, int)))
        line = _line(document.places, place)
        what, mend = _say(error, place, known_names, example)
        problems.append((line, f"{name}:{line}: {_spell(place)}: {what}", mend))
    problems.sort(key=lambda problem: problem[0])
    return all_problems(name, [(message, mend) for _, message, mend in problems])


def _line(places: Mapping[yaml.Path, tuple[int, int]], place: yaml.Path) -> int:
    """Give the line of the value, or of what should hold it."""
    while place not in places:
        place = place[:-1]
    return places[place][0]


def _spell(place: yaml.Path) -> str:
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in place).removeprefix(".") or "file"


def _say(error: Any, place: yaml.Path, known_names: Names, example: str) -> tuple[str, str]:
    kind, last = error["type"], str(place[-1]) if place else ""
    if kind == "extra_forbidden":
        known = known_names(place[:-1])
        near = difflib.get_close_matches(last, known, 1)
        return f"unknown key {last!r}", f"did you mean {near[0]!r}?" if near else f"known keys: {', '.join(known)}"
    if kind == "missing":
        return "is missing", f"add {last}: ({example})"
    if kind == "string_type" and isinstance(error["input"], int):
        return "must be a string", f'quote it: "{error["input"]}"'
    message = str(error["msg"]).removeprefix("Value error, ")
    if isinstance(error["input"], Mapping):
        # A whole section: quoting it could quote a password.
        return message[:1].lower() + message[1:], example
    return message[:1].lower() + message[1:], f"change it; it is {str(error['input'])[:80]!r}"
