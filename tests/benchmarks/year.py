"""Measure a year: playing it, covering, verifying, replaying and exporting it; time, memory and size.

    python tests/benchmarks/year.py [--days 365] [--hours 1] [--no-bundle]

Each step runs in a process of its own, so that its peak of memory is its own. What was played is compared with bare
inserts of the same rows into SQLite, what reads all records with bare SHA-256 over the same headers and objects, in
seconds of CPU of the same run. The whole bundle, page and tables included, is compared with the zstd size of its
distinct content: headers, checkpoints and objects, each once. It is to be at most 1.5 times that of one stream, whose
window reaches far back; object by object, as the ledger stores them, it would be several times as large.
"""

import argparse
import hashlib
import json
import os
import resource
import sqlite3
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Iterator, Sequence
from datetime import timedelta
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

import zstandard
from support.year import NAME, TESTED, plan_of, played

from collector.bundle.beside import WORTH_IT
from collector.bundle.export import export_bundle
from collector.bundle.reader import open_bundle
from collector.bundle.two_cores import verify_on_two_cores
from collector.demo.year import START
from collector.ledger.keys import load_key_file
from collector.ledger.store import Ledger
from collector.ledger.verify import Trust, verify
from collector.model.control import Control
from collector.model.period import Period
from collector.period.coverage import coverage
from collector.pipeline.halves import Place, replay_in_halves
from controls.registry import CONTROLS

LEVELS = (3, 9)
"""Of zstd: the one that the ledger stores objects with, which is the usual one, and a thorough one."""

LEDGER_FILES = ("ledger/records.jsonl", "ledger/checkpoints.jsonl", "ledger/earlier.jsonl", "objects.jsonl")


def play(folder: Path, length: timedelta, every: timedelta) -> str:
    """Play with all controls."""
    return _play(folder, CONTROLS, length, every)


def play_few(folder: Path, length: timedelta, every: timedelta) -> str:
    """Play with the controls that tests play the year with, into a folder of its own."""
    (folder / "few").mkdir()
    return _play(folder / "few", TESTED, length, every)


def _play(folder: Path, controls: Sequence[Control], length: timedelta, every: timedelta) -> str:
    began = time.process_time()
    player = played(folder, plan_of(controls, every), length, every)
    each = (time.process_time() - began) / (length / every)
    with player.ledger.read() as reader:
        stored = player.ledger.size_in_bytes() / 1e6
        told = f"{1000 * each:.1f} ms of CPU a poll, {reader.size} records, {stored:.0f} MB"
    return f"{told}, {player.memory.evaluations.evaluated} evaluations"


def insert(folder: Path, *_: timedelta) -> str:
    """Insert the rows of the ledger's tables into bare ones, a transaction for as many as a poll has."""
    source = sqlite3.connect(folder / "ledger.db")
    target = sqlite3.connect(folder / "bare.db", isolation_level=None)
    target.execute("PRAGMA journal_mode=WAL")
    target.execute("PRAGMA synchronous=OFF")
    target.execute("CREATE TABLE records (seq INTEGER PRIMARY KEY, header BLOB NOT NULL)")
    target.execute("CREATE TABLE objects (digest BLOB PRIMARY KEY, size INTEGER NOT NULL, data BLOB NOT NULL)")
    target.execute("CREATE TABLE checkpoints (size INTEGER PRIMARY KEY, note BLOB NOT NULL)")
    rows = 0
    for table, columns in (
        ("records", "seq, header"),
        ("objects", "digest, size, data"),
        ("checkpoints", "size, note"),
    ):
        read = source.execute(f"SELECT {columns} FROM {table} ORDER BY rowid")
        values = ", ".join("?" for _ in columns.split(", "))
        while batch := read.fetchmany(58):
            rows += len(batch)
            target.execute("BEGIN IMMEDIATE")
            target.executemany(f"INSERT INTO {table} VALUES ({values})", batch)
            target.execute("COMMIT")
    size = (folder / "bare.db").stat().st_size / 1e6
    (folder / "bare.db").unlink()
    return f"{rows} rows, {size:.0f} MB"


def digest(folder: Path, *_: timedelta) -> str:
    """Hash every header and every object, decompressed."""
    source = sqlite3.connect(folder / "ledger.db")
    expand = zstandard.ZstdDecompressor().decompress
    hashed = 0
    for data in _contents(source, expand):
        hashlib.sha256(data).digest()
        hashed += len(data)
    return f"{hashed / 1e6:.0f} MB"


def _contents(source: sqlite3.Connection, expand: object) -> Iterator[bytes]:
    yield from (header for (header,) in source.execute("SELECT header FROM records ORDER BY seq"))
    for data, size in source.execute("SELECT data, size FROM objects"):
        yield expand(data, max_output_size=size)


def verify_ledger(folder: Path, *_: timedelta) -> str:
    pin = load_key_file(folder / "first", NAME).key.fingerprint
    with Ledger.open(f"sqlite:///{folder}/ledger.db").read() as reader:
        return f"exit {int(verify(reader, Trust((pin,))).exit)}"


def replay_ledger(folder: Path, *_: timedelta) -> str:
    with Ledger.open(f"sqlite:///{folder}/ledger.db").read() as reader:
        found = replay_in_halves(reader, Place(database=f"sqlite:///{folder}/ledger.db"))
    return f"{found.reproduced} reproduced, exit {int(found.exit)}"


def cover(folder: Path, length: timedelta, _: timedelta) -> str:
    with Ledger.open(f"sqlite:///{folder}/ledger.db").read() as reader:
        found = coverage(reader, Period(START, START + length), START + length)
    return f"{sum(each.count() for each in found.controls)} windows, {len(found.gaps)} gaps"


def export(folder: Path, length: timedelta, _: timedelta) -> str:
    with Ledger.open(f"sqlite:///{folder}/ledger.db").read() as reader:
        export_bundle(reader, Period(START, START + length), None, folder / "year.zip", worth_it=WORTH_IT)
    return f"{(folder / 'year.zip').stat().st_size / 1e6:.1f} MB"


def verify_all(folder: Path, *_: timedelta) -> str:
    pin = load_key_file(folder / "first", NAME).key.fingerprint
    with open_bundle(folder / "year.zip") as reader:
        return f"exit {int(verify_on_two_cores(reader, Trust((pin,))).exit)}"


def replay_all(folder: Path, *_: timedelta) -> str:
    with open_bundle(folder / "year.zip") as reader:
        found = replay_in_halves(reader, Place(folder / "year.zip"))
    return f"{found.reproduced} reproduced, exit {int(found.exit)}"


def size(folder: Path, *_: timedelta) -> str:
    with zipfile.ZipFile(folder / "year.zip") as archive:
        packed = sum(archive.getinfo(name).compress_size for name in LEDGER_FILES)
        streams = {level: zstandard.ZstdCompressor(level=level).compressobj() for level in LEVELS}
        single = zstandard.ZstdCompressor(level=LEVELS[0])
        sizes = dict.fromkeys(LEVELS, 0)
        one_by_one = 0
        for name in LEDGER_FILES:
            with archive.open(name) as lines:
                for line in lines:
                    one_by_one += len(single.compress(line)) if name == "objects.jsonl" else 0
                    for level, stream in streams.items():
                        sizes[level] += len(stream.compress(line))
        for level, stream in streams.items():
            sizes[level] += len(stream.flush())
    total = (folder / "year.zip").stat().st_size
    told = "; ".join(
        f"as one zstd stream of level {level} {found / 1e6:.1f} MB: ratio {total / found:.2f} (ledger's part "
        f"{packed / found:.2f})"
        for level, found in sizes.items()
    )
    return (
        f"bundle {total / 1e6:.1f} MB, of it the ledger's part {packed / 1e6:.1f} MB; {told}; objects compressed one by "
        f"one alone {one_by_one / 1e6:.1f} MB: ratio {total / one_by_one:.2f}"
    )


ON_LEDGER = (play, play_few, insert, cover, digest, verify_ledger, replay_ledger)
ON_BUNDLE = (export, verify_all, replay_all, size)
LIMITS = {"play": "insert", **dict.fromkeys(("verify_ledger", "replay_ledger", "verify_all", "replay_all"), "digest")}
"""With which step, of the machine's own limit, a step is compared."""


def run(name: str, folder: Path, length: timedelta, every: timedelta) -> None:
    """Do one step, and print what it took."""
    step = next(each for each in (*ON_LEDGER, *ON_BUNDLE) if each.__name__ == name)
    began, cpu = time.perf_counter(), sum(os.times()[:4])
    told = step(folder, length, every)
    # A step's own process, and the one that it may have started beside it.
    peak = sum(resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)) / 1024
    took = {"wall": time.perf_counter() - began, "cpu": sum(os.times()[:4]) - cpu, "peak": peak, "told": told}
    sys.stdout.write(json.dumps(took))


def main() -> None:
    options = argparse.ArgumentParser()
    options.add_argument("--days", type=int, default=365)
    options.add_argument("--hours", type=int, default=1)
    options.add_argument("--no-bundle", action="store_true")
    options.add_argument("--folder", type=Path, help="where a year was played before, instead of playing it")
    options.add_argument("--step", nargs=2)
    given = options.parse_args()
    if given.step:
        name, folder = given.step
        run(name, Path(folder), timedelta(days=given.days), timedelta(hours=given.hours))
        return
    with tempfile.TemporaryDirectory() as made:
        spent: dict[str, float] = {}
        steps = ON_LEDGER if given.no_bundle else (*ON_LEDGER, *ON_BUNDLE)
        for name in [each.__name__ for each in steps if given.folder is None or each not in (play, play_few)]:
            more = ["--days", str(given.days), "--hours", str(given.hours), "--step", name, given.folder or made]
            answer = subprocess.run([sys.executable, __file__, *more], check=True, stdout=subprocess.PIPE)
            took = json.loads(answer.stdout)
            spent[name] = took["cpu"]
            cost = f"{took['wall']:7.1f} s ({took['cpu']:.1f} s of CPU), {took['peak']:.0f} MB"
            sys.stdout.write(f"{name:14} {cost:40} {took['told']}\n")
            sys.stdout.flush()
        for name, limit in LIMITS.items():
            if name in spent and limit in spent:
                sys.stdout.write(f"{name} takes {spent[name] / spent[limit]:.1f} times the CPU of {limit}\n")


if __name__ == "__main__":
    main()
