"""One PostgreSQL for all tests here, and a new database in it for each."""

import pytest
from support.postgresql import new_database, postgresql_server


@pytest.fixture(scope="session")
def server():
    with postgresql_server() as running:
        yield running


@pytest.fixture
def database(server):
    return new_database(server)
