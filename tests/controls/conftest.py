from collections.abc import Mapping
from pathlib import Path

import pytest
from support.kubernetes import REDACTION, api_server, cluster

from collector.model import instant
from collector.model.snapshot import Snapshot
from connectors.kubernetes.source import POPULATIONS
from connectors.registry import connect


@pytest.fixture(scope="session")
def cluster_snapshots(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Snapshot]:
    """The recorded cluster at the last instant, as the connector reads it: every population that needs no audit log."""
    folder: Path = tmp_path_factory.mktemp("cluster")
    with api_server() as server:
        source = connect(cluster(server.url, folder), clock=instant.now, progress=lambda *_: None, redaction=REDACTION)
        readings = {each.name: source.read(each.name) for each in POPULATIONS if each.name != "kubernetes.audit"}
    assert all(isinstance(reading, Snapshot) and reading.complete for reading in readings.values())
    return {name: reading for name, reading in readings.items() if isinstance(reading, Snapshot)}
