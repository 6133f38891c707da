"""Conditions, as far as recorded evidence decides them; the rest is UNKNOWN and is shown, never dropped.

Source: AWS IAM User Guide, "IAM JSON policy elements: Condition operators", "Single-valued vs. multivalued
context keys" and "Variables and tags".
"""

import base64
import binascii
import ipaddress
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation

from controls.access.context import Context, resolve
from controls.access.pattern import MANY, Tokens, tokens_match
from controls.access.policy import Condition, Statement
from controls.access.truth import Truth, every, some

_YEAR_OR_MONTH = re.compile(r"[0-9]{4}(-[0-9]{2})?")

_Compare = Callable[[str, str], bool]
_Match = Callable[[str, Tokens], bool]


@dataclass(frozen=True, slots=True)
class _Operator:
    """How one value is compared with one wanted value.

    `match` serves the operators in whose values policy variables are replaced (string and ARN), `compare` the
    others. A negated operator is the opposite of all its wanted values taken together.
    """

    match: _Match | None = None
    compare: _Compare | None = None
    wild: bool = False
    negated: bool = False

    def holds(self, value: str, wanted: Sequence[str], context: Context, *, variables: bool) -> Truth:
        """Tell whether one value of the request satisfies the condition."""
        found = some(self._matches(value, each, context, variables=variables) for each in wanted)
        return found.negate() if self.negated else found

    def _matches(self, value: str, wanted: str, context: Context, *, variables: bool) -> Truth:
        if self.compare is not None:
            return Truth.YES if self.compare(value, wanted) else Truth.NO
        assert self.match is not None  # noqa: S101 - one of the two is set in the table below
        resolved = resolve(wanted, context if variables else _NO_VARIABLES, wild=self.wild)
        if resolved.known is Truth.NO:
            # A variable without a value matches nothing, so "not" holds ("Policy variables with no value").
            return Truth.NO
        if resolved.known is Truth.UNKNOWN:
            return Truth.UNKNOWN if tokens_match(resolved.tokens, value) else Truth.NO
        return Truth.YES if self.match(value, resolved.tokens) else Truth.NO


_NO_VARIABLES = Context({}, ("",))


def _equals(value: str, tokens: Tokens) -> bool:
    return value == "".join(tokens)


def _equals_ignoring_case(value: str, tokens: Tokens) -> bool:
    return value.lower() == "".join(tokens).lower()


def _like(value: str, tokens: Tokens) -> bool:
    return tokens_match(tokens, value)


def _arn_like(value: str, tokens: Tokens) -> bool:
    """Compare the six parts of two ARNs each by itself, so that a star never spans a colon."""
    if tuple(tokens) == (MANY,):
        return True
    parts, patterns = value.split(":", 5), _arn_parts(tokens)
    return len(parts) == len(patterns) == 6 and all(tokens_match(p, v) for p, v in zip(patterns, parts, strict=True))


def _arn_parts(tokens: Tokens) -> list[list[str]]:
    parts: list[list[str]] = [[]]
    for mark in tokens:
        if mark == ":" and len(parts) < 6:
            parts.append([])
        else:
            parts[-1].append(mark)
    return parts


def _same_case_free(value: str, wanted: str) -> bool:
    return value.lower() == wanted.lower()


def _number(text: str) -> Decimal | None:
    try:
        number = Decimal(text)
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


def _date(text: str) -> datetime | None:
    """Read ISO 8601 in the W3C's forms, of which four digits are a year, or seconds since 1970."""
    try:
        if _YEAR_OR_MONTH.fullmatch(text):
            year, _, month = text.partition("-")
            return datetime(int(year), int(month or 1), 1, tzinfo=UTC)
        if text.lstrip("-").isdigit():
            return datetime.fromtimestamp(int(text), UTC)
        date = datetime.fromisoformat(text)
    except (ValueError, OverflowError, OSError):
        return None
    return date if date.tzinfo else date.replace(tzinfo=UTC)


def _ordered(read: Callable[[str], Decimal | datetime | None], accept: Callable[[int], bool]) -> _Compare:
    """Compare what two texts say; what says nothing satisfies nothing."""

    def compare(value: str, wanted: str) -> bool:
        left, right = read(value), read(wanted)
        if left is None or right is None:
            return False
        # Both come from the same reader, so they are of one type.
        return accept((left > right) - (left < right))  # type: ignore[operator]

    return compare


def _in_network(value: str, wanted: str) -> bool:
    try:
        return ipaddress.ip_address(value) in ipaddress.ip_network(wanted, strict=False)
    except ValueError:
        return False


def _same_bytes(value: str, wanted: str) -> bool:
    try:
        return base64.b64decode(value, validate=True) == base64.b64decode(wanted, validate=True)
    except (binascii.Error, ValueError):
        return False


_ORDERS: Mapping[str, Callable[[int], bool]] = {
    "equals": lambda order: order == 0,
    "lessthan": lambda order: order < 0,
    "lessthanequals": lambda order: order <= 0,
    "greaterthan": lambda order: order > 0,
    "greaterthanequals": lambda order: order >= 0,
}

_OPERATORS: Mapping[str, _Operator] = {
    "stringequals": _Operator(_equals),
    "stringnotequals": _Operator(_equals, negated=True),
    "stringequalsignorecase": _Operator(_equals_ignoring_case),
    "stringnotequalsignorecase": _Operator(_equals_ignoring_case, negated=True),
    "stringlike": _Operator(_like, wild=True),
    "stringnotlike": _Operator(_like, wild=True, negated=True),
    "arnequals": _Operator(_arn_like, wild=True),
    "arnlike": _Operator(_arn_like, wild=True),
    "arnnotequals": _Operator(_arn_like, wild=True, negated=True),
    "arnnotlike": _Operator(_arn_like, wild=True, negated=True),
    "bool": _Operator(compare=_same_case_free),
    "binaryequals": _Operator(compare=_same_bytes),
    "ipaddress": _Operator(compare=_in_network),
    "notipaddress": _Operator(compare=_in_network, negated=True),
    **{f"numeric{name}": _Operator(compare=_ordered(_number, accept)) for name, accept in _ORDERS.items()},
    "numericnotequals": _Operator(compare=_ordered(_number, _ORDERS["equals"]), negated=True),
    **{f"date{name}": _Operator(compare=_ordered(_date, accept)) for name, accept in _ORDERS.items()},
    "datenotequals": _Operator(compare=_ordered(_date, _ORDERS["equals"]), negated=True),
}


def conditions_hold(statement: Statement, context: Context) -> Truth:
    """Tell whether all conditions of a statement hold in a context."""
    return every(_holds(condition, context, variables=statement.variables) for condition in statement.conditions)


def undecided(statement: Statement, context: Context) -> tuple[str, ...]:
    """Give the conditions that the context does not decide, as text."""
    return tuple(
        str(condition)
        for condition in statement.conditions
        if _holds(condition, context, variables=statement.variables) is Truth.UNKNOWN
    )


def _holds(condition: Condition, context: Context, *, variables: bool) -> Truth:
    qualifier, _, name = condition.operator.lower().rpartition(":")
    values = context.get(condition.key)
    if values is None:
        return Truth.UNKNOWN
    if name == "null":
        return some(Truth.YES if (wanted == "true") == (not values) else Truth.NO for wanted in condition.values)
    operator = _OPERATORS.get(name.removesuffix("ifexists"))
    if operator is None:
        return Truth.UNKNOWN
    if qualifier and not any(values):
        # To the set operators, an empty text is no value.
        values = ()
    if not values:
        # A missing key satisfies IfExists, ForAllValues and what says "not"; nothing else.
        satisfied = name.endswith("ifexists") or qualifier == "forallvalues"
        return Truth.YES if satisfied or (operator.negated and qualifier != "foranyvalue") else Truth.NO
    return _together(
        qualifier, [operator.holds(value, condition.values, context, variables=variables) for value in values]
    )


def _together(qualifier: str, answers: Sequence[Truth]) -> Truth:
    """Take the answers for the values of one key together as the set operator says."""
    if qualifier == "foranyvalue":
        return some(answers)
    # Without a set operator, several values of one key are an error of the policy's author that AWS leaves
    # undefined, unless all answer alike.
    if qualifier != "forallvalues" and len(set(answers)) > 1:
        return Truth.UNKNOWN
    return every(answers)
