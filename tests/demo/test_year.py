from datetime import timedelta

import pytest
from support.year import NAME, plan_of, played

from collector.demo.year import START, Player, VirtualClock
from collector.ledger.keys import create_key_file, load_key_file
from collector.ledger.store import Ledger
from collector.ledger.verify import Trust, verify
from collector.model.errors import Exit
from collector.model.record import Header

HOUR = timedelta(hours=1)


def headers_of(ledger):
    with ledger.read() as reader:
        return [data for _, data in reader.headers()]


def test_the_same_days_played_twice_give_the_same_records(tmp_path):
    ledgers = []
    for name in ("one", "other"):
        (tmp_path / name).mkdir()
        ledgers.append(headers_of(played(tmp_path / name, plan_of(every=HOUR), timedelta(days=2), HOUR).ledger))
    assert ledgers[0] == ledgers[1]
    assert len(ledgers[0]) > 48 * 10


def test_a_year_that_somebody_interrupts_is_whole_up_to_the_last_midnight(tmp_path):
    create_key_file(tmp_path / "key")
    key, clock = load_key_file(tmp_path / "key", NAME), VirtualClock()
    ledger = Ledger.create(f"sqlite:///{tmp_path}/ledger.db", "test", key, clock)
    polls = iter(range(30))

    def interrupt_at_the_thirtieth(_):
        if next(polls, None) is None:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        Player(ledger, clock, key, HOUR).play(plan_of(every=HOUR), timedelta(days=2), interrupt_at_the_thirtieth)
    times = [Header.decode(data, "it").time for data in headers_of(ledger)]
    assert START + timedelta(hours=23) < times[-1] < START + timedelta(days=1)
    with ledger.read() as reader:
        assert verify(reader, Trust((key.key.fingerprint,))).exit is Exit.PASS
