import pytest
from support.ledgers import NAME, Clock, fill, signer

from collector.ledger.store import Ledger


@pytest.fixture
def key(tmp_path):
    return signer(tmp_path)


@pytest.fixture
def database(tmp_path):
    return f"sqlite:///{tmp_path}/ledger.db"


@pytest.fixture
def ledger(database, key):
    """A ledger of eight records, of which record 0 is the configuration and the others are snapshots."""
    ledger = Ledger.create(database, "test-1", key, Clock())
    fill(ledger, 8)
    assert ledger.origin == NAME
    return ledger
