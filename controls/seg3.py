"""SEG-3: tenants' data are under separate keys, and no tenant's identity can use another tenant's key."""

from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
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
from controls.access.gcp.access import Access
from controls.access.gcp.bucket import FoundObjects
from controls.access.gcp.key import KEYS, access_to_key, key_named
from controls.access.gcp.membership import open_membership, stands_for
from controls.access.location import Found, key_in
from controls.access.reachability import Chain
from controls.access.readers import DefaultKey
from controls.access.reading import spell
from controls.access.tenant import Tenant, tenants_of
from controls.access.truth import Truth


@dataclass(frozen=True, slots=True)
class _Kept:
    """A tenant's location and the key it is under; `fault` says why the key cannot be the tenant's own."""

    tenant: Tenant
    uri: str
    key: str | None
    fault: str
    usable: DefaultKey | Access | None


@dataclass(frozen=True, slots=True)
class _Use:
    """How an identity can decrypt: by which statement, and as which roles that it becomes on the way."""

    access: Truth
    conditions: tuple[str, ...]
    where: str
    roles: tuple[str, ...]

    def surer_than(self, other: "_Use") -> bool:
        """Tell whether it rests on less than another one: fewer open conditions first, then fewer roles."""
        return (self.access, -len(self.roles)) > (other.access, -len(other.roles))


def test(evidence: Evidence, parameters: Parameters, as_of: datetime) -> Result:
    """Assess each location's key, and every other tenant's identity against it."""
    del as_of  # Settings are judged as recorded; no age matters here.
    tenants = tenants_of(parameters)
    if not tenants:
        return not_applicable("SEG-3", "no tenants are declared")
    uris = [uri for tenant in tenants for uri in tenant.data]
    estate = Estate(evidence, uris)
    assessments: list[Assessment] = []
    kept: list[_Kept] = []
    found = estate.find_anywhere(uris)
    for tenant in tenants:
        for uri in tenant.data:
            place = found[uri]
            try:
                if isinstance(place, str):
                    assessments.append(Assessment(f"{tenant.name} {uri}", Outcome.INCONCLUSIVE, place))
                else:
                    kept.append(_keep_anywhere(tenant, place, estate))
            except (UnreadableError, MalformedError) as error:
                reason = f"the key of {uri} is not known: {error}"
                assessments.append(Assessment(f"{tenant.name} {uri}", Outcome.INCONCLUSIVE, reason))
    owners = _owners(kept)
    assessments += [_assess_key(each, owners) for each in kept]
    assessments += [a for each in kept if each.usable for a in _assess_users(each, each.usable, tenants, estate)]
    in_google = any(isinstance(place, FoundObjects) for place in found.values())
    return conclude("SEG-3", assessments, [*estate.missing(), *(evidence.missing(KEYS) if in_google else ())])


def _keep_anywhere(tenant: Tenant, found: Place, estate: Estate) -> _Kept:
    if isinstance(found, FoundObjects):
        return _keep_objects(tenant, found, estate)
    if isinstance(found, Found):
        return _keep(tenant, found, estate.evidence)
    raise MalformedError(f"{found.uri} is on a volume, which has no key of its own")


def _keep_objects(tenant: Tenant, found: FoundObjects, estate: Estate) -> _Kept:
    uri = found.uri
    name = found.bucket.facet("default_key")
    mend = f"set the default key of bucket {found.location.bucket} to a key of {tenant.name}'s own"
    if name is None:
        return _Kept(tenant, uri, None, f"is under no customer-managed key: {mend}", None)
    if tenant.keys and name not in tenant.keys:
        return _Kept(tenant, uri, name, f"is under {name}, which is not among {tenant.name}'s keys: {mend}", None)
    if key_named(estate.evidence, name) is None:
        return _Kept(tenant, uri, None, "", None)
    return _Kept(tenant, uri, name, "", access_to_key(estate.evidence, name, estate.google.projects))


def _keep(tenant: Tenant, found: Found, evidence: Evidence) -> _Kept:
    uri, bucket = found.location.uri, found.location.bucket
    encryption = found.bucket.facet("encryption")
    mend = f"set the default encryption of bucket {bucket} to SSE-KMS under a key of {tenant.name}'s own"
    if not encryption or not encryption["algorithm"].startswith("aws:kms") or not encryption["key"]:
        return _Kept(tenant, uri, None, f"is under no customer-managed key: {mend}", None)
    key = key_in(evidence, found.source, encryption["key"])
    if key is None:
        return _Kept(tenant, uri, None, "", None)
    arn = str(key.facet("arn"))
    if key.facet("manager") != "CUSTOMER":
        return _Kept(tenant, uri, None, f"is under a key of AWS's own: {mend}", None)
    if tenant.keys and arn not in tenant.keys:
        return _Kept(tenant, uri, arn, f"is under {arn}, which is not among {tenant.name}'s keys: {mend}", None)
    return _Kept(tenant, uri, arn, "", DefaultKey.of(found, evidence))


def _owners(kept: Sequence[_Kept]) -> Mapping[str, set[str]]:
    owners: dict[str, set[str]] = {}
    for each in kept:
        if each.key:
            owners.setdefault(each.key, set()).add(each.tenant.name)
    return owners


def _assess_key(kept: _Kept, owners: Mapping[str, set[str]]) -> Assessment:
    member = f"{kept.tenant.name} {kept.uri}"
    detail = {"key": kept.key, "location": kept.uri, "tenant": kept.tenant.name}
    if kept.fault:
        return Assessment(member, Outcome.FAIL, f"{kept.uri} of {kept.tenant.name} {kept.fault}", detail)
    if kept.key is None:
        reason = f"the key of {kept.uri} is not among the recorded keys"
        return Assessment(member, Outcome.INCONCLUSIVE, reason, detail)
    others = sorted(owners[kept.key] - {kept.tenant.name})
    if others:
        reason = (
            f"{kept.tenant.name}'s {kept.uri} shares the key {kept.key} with {', '.join(others)}: give each its own"
        )
        return Assessment(member, Outcome.FAIL, reason, detail)
    return Assessment(member, Outcome.PASS, "", detail)


def _assess_users(
    kept: _Kept, key: DefaultKey | Access, tenants: Sequence[Tenant], estate: Estate
) -> Iterator[Assessment]:
    others = {identity: t for t in tenants if t.name != kept.tenant.name for identity in t.identities}
    if isinstance(key, Access):
        uses = _uses_in_google(key, others, estate)
        yield from _not_whole(kept, key)
    else:
        uses = _uses(key, others, estate)
    for identity, tenant in others.items():
        member = f"{kept.tenant.name} {kept.uri} key <- {identity}"
        detail: dict[str, Json] = {"identity": identity, "key": kept.key, "tenant": tenant.name}
        if not estate.knows(identity):
            reason = f"identity {identity} of {tenant.name} is not among the recorded users and roles"
            if identity.startswith("serviceAccount:"):
                reason = f"identity {identity} of {tenant.name} is not among the recorded service accounts"
            yield Assessment(member, Outcome.INCONCLUSIVE, reason, detail)
            continue
        use = uses.get(identity)
        detail |= {"roles": list(use.roles) if use else [], "usable": spell(use.access if use else Truth.NO)}
        if use is None:
            yield Assessment(member, Outcome.PASS, "", detail)
            continue
        becoming = "".join(f", as role {role.rsplit('/', 1)[-1]}," for role in use.roles[-1:])
        who = f"{tenant.name}'s identity {identity}{becoming} can decrypt with {kept.tenant.name}'s key {kept.key}"
        if use.access is Truth.YES:
            mend = use.where if isinstance(key, Access) else f"remove or narrow {use.where}"
            yield Assessment(member, Outcome.FAIL, f"{who}: {mend}", detail)
            continue
        conditions = "; ".join(use.conditions) or "on the way"
        reason = f"{who} under a condition that this evidence does not decide ({conditions}): {use.where}"
        yield Assessment(member, Outcome.INCONCLUSIVE, reason, detail)


def _uses(key: DefaultKey, identities: Container[str], estate: Estate) -> Mapping[str, _Use]:
    """Give each identity's surest use of a key, by itself or as a role that it can become."""
    best: dict[str, _Use] = {}
    for principal in estate.principals:
        if principal.kind != "role" and principal.arn not in identities:
            continue
        access, conditions, steps = key.may_decrypt(principal)
        if access is Truth.NO:
            continue
        where = " of ".join(reversed(steps))
        for chain in (Chain(principal.arn, (), Truth.YES), *estate.reachability.chains(principal.arn)):
            use = _Use(min(access, chain.access), conditions, where, chain.roles)
            known = best.get(chain.principal)
            if chain.principal in identities and (known is None or use.surer_than(known)):
                best[chain.principal] = use
    return best


def _not_whole(kept: _Kept, access: Access) -> Iterator[Assessment]:
    if access.unread:
        member = f"{kept.tenant.name} {kept.uri} key users"
        reason = f"not everyone who can decrypt with {kept.key} is known: {access.unread[0]}"
        yield Assessment(member, Outcome.INCONCLUSIVE, reason, {"not_read": list(access.unread)})


def _uses_in_google(access: Access, identities: Iterable[str], estate: Estate) -> Mapping[str, _Use]:
    """Give each identity's surest use of a key of Cloud KMS, by itself or as what it can become."""
    best: dict[str, _Use] = {}
    for member, grants in access.grants.items():
        grant = max(grants, key=lambda each: each.access)
        for chain in (Chain(member, (), Truth.YES, grant.mend), *estate.google.chains(member)):
            for identity in identities:
                same = stands_for(chain.principal, identity)
                if same is Truth.NO:
                    continue
                opened = (open_membership(chain.principal, identity),) if same is Truth.UNKNOWN else ()
                reached = min(grant.access, chain.access, same)
                use = _Use(reached, (*grant.conditions, *opened), chain.mend, chain.roles)
                known = best.get(identity)
                if known is None or use.surer_than(known):
                    best[identity] = use
    return best


SEG_3 = Control(
    id="SEG-3",
    title="Tenants' data are under separate keys, and no tenant's identity can use another tenant's key",
    criteria=("CC6.1", "C1.1"),
    populations=NEEDS,
    optional=(*OPTIONAL, KEYS),
    test=test,
    defaults={"tenants": {}},
    limits=(
        "The default key of a bucket is tested: what was written before it was set keeps the key that it was written "
        "under, and a writer can name another key. Use by identities that nobody declared is not tested here. In "
        "Google Cloud it is Cloud Storage that decrypts: what its own identity may use is not told apart by tenant. "
        "That a service account uses a key in AWS through an identity provider is seen by SEG-1 alone, where it reads."
    ),
)
