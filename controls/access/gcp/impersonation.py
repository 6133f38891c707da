"""Who can become a service account: by tokens, signatures or keys made for it, or by starting what runs as it.

Source: IAM documentation, "Roles for service account authentication" and "Service account impersonation" (delegation
chains).
"""

from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from collector.model.snapshot import Content, UnreadableError
from controls.access.evaluate import Grant
from controls.access.gcp.access import Access, Asked, access_to
from controls.access.gcp.condition import Request
from controls.access.gcp.policy import Level, bindings_of
from controls.access.gcp.project import Project
from controls.access.reachability import Chain
from controls.access.truth import Truth

ACCOUNTS = "gcp.service_accounts"

_BECOMES = (
    "iam.serviceAccounts.getAccessToken",
    "iam.serviceAccounts.signBlob",
    "iam.serviceAccounts.signJwt",
    "iam.serviceAccountKeys.create",
)
_STARTS = "iam.serviceAccounts.actAs"
_DELEGATES = "iam.serviceAccounts.implicitDelegation"
_STARTING = "where it can start something that runs as the service account"
_TYPE = "iam.googleapis.com/ServiceAccount"
_SERVICE = "iam.googleapis.com"


@dataclass(frozen=True, slots=True)
class Account:
    """A recorded service account, its project, and when it was read."""

    content: Content
    project: Project
    read: datetime


@dataclass(frozen=True, slots=True)
class _Step:
    """One member that can become a service account, or only have another one do so (`relays`)."""

    member: str
    grant: Grant
    relays: bool


class Impersonation:
    """The graph of who can become which service account, worked out as it is asked for."""

    def __init__(self, accounts: Mapping[str, Account]) -> None:
        """Keep the recorded accounts, by the name that bindings have for them."""
        self._accounts = accounts
        self._steps: dict[str, tuple[_Step, ...]] = {}
        self._unread: dict[str, tuple[str, ...]] = {}
        self._shared: dict[tuple[Asked, str], Access] = {}

    def chains(self, account: str) -> tuple[Chain, ...]:
        """Give everyone who can become a service account, each by its surest and then shortest chain."""
        found: dict[str, Chain] = {}
        waiting = deque([Chain(account, (), Truth.YES)])
        while waiting:
            reached = waiting.popleft()
            for step in self._to(reached.principal):
                if step.relays and not reached.roles:
                    # To pass a request on is to become nobody: somebody after it must have the account's token.
                    continue
                way = (reached.principal, *reached.roles)
                chain = Chain(step.member, way, min(step.grant.access, reached.access), step.grant.mend)
                known = found.get(step.member)
                if step.member == account or (known is not None and known.access >= chain.access):
                    continue
                found[step.member] = chain
                waiting.append(chain)
        return tuple(found[member] for member in sorted(found))

    def unread(self, account: str) -> tuple[str, ...]:
        """Say what of who can become a service account is not known, a sentence each."""
        _ = self._to(account)
        return self._unread.get(account, ())

    def _to(self, name: str) -> tuple[_Step, ...]:
        if name not in self._steps:
            account = self._accounts.get(name)
            self._steps[name] = () if account is None else tuple(self._steps_to(name, account))
        return self._steps[name]

    def _steps_to(self, name: str, account: Account) -> Iterator[_Step]:
        unread: list[str] = []
        own: tuple[Level, ...] = ()
        try:
            own = (Level(name, bindings_of(account.content.facet("policy"), name)),)
        except UnreadableError as error:
            unread.append(f"who can become {name} is not known: {error}")
        # What the account's own policy says needs only the project's roles and deny rules.
        alone = replace(account.project, levels=(), unread=())
        for permission in (*_BECOMES, _STARTS, _DELEGATES):
            asked = Asked(permission, Request(_TYPE, _SERVICE, account.read))
            for access in (access_to(asked, own, alone), self._inherited(asked, account.project)):
                unread += access.unread
                for member, grants in access.grants.items():
                    best = max(grants, key=lambda grant: grant.access)
                    if permission == _STARTS:
                        best = best.limited(Truth.UNKNOWN, _STARTING)
                    yield _Step(member, best, relays=permission == _DELEGATES)
        self._unread[name] = tuple(dict.fromkeys(unread))

    def _inherited(self, asked: Asked, project: Project) -> Access:
        """Give who has a permission on every service account of a project, worked out once for all of them."""
        at = (asked, project.number)
        if at not in self._shared:
            self._shared[at] = access_to(asked, (), project)
        return self._shared[at]
