from pathlib import Path

import pytest
from support.ledgers import NAME, Clock, fill, signer
from support.tsa import authority

from collector.config import load
from collector.ledger.store import Ledger


@pytest.fixture(scope="session")
def tsa_server(tmp_path_factory):
    with authority(tmp_path_factory.mktemp("tsa") / "good") as found:
        yield found


@pytest.fixture
def tsa(tsa_server):
    """The authority, answering well."""
    yield tsa_server
    tsa_server.status, tsa_server.body, tsa_server.chain = 200, None, False


@pytest.fixture
def database(tmp_path):
    return f"sqlite:///{tmp_path}/ledger.db"


@pytest.fixture
def key(tmp_path):
    return signer(tmp_path)


@pytest.fixture
def ledger(tmp_path, database, key):
    """Six records in six appends."""
    made = Ledger.create(database, "test-1", key, Clock())
    fill(made, 6)
    return made


@pytest.fixture
def configured(tmp_path):
    """Loads a configuration with a section `anchors`, and perhaps more lines of `ledger`."""

    def write(anchors: str = "anchors: {}", ledger: str = ""):
        text = f"""\
ledger:
  name: {NAME}
  database: sqlite:///ledger.db
  key: file:key
  collector: test-1
{ledger}
sources:
  - aws: {{account: "123456789012", region: eu-central-1}}
{anchors}
"""
        path = Path(tmp_path / "controlproof.yaml")
        path.write_text(text)
        return load(path)

    return write
