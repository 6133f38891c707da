"""The decision whether a principal may do an action on what begins with an ARN, and by which path.

Source: AWS IAM User Guide, "Policy evaluation logic" and "Permissions boundaries for IAM entities": an
explicit deny wins; in one account, identity and resource policies are a union; a boundary bounds what identity
policies give, and what a resource policy gives to a role, but not what it gives to a user by name.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from controls.access.condition import Context, conditions_hold, undecided
from controls.access.policy import Statement
from controls.access.principal import Named, Principal, account_of
from controls.access.truth import Truth, some


@dataclass(frozen=True, slots=True)
class Target:
    """What is asked for: an action on resources whose ARN begins with `prefix`, in the owner's account."""

    action: str
    prefix: str
    account: str
    context: Context


@dataclass(frozen=True, slots=True)
class Grant:
    """One way in: the steps to the statement that allows, and the conditions that evidence leaves open."""

    access: Truth
    steps: tuple[str, ...]
    conditions: tuple[str, ...] = ()

    def limited(self, by: Truth, condition: str) -> "Grant":
        """Give the grant within something that bounds it; a bound that is UNKNOWN is stated."""
        conditions = (*self.conditions, condition) if by is Truth.UNKNOWN else self.conditions
        return Grant(min(self.access, by), self.steps, conditions)


def evaluate(principal: Principal, target: Target, resource: Sequence[Named]) -> tuple[Grant, ...]:
    """Give the grants of a principal of the owner's account that no deny takes away, identity policies first.

    Args:
        principal: a user or role.
        target: what is asked for.
        resource: the statements of the resource's own policy.

    """
    context = {**target.context, **principal.context}
    denied = _denied(principal, target, resource, context)
    if denied is Truth.YES:
        return ()
    bound = _bound(principal, target, context)
    grants = [
        grant.limited(bound, "the permissions boundary") for grant in _allowed(principal.identity, target, context)
    ]
    for named in resource:
        for grant in _allowed([named], target, context):
            named_as = names_principal(named.statement, principal)
            if named_as is Truth.NO:
                continue
            limit = Truth.YES if principal.kind == "user" else bound
            grants.append(grant.limited(min(named_as, limit), "the permissions boundary"))
    survivors = (grant.limited(denied.negate(), "a deny whose condition is not decided") for grant in grants)
    return tuple(grant for grant in survivors if grant.access is not Truth.NO)


def names_principal(statement: Statement, principal: Principal) -> Truth:
    """Tell whether a resource policy's statement names a principal directly.

    The account as a principal only delegates: within the account, the identity policy decides (IAM User
    Guide, "AWS JSON policy elements: Principal").
    """
    if statement.excluded is not None:
        excluded = any(kind == "AWS" and _is(name, principal) for kind, name in statement.excluded)
        return Truth.NO if excluded else Truth.YES
    names = [name for kind, name in statement.principals or () if kind == "AWS"]
    return Truth.YES if any(name == "*" or _is_exactly(name, principal) for name in names) else Truth.NO


def _is_exactly(name: str, principal: Principal) -> bool:
    if name == principal.arn:
        return True
    # A role's session: arn:aws:sts::ACCOUNT:assumed-role/NAME/SESSION.
    if principal.kind == "role" and ":assumed-role/" in name and account_of(name) == principal.account:
        return name.split(":assumed-role/", 1)[1].split("/", 1)[0] == principal.arn.rsplit("/", 1)[-1]
    return False


def _is(name: str, principal: Principal) -> bool:
    return name in ("*", principal.account, f"arn:aws:iam::{principal.account}:root") or _is_exactly(name, principal)


def _allowed(statements: Iterable[Named], target: Target, context: Context) -> Iterable[Grant]:
    for named in statements:
        statement = named.statement
        if statement.allow and statement.has_action(target.action):
            access = min(statement.reaches(target.prefix), conditions_hold(statement, context))
            if access is not Truth.NO:
                open_conditions = undecided(statement, context)
                if statement.reaches(target.prefix) is Truth.UNKNOWN:
                    open_conditions = (*open_conditions, "a policy variable in the resource")
                yield Grant(access, named.steps, open_conditions)


def _denied(principal: Principal, target: Target, resource: Sequence[Named], context: Context) -> Truth:
    own = [*principal.identity, *(principal.boundary or ())]
    by_identity = (_denies(named.statement, target, context) for named in own)
    by_resource = (
        min(_denies(named.statement, target, context), denies_principal(named.statement, principal))
        for named in resource
    )
    return max(some(by_identity), some(by_resource))


def denies_principal(statement: Statement, principal: Principal) -> Truth:
    """Tell whether a deny of a resource policy is about a principal; an account names all of its principals."""
    if statement.excluded is not None:
        excluded = any(kind == "AWS" and _is(name, principal) for kind, name in statement.excluded)
        return Truth.NO if excluded else Truth.YES
    names = [name for kind, name in statement.principals or () if kind == "AWS"]
    return Truth.YES if any(_is(name, principal) for name in names) else Truth.NO


def _denies(statement: Statement, target: Target, context: Context) -> Truth:
    """Tell whether a deny takes away everything below the prefix; one that takes a part leaves a reader."""
    if statement.allow or not statement.has_action(target.action):
        return Truth.NO
    return min(statement.spans(target.prefix), conditions_hold(statement, context))


def _bound(principal: Principal, target: Target, context: Context) -> Truth:
    if principal.boundary is None:
        return Truth.YES
    return some(grant.access for grant in _allowed(principal.boundary, target, context))
