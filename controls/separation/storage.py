"""By storage: no volume behind a tenant's claim is behind a claim of another tenant, in this cluster or another."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from collector.model.evidence import Evidence
from collector.model.outcome import Outcome
from collector.model.result import Assessment
from collector.model.snapshot import Content
from controls.access.tenant import Tenant

CLAIMS = "kubernetes.volume_claims"


@dataclass(frozen=True, slots=True)
class _Claim:
    """A claim, and what tells the storage behind it: its volume in its cluster, and its driver's handle anywhere."""

    source: str
    namespace: str
    name: str
    storages: tuple[tuple[str, ...], ...]

    def __str__(self) -> str:
        return f"{self.namespace}/{self.name} in {self.source}"


def assess_storage(evidence: Evidence, owners: Mapping[str, Tenant]) -> Iterator[Assessment]:
    """Assess every claim in a tenant's namespace; `owners` gives the tenant of each namespace that belongs to one.

    Raises:
        UnreadableError: the source did not give a facet of a claim.

    """
    claims = [_claim(each.source, item.content()) for each in evidence.snapshots(CLAIMS) for item in each]
    holders: dict[tuple[str, ...], list[_Claim]] = {}
    for claim in claims:
        for storage in claim.storages:
            holders.setdefault(storage, []).append(claim)
    for claim in claims:
        if claim.namespace in owners:
            sharing = dict.fromkeys(other for storage in claim.storages for other in holders[storage] if other != claim)
            yield _assess(claim, list(sharing), owners)


def _claim(source: str, content: Content) -> _Claim:
    name, volume = content.facet("volume_name"), content.facet("volume")
    by_name = [("volume", source, name)] if name else []
    driver = volume["csi"] if volume else None
    by_handle = [("csi", driver["driver"], driver["handle"])] if driver else []
    return _Claim(source, content.facet("namespace"), content.facet("name"), (*by_name, *by_handle))


def _assess(claim: _Claim, sharing: Sequence[_Claim], owners: Mapping[str, Tenant]) -> Assessment:
    owner = owners[claim.namespace]
    theirs = [
        f"{other} of {owners[other.namespace].name}"
        for other in sharing
        if _owner(other, owners) not in ("", owner.name)
    ]
    nobodys = [str(other) for other in sharing if not _owner(other, owners)]
    detail = {"shared_with": [str(other) for other in sharing], "tenant": owner.name}
    what = f"claim {claim} of {owner.name} has one volume with claim"
    member = f"{claim.source}/volume claim {claim.namespace}/{claim.name}"
    if theirs:
        reason = f"{what} {', '.join(theirs)}: give each tenant a volume of its own"
        return Assessment(member, Outcome.FAIL, reason, detail)
    said = f"{what} {', '.join(nobodys)}, which is no tenant's" if nobodys else ""
    return Assessment(member, Outcome.PASS, said, detail)


def _owner(claim: _Claim, owners: Mapping[str, Tenant]) -> str:
    return owners[claim.namespace].name if claim.namespace in owners else ""
