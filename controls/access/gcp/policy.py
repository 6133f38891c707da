"""Allow policies and deny rules as recorded, checked before anything is concluded from them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from collector.model.errors import MalformedError
from controls.access.gcp.condition import Request, holds
from controls.access.gcp.member import denied
from controls.access.truth import Truth


@dataclass(frozen=True, slots=True)
class Binding:
    """A role, who holds it, and the condition in CEL under which they do, empty for none."""

    role: str
    members: tuple[str, ...]
    condition: str


@dataclass(frozen=True, slots=True)
class Level:
    """A policy and what it is attached to, such as `bucket weights` or `organization 123`."""

    name: str
    bindings: tuple[Binding, ...]


@dataclass(frozen=True, slots=True)
class DenyRule:
    """One rule of a deny policy; permissions read `storage.googleapis.com/objects.get`."""

    name: str
    principals: tuple[str, ...]
    exceptions: tuple[str, ...]
    permissions: tuple[str, ...]
    excepted_permissions: tuple[str, ...]
    condition: str

    def denies(self, member: str, permission: str, request: Request) -> Truth:
        """Tell whether the rule keeps all that a member stands for from using a permission such as `storage.x.get`."""
        service, _, rest = permission.partition(".")
        asked = f"{service}.googleapis.com/{rest}"
        if not any(fnmatchcase(asked, each) for each in self.permissions):
            return Truth.NO
        if any(fnmatchcase(asked, each) for each in self.excepted_permissions):
            return Truth.NO
        conditional = holds(self.condition, request) if self.condition else Truth.YES
        return min(conditional, denied(member, self.principals, self.exceptions))


def bindings_of(policy: Any, where: str) -> tuple[Binding, ...]:
    """Read a recorded policy.

    Raises:
        MalformedError: it has another form.

    """
    try:
        return tuple(
            Binding(_text(each["role"]), _texts(each["members"]), _expression(each["condition"])) for each in policy
        )
    except (KeyError, TypeError) as error:
        raise MalformedError(f"the policy of {where} is malformed: {error!r}") from None


def deny_rules_of(policies: Any, where: str) -> tuple[DenyRule, ...]:
    """Read the recorded deny policies of one resource.

    Raises:
        MalformedError: they have another form.

    """
    try:
        return tuple(_deny_rule(rule, str(each["name"])) for each in policies for rule in each["rules"])
    except (KeyError, TypeError) as error:
        raise MalformedError(f"the deny policies of {where} are malformed: {error!r}") from None


def _deny_rule(rule: Mapping[str, Any], name: str) -> DenyRule:
    return DenyRule(
        name=f"deny policy {name}",
        principals=_texts(rule["denied"]),
        exceptions=_texts(rule["exceptions"]),
        permissions=_texts(rule["permissions"]),
        excepted_permissions=_texts(rule["excepted_permissions"]),
        condition=_expression(rule["condition"]),
    )


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError("a text is none")
    return value


def _texts(value: Sequence[Any]) -> tuple[str, ...]:
    return tuple(_text(each) for each in value)


def _expression(condition: Mapping[str, Any] | None) -> str:
    return _text(condition["expression"]) if condition is not None else ""
