import pytest
from support.year import played


@pytest.fixture(scope="session")
def year(tmp_path_factory):
    """A year that was played; gives who played it, in whose folder the ledger is."""
    folder = tmp_path_factory.mktemp("year")
    player = played(folder)
    player.folder = folder
    return player
