"""ACC-2: nobody outside the allowed accounts, domains, projects and identity providers can read model weights.

The tested population is every (location, reader): so the result also is the list of who can read the weights.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from collector.model.control import Control, Parameters
from collector.model.errors import MalformedError
from collector.model.evidence import Evidence
from collector.model.outcome import Outcome
from collector.model.result import Assessment, Result, conclude, not_applicable
from collector.model.snapshot import UnreadableError
from controls.access.estate import NEEDS, OPTIONAL, Estate
from controls.access.gcp.bucket import ENFORCED, FoundObjects
from controls.access.gcp.inside import DEFAULTS as INSIDE_GOOGLE
from controls.access.gcp.inside import Inside
from controls.access.location import Found
from controls.access.principal import account_of
from controls.access.public import blocks
from controls.access.readers import Assumer, Reader, assumers
from controls.access.reading import not_whole, reading_detail, reading_id, statement_of, take_away
from controls.access.truth import Truth
from controls.access.volume import FoundClaim

_EVERYONE = frozenset(("group:system:authenticated", "group:system:unauthenticated", "system:anonymous"))


@dataclass(frozen=True, slots=True)
class _Allowed:
    """Who counts as inside."""

    accounts: frozenset[str]
    providers: frozenset[str]

    def admits(self, kind: str, name: str) -> bool:
        """Tell whether a principal is inside; AWS services act for the account that named them."""
        if kind == "service":
            return True
        if kind == "federated":
            return name in self.providers
        # A canonical user id stands for an account and may be declared like one.
        return name in self.accounts or account_of(name) in self.accounts


def test(evidence: Evidence, parameters: Parameters, as_of: datetime) -> Result:
    """Assess every reader of every declared location."""
    del as_of  # Access is judged as recorded; no age matters here.
    if not parameters["weights"]:
        return not_applicable("ACC-2", "no weight locations are declared")
    estate = Estate(evidence, parameters["weights"])
    assessments: list[Assessment] = []
    for uri, found in estate.find_anywhere(parameters["weights"]).items():
        if isinstance(found, str):
            assessments.append(Assessment(uri, Outcome.INCONCLUSIVE, found))
            continue
        if isinstance(found, FoundClaim):
            assessments += [_assess_claim(uri, reader) for reader in estate.readers(found)]
            continue
        if isinstance(found, FoundObjects):
            assessments += _assess_objects(found, estate, Inside.of(found, parameters))
            continue
        allowed = _Allowed(
            frozenset((found.account, *parameters["allowed_accounts"])),
            frozenset(parameters["allowed_identity_providers"]),
        )
        assessments += _assess_location(found, estate, allowed)
    return conclude("ACC-2", assessments, estate.missing())


def _assess_location(found: Found, estate: Estate, allowed: _Allowed) -> list[Assessment]:
    uri = found.location.uri
    try:
        assessed = [_assess_reader(uri, reader, estate, allowed) for reader in estate.readers(found)]
        return [*assessed, *_assess_acls(found)]
    except (UnreadableError, MalformedError) as error:
        return [Assessment(uri, Outcome.INCONCLUSIVE, f"who can read {uri} cannot be decided: {error}")]


def _assess_claim(uri: str, reader: Reader) -> Assessment:
    """Assess a reader of a volume: everyone who signs in anyhow, or nobody at all, is outside."""
    detail = reading_detail(uri, reader, ())
    if reader.principal not in _EVERYONE:
        return Assessment(reading_id(uri, reader), Outcome.PASS, "", detail)
    outcome = Outcome.FAIL if reader.access is Truth.YES else Outcome.INCONCLUSIVE
    reason = f"{reader.who} can read {uri}: {take_away(reader)}"
    return Assessment(reading_id(uri, reader), outcome, reason, detail)


def _assess_objects(found: FoundObjects, estate: Estate, inside: Inside) -> list[Assessment]:
    uri = found.uri
    try:
        assessed = []
        for reader in estate.readers(found):
            chains = estate.chains(reader)
            outcome, reason = inside.judge(uri, reader, chains)
            detail = reading_detail(uri, reader, chains)
            assessed.append(Assessment(reading_id(uri, reader), outcome, reason, detail))
        return [*assessed, *not_whole(uri, estate.unread(found)), *_assess_object_acls(found)]
    except (UnreadableError, MalformedError) as error:
        return [Assessment(uri, Outcome.INCONCLUSIVE, f"who can read {uri} cannot be decided: {error}")]


def _assess_object_acls(found: FoundObjects) -> Iterator[Assessment]:
    if found.bucket.facet("uniform_access"):
        return
    prevented = found.bucket.facet("public_access_prevention") == ENFORCED
    yield Assessment(
        f"{found.uri} object ACLs",
        Outcome.INCONCLUSIVE,
        f"objects of {found.uri} may be {'shared with others' if prevented else 'public'} by their own ACLs, which are "
        f"not read: turn on uniform bucket-level access of bucket {found.location.bucket}",
    )


def _assess_reader(uri: str, reader: Reader, estate: Estate, allowed: _Allowed) -> Assessment:
    chains = estate.chains(reader)
    entrances = [Entrance((), Truth.YES, reader.assumers)]
    for chain in chains:
        principal = estate.by_arn[chain.principal]
        if principal.kind == "role":
            entrances.append(
                Entrance((_short(principal.arn), *map(_short, chain.roles)), chain.access, assumers(principal))
            )
    outcome, reason = _judge(uri, reader, entrances, allowed)
    return Assessment(reading_id(uri, reader), outcome, reason, reading_detail(uri, reader, chains))


@dataclass(frozen=True, slots=True)
class Entrance:
    """Where someone may come in: the roles on the way to the reader, none for the reader itself."""

    roles: tuple[str, ...]
    access: Truth
    assumers: tuple[Assumer, ...]


def _short(arn: str) -> str:
    return arn.rsplit("/", 1)[-1]


def _judge(uri: str, reader: Reader, entrances: Sequence[Entrance], allowed: _Allowed) -> tuple[Outcome, str]:
    """Give the outcome, and what to change."""
    if allowed.admits(reader.kind, reader.principal):
        judged = [_judge_entrance(uri, reader, entrance, allowed) for entrance in entrances]
        for outcome in (Outcome.FAIL, Outcome.INCONCLUSIVE):
            found = next((each for each in judged if each[0] is outcome), None)
            if found is not None:
                return found
        return Outcome.PASS, ""
    best = max(reader.grants, key=lambda grant: grant.access)
    who = "everyone" if reader.kind == "public" else reader.who
    where = statement_of(best)
    if reader.access is Truth.YES:
        return Outcome.FAIL, f"{who} can read {uri}: remove or narrow {where}, or allow the account in ACC-2"
    conditions = "; ".join(best.conditions)
    reason = f"{who} can read {uri} under a condition that this evidence does not decide ({conditions}): {where}"
    return Outcome.INCONCLUSIVE, reason


def _judge_entrance(uri: str, reader: Reader, entrance: Entrance, allowed: _Allowed) -> tuple[Outcome, str]:
    outside = [assumer for assumer in entrance.assumers if not allowed.admits(assumer.kind, assumer.name)]
    if not outside:
        return Outcome.PASS, ""
    open_way = min(reader.access, entrance.access)
    certain = [assumer for assumer in outside if assumer.access is Truth.YES and open_way is Truth.YES]
    worst = certain[0] if certain else outside[0]
    who = "everyone" if worst.kind == "public" else f"{worst.kind} {worst.name}"
    roles = entrance.roles or (_short(reader.principal),)
    way = f"role {roles[0]}" + "".join(f", which can assume role {role}" for role in roles[1:])
    trust = (
        f"{worst.statement} of the trust policy of role {roles[0]}"
        if entrance.roles
        else (f"{worst.statement} of the role's trust policy")
    )
    if certain:
        mend = f"change {trust}, take the role's access away, or allow the account or provider in ACC-2"
        return Outcome.FAIL, f"{who} can assume {way}, which can read {uri}: {mend}"
    best = max(reader.grants, key=lambda grant: grant.access)
    conditions = "; ".join(dict.fromkeys((*worst.conditions, *best.conditions))) or "a condition on the way"
    undecided = f"under a condition that this evidence does not decide ({conditions})"
    return Outcome.INCONCLUSIVE, f"{who} can assume {way}, which can read {uri}, {undecided}: {trust}"


def _assess_acls(found: Found) -> Iterator[Assessment]:
    """Say where single objects may be shared by their own ACL, which no bucket setting shows.

    To ignore public ACLs leaves in force those that name an account (Amazon S3 User Guide, "Blocking public access").
    """
    if found.bucket.facet("ownership") == "BucketOwnerEnforced":
        return
    uri = found.location.uri
    who = "shared with other accounts" if blocks(found.bucket)["ignore_public_acls"] else "public"
    yield Assessment(
        f"{uri} object ACLs",
        Outcome.INCONCLUSIVE,
        f"objects of {uri} may be {who} by their own ACLs, which are not read: set the object ownership of bucket "
        f"{found.location.bucket} to BucketOwnerEnforced",
    )


ACC_2 = Control(
    id="ACC-2",
    title="Nobody outside the allowed accounts and domains, and no public principal, can read model weights",
    criteria=("CC6.1", "CC6.3", "C1.1"),
    populations=NEEDS,
    optional=OPTIONAL,
    test=test,
    defaults={"allowed_accounts": [], **INSIDE_GOOGLE, "allowed_identity_providers": [], "weights": []},
    limits=(
        "Service control policies count where the organization could be read. Resource control policies, VPC endpoint "
        "policies, access points and sessions' own policies are not read; they can only narrow access, except access "
        "points, which can widen it. What an account that is no source lets its own principals do is not seen. The "
        "root user of the owning account can always give itself access. In Google Cloud, deny policies count where "
        "they could be read; organization policies, principal access boundaries, VPC service controls and policies of "
        "managed folders are not read, of which the last can widen access. Who is in a group or a domain is not read, "
        "signed URLs are not seen, and whoever may set a policy can give themselves access."
    ),
)
