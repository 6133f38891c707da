"""SEG-1: no tenant's training identity can read another tenant's data.

The tested population is the full matrix: every identity of every tenant against every tenant's data location.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from collector.model.canonical import Json
from collector.model.control import Control, Parameters
from collector.model.errors import MalformedError
from collector.model.evidence import Evidence
from collector.model.outcome import Outcome
from collector.model.result import Assessment, Result, conclude, not_applicable
from collector.model.snapshot import UnreadableError
from controls.access.estate import NEEDS, OPTIONAL, Estate
from controls.access.location import Found
from controls.access.readers import Reader
from controls.access.reading import spell, way_in
from controls.access.tenant import Tenant, tenants_of
from controls.access.truth import Truth


@dataclass(frozen=True, slots=True)
class _Way:
    """How an identity reads a location: as the reader, or as a role that it can become."""

    reader: Reader
    access: Truth
    roles: tuple[str, ...] = ()


def test(evidence: Evidence, parameters: Parameters, as_of: datetime) -> Result:
    """Assess every cell of the matrix."""
    del as_of  # Access is judged as recorded; no age matters here.
    tenants = tenants_of(parameters)
    if not tenants:
        return not_applicable("SEG-1", "no tenants are declared")
    if not any(tenant.identities for tenant in tenants):
        return not_applicable("SEG-1", "no tenant's identities are declared")
    estate = Estate(evidence)
    found = estate.find([uri for tenant in tenants for uri in tenant.data])
    assessments = [
        assessment
        for owner in tenants
        for uri in owner.data
        for assessment in _assess_location(owner, uri, found[uri], tenants, estate)
    ]
    return conclude("SEG-1", assessments, estate.missing())


def _assess_location(
    owner: Tenant, uri: str, found: Found | str, tenants: Sequence[Tenant], estate: Estate
) -> Iterator[Assessment]:
    if isinstance(found, str):
        yield Assessment(uri, Outcome.INCONCLUSIVE, found)
        return
    try:
        readers = estate.readers(found)
        for tenant in tenants:
            for identity in tenant.identities:
                yield _assess_cell(tenant, identity, owner, uri, _ways(identity, readers, estate), estate)
    except (UnreadableError, MalformedError) as error:
        yield Assessment(uri, Outcome.INCONCLUSIVE, f"who can read {uri} cannot be decided: {error}")


def _ways(identity: str, readers: Sequence[Reader], estate: Estate) -> Iterator[_Way]:
    for reader in readers:
        if reader.principal == identity or reader.kind == "public":
            yield _Way(reader, reader.access)
            continue
        for chain in estate.chains(reader):
            if chain.principal == identity:
                yield _Way(reader, min(chain.access, reader.access), chain.roles)


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
    if identity not in estate.by_arn:
        reason = f"identity {identity} of {tenant.name} is not among the recorded users and roles: check its ARN"
        return Assessment(member, Outcome.INCONCLUSIVE, reason, {**detail, "access": "unknown"})
    if tenant.name == owner.name or best is None:
        return Assessment(member, Outcome.PASS, "", detail)
    becoming = "".join(f", as role {role.rsplit('/', 1)[-1]}," for role in best.roles[-1:])
    who = f"{tenant.name}'s identity {identity}{becoming} can read {owner.name}'s data at {uri}"
    if access is Truth.YES:
        return Assessment(member, Outcome.FAIL, f"{who}: remove or narrow {way_in(best.reader)}", detail)
    conditions = "; ".join(sorted({c for grant in best.reader.grants for c in grant.conditions})) or "on the way"
    reason = f"{who} under a condition that this evidence does not decide ({conditions}): {way_in(best.reader)}"
    return Assessment(member, Outcome.INCONCLUSIVE, reason, detail)


SEG_1 = Control(
    id="SEG-1",
    title="No tenant's training identity can read another tenant's data",
    criteria=("CC6.1", "CC6.3", "C1.1", "P4.1"),
    populations=NEEDS,
    optional=OPTIONAL,
    test=test,
    defaults={"tenants": {}},
    limits=(
        "Only declared identities and data locations are in the matrix. Copies of a tenant's data elsewhere, and what "
        "runs under an identity that nobody declared, are not seen."
    ),
)
