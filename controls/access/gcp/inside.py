"""Who counts as inside: members of allowed domains, and identities that allowed projects own."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from collector.model.outcome import Outcome
from controls.access.gcp.bucket import FoundObjects
from controls.access.gcp.member import domain_of, kind_of, pool_of, project_of
from controls.access.reachability import Chain
from controls.access.readers import Reader
from controls.access.reading import take_away
from controls.access.truth import Truth

DEFAULTS: Mapping[str, Any] = {"allowed_domains": [], "allowed_projects": []}
"""The parameters: domains of users and groups, and ids or numbers of projects whose service accounts may read."""

Judgement = tuple[Outcome, str]


@dataclass(frozen=True, slots=True)
class Inside:
    """The allowed domains, projects and identity pools; the bucket's own project is among them."""

    domains: frozenset[str]
    projects: frozenset[str]
    pools: frozenset[str]

    @classmethod
    def of(cls, found: FoundObjects, parameters: Mapping[str, Any]) -> "Inside":
        """Read the parameters for one location."""
        own = (found.project, str(found.bucket.value["project_number"]))
        return cls(
            # Parameters that were recorded before Cloud Storage was read are replayed too.
            frozenset(domain.lower() for domain in parameters.get("allowed_domains", ())),
            frozenset((*own, *parameters.get("allowed_projects", ()))),
            frozenset(parameters["allowed_identity_providers"]),
        )

    def admits(self, member: str) -> bool:
        """Tell whether a member is inside."""
        if domain_of(member) in self.domains or project_of(member) in self.projects:
            return True
        return pool_of(member) in self.pools

    def judge(self, uri: str, reader: Reader, chains: tuple[Chain, ...]) -> Judgement:
        """Give the outcome for a reader and for everyone who can become it, and what to change."""
        judged = list(self._judgements(uri, reader, chains))
        for outcome in (Outcome.FAIL, Outcome.INCONCLUSIVE):
            found = next((each for each in judged if each[0] is outcome), None)
            if found is not None:
                return found
        return Outcome.PASS, ""

    def _judgements(self, uri: str, reader: Reader, chains: tuple[Chain, ...]) -> Iterator[Judgement]:
        conditions = "; ".join(sorted({condition for grant in reader.grants for condition in grant.conditions}))
        undecided = f"under a condition that this evidence does not decide ({conditions or 'on the way'})"
        if not self.admits(reader.principal):
            who = f"{_who(reader.principal)} can read {uri}"
            if reader.access is Truth.YES:
                yield Outcome.FAIL, f"{who}: {take_away(reader)}{self._or_allow(reader.principal)}"
            else:
                yield Outcome.INCONCLUSIVE, f"{who} {undecided}: {take_away(reader)}"
        for chain in chains:
            if self.admits(chain.principal):
                continue
            becoming = ", which can become ".join(chain.roles)
            who = f"{_who(chain.principal)} can become {becoming}, which can read {uri}"
            if min(chain.access, reader.access) is Truth.YES:
                yield Outcome.FAIL, f"{who}: {chain.mend}{self._or_allow(chain.principal)}"
            else:
                yield Outcome.INCONCLUSIVE, f"{who}, {undecided}: {chain.mend}"

    def _or_allow(self, member: str) -> str:
        if domain_of(member):
            return f", or allow {domain_of(member)} in ACC-2 (allowed_domains)"
        if project_of(member):
            return f", or allow project {project_of(member)} in ACC-2 (allowed_projects)"
        pool = pool_of(member)
        return f", or allow {pool} in ACC-2 (allowed_identity_providers)" if pool else ""


def _who(member: str) -> str:
    return f"everyone ({member})" if kind_of(member) == "public" else member
