"""Policy documents as statements.

Source: AWS IAM User Guide, "IAM JSON policy elements reference".
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from collector.model.errors import MalformedError
from controls.access.pattern import VARIABLE, covers, matches, overlaps
from controls.access.truth import Truth

_ELEMENTS = {
    "Sid", "Effect", "Principal", "NotPrincipal", "Action", "NotAction", "Resource", "NotResource", "Condition",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Condition:
    """One key of one operator of a Condition element, with the values that it is compared with."""

    operator: str
    key: str
    values: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.operator} {self.key} = {', '.join(self.values)}"


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement.

    Attributes:
        label: how a person finds it, such as `statement 2 (ReadWeights)`.
        allow: False for a deny.
        principals: pairs of kind (AWS, Service, Federated, CanonicalUser) and name; None in identity policies.
        excluded: the pairs of a NotPrincipal, or None.
        actions, resources: patterns; negated when `not_actions`, `not_resources` say so.

    """

    label: str
    allow: bool
    principals: tuple[tuple[str, str], ...] | None
    excluded: tuple[tuple[str, str], ...] | None
    actions: tuple[str, ...]
    not_actions: bool
    resources: tuple[str, ...]
    not_resources: bool
    conditions: tuple[Condition, ...]

    def has_action(self, action: str) -> bool:
        """Tell whether it is about an action; actions are compared without regard to case."""
        found = any(matches(pattern.lower(), action.lower()) for pattern in self.actions)
        return found != self.not_actions

    def reaches(self, prefix: str) -> Truth:
        """Tell whether it is about any resource whose ARN begins with `prefix`."""
        if not self.not_resources:
            return max((_touch(pattern, prefix) for pattern in self.resources), default=Truth.NO)
        if any(VARIABLE in pattern for pattern in self.resources):
            return Truth.UNKNOWN
        return Truth.NO if any(covers(pattern, prefix) for pattern in self.resources) else Truth.YES

    def spans(self, prefix: str) -> Truth:
        """Tell whether it is about every resource whose ARN begins with `prefix`."""
        if not self.not_resources:
            return max((_span(pattern, prefix) for pattern in self.resources), default=Truth.NO)
        if any(VARIABLE in pattern for pattern in self.resources):
            return Truth.UNKNOWN
        return Truth.NO if any(overlaps(pattern, prefix) for pattern in self.resources) else Truth.YES


def _touch(pattern: str, prefix: str) -> Truth:
    if VARIABLE in pattern:
        return Truth.UNKNOWN if overlaps(pattern.split(VARIABLE, 1)[0] + "*", prefix) else Truth.NO
    return Truth.YES if overlaps(pattern, prefix) else Truth.NO


def _span(pattern: str, prefix: str) -> Truth:
    if VARIABLE in pattern:
        return Truth.UNKNOWN if overlaps(pattern.split(VARIABLE, 1)[0] + "*", prefix) else Truth.NO
    return Truth.YES if covers(pattern, prefix) or pattern == prefix else Truth.NO


def parse_policy(document: Any, where: str) -> tuple[Statement, ...]:
    """Read a policy document.

    Args:
        document: the JSON as recorded; None is the absence of a policy.
        where: names the policy in errors.

    Raises:
        MalformedError: it does not have the documented form, so nothing may be concluded from it.

    """
    if document is None:
        return ()
    if not isinstance(document, Mapping):
        raise MalformedError(f"{where} is not a policy document")
    statements = document.get("Statement", [])
    if isinstance(statements, Mapping):
        statements = [statements]
    if not isinstance(statements, list):
        raise MalformedError(f"the Statement of {where} is neither an object nor a list")
    return tuple(_statement(value, number, where) for number, value in enumerate(statements, 1))


def _statement(value: Any, number: int, where: str) -> Statement:
    what = f"statement {number} of {where}"
    if not isinstance(value, Mapping) or not value.keys() <= _ELEMENTS:
        raise MalformedError(f"{what} is not a statement, or has an unknown element")
    if value.get("Effect") not in ("Allow", "Deny"):
        raise MalformedError(f"{what} neither allows nor denies")
    actions, not_actions = _either(value, "Action", what)
    resources, not_resources = _either(value, "Resource", what)
    sid = value.get("Sid")
    return Statement(
        label=f"statement {number} ({sid})" if sid else f"statement {number}",
        allow=value["Effect"] == "Allow",
        principals=_principals(value["Principal"], what) if "Principal" in value else None,
        excluded=_principals(value["NotPrincipal"], what) if "NotPrincipal" in value else None,
        actions=actions,
        not_actions=not_actions,
        # Trust policies and some resource policies name no resource: they are about the one they hang on.
        resources=resources if resources or not_resources else ("*",),
        not_resources=not_resources,
        conditions=_conditions(value.get("Condition", {}), what),
    )


def _either(value: Mapping[str, Any], name: str, what: str) -> tuple[tuple[str, ...], bool]:
    negated = f"Not{name}" in value
    return _texts(value.get(f"Not{name}" if negated else name, []), f"{name} of {what}"), negated


def _principals(value: Any, what: str) -> tuple[tuple[str, str], ...]:
    if value == "*":
        return (("AWS", "*"),)
    if not isinstance(value, Mapping):
        raise MalformedError(f"the Principal of {what} is malformed")
    return tuple((kind, name) for kind, names in value.items() for name in _texts(names, f"Principal of {what}"))


def _conditions(value: Any, what: str) -> tuple[Condition, ...]:
    if not isinstance(value, Mapping) or not all(isinstance(keys, Mapping) for keys in value.values()):
        raise MalformedError(f"the Condition of {what} is malformed")
    return tuple(
        Condition(operator, key, _texts(values, f"Condition of {what}"))
        for operator, keys in value.items()
        for key, values in keys.items()
    )


def _texts(value: Any, what: str) -> tuple[str, ...]:
    values = value if isinstance(value, list) else [value]
    if not all(isinstance(member, (str, bool, int)) for member in values):
        raise MalformedError(f"the {what} is malformed")
    return tuple(str(member).lower() if isinstance(member, bool) else str(member) for member in values)
