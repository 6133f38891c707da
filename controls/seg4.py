"""SEG-4: the namespaces of one tenant are closed to the others: by network, by access rules and by storage.

The tested population is, of every tenant's namespaces, both directions of the network, every role binding, every
service account to which anything is bound, and every volume claim.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime

from collector.model.control import Control, Parameters
from collector.model.errors import MalformedError
from collector.model.evidence import Evidence
from collector.model.result import Assessment, Result, conclude, not_applicable
from collector.model.snapshot import Item, Snapshot, UnreadableError
from controls.access.kubernetes.network_policy import parse_network_policy
from controls.access.kubernetes.rbac import Rbac
from controls.access.tenant import Tenant, tenants_of
from controls.needs import configured, missing
from controls.separation.network import assess_network
from controls.separation.rights import assess_rights
from controls.separation.storage import CLAIMS, assess_storage
from controls.separation.territory import Territory

_NAMESPACES = "kubernetes.namespaces"
_POLICIES = "kubernetes.network_policies"
_ROLES = "kubernetes.roles"
_BINDINGS = "kubernetes.bindings"
_NEEDS = (_NAMESPACES, _POLICIES, _ROLES, _BINDINGS, CLAIMS)


def test(evidence: Evidence, parameters: Parameters, as_of: datetime) -> Result:
    """Assess every namespace of every tenant, in every cluster that has it."""
    del as_of  # Separation is judged as recorded; no age matters here.
    owners = {namespace: tenant for tenant in tenants_of(parameters) for namespace in tenant.namespaces}
    if not owners:
        return not_applicable("SEG-4", "no tenant has declared namespaces")
    if not configured(parameters, *_NEEDS):
        return not_applicable("SEG-4", "no cluster is configured")
    absent = missing(evidence, parameters, *_NEEDS)
    territories = [_territory(snapshot, owners) for snapshot in evidence.snapshots(_NAMESPACES)]
    whole = not missing(evidence, parameters, _POLICIES)
    try:
        assessments = [each for territory in territories for each in _assess(territory, evidence, whole=whole)]
        assessments += assess_storage(evidence, owners)
    except (UnreadableError, MalformedError) as error:
        return conclude("SEG-4", [], [*absent, str(error)])
    found = {namespace for territory in territories for namespace in territory.owned}
    absent += [
        f"namespace {name} of {owner.name} is in no cluster that was read: check its name"
        for name, owner in sorted(owners.items())
        if name not in found
    ]
    return conclude("SEG-4", assessments, absent)


def _territory(namespaces: Snapshot, owners: Mapping[str, Tenant]) -> Territory:
    values = [item.content().value for item in namespaces]
    return Territory(namespaces.source, {value["name"]: value["labels"] for value in values}, owners)


def _assess(territory: Territory, evidence: Evidence, *, whole: bool) -> Iterator[Assessment]:
    def items(population: str) -> list[Item]:
        snapshots = evidence.snapshots(population)
        return [item for snapshot in snapshots if snapshot.source == territory.source for item in snapshot]

    yield from assess_network(territory, [parse_network_policy(item) for item in items(_POLICIES)], whole=whole)
    yield from assess_rights(territory, Rbac(items(_ROLES), items(_BINDINGS)))


SEG_4 = Control(
    id="SEG-4",
    title="Tenants' namespaces are closed to each other by network, access rules and storage",
    criteria=("CC6.1", "CC6.3", "C1.1"),
    populations=_NEEDS,
    test=test,
    defaults={"sources": [], "tenants": {}},
    limits=(
        "Only declared namespaces are tested. Whether the cluster's network enforces policies, policies of other kinds "
        "(of the network's own, of a service mesh or of the cluster's administrator), peers by pod labels in any "
        "namespace, users and groups of an identity provider, host paths, and folders within one file system are not "
        "judged. What a volume shares with a namespace of no tenant is said, and is no deviation."
    ),
)
