"""Measure a year: playing it, covering, exporting, verifying and replaying it; sizes and memory.

    python tests/benchmarks/year.py [--days 365] [--hours 1]

Each step runs in a process of its own, so that its peak of memory is its own. The whole bundle, page and tables
included, is compared with the zstd size (level 9) of its distinct content: headers, checkpoints and objects, each once.
It is to be at most 1.5 times that of one stream, whose window reaches far back; object by object, as the ledger stores
them, it would be several times as large.
"""

import argparse
import resource
import subprocess
import sys
import tempfile
import time
import zipfile
from datetime import timedelta
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

import zstandard
from support.year import NAME, plan_of, played

from collector.bundle.export import export_bundle
from collector.bundle.reader import open_bundle
from collector.bundle.replay import replay
from collector.bundle.verify import verify_bundle
from collector.demo.year import START
from collector.ledger.keys import load_key_file
from collector.ledger.store import Ledger
from collector.ledger.verify import Trust
from collector.model.period import Period
from collector.period.coverage import coverage
from controls.registry import CONTROLS
from controls.source import source_files

LEDGER_FILES = ("ledger/records.jsonl", "ledger/checkpoints.jsonl", "ledger/earlier.jsonl", "objects.jsonl")


def play(folder: Path, length: timedelta, every: timedelta) -> str:
    player = played(folder, plan_of(CONTROLS, every), length, every)
    with player.ledger.read() as reader:
        return f"{reader.size} records, {player.memory.evaluations.evaluated} evaluations"


def cover(folder: Path, length: timedelta, _: timedelta) -> str:
    with Ledger.open(f"sqlite:///{folder}/ledger.db").read() as reader:
        found = coverage(reader, Period(START, START + length), START + length)
    return f"{sum(each.count() for each in found.controls)} windows, {len(found.gaps)} gaps"


def export(folder: Path, length: timedelta, _: timedelta) -> str:
    with Ledger.open(f"sqlite:///{folder}/ledger.db").read() as reader:
        export_bundle(reader, Period(START, START + length), None, folder / "year.zip")
    return f"{(folder / 'year.zip').stat().st_size / 1e6:.1f} MB"


def verify(folder: Path, *_: timedelta) -> str:
    pin = load_key_file(folder / "first", NAME).key.fingerprint
    with open_bundle(folder / "year.zip") as reader:
        return f"exit {int(verify_bundle(reader, Trust((pin,))).exit)}"


def replay_all(folder: Path, *_: timedelta) -> str:
    with open_bundle(folder / "year.zip") as reader:
        found = replay(reader, {control.id: control for control in CONTROLS}, source_files())
    return f"{found.reproduced} reproduced, exit {int(found.exit)}"


def size(folder: Path, *_: timedelta) -> str:
    with zipfile.ZipFile(folder / "year.zip") as archive:
        one_by_one = stream = 0
        whole = zstandard.ZstdCompressor(level=9).compressobj()
        single = zstandard.ZstdCompressor(level=9)
        packed = sum(archive.getinfo(name).compress_size for name in LEDGER_FILES)
        for name in LEDGER_FILES:
            with archive.open(name) as lines:
                for line in lines:
                    one_by_one += len(single.compress(line)) if name == "objects.jsonl" else 0
                    stream += len(whole.compress(line))
        stream += len(whole.flush())
    total = (folder / "year.zip").stat().st_size
    return (
        f"bundle {total / 1e6:.1f} MB, of it the ledger's part {packed / 1e6:.1f} MB; as one zstd stream "
        f"{stream / 1e6:.1f} MB: ratio {total / stream:.2f} (ledger's part {packed / stream:.2f}); "
        f"objects compressed one by one alone {one_by_one / 1e6:.1f} MB: ratio {total / one_by_one:.2f}"
    )


STEPS = {each.__name__: each for each in (play, cover, export, verify, replay_all, size)}


def main() -> None:
    options = argparse.ArgumentParser()
    options.add_argument("--days", type=int, default=365)
    options.add_argument("--hours", type=int, default=1)
    options.add_argument("--step", nargs=2)
    given = options.parse_args()
    if given.step:
        name, folder = given.step
        began, cpu = time.perf_counter(), time.process_time()
        told = STEPS[name](Path(folder), timedelta(days=given.days), timedelta(hours=given.hours))
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        spent = f"{time.perf_counter() - began:7.1f} s ({time.process_time() - cpu:.1f} s of CPU), {peak:.0f} MB"
        sys.stdout.write(f"{name:12} {spent:40} {told}\n")
        return
    with tempfile.TemporaryDirectory() as folder:
        for name in STEPS:
            more = ["--days", str(given.days), "--hours", str(given.hours), "--step", name, folder]
            subprocess.run([sys.executable, __file__, *more], check=True)


if __name__ == "__main__":
    main()
