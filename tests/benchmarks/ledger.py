"""What the ledger costs, as ratios to the physical limit measured in the same run: `make bench`.

- append: one record an append, against SQLite committing the same bytes with the same durability and nothing else.
- poll: an unchanged population of 10,000 items, against hashing the items' bytes once.
- verify: against hashing all stored content once.
- export and replay: against reading and hashing all stored content once.
"""

import hashlib
import sqlite3
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from support.ledgers import Clock, buckets, configuration, entry, raw, signer

from collector.bundle.export import export_bundle
from collector.ledger.store import Ledger
from collector.ledger.verify import Trust, verify
from collector.model.period import Period


def seconds(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def report(name: str, took: float, limit: float, unit: str) -> None:
    print(f"{name:<10} {took * 1000:10.2f} ms {unit:<24} limit {limit * 1000:8.3f} ms   ratio {took / limit:7.1f}")  # noqa: T201


def contents(database: str) -> list[bytes]:
    with raw(database).connect() as connection:
        tables = (("records", "header"), ("objects", "data"), ("checkpoints", "note"))
        return [row[0] for t, c in tables for row in connection.exec_driver_sql(f"SELECT {c} FROM {t}")]


def bare_commits(folder: Path, rows: list[bytes]) -> None:
    connection = sqlite3.connect(folder / "bare.db", isolation_level=None)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute("CREATE TABLE t (data BLOB)")
    for row in rows:
        connection.execute("BEGIN IMMEDIATE")
        connection.execute("INSERT INTO t VALUES (?)", (row,))
        connection.execute("COMMIT")
    connection.close()


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        key = signer(folder)
        database = f"sqlite:///{folder}/ledger.db"
        ledger = Ledger.create(database, "bench", key, Clock())
        ledger.append([configuration()])

        appends = 300
        small = [entry(buckets(1, n0=str(number))) for number in range(appends)]
        took = seconds(lambda: [ledger.append([one]) for one in small])
        limit = seconds(lambda: bare_commits(folder, [one.body.data * 2 for one in small]))
        report("append", took / appends, limit / appends, "a record, one by one")

        items = buckets(10_000)
        ledger.append([entry(items, population="big")])
        took = seconds(lambda: ledger.append([entry(items, population="big")]))
        report(
            "poll", took, seconds(lambda: [hashlib.sha256(i.body).digest() for i in items]), "10,000 unchanged items"
        )

        stored = contents(database)
        hashing = seconds(lambda: [hashlib.sha256(data).digest() for data in stored])
        with ledger.read() as reader:
            report("verify", seconds(lambda: verify(reader, Trust((key.key.encode(),)))), hashing, "the whole ledger")
            period = Period.parse("2026-01-01..2027-01-01")
            took = seconds(lambda: export_bundle(reader, period, None, folder / "b.zip"))
            report("export", took, hashing, "written and verified")


if __name__ == "__main__":
    main()
