"""Whether a condition of a binding holds for what is asked: decided where the subset decides it, else UNKNOWN.

Source: IAM documentation, "Attribute reference for IAM Conditions" (`resource.name`, `resource.type`,
`resource.service`, `request.time`); CEL language definition, "Logical operators", which Kleene's logic agrees with.
"""

import operator
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from controls.access.gcp.expression import (
    Attribute,
    Call,
    Comparison,
    Expression,
    Listing,
    Literal,
    Logic,
    Negation,
    NotReadError,
    literals,
    parse,
)
from controls.access.truth import Truth, every, some

_ORDERS: Mapping[str, Callable[[Any, Any], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked for, as conditions see it.

    Attributes:
        type, service: such as `storage.googleapis.com/Object` and `storage.googleapis.com`.
        time: when.
        name: the resource's name; None where its form is not documented for conditions.
        open: whether `name` is only what the names of all the resources that are asked about begin with.

    """

    type: str
    service: str
    time: datetime
    name: str | None = None
    open: bool = False


@dataclass(frozen=True, slots=True)
class _Beginning:
    """A text of which only the beginning is known."""

    text: str


class _Unknown:
    """A value that is not known."""


_UNKNOWN = _Unknown()


def holds(text: str, request: Request) -> Truth:
    """Tell whether a condition holds: YES for all resources that are asked about, NO for none of them."""
    try:
        return _truth(parse(text), request)
    except NotReadError:
        return Truth.UNKNOWN


def reaches(text: str, request: Request) -> Truth:
    """Tell whether a condition holds for any of the resources that are asked about."""
    held = holds(text, request)
    if held is not Truth.UNKNOWN or not request.open or request.name is None:
        return held
    # A name that the condition itself speaks of shows that it lets someone in.
    names = (replace(request, name=name, open=False) for name in _witnesses(text, request.name))
    return Truth.YES if any(holds(text, each) is Truth.YES for each in names) else Truth.UNKNOWN


def _witnesses(text: str, beginning: str) -> Iterator[str]:
    try:
        found = sorted(set(literals(parse(text))))
    except NotReadError:
        return
    for each in found:
        if each.startswith(beginning):
            yield each
            yield f"{each}x"
        yield f"{beginning}{each}"
    yield f"{beginning}x"


def _truth(expression: Expression, request: Request) -> Truth:
    match expression:
        case Logic(sign, parts):
            return (every if sign == "&&" else some)(_truth(part, request) for part in parts)
        case Negation(part):
            return _truth(part, request).negate()
        case Comparison(sign, left, right):
            return _compared(sign, left, right, request)
        case Call("startsWith" | "endsWith" as function, receiver, (argument,)) if receiver is not None:
            return _fits(function, _value(receiver, request), _value(argument, request))
        case Literal(bool() as value):
            return Truth.YES if value else Truth.NO
        case _:
            return Truth.UNKNOWN


def _compared(sign: str, left: Expression, right: Expression, request: Request) -> Truth:
    if sign == "in":
        if not isinstance(right, Listing):
            return Truth.UNKNOWN
        return some(_equal(_value(left, request), _value(member, request)) for member in right.members)
    one, other = _value(left, request), _value(right, request)
    if sign in ("==", "!="):
        equal = _equal(one, other)
        return equal if sign == "==" else equal.negate()
    if type(one) is not type(other) or not isinstance(one, int | str | datetime) or isinstance(one, bool):
        return Truth.UNKNOWN
    return Truth.YES if _ORDERS[sign](one, other) else Truth.NO


def _equal(one: object, other: object) -> Truth:
    if isinstance(one, _Beginning) and isinstance(other, str):
        return Truth.UNKNOWN if other.startswith(one.text) else Truth.NO
    if isinstance(other, _Beginning) and isinstance(one, str):
        return _equal(other, one)
    if type(one) is not type(other) or isinstance(one, _Unknown | _Beginning):
        return Truth.UNKNOWN
    return Truth.YES if one == other else Truth.NO


def _fits(function: str, value: object, part: object) -> Truth:
    if not isinstance(part, str):
        return Truth.UNKNOWN
    if isinstance(value, str):
        fits = value.startswith(part) if function == "startsWith" else value.endswith(part)
        return Truth.YES if fits else Truth.NO
    if isinstance(value, _Beginning) and function == "startsWith":
        if value.text.startswith(part):
            return Truth.YES
        return Truth.UNKNOWN if part.startswith(value.text) else Truth.NO
    return Truth.YES if isinstance(value, _Beginning) and not part else Truth.UNKNOWN


def _value(expression: Expression, request: Request) -> object:
    match expression:
        case Literal(value):
            return value
        case Attribute(name):
            return _attribute(name, request)
        case Call("timestamp", None, (Literal(str() as text),)):
            return _instant(text)
        case _:
            return _UNKNOWN


def _attribute(name: str, request: Request) -> object:
    values: Mapping[str, object] = {
        "request.time": request.time,
        "resource.service": request.service,
        "resource.type": request.type,
    }
    if name == "resource.name" and request.name is not None:
        return _Beginning(request.name) if request.open else request.name
    return values.get(name, _UNKNOWN)


def _instant(text: str) -> object:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return _UNKNOWN
    return found if found.tzinfo is not None else _UNKNOWN
