"""SEG-1: no tenant's training identity can read another tenant's data.

The tested population is the full matrix: every identity of every tenant against every tenant's data location.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from collector.model.canonical import Json
from collector.model.control import Control, Parameters
from collector.model.errors import MalformedError
from collector.model.evidence import Evidence
from collector.model.outcome import Outcome
from collector.model.result import Assessment, Result, conclude, not_applicable
from collector.model.snapshot import UnreadableError
from controls.access.estate import NEEDS, OPTIONAL, Estate, Place
from controls.access.gcp.membership import open_membership, stands_for
from controls.access.readers import Reader, assumers
from controls.access.reading import not_whole, spell, take_away, way_in
from controls.access.tenant import Tenant, tenants_of
from controls.access.truth import Truth


@dataclass(frozen=True, slots=True)
class _Way:
    """How an identity reads a location: as the reader, or as a role that it can become."""

    reader: Reader
    access: Truth
    roles: tuple[str, ...] = ()
    mend: str = ""
    conditions: tuple[str, ...] = ()

    @property
    def undecided(self) -> str:
        """Say what is not decided about it."""
        given = (condition for grant in self.reader.grants for condition in grant.conditions)
        return "; ".join(sorted({*given, *self.conditions})) or "on the way"

    @property
    def close(self) -> str:
        """Say what a person does to close it."""
        if self.mend:
            return self.mend
        in_google = any(grant.mend for grant in self.reader.grants)
        return take_away(self.reader) if in_google else f"remove or narrow {way_in(self.reader)}"


def test(evidence: Evidence, parameters: Parameters, as_of: datetime) -> Result:
    """Assess every cell of the matrix."""
    del as_of  # Access is judged as recorded; no age matters here.
    tenants = tenants_of(parameters)
    if not tenants:
        return not_applicable("SEG-1", "no tenants are declared")
    if not any(tenant.identities for tenant in tenants):
        return not_applicable("SEG-1", "no tenant's identities are declared")
    uris = [uri for tenant in tenants for uri in tenant.data]
    estate = Estate(evidence, uris)
    found = estate.find_anywhere(uris)
    people = frozenset(parameters.get("groups_of_people", ()))
    assessments = [
        assessment
        for owner in tenants
        for uri in owner.data
        for assessment in _assess_location(owner, uri, found[uri], tenants, estate, people)
    ]
    return conclude("SEG-1", assessments, estate.missing())


def _assess_location(
    owner: Tenant, uri: str, found: Place | str, tenants: Sequence[Tenant], estate: Estate, people: Collection[str]
) -> Iterator[Assessment]:
    if isinstance(found, str):
        yield Assessment(uri, Outcome.INCONCLUSIVE, found)
        return
    try:
        readers = estate.readers(found)
        for tenant in tenants:
            for identity in tenant.identities:
                yield _assess_cell(tenant, identity, owner, uri, _ways(identity, readers, estate, people), estate)
        yield from not_whole(uri, estate.unread(found))
    except (UnreadableError, MalformedError) as error:
        yield Assessment(uri, Outcome.INCONCLUSIVE, f"who can read {uri} cannot be decided: {error}")


def _ways(identity: str, readers: Sequence[Reader], estate: Estate, people: Collection[str]) -> Iterator[_Way]:
    for reader in readers:
        if identity.startswith("serviceAccount:"):
            yield from _by_federation(identity, reader, estate)
        same = _same(reader.principal, reader.kind, identity, people)
        if same is not Truth.NO:
            yield _Way(reader, min(same, reader.access), conditions=_open(same, reader.principal, identity))
            continue
        for chain in estate.chains(reader):
            same = _same(chain.principal, "", identity, people)
            if same is not Truth.NO:
                access = min(same, chain.access, reader.access)
                yield _Way(reader, access, chain.roles, chain.mend, _open(same, chain.principal, identity))


def _by_federation(identity: str, reader: Reader, estate: Estate) -> Iterator[_Way]:
    """Yield the ways of a service account through roles in AWS that trust an identity provider, which may know it."""
    chains = estate.chains(reader) if reader.kind == "role" else ()
    entrances = [
        (reader.assumers, ()),
        *((assumers(estate.by_arn[chain.principal]), (chain.principal, *chain.roles)) for chain in chains),
    ]
    for trusted, roles in entrances:
        for assumer in trusted:
            if assumer.kind == "federated":
                yield _Way(reader, Truth.UNKNOWN, roles, conditions=(open_membership(assumer.name, identity),))


def _same(principal: str, kind: str, identity: str, people: Collection[str]) -> Truth:
    return Truth.YES if kind == "public" else stands_for(principal, identity, people)


def _open(same: Truth, principal: str, identity: str) -> tuple[str, ...]:
    return (open_membership(principal, identity),) if same is Truth.UNKNOWN else ()


def _assess_cell(
    tenant: Tenant, identity: str, owner: Tenant, uri: str, ways: Iterator[_Way], estate: Estate
) -> Assessment:
    best = max(ways, key=lambda way: way.access, default=None)
    access = best.access if best else Truth.NO
    detail: dict[str, Json] = {
        "access": spell(access),
        "from": tenant.name,
        "identity": identity,
        "location": uri,
        "path": [list(grant.steps) for grant in best.reader.grants] if best else [],
        "roles": list(best.roles) if best else [],
        "to": owner.name,
    }
    member = f"{tenant.name} {identity} -> {owner.name} {uri}"
    if not estate.knows(identity):
        reason = f"identity {identity} of {tenant.name} is not among the recorded users and roles: check its ARN"
        if identity.startswith("serviceAccount:"):
            reason = f"identity {identity} of {tenant.name} is not among the recorded service accounts: check its name"
        return Assessment(member, Outcome.INCONCLUSIVE, reason, {**detail, "access": "unknown"})
    if tenant.name == owner.name or best is None:
        return Assessment(member, Outcome.PASS, "", detail)
    becoming = "".join(f", as role {role.rsplit('/', 1)[-1]}," for role in best.roles[-1:])
    who = f"{tenant.name}'s identity {identity}{becoming} can read {owner.name}'s data at {uri}"
    if access is Truth.YES:
        return Assessment(member, Outcome.FAIL, f"{who}: {best.close}", detail)
    undecided = f"under a condition that this evidence does not decide ({best.undecided})"
    reason = f"{who} {undecided}: {best.mend or way_in(best.reader)}"
    return Assessment(member, Outcome.INCONCLUSIVE, reason, detail)


SEG_1 = Control(
    id="SEG-1",
    title="No tenant's training identity can read another tenant's data",
    criteria=("CC6.1", "CC6.3", "C1.1", "P4.1"),
    populations=NEEDS,
    optional=OPTIONAL,
    test=test,
    defaults={"groups_of_people": [], "tenants": {}},
    limits=(
        "Only declared identities and data locations are in the matrix. Copies of a tenant's data elsewhere, and what "
        "runs under an identity that nobody declared, are not seen. Who is in a Google group is not read: a cell in "
        "which a group is a reader is undecided unless the group is declared in groups_of_people."
    ),
)
