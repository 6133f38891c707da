import pytest
from support.estate import year
from support.ledgers import signer

from collector.bundle.export import export_bundle
from collector.model.period import Period

PERIOD = Period.parse("2026-01-02..2026-02-01")


@pytest.fixture
def period():
    """All but the first day of the ledger."""
    return PERIOD


@pytest.fixture
def key(tmp_path):
    return signer(tmp_path)


@pytest.fixture
def ledger(tmp_path):
    """Four days of runs."""
    return year(tmp_path)


@pytest.fixture
def export(ledger, tmp_path):
    """Exports the ledger and gives the zip's path."""

    def write(name="bundle.zip", period=PERIOD, controls=None, **options):
        with ledger.read() as reader:
            export_bundle(reader, period, controls, tmp_path / name, **options)
        return tmp_path / name

    return write
