from collections.abc import Sequence
from pathlib import Path

import pytest
from support.kubernetes import REDACTION, api_server, cluster

from collector.model import instant
from collector.model.snapshot import Item, Snapshot
from connectors.registry import connect
from controls.access.kubernetes.cluster import Cluster
from controls.access.kubernetes.rbac import Rbac

Recorded = dict[str, Sequence[Item]]


@pytest.fixture(scope="session")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Recorded:
    """The recorded cluster's items at the last instant, by population, as the connector reads them."""
    folder: Path = tmp_path_factory.mktemp("cluster")
    with api_server() as server:
        source = connect(cluster(server.url, folder), clock=instant.now, progress=lambda *_: None, redaction=REDACTION)
        names = ("roles", "bindings", "workloads", "volume_claims")
        snapshots = [source.read(f"kubernetes.{name}") for name in names]
    assert all(isinstance(snapshot, Snapshot) and snapshot.complete for snapshot in snapshots)
    return {name: list(snapshot) for name, snapshot in zip(names, snapshots, strict=True)}


@pytest.fixture(scope="session")
def recorded_rbac(recorded: Recorded) -> Rbac:
    return Rbac(recorded["roles"], recorded["bindings"])


@pytest.fixture(scope="session")
def recorded_cluster(recorded: Recorded) -> Cluster:
    return Cluster(recorded["roles"], recorded["bindings"], recorded["workloads"], recorded["volume_claims"])
