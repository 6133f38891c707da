"""By network: all pods of a tenant's namespace are closed by default, and no rule opens them to a stranger."""

from collections.abc import Iterator, Sequence

from collector.model.result import Assessment
from controls.access.kubernetes.network_policy import EGRESS, INGRESS, NetworkPolicy
from controls.fault import Fault, assess
from controls.separation.territory import Territory


def assess_network(territory: Territory, policies: Sequence[NetworkPolicy], *, whole: bool) -> Iterator[Assessment]:
    """Assess both directions of every tenant's namespace; `whole` tells whether all policies were read."""
    for namespace in territory.owned:
        own = [policy for policy in policies if policy.namespace == namespace]
        for direction in (INGRESS, EGRESS):
            yield _assess(territory, namespace, direction, own, whole=whole)


def _assess(
    territory: Territory, namespace: str, direction: str, policies: Sequence[NetworkPolicy], *, whole: bool
) -> Assessment:
    owner, word = territory.owners[namespace], direction.lower()
    foreign = {name: labels for name, labels in territory.labels.items() if territory.stranger(name, owner)}
    faults = [
        Fault(f"lets {word} of {whom} through by network policy {policy.name}: narrow that rule")
        for policy in policies
        for whom in dict.fromkeys(policy.opens(direction, foreign))
    ]
    if not any(policy.isolates(direction) for policy in policies):
        words = f"has no network policy that denies {word} of all its pods by default: add one"
        faults.append(Fault(words, certain=whole))
    what = f"namespace {namespace} of {owner.name} in {territory.source}"
    detail = {"policies": [policy.name for policy in policies], "tenant": owner.name}
    return assess(territory.id(f"{namespace} {word}"), what, faults, detail)
