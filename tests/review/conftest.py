import pytest
from support.reviews import reviews


@pytest.fixture
def desk(tmp_path):
    """An empty ledger, and who collects and reviews in it."""
    return reviews(tmp_path)
