"""What a poll costs: bytes in proportion to what changed."""

import hashlib
import sqlite3

import pytest
from sqlalchemy import text
from support.ledgers import buckets, configuration, entry, raw

from collector.ledger.chunks import chunk, read_chunk

ITEMS = 10_000
UNCHANGED_ITEMS = 2_000
"""Of what is polled again and again; an unchanged list costs its digest, however long it is."""
POPULATIONS = ("iam.authorization_details", "kms.keys", "s3.buckets")
UNCHANGED = 1_536
CHANGED = 16 * 1024


def stored(database):
    """The bytes of all rows: what is stored, without the database's own overhead."""
    sums = {
        "records": "sum(length(header))",
        "checkpoints": "sum(length(note))",
        "objects": "sum(length(digest) + length(data))",
    }
    with raw(database).connect() as connection:
        return sum(connection.scalar(text(f"SELECT {total} FROM {table}")) for table, total in sums.items())


def file_size(database):
    path = database.removeprefix("sqlite:///")
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    pages = connection.execute("PRAGMA page_count").fetchone()[0] * connection.execute("PRAGMA page_size").fetchone()[0]
    connection.close()
    return pages


def poll(ledger, items):
    for population in POPULATIONS:
        ledger.append([entry(items, population=population)])


def test_a_poll_of_an_unchanged_estate_adds_at_most_one_and_a_half_kilobytes_a_population(ledger, database):
    items = buckets(UNCHANGED_ITEMS)
    ledger.append([configuration()])
    poll(ledger, items)
    rows, polls = stored(database), 60
    on_disk = file_size(database) if database.startswith("sqlite") else None
    for _ in range(polls):
        poll(ledger, items)
    assert (stored(database) - rows) / polls / len(POPULATIONS) <= UNCHANGED
    if on_disk is not None:
        # The file grows by whole pages and index pages split in bursts, so only the mean over many polls is what a poll costs.
        assert (file_size(database) - on_disk) / polls / len(POPULATIONS) <= UNCHANGED


def unluckiest(items):
    """The number of an item in the largest chunk: its change costs the most."""
    index = chunk((item.id, item.body) for item in items)
    largest = max(index.children, key=lambda part: len(part.data))
    return int(next(read_chunk(largest.data, "it"))[0].rsplit("-", 1)[1])


@pytest.mark.parametrize("choose", [unluckiest, lambda items: 5_000], ids=["in the largest chunk", "anywhere"])
def test_a_changed_item_adds_at_most_sixteen_kilobytes_and_itself(ledger, database, choose):
    items = buckets(ITEMS)
    ledger.append([configuration(), entry(items)])
    before = stored(database)
    number = choose(items)
    content = hashlib.sha256(b"incompressible").hexdigest()
    changed = buckets(ITEMS, **{f"n{number}": content})
    ledger.append([entry(changed)])
    assert stored(database) - before <= CHANGED + len(changed[number].body)
