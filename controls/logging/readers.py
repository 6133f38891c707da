"""Who can read a log group, by which path, and who gets copies of it.

Reading takes one of several actions, none of which needs a right on the group's key: CloudWatch Logs decrypts for
whoever may read. logs:Unmask shows what a data protection policy masks.

Source: Service Authorization Reference, "Actions, resources, and condition keys for Amazon CloudWatch Logs"; Amazon
CloudWatch Logs User Guide, "Encrypt log data" and "View unmasked data".
"""

from collections.abc import Iterable, Iterator, Sequence

from controls.access.condition import conditions_hold, undecided
from controls.access.context import Context
from controls.access.evaluate import Grant, Target, candidates, evaluate
from controls.access.principal import Named, Principal, account_of
from controls.access.readers import Reader, assumers, outsiders
from controls.access.truth import Truth
from controls.logging.group import READS, LoggedGroup

UNMASK = "logs:Unmask"


def group_readers(group: LoggedGroup, principals: Iterable[Principal]) -> Iterator[Reader]:
    """Give everyone who can read a group, and each subscription that copies it.

    Raises:
        UnreadableError: its own policies or subscriptions were asked for and not given.
        MalformedError: a policy cannot be understood.

    """
    policies = group.policies()
    known = set()
    for principal in candidates(principals, _owner(group), policies):
        grants = [grant for action in READS for grant in _grants(group, principal, policies, action)]
        if grants:
            known.add(principal.arn)
            grants += [_unmasking(grant) for grant in _grants(group, principal, policies, UNMASK)]
            yield Reader(
                principal=principal.arn,
                kind=principal.kind,
                account=principal.account,
                grants=tuple(dict.fromkeys(grants)),
                assumers=assumers(principal),
                last_used=principal.last_used,
            )
    yield from (reader for reader in _outside(group, policies) if reader.principal not in known)
    for each in group.content.facet("subscriptions") or ():
        grant = Grant(Truth.YES, (group.store.what, f"subscription filter {each['name']}"))
        destination = str(each["destination"])
        yield Reader(destination, "subscription", account_of(destination), (grant,))


def _grants(group: LoggedGroup, principal: Principal, policies: Sequence[Named], action: str) -> Sequence[Grant]:
    account = _owner(group)
    context = Context({"aws:resourceaccount": (account,), "aws:securetransport": ("true",)})
    about = [named for named in policies if named.statement.has_action(action)]
    return evaluate(principal, Target(action, group.resources, account, context), about)


def _owner(group: LoggedGroup) -> str:
    return group.store.source.removeprefix("aws:")


def _unmasking(grant: Grant) -> Grant:
    return Grant(grant.access, (*grant.steps, f"{UNMASK}, which shows what is masked"), grant.conditions)


def _outside(group: LoggedGroup, policies: Sequence[Named]) -> Iterator[Reader]:
    """Give whom the policies let in who is not a user or role of the owning account."""
    account = _owner(group)
    context = Context({"aws:resourceaccount": (account,), "aws:securetransport": ("true",)})
    found: dict[tuple[str, str], list[Grant]] = {}
    for named in policies:
        statement = named.statement
        if not (statement.allow and any(statement.has_action(action) for action in READS)):
            continue
        access = min(statement.reaches(group.resources, context), conditions_hold(statement, context))
        if access is Truth.NO:
            continue
        grant = Grant(access, named.steps, undecided(statement, context))
        for outsider in outsiders(statement, account):
            found.setdefault(outsider, []).append(grant)
    for (kind, name), grants in sorted(found.items()):
        yield Reader(name, kind, account_of(name), tuple(grants))
