"""Conditions, as far as recorded evidence decides them; the rest is UNKNOWN and is shown, never dropped.

Source: AWS IAM User Guide, "IAM JSON policy elements: Condition operators".
"""

from collections.abc import Callable, Mapping

from controls.access.pattern import VARIABLE, matches
from controls.access.policy import Condition, Statement
from controls.access.truth import Truth, every

Context = Mapping[str, str]
"""Keys whose value is known, in lower case. A key that is not here is unknown, not absent."""

_Compare = Callable[[str, str], bool]


def _arn_like(value: str, wanted: str) -> bool:
    """Compare the six parts of two ARNs each by itself, so that a star never spans a colon."""
    parts, patterns = value.split(":", 5), wanted.split(":", 5)
    return len(parts) == len(patterns) and all(matches(p, v) for p, v in zip(patterns, parts, strict=True))


_POSITIVE: Mapping[str, _Compare] = {
    "stringequals": lambda value, wanted: value == wanted,
    "stringequalsignorecase": lambda value, wanted: value.lower() == wanted.lower(),
    "stringlike": lambda value, wanted: matches(wanted, value),
    "arnequals": _arn_like,
    "arnlike": _arn_like,
    "bool": lambda value, wanted: value.lower() == wanted.lower(),
}
_NEGATIVE: Mapping[str, _Compare] = {
    "stringnotequals": _POSITIVE["stringequals"],
    "stringnotequalsignorecase": _POSITIVE["stringequalsignorecase"],
    "stringnotlike": _POSITIVE["stringlike"],
    "arnnotequals": _POSITIVE["arnequals"],
    "arnnotlike": _POSITIVE["arnlike"],
}


def conditions_hold(statement: Statement, context: Context) -> Truth:
    """Tell whether all conditions of a statement hold in a context."""
    return every(_holds(condition, context) for condition in statement.conditions)


def undecided(statement: Statement, context: Context) -> tuple[str, ...]:
    """Give the conditions that the context does not decide, as text."""
    return tuple(str(c) for c in statement.conditions if _holds(c, context) is Truth.UNKNOWN)


def _holds(condition: Condition, context: Context) -> Truth:
    # A known key has one value here, for which ForAnyValue, ForAllValues and IfExists change nothing.
    operator = condition.operator.lower().rpartition(":")[2].removesuffix("ifexists")
    value = context.get(condition.key.lower())
    if value is None or any(VARIABLE in wanted for wanted in condition.values):
        return Truth.UNKNOWN
    if operator == "null":
        return Truth.YES if all(wanted == "false" for wanted in condition.values) else Truth.NO
    if operator in _POSITIVE:
        return Truth.YES if any(_POSITIVE[operator](value, wanted) for wanted in condition.values) else Truth.NO
    if operator in _NEGATIVE:
        return Truth.NO if any(_NEGATIVE[operator](value, wanted) for wanted in condition.values) else Truth.YES
    return Truth.UNKNOWN
