"""The principals of an account as recorded, each with the policies that speak for it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from collector.model.errors import MalformedError
from collector.model.snapshot import Snapshot
from controls.access.context import Context
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


Levels = tuple[tuple[Named, ...], ...]
"""The service control policies' statements of each level from the root to the account. Every level must allow."""


@dataclass(frozen=True, slots=True)
class Principal:
    """A user or role: its identity policies' statements, and what bounds them.

    Attributes:
        identity: the statements of its own and its groups' policies.
        boundary: None when there is none, which bounds nothing; an empty one allows nothing.
        trust: a role's trust policy.
        context: what is known of any request that it makes.
        levels: the service control policies over its account; empty when there are none or none was readable.
        session: the session policy's statements, None when there is none.
        last_used: the month in which a role was last used, where known.
        session_name: the one session that is asked about; None when it is any session of the role.

    """

    arn: str
    kind: str
    account: str
    identity: tuple[Named, ...]
    boundary: tuple[Named, ...] | None
    trust: tuple[Statement, ...]
    context: Context
    levels: Levels = ()
    session: tuple[Named, ...] | None = None
    session_name: str | None = None
    last_used: str | None = None
    _about: dict[str, "Principal"] = field(default_factory=dict, compare=False, repr=False)

    def about(self, action: str) -> "Principal":
        """Give the principal with only the statements about an action. It is the same object each time."""
        if action not in self._about:
            self._about[action] = replace(
                self,
                identity=about(self.identity, action),
                boundary=None if self.boundary is None else about(self.boundary, action),
                levels=tuple(about(level, action) for level in self.levels),
                session=None if self.session is None else about(self.session, action),
                _about={},
            )
        return self._about[action]


def about(statements: Sequence[Named], action: str) -> tuple[Named, ...]:
    """Keep the statements about an action."""
    return tuple(named for named in statements if named.statement.has_action(action))


def account_of(arn: str) -> str:
    """Give the account in an ARN, or a bare account id; empty where there is none."""
    if arn.isdigit() and len(arn) == 12:
        return arn
    parts = arn.split(":", 5)
    return parts[4] if len(parts) == 6 else ""


def principals_of(snapshot: Snapshot, levels: Levels = ()) -> Iterator[Principal]:
    """Give the users and roles of `iam.authorization_details`.

    Args:
        snapshot: the population of one account.
        levels: the service control policies over that account, see `controls.access.organization`.

    Raises:
        MalformedError: a policy does not have the documented form, or one that is attached was not listed.

    """
    for principal in _of_items(snapshot):
        # Service-linked roles are beyond service control policies.
        linked = ":role/aws-service-role/" in principal.arn
        yield replace(principal, levels=() if linked else levels, _about={})


def _of_items(snapshot: Snapshot) -> Sequence[Principal]:
    """Give the users and roles; they are parsed once for all snapshots with these items."""
    if _of_items not in snapshot.derived:
        snapshot.derived[_of_items] = tuple(_parse(snapshot))
    found: Sequence[Principal] = snapshot.derived[_of_items]
    return found


def _parse(snapshot: Snapshot) -> Iterator[Principal]:
    contents = {item.id: item.content().value for item in snapshot}
    groups = {value["name"]: value for value in contents.values() if value["type"] == "group"}
    policies = _Policies({arn: value for arn, value in contents.items() if value["type"] == "policy"})
    for arn, value in contents.items():
        if value["type"] in ("user", "role"):
            yield _principal(arn, value, groups, policies)


class _Policies:
    """The managed policies of an account, each parsed once however many principals it is attached to."""

    def __init__(self, values: Mapping[str, Mapping[str, Any]]) -> None:
        self._values = values
        self._parsed: dict[str, tuple[Statement, ...]] = {}

    def statements(self, arn: str, what: str) -> tuple[Statement, ...]:
        """Give a policy's statements; `what` names it in errors."""
        if arn not in self._parsed:
            if arn not in self._values:
                raise MalformedError(f"{what} is not in the recorded list")
            self._parsed[arn] = parse_policy(self._values[arn]["document"], arn)
        return self._parsed[arn]


def _principal(arn: str, value: Mapping[str, Any], groups: Mapping[str, Any], policies: _Policies) -> Principal:
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
        context=_context(arn, value, trust),
        last_used=value.get("last_used"),
    )


def _attached(path: tuple[str, ...], value: Mapping[str, Any], policies: _Policies) -> Iterator[Named]:
    for name, document in sorted(value["inline"].items()):
        step = f"inline policy {name}"
        for statement in parse_policy(document, f"{step} of {path[-1]}"):
            yield Named((*path, step), statement)
    for arn in value["attached"]:
        yield from _managed(path, arn, policies, "policy")


def _managed(path: tuple[str, ...], arn: str, policies: _Policies, kind: str) -> Iterator[Named]:
    step = f"{kind} {arn}"
    for statement in policies.statements(arn, f"{step} of {path[-1]}"):
        yield Named((*path, step), statement)


def _context(arn: str, value: Mapping[str, Any], trust: Sequence[Statement]) -> Context:
    """Give what is known of any request by this principal."""
    user = value["type"] == "user"
    known: dict[str, tuple[str, ...]] = {
        "aws:principalarn": (arn,),
        "aws:principalaccount": (account_of(arn),),
        "aws:principaltype": ("User" if user else "AssumedRole",),
        "aws:principalisawsservice": ("false",),
        # The caller chooses how it connects, so what it needs for access it will do.
        "aws:securetransport": ("true",),
        "aws:username": (value["name"],) if user else (),
    }
    # Whoever assumes a role may bring session tags, which go before the role's own, where its trust policy says so.
    if any(statement.allow and statement.has_action("sts:TagSession") for statement in trust):
        return Context(known)
    known.update((f"aws:principaltag/{key}".lower(), (text,)) for key, text in value["tags"].items())
    return Context(known, ("aws:principaltag/",))
