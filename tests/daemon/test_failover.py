"""Real processes on a real PostgreSQL: whatever ends the leader, another goes on, and nothing is read twice or lost."""

import signal
from collections import Counter

import pytest
from support.daemons import (
    LEADS,
    Polled,
    Replica,
    between_statements,
    recorded,
    replicas,
    until,
    within_a_batch,
)
from support.estate import SMALL
from support.ledgers import signer
from support.postgresql import network

from collector.ledger.store import Ledger
from collector.ledger.verify import Trust, verify
from collector.model.errors import Exit
from collector.model.instant import now
from collector.model.record import Kind

ACCOUNTS = 4
SUBJECTS = {f"{Polled(number).id}/{population}" for number in range(ACCOUNTS) for population in Polled().populations}


@pytest.fixture
def ledger(database, tmp_path):
    return Ledger.create(database, "test", signer(tmp_path), now)


@pytest.fixture
def replica(database, ledger, tmp_path):
    """Starts a replica on the ledger, by itself or through a network."""
    return lambda through=database, **more: Replica(through, tmp_path, ACCOUNTS, **more)


@pytest.fixture
def after(replica):
    """Starts a replica once another one leads."""

    def start(leader):
        leader.leads()
        return replica()

    return start


def read_some(ledger, least=3):
    """Wait until the leader is in the middle of its readings."""
    until(lambda: len(recorded(ledger, Kind.SNAPSHOT)) >= least)
    assert len(recorded(ledger, Kind.SNAPSHOT)) < len(SUBJECTS)


def check_whole(ledger, key):
    """Each population of the one window is on record once, each control tested once, and the chain is whole."""
    until(lambda: len(recorded(ledger, Kind.RESULT)) >= len(SMALL))
    assert Counter(header.subject for header in recorded(ledger, Kind.SNAPSHOT)) == Counter(SUBJECTS)
    assert Counter(header.subject for header in recorded(ledger, Kind.RESULT)) == Counter(c.id for c in SMALL)
    assert not recorded(ledger, Kind.GAP)
    assert len(recorded(ledger, Kind.CONFIG)) == 1
    with ledger.read() as reader:
        assert verify(reader, Trust((key.key.encode(),))).exit is Exit.PASS


def test_another_replica_goes_on_when_the_leader_is_killed(ledger, replica, after, tmp_path):
    leader = replica()
    with replicas(leader, after(leader)) as (_, other):
        read_some(ledger)
        other.said("another replica of main leads; standing by")
        leader.signal(signal.SIGKILL)
        other.leads()
        check_whole(ledger, signer(tmp_path))


def test_another_replica_goes_on_when_the_leader_is_killed_within_an_append(ledger, replica, after, tmp_path):
    leader = replica(halt=between_statements)
    with replicas(leader, after(leader)) as (_, other):
        leader.said("halted within an append")
        leader.signal(signal.SIGKILL)
        other.leads()
        check_whole(ledger, signer(tmp_path))


@pytest.mark.parametrize("halt", [between_statements, within_a_batch])
def test_another_replica_goes_on_when_the_leader_freezes_within_an_append(ledger, replica, after, tmp_path, halt):
    leader = replica(halt=halt)
    with replicas(leader, after(leader)) as (_, other):
        leader.said("halted within an append")
        leader.signal(signal.SIGSTOP)
        other.leads()
        check_whole(ledger, signer(tmp_path))
        leader.signal(signal.SIGCONT)
        leader.said("this replica does not lead any more")


def test_another_replica_goes_on_when_the_leaders_network_is_cut_and_the_leader_notices(
    database, ledger, replica, after, tmp_path
):
    with network(database) as (net, through):
        leader = replica(through)
        with replicas(leader, after(leader)) as (_, other):
            read_some(ledger)
            net.cut()
            other.leads()
            leader.said("this replica does not lead any more")
            check_whole(ledger, signer(tmp_path))
            net.heal()
            leader.said("another replica of main leads; standing by")


def test_a_replica_leads_again_when_the_database_was_restarted(server, ledger, replica, tmp_path):
    with replicas(replica(), replica()) as both:
        read_some(ledger)
        server.stop()
        server.start()
        until(lambda: sum(each.log.count(LEADS) for each in both) >= 2)
        check_whole(ledger, signer(tmp_path))


def test_a_leader_that_is_told_to_end_gives_its_place_up_at_once(ledger, replica, after, tmp_path):
    leader = replica()
    with replicas(leader, after(leader)) as (_, other):
        read_some(ledger)
        leader.signal(signal.SIGTERM)
        leader.process.join(20)
        assert leader.process.exitcode == 0
        other.leads()
        check_whole(ledger, signer(tmp_path))
