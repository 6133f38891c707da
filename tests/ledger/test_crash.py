import random
import signal
import time

from support.appenders import appender
from support.ledgers import buckets, configuration, entry

from collector.ledger.store import Ledger
from collector.ledger.verify import Trust, verify
from collector.model import instant
from collector.model.errors import Exit
from collector.model.record import Header


def test_a_killed_appender_leaves_a_ledger_that_opens_verifies_and_continues(ledger, database, key, tmp_path):
    ledger._clock = instant.now
    ledger.append([configuration()])
    moments = random.Random(7)
    acknowledged = []
    for life in range(5):
        process = appender(database, tmp_path, f"life-{life}", 10_000)
        assert process.stdout.readline() == "ready\n"
        process.stdin.write("go\n")
        process.stdin.flush()
        # However slow the machine is, some lives end after an append and some within one.
        acknowledged += [int(process.stdout.readline()) for _ in range(life % 3)]
        time.sleep(moments.uniform(0.005, 0.05))
        process.send_signal(signal.SIGKILL)
        out, _ = process.communicate()
        acknowledged += [int(line) for line in out.split()]
        reopened = Ledger.open(database, "survivor", key)
        reopened.append([entry(buckets(2))])
        with reopened.read() as reader:
            seqs = {Header.decode(data, "it").seq for _, data in reader.headers()}
            assert verify(reader, Trust((key.key.encode(),))).exit is Exit.PASS
        # What append() had returned before the kill is there.
        assert set(acknowledged) <= seqs
    assert acknowledged
