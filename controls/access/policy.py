"""Policy documents as statements.

Source: AWS IAM User Guide, "IAM JSON policy elements reference".
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from collector.model.errors import MalformedError
from controls.access.context import Context, resolve
from controls.access.pattern import Resources, matches, touches, within
from controls.access.truth import Truth, some

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
        variables: whether the policy's version has policy variables; in older ones they are plain text.

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
    variables: bool = True

    def has_action(self, action: str) -> bool:
        """Tell whether it is about an action; actions are compared without regard to case."""
        return _has_action(self.actions, action) != self.not_actions

    def reaches(self, resources: Resources, context: Context) -> Truth:
        """Tell whether it is about any of some resources."""
        if self.not_resources:
            return some(self._each(resources, context, Resources.within)).negate()
        return some(self._each(resources, context, Resources.touches))

    def spans(self, resources: Resources, context: Context) -> Truth:
        """Tell whether it is about every one of some resources."""
        if self.not_resources:
            return some(self._each(resources, context, Resources.touches)).negate()
        return some(self._each(resources, context, Resources.within))

    def _each(
        self, resources: Resources, context: Context, ask: Callable[[Resources, Sequence[str]], bool]
    ) -> Iterator[Truth]:
        """Answer a question for each pattern; one with a variable of unknown value is undecided where it may match."""
        for pattern in self.resources:
            if "${" not in pattern or not self.variables:
                answer = (touches if ask is Resources.touches else within)(pattern, resources)
                yield Truth.YES if answer else Truth.NO
                continue
            resolved = resolve(pattern, context, wild=True)
            if resolved.known is Truth.NO and self.not_resources:
                # It "will not match any resource", and it "might cause the entire statement to be invalid": the
                # documentation says both of a variable without a value ("Variables and tags").
                yield Truth.UNKNOWN
            elif resolved.known is Truth.UNKNOWN:
                yield Truth.UNKNOWN if resources.touches(resolved.tokens) else Truth.NO
            else:
                yield Truth.YES if resolved.known is Truth.YES and ask(resources, resolved.tokens) else Truth.NO


@lru_cache(maxsize=1 << 14)
def _has_action(patterns: tuple[str, ...], action: str) -> bool:
    return any(matches(pattern.lower(), action.lower()) for pattern in patterns)


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
    variables = document.get("Version") == "2012-10-17"
    return tuple(_statement(value, number, where, variables=variables) for number, value in enumerate(statements, 1))


def _statement(value: Any, number: int, where: str, *, variables: bool) -> Statement:
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
        variables=variables,
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
