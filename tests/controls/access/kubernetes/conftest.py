from collections.abc import Mapping, Sequence

import pytest

from collector.model.snapshot import Item, Snapshot
from controls.access.kubernetes.cluster import Cluster
from controls.access.kubernetes.rbac import Rbac

Recorded = dict[str, Sequence[Item]]


@pytest.fixture(scope="session")
def recorded(cluster_snapshots: Mapping[str, Snapshot]) -> Recorded:
    """The recorded cluster's items at the last instant, by population, as the connector reads them."""
    return {name.removeprefix("kubernetes."): list(snapshot) for name, snapshot in cluster_snapshots.items()}


@pytest.fixture(scope="session")
def recorded_rbac(recorded: Recorded) -> Rbac:
    return Rbac(recorded["roles"], recorded["bindings"])


@pytest.fixture(scope="session")
def recorded_cluster(recorded: Recorded) -> Cluster:
    return Cluster(recorded["roles"], recorded["bindings"], recorded["workloads"], recorded["volume_claims"])
