"""The principals of an account as recorded, each with the policies that speak for it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from collector.model.errors import MalformedError
from collector.model.snapshot import Snapshot
from controls.access.condition import Context
from controls.access.policy import Statement, parse_policy


@dataclass(frozen=True, slots=True)
class Named:
    """A statement with the steps that lead to it from its principal or resource."""

    path: tuple[str, ...]
    statement: Statement

    @property
    def steps(self) -> tuple[str, ...]:
        """Give the whole path, the statement last."""
        return (*self.path, self.statement.label)


@dataclass(frozen=True, slots=True)
class Principal:
    """A user or role: its identity policies' statements, its boundary's, and for a role its trust policy's.

    `boundary` is None when there is none, which bounds nothing; an empty one allows nothing.
    """

    arn: str
    kind: str
    account: str
    identity: tuple[Named, ...]
    boundary: tuple[Named, ...] | None
    trust: tuple[Statement, ...]
    context: Context


def account_of(arn: str) -> str:
    """Give the account in an ARN, or a bare account id; empty where there is none."""
    if arn.isdigit() and len(arn) == 12:
        return arn
    parts = arn.split(":", 5)
    return parts[4] if len(parts) == 6 else ""


def principals_of(snapshot: Snapshot) -> Iterator[Principal]:
    """Give the users and roles of `iam.authorization_details`.

    Raises:
        MalformedError: a policy does not have the documented form, or one that is attached was not listed.

    """
    contents = {item.id: item.content().value for item in snapshot}
    groups = {value["name"]: value for value in contents.values() if value["type"] == "group"}
    policies = {arn: value for arn, value in contents.items() if value["type"] == "policy"}
    for arn, value in contents.items():
        if value["type"] in ("user", "role"):
            yield _principal(arn, value, groups, policies)


def _principal(arn: str, value: Mapping[str, Any], groups: Mapping[str, Any], policies: Mapping[str, Any]) -> Principal:
    own = f"{value['type']} {value['name']}"
    statements = list(_attached((own,), value, policies))
    for name in value.get("groups", []):
        if name not in groups:
            raise MalformedError(f"group {name} of {arn} is not in the recorded list")
        statements += _attached((own, f"group {name}"), groups[name], policies)
    boundary = value["boundary"]
    trust = parse_policy(value.get("trust"), f"the trust policy of {arn}")
    return Principal(
        arn=arn,
        kind=value["type"],
        account=account_of(arn),
        identity=tuple(statements),
        boundary=None if boundary is None else tuple(_managed((own,), boundary, policies, "boundary")),
        trust=trust,
        context=_context(arn, value),
    )


def _attached(path: tuple[str, ...], value: Mapping[str, Any], policies: Mapping[str, Any]) -> Iterator[Named]:
    for name, document in sorted(value["inline"].items()):
        step = f"inline policy {name}"
        for statement in parse_policy(document, f"{step} of {path[-1]}"):
            yield Named((*path, step), statement)
    for arn in value["attached"]:
        yield from _managed(path, arn, policies, "policy")


def _managed(path: tuple[str, ...], arn: str, policies: Mapping[str, Any], kind: str) -> Iterator[Named]:
    if arn not in policies:
        raise MalformedError(f"{kind} {arn} of {path[-1]} is not in the recorded list")
    for statement in parse_policy(policies[arn]["document"], arn):
        yield Named((*path, f"{kind} {arn}"), statement)


def _context(arn: str, value: Mapping[str, Any]) -> Context:
    """Give what is known of any request by this principal."""
    known = {
        "aws:principalarn": arn,
        "aws:principalaccount": account_of(arn),
        "aws:principaltype": "User" if value["type"] == "user" else "AssumedRole",
        # The caller chooses how it connects, so what it needs for access it will do.
        "aws:securetransport": "true",
    }
    if value["type"] == "user":
        known["aws:username"] = value["name"]
    known.update((f"aws:principaltag/{key}".lower(), text) for key, text in value["tags"].items())
    return known
