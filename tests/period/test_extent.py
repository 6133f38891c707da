import pytest
from sqlalchemy import delete
from support.attacker import Attacker
from support.estate import year
from support.ledgers import raw, signer

from collector.ledger import schema
from collector.model.errors import IntegrityError
from collector.period.extent import first_since


@pytest.fixture
def ledger(tmp_path):
    """Four days of runs."""
    return year(tmp_path)


def test_a_search_by_time_that_meets_a_missing_record_names_it(ledger, tmp_path):
    with ledger.read() as reader:
        middle, moment = reader.size // 2, reader.header(reader.size - 1).time
    with raw(f"sqlite:///{tmp_path}/ledger.db").begin() as connection:
        Attacker(connection, tmp_path, signer(tmp_path))
        connection.execute(delete(schema.records).where(schema.records.c.seq == middle))
    with ledger.read() as reader, pytest.raises(IntegrityError, match=f"record {middle} is missing"):
        first_since(reader, moment)


def test_the_first_record_since_each_moment_is_the_first_that_is_not_older(ledger):
    with ledger.read() as reader:
        times = [reader.header(seq).time for seq in range(reader.size)]
        for moment in times:
            assert first_since(reader, moment) == times.index(moment)
