"""Who can become a role: chains of sts:AssumeRole, found backwards from the role.

Source: AWS IAM User Guide, "Roles terms and concepts" (role chaining); AWS STS API Reference, "AssumeRole".
"""

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass

from controls.access.context import Context
from controls.access.evaluate import Target, candidates, evaluate
from controls.access.pattern import Resources
from controls.access.principal import Named, Principal
from controls.access.truth import Truth

ASSUME = "sts:AssumeRole"
# What an assumer states about itself restrains nobody who knows what to state.
_SELF_STATED = ("sts:externalid", "sts:rolesessionname", "sts:sourceidentity")


@dataclass(frozen=True, slots=True)
class Chain:
    """A principal that can become a role, by the roles that it assumes on the way, the wanted one last.

    `mend` says how to close it, where its path does not.
    """

    principal: str
    roles: tuple[str, ...]
    access: Truth
    mend: str = ""

    def __str__(self) -> str:
        conditional = "" if self.access is Truth.YES else " (conditional)"
        return " → ".join((self.principal, *self.roles)) + conditional


class Reachability:
    """The graph of who can assume whom, worked out as it is asked for."""

    def __init__(self, principals: Iterable[Principal]) -> None:
        """Keep the principals that may assume anything, and the roles."""
        everyone = list(principals)
        self._roles = {principal.arn: principal for principal in everyone if principal.kind == "role"}
        self._everyone = everyone
        self._able = [p for p in everyone if any(named.statement.allow for named in p.about(ASSUME).identity)]
        self._steps: dict[str, tuple[tuple[Principal, Truth], ...]] = {}

    def chains(self, role: str) -> tuple[Chain, ...]:
        """Give everyone who can become a role, each by its shortest chain; certain ones go first."""
        found: dict[str, Chain] = {}
        waiting = deque([Chain(role, (), Truth.YES)])
        while waiting:
            reached = waiting.popleft()
            for principal, access in self._assumers(reached.principal):
                chain = Chain(principal.arn, (reached.principal, *reached.roles), min(access, reached.access))
                known = found.get(principal.arn)
                if principal.arn == role or (known is not None and known.access >= chain.access):
                    continue
                found[principal.arn] = chain
                waiting.append(chain)
        return tuple(found[arn] for arn in sorted(found))

    def _assumers(self, arn: str) -> tuple[tuple[Principal, Truth], ...]:
        if arn not in self._steps:
            role = self._roles.get(arn)
            self._steps[arn] = () if role is None else tuple(self._assumers_of(role))
        return self._steps[arn]

    def _assumers_of(self, role: Principal) -> Iterable[tuple[Principal, Truth]]:
        trust = tuple(Named(("trust policy",), statement) for statement in role.trust if statement.has_action(ASSUME))
        if not any(named.statement.allow for named in trust):
            return
        stated = {key: _stated(trust, key) for key in _SELF_STATED}
        context = Context({key: values for key, values in stated.items() if values})
        target = Target(ASSUME, Resources(role.arn), role.account, context, delegated=True)
        # Only who has a policy about it can use what a trust policy leaves to an account; who is named needs none.
        names = {name for named in trust for _, name in named.statement.principals or (("AWS", "*"),)}
        open_to_many = any(name == "*" or ":assumed-role/" in name for name in names)
        able = self._everyone if open_to_many else self._candidates(names)
        for principal in candidates(able, role.account, trust):
            grants = evaluate(principal, target, trust)
            if grants:
                yield principal, max(grant.access for grant in grants)

    def _candidates(self, names: set[str]) -> Iterable[Principal]:
        able = {principal.arn: principal for principal in self._able}
        able.update((principal.arn, principal) for principal in self._everyone if principal.arn in names)
        return able.values()


def _stated(trust: Iterable[Named], key: str) -> tuple[str, ...]:
    """Give a value that satisfies the trust policy's demand, where there is one plain demand."""
    demanded = {
        value
        for named in trust
        if named.statement.allow
        for condition in named.statement.conditions
        if condition.key.lower() == key and condition.operator.lower() in ("stringequals", "stringlike")
        for value in condition.values
        if not any(mark in value for mark in ("*", "?", "${"))
    }
    return (demanded.pop(),) if len(demanded) == 1 else ()
