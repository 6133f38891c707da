"""How long nobody leads: replicas as processes on a real PostgreSQL, with the lease that a daemon has by default.

python tests/benchmarks/failover.py
"""

import signal
import sys
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from support.daemons import LEADS, Replica, recorded, replicas, until
from support.ledgers import signer
from support.postgresql import network, new_database, postgresql_server

from collector.config.model import Daemon
from collector.ledger.store import Ledger
from collector.model.instant import now
from collector.model.record import Kind

ACCOUNTS = 60
"""So many that they are mostly still being read when the leader ends."""
PATIENCE = 40
"""Seconds to wait for a record; there is none if the old leader had recorded the whole window."""


@contextmanager
def leading(database, folder, through=None):
    """Two replicas, of which the first leads and reads; gives the ledger too."""
    ledger = Ledger.create(database, "test", signer(folder), now)
    lease = Daemon().lease
    first = Replica(through or database, folder, ACCOUNTS, lease=lease)
    first.leads()
    with replicas(first, Replica(database, folder, ACCOUNTS, lease=lease)) as (leader, other):
        other.said("standing by")
        until(lambda: recorded(ledger, Kind.SNAPSHOT))
        yield ledger, leader, other


def timed(what, ledger, leads):
    """Say how long it takes until a replica leads, and until it has recorded something."""
    began, size = time.monotonic(), len(recorded(ledger))
    until(leads)
    led = time.monotonic() - began
    read = len(recorded(ledger, Kind.SNAPSHOT))
    try:
        until(lambda: len(recorded(ledger)) > size, PATIENCE)
        then = f"records after {time.monotonic() - began:5.1f} s"
    except AssertionError:
        then = f"records nothing within {PATIENCE} s, of {ACCOUNTS} accounts after {read} snapshots"
    sys.stdout.write(f"{what:28} another leads after {led:5.1f} s, {then}\n")
    sys.stdout.flush()


def main(folder, server):
    sys.stdout.write(f"lease {Daemon().lease} s\n")
    with leading(new_database(server), folder) as (ledger, leader, other):
        leader.signal(signal.SIGKILL)
        timed("kill -9", ledger, lambda: LEADS in other.log)
    with leading(new_database(server), folder) as (ledger, leader, other):
        leader.signal(signal.SIGSTOP)
        timed("leader frozen", ledger, lambda: LEADS in other.log)
    database = new_database(server)
    with network(database) as (net, through), leading(database, folder, through) as (ledger, _, other):
        net.cut()
        timed("network of the leader cut", ledger, lambda: LEADS in other.log)
    with leading(new_database(server), folder) as (ledger, leader, other):
        server.stop()
        server.start()
        timed("database restarted", ledger, lambda: leader.log.count(LEADS) + other.log.count(LEADS) == 2)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as place, postgresql_server() as running:
        main(Path(place), running)
