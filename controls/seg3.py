"""SEG-3: tenants' data are under separate keys, and no tenant's identity can use another tenant's key."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from collector.model.control import Control, Parameters
from collector.model.errors import MalformedError
from collector.model.evidence import Evidence
from collector.model.outcome import Outcome
from collector.model.result import Assessment, Result, conclude, not_applicable
from collector.model.snapshot import UnreadableError
from controls.access.estate import NEEDS, OPTIONAL, Estate
from controls.access.location import Found, key_in
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
    usable: DefaultKey | None


def test(evidence: Evidence, parameters: Parameters, as_of: datetime) -> Result:
    """Assess each location's key, and every other tenant's identity against it."""
    del as_of  # Settings are judged as recorded; no age matters here.
    tenants = tenants_of(parameters)
    if not tenants:
        return not_applicable("SEG-3", "no tenants are declared")
    estate = Estate(evidence)
    assessments: list[Assessment] = []
    kept: list[_Kept] = []
    found = estate.find([uri for tenant in tenants for uri in tenant.data])
    for tenant in tenants:
        for uri in tenant.data:
            place = found[uri]
            try:
                if isinstance(place, str):
                    assessments.append(Assessment(f"{tenant.name} {uri}", Outcome.INCONCLUSIVE, place))
                else:
                    kept.append(_keep(tenant, place, evidence))
            except (UnreadableError, MalformedError) as error:
                reason = f"the key of {uri} is not known: {error}"
                assessments.append(Assessment(f"{tenant.name} {uri}", Outcome.INCONCLUSIVE, reason))
    owners = _owners(kept)
    assessments += [_assess_key(each, owners) for each in kept]
    assessments += [a for each in kept if each.usable for a in _assess_users(each, each.usable, tenants, estate)]
    return conclude("SEG-3", assessments, estate.missing())


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


def _assess_users(kept: _Kept, key: DefaultKey, tenants: Sequence[Tenant], estate: Estate) -> Iterator[Assessment]:
    for tenant in tenants:
        for identity in tenant.identities if tenant.name != kept.tenant.name else ():
            member = f"{kept.tenant.name} {kept.uri} key <- {identity}"
            detail = {"identity": identity, "key": kept.key, "tenant": tenant.name}
            principal = estate.by_arn.get(identity)
            if principal is None:
                reason = f"identity {identity} of {tenant.name} is not among the recorded users and roles"
                yield Assessment(member, Outcome.INCONCLUSIVE, reason, detail)
                continue
            access, conditions, steps = key.may_decrypt(principal)
            who = f"{tenant.name}'s identity {identity} can decrypt with {kept.tenant.name}'s key {kept.key}"
            where = " of ".join(reversed(steps))
            answers = {
                Truth.YES: (Outcome.FAIL, f"{who}: remove or narrow {where}"),
                Truth.UNKNOWN: (
                    Outcome.INCONCLUSIVE,
                    f"{who} under a condition that this evidence does not decide ({'; '.join(conditions)}): {where}",
                ),
                Truth.NO: (Outcome.PASS, ""),
            }
            yield Assessment(member, *answers[access], {**detail, "usable": spell(access)})


SEG_3 = Control(
    id="SEG-3",
    title="Tenants' data are under separate keys, and no tenant's identity can use another tenant's key",
    criteria=("CC6.1", "C1.1"),
    populations=NEEDS,
    optional=OPTIONAL,
    test=test,
    defaults={"tenants": {}},
    limits=(
        "The default key of a bucket is tested: what was written before it was set keeps the key that it was written "
        "under, and a writer can name another key. Use by identities that nobody declared is not tested here."
    ),
)
