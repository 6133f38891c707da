"""The decision whether a principal may do an action on resources, and by which path.

An explicit deny wins. In one account, identity and resource policies are a union; across accounts both must allow.
Service control policies bound everything that a principal does; a permissions boundary and a session policy
bound what identity policies give, and what a resource policy gives to a role, but not what it gives to a user
or to a role's session by name.

Source: AWS IAM User Guide, "Policy evaluation logic", "Cross-account policy evaluation logic" and "Permissions
boundaries for IAM entities"; AWS KMS Developer Guide, "Default key policy".
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import IntEnum

from controls.access.condition import conditions_hold, undecided
from controls.access.context import Context
from controls.access.pattern import Resources
from controls.access.policy import Statement
from controls.access.principal import Named, Principal, account_of
from controls.access.truth import Truth, every, some

_OPEN_DENY = "a deny whose condition is not decided"


@dataclass(frozen=True, slots=True)
class Target:
    """What is asked for: an action on resources of the owner's account.

    `delegated` is True where identity policies count only as far as the resource's own policy lets the account
    decide: KMS keys, and roles that are to be assumed.
    """

    action: str
    resources: Resources
    account: str
    context: Context
    delegated: bool = False


@dataclass(frozen=True, slots=True)
class Grant:
    """One way in: the steps to the statement that allows, and the conditions that evidence leaves open.

    `mend` says how to close it, where naming the last step does not.
    """

    access: Truth
    steps: tuple[str, ...]
    conditions: tuple[str, ...] = ()
    mend: str = ""

    def limited(self, by: Truth, *conditions: str) -> "Grant":
        """Give the grant within something that bounds it; a bound that is UNKNOWN is stated."""
        if by is Truth.YES:
            return self
        stated = (*self.conditions, *conditions) if by is Truth.UNKNOWN else self.conditions
        return Grant(min(self.access, by), self.steps, stated, self.mend)


class Naming(IntEnum):
    """How a resource policy's statement names a principal."""

    NOT = 0
    ACCOUNT = 1
    """its account, which then decides by its identity policies"""
    ROLE = 2
    DIRECT = 3
    """the user, the role's session, or everyone"""


def evaluate(principal: Principal, target: Target, resource: Sequence[Named]) -> tuple[Grant, ...]:
    """Give the grants that no deny takes away, identity policies first.

    Args:
        principal: a user or role, of any account whose policies are known.
        target: what is asked for.
        resource: the statements of the resource's own policy.

    """
    narrowed = principal.about(target.action)
    context = narrowed.context.joined(target.context)
    if not narrowed.identity and not resource:
        return ()
    named = [(each, naming(each.statement, principal)) for each in resource]
    denied = _denied(narrowed, target, named, context)
    if denied is Truth.YES:
        return ()
    by_resource = [
        (grant, how) for each, how in named if how is not Naming.NOT for grant in _allowed((each,), target, context)
    ]
    combine = _within_account if principal.account == target.account else _across_accounts
    bounds = _Bounds.of(narrowed, target, context)
    given = combine(list(_allowed(narrowed.identity, target, context)), by_resource, bounds, target)
    survivors = (bounds.all(grant).limited(denied.negate(), _OPEN_DENY) for grant in given)
    return tuple(grant for grant in survivors if grant.access is not Truth.NO)


def candidates(principals: Iterable[Principal], owner: str, resource: Iterable[Named]) -> Iterable[Principal]:
    """Leave out who has no grant whatever else is known: whoever the resource's policy lets in from no account.

    Args:
        principals: of any account.
        owner: the account that the resource belongs to.
        resource: the statements of the resource's own policy.

    """
    named = {owner}
    for statement in (each.statement for each in resource if each.statement.allow):
        names = [name for kind, name in statement.principals or () if kind == "AWS"]
        if statement.excluded is not None or "*" in names:
            return principals
        named.update(map(account_of, names))
    return [principal for principal in principals if principal.account in named]


@dataclass(frozen=True, slots=True)
class _Bounds:
    """What bounds a principal: the most that each lets it do, as grants so that open conditions are named."""

    levels: Truth
    boundary: Truth
    session: Truth

    @classmethod
    def of(cls, principal: Principal, target: Target, context: Context) -> "_Bounds":
        def most(statements: Sequence[Named] | None) -> Truth:
            if statements is None:
                return Truth.YES
            return some(grant.access for grant in _allowed(statements, target, context))

        return cls(every(map(most, principal.levels)), most(principal.boundary), most(principal.session))

    def all(self, grant: Grant) -> Grant:
        """Bound any grant by the service control policies."""
        return grant.limited(self.levels, "the service control policies")

    def identity(self, grant: Grant) -> Grant:
        """Bound what identity policies, or a resource policy through a role, give."""
        within = grant.limited(self.boundary, "the permissions boundary")
        return within.limited(self.session, "the session policy")


def _within_account(
    identity: Sequence[Grant], resource: Sequence[tuple[Grant, Naming]], bounds: _Bounds, target: Target
) -> Iterator[Grant]:
    delegation = max((grant for grant, how in resource if how is Naming.ACCOUNT), key=_access, default=None)
    for grant in identity:
        if not target.delegated:
            yield bounds.identity(grant)
        elif delegation is not None:
            yield bounds.identity(grant).limited(delegation.access, *delegation.conditions)
    for grant, how in resource:
        if how is Naming.ROLE:
            yield bounds.identity(grant)
        elif how is Naming.DIRECT:
            yield grant


def _across_accounts(
    identity: Sequence[Grant], resource: Sequence[tuple[Grant, Naming]], bounds: _Bounds, _target: Target
) -> Iterator[Grant]:
    """Both sides must allow: each way of the owner's side, with the best that the principal's own side gives."""
    best = max(identity, key=_access, default=None)
    if best is None:
        return
    for grant, _ in resource:
        both = Grant(min(best.access, grant.access), (*best.steps, *grant.steps), (*best.conditions, *grant.conditions))
        yield bounds.identity(both)


def _access(grant: Grant) -> Truth:
    return grant.access


def naming(statement: Statement, principal: Principal) -> Naming:
    """Tell how a resource policy's statement names a principal.

    The account as a principal only delegates (IAM User Guide, "AWS JSON policy elements: Principal"). A
    NotPrincipal names everyone who is not in it by name: to list an account spares none of its users and roles,
    and a deny spares nobody who has a permissions boundary ("AWS JSON policy elements: NotPrincipal").
    """
    if statement.excluded is not None:
        if principal.boundary is not None and not statement.allow:
            return Naming.DIRECT
        names = [name for kind, name in statement.excluded if kind == "AWS"]
        # Where sessions of the role are listed, the role beside them spares no others.
        listed = [name for name in names if _session_of(name, principal) is not None] or names
        spared = any(_how(name, principal, not statement.allow) >= Naming.ROLE for name in listed)
        return Naming.NOT if spared else Naming.DIRECT
    direct = (name for kind, name in statement.principals or () if kind == "AWS")
    return max((_how(name, principal, statement.allow) for name in direct), default=Naming.NOT)


def _how(name: str, principal: Principal, wanted: bool) -> Naming:
    """Tell how one name names a principal; `wanted` says whether it is good for the principal to be named."""
    if name == "*":
        return Naming.DIRECT
    if name == principal.arn:
        return Naming.ROLE if principal.kind == "role" else Naming.DIRECT
    if account_of(name) != principal.account:
        return Naming.NOT
    if name == principal.account or name.endswith(":root"):
        return Naming.ACCOUNT
    session = _session_of(name, principal)
    if session is None:
        return Naming.NOT
    # Whoever assumes the role chooses the session's name: to be allowed that one, or not to be denied it.
    this = wanted if principal.session_name is None else session == principal.session_name
    return Naming.DIRECT if this else Naming.NOT


def _session_of(name: str, principal: Principal) -> str | None:
    """Give the session's name in arn:aws:sts::ACCOUNT:assumed-role/ROLE/SESSION; None unless it is this role's."""
    _, found, rest = name.partition(":assumed-role/")
    if not found or principal.kind != "role" or account_of(name) != principal.account:
        return None
    role, _, session = rest.partition("/")
    return session if role == principal.arn.rsplit("/", 1)[-1] else None


def _allowed(statements: Iterable[Named], target: Target, context: Context) -> Iterator[Grant]:
    for named in statements:
        statement = named.statement
        if not statement.allow or not statement.has_action(target.action):
            continue
        reached = statement.reaches(target.resources, context)
        if reached is Truth.NO:
            continue
        access = min(reached, conditions_hold(statement, context))
        if access is Truth.NO:
            continue
        conditions = undecided(statement, context)
        if reached is Truth.UNKNOWN:
            conditions = (*conditions, "a policy variable in the resource")
        yield Grant(access, named.steps, conditions)


def _denied(principal: Principal, target: Target, resource: Sequence[tuple[Named, Naming]], context: Context) -> Truth:
    own = (
        principal.identity,
        principal.boundary or (),
        principal.session or (),
        *principal.levels,
        tuple(named for named, how in resource if how is not Naming.NOT),
    )
    return some(_denies(named.statement, target, context) for statements in own for named in statements)


def _denies(statement: Statement, target: Target, context: Context) -> Truth:
    """Tell whether a deny takes away all of the resources; one that takes a part leaves a reader."""
    if statement.allow or not statement.has_action(target.action):
        return Truth.NO
    spanned = statement.spans(target.resources, context)
    return Truth.NO if spanned is Truth.NO else min(spanned, conditions_hold(statement, context))
