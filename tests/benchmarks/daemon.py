"""The daemon at scale: hundreds of accounts, each with all populations of AWS, over HTTP, window after window.

The collector is the real one, a process of its own for each: `controlproof daemon` with the SDK, the schedule, the
ledger in a real PostgreSQL (or SQLite), the tests of all controls. The accounts are simulated by another process
(support/replayed.py), and each is read as its role, which is assumed. Several collectors share the ledger by source.

    python tests/benchmarks/daemon.py [--accounts 300] [--windows 1] [--window-minutes 60] [--collectors 1] [--sqlite]
"""

import argparse
import json
import math
import os
import re
import subprocess
import sys
import tempfile
import time
from collections import Counter
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from http.client import HTTPConnection
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from support.postgresql import new_database, postgresql_server
from support.replayed import Injected, account_of, accounts, record, role_of

from collector.cli.init import create
from collector.daemon.window import Window
from collector.ledger.reader import fetch
from collector.ledger.store import Ledger
from collector.model.canonical import decode_object
from collector.model.instant import now, parse_instant
from collector.model.record import Header, Kind
from connectors.aws.source import POPULATIONS
from controls.registry import CONTROLS

TICKS = os.sysconf("SC_CLK_TCK")
DAEMON = [sys.executable, "-c", "from collector.cli.main import main; main()", "daemon", "--config", "scale.yaml"]
WELL_USED = 0.7
"""Of a core, that a collector should not take more of."""


@dataclass
class Collector:
    """One collector's process."""

    name: str
    process: subprocess.Popen
    log: Path

    @property
    def port(self):
        while not (found := re.search(r"health and metrics at 127.0.0.1 port (\d+)", self.log.read_text("utf-8"))):
            assert self.process.poll() is None, self.log.read_text("utf-8")
            time.sleep(0.1)
        return int(found[1])

    def metrics(self):
        """What it measures, summed over labels."""
        connection = HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            connection.request("GET", "/metrics")
            text = connection.getresponse().read().decode()
        finally:
            connection.close()
        found = Counter()
        for line in text.splitlines():
            if line.startswith("controlproof_"):
                name, _, value = line.rpartition(" ")
                found[name.partition("{")[0]] += float(value)
        return found

    def cpu(self):
        """Seconds of processor that it used."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text("ascii").rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / TICKS

    def peak(self):
        """The most memory that it held, in MB."""
        status = Path(f"/proc/{self.process.pid}/status").read_text("ascii")
        return int(re.search(r"VmHWM:\s+(\d+) kB", status)[1]) / 1000


@contextmanager
def collector(folder, name, arguments):
    """Run one."""
    log = folder / f"{name}.log"
    with log.open("w", encoding="utf-8") as output:
        process = subprocess.Popen([*DAEMON, *arguments], cwd=folder, stderr=output)
    try:
        yield Collector(name, process, log)
        process.terminate()
        assert process.wait(60) == 0, log.read_text("utf-8")
    finally:
        process.kill()


def configured(folder, options, simulation, database):
    """Write the configuration: further collectors read the accounts whose numbers end in digits of their own."""
    sources = "".join(
        f"""  - aws:
      account: "{account_of(n)}"
      region: eu-central-1
      role_arn: {role_of(account_of(n))}
      endpoint_url: {simulation.url(n)}
"""
        for n in range(options.accounts)
    )
    shares = {
        f"further-{n}": [f"aws:*{digit}" for digit in range(10) if digit % options.collectors == n]
        for n in range(1, options.collectors)
    }
    text = f"""ledger:
  name: controlproof.example.com/scale
  database: {database}
  key: file:scale.key
  collector: main
sources:
{sources}weights: [s3://acme-weights-prod/llm/]
schedule:
{"".join(f"  {control.id}: {options.window_minutes}m{chr(10)}" for control in CONTROLS)}
daemon:
  listen: 127.0.0.1:0
  jitter: {options.window_minutes * 12}
  patience: {options.window_minutes * 54}
  collectors: {json.dumps(shares)}
"""
    create(folder / "scale.yaml", text)
    return tuple(shares)


class Followed:
    """What the ledger holds, followed as it grows: readings and results by window."""

    def __init__(self, ledger, cadence):
        self._ledger = ledger
        self._cadence = cadence
        self._size = 0
        self.begun = {}
        self.read = {}
        self.tested = {}
        self.readings = Counter()
        self.gaps = Counter()
        self.outcomes = Counter()

    def follow(self):
        """Take note of what is new."""
        with self._ledger.read() as reader:
            for seq, data in reader.headers(self._size):
                header = Header.decode(data, f"record {seq}")
                self._size = seq + 1
                if header.kind in (Kind.SNAPSHOT, Kind.GAP) and "/" in header.subject:
                    self._reading(reader, header)
                elif header.kind is Kind.RESULT:
                    start = Window.at(header.time, self._cadence).start
                    self.tested.setdefault(start, {})[header.subject] = header.time
                    self.outcomes[header.outcome] += 1
        return self

    def _reading(self, reader, header):
        body = decode_object(fetch(reader, header.body), "it")
        started = parse_instant(body["started"], "started")
        start = Window.at(started, self._cadence).start
        self.begun[start] = min(self.begun.get(start, started), started)
        self.read[start] = max(self.read.get(start, header.time), header.time)
        self.readings[start] += 1
        if header.kind is Kind.GAP:
            self.gaps[start] += 1

    def whole(self):
        """The windows in which every control was tested."""
        return [start for start, tested in sorted(self.tested.items()) if len(tested) == len(CONTROLS)]


def measure(options, folder, running):
    """Run the collectors for some windows and print what they took."""
    say("recording one account\n")
    simulation = running.enter_context(accounts(record(), Injected()))
    database = f"sqlite:///{folder}/scale.db"
    if not options.sqlite:
        database = new_database(running.enter_context(postgresql_server()))
    names = configured(folder, options, simulation, database)
    ledger = Ledger.open(database)
    cadence = timedelta(minutes=options.window_minutes)
    # Else the first window could be too short.
    wait_for_begin(cadence)
    collectors = [running.enter_context(collector(folder, "main", []))]
    collectors += [running.enter_context(collector(folder, name, ["--collector", name])) for name in names]
    idle = [each.peak() for each in collectors if each.port]
    began, followed = time.monotonic(), Followed(ledger, cadence)
    while len(followed.follow().whole()) < options.windows:
        time.sleep(2)
        peaks = ", ".join(f"{each.peak():.0f} MB" for each in collectors)
        done = sum(followed.readings.values())
        say(f"\r{time.monotonic() - began:5.0f} s, {done} readings, {sum(followed.outcomes.values())} tests, {peaks} ")
    took = [(each.name, each.cpu(), before, each.peak()) for each, before in zip(collectors, idle, strict=True)]
    measured = sum((each.metrics() for each in collectors), Counter())
    say("\n")
    report(options, followed, took, measured, simulation.served(), ledger.size_in_bytes())


def wait_for_begin(cadence):
    """Wait until no more than half of a window is over."""
    window = Window.at(now(), cadence)
    if now() - window.start > cadence / 2:
        say(f"waiting for the window that begins at {window.end:%H:%M}\n")
        time.sleep((window.end - now()).total_seconds())


def report(options, followed, took, measured, served, size):
    """Print what it took, and what ten times as many accounts would."""
    windows, seconds = options.windows, options.window_minutes * 60
    populations = sum(not each.on_request for each in POPULATIONS)
    lines = [
        f"{options.accounts} accounts, {populations} populations each, every {options.window_minutes} minutes",
        f"{len(CONTROLS)} controls, {len(took)} collectors, {len(os.sched_getaffinity(0))} cores",
    ]
    for start in followed.whole()[:windows]:
        begun = followed.begun[start]
        read, tested = followed.read[start] - begun, max(followed.tested[start].values()) - begun
        lines += [
            f"window of {start:%H:%M}: {followed.readings[start]:,} readings, {followed.gaps[start]:,} of them gaps",
            f"  begun {begun - start} after the window, all read {read} later, all tested {tested} later",
        ]
    appends, appending = (measured[f"controlproof_append_seconds_{each}"] for each in ("count", "sum"))
    lines += [
        f"outcomes             {', '.join(f'{count} {each}' for each, count in sorted(followed.outcomes.items()))}",
        f"calls                {served.calls:>14,}   {served.refused:,} of them throttled, {served.missing} unknown",
        f"bytes                {served.received:>14,}   sent, {served.sent:,} received",
        *(
            f"{name:20} {cpu:>14.0f} s of processor, {cpu / windows / seconds:.1%} of a core; "
            f"{peak:.0f} MB at most, {idle:.0f} MB before the first reading"
            for name, cpu, idle, peak in took
        ),
        f"appends              {appends:>14,.0f}   {appending / appends * 1000:.1f} ms each",
        f"ledger               {size:>14,} bytes",
    ]
    by_ten = 10 / windows / seconds
    cores = sum(cpu for _, cpu, _, _ in took) * by_ten
    memory = sum(idle + (peak - idle) * 10 for _, _, idle, peak in took)
    lines += [
        f"at 10 times the accounts, every {options.window_minutes} minutes as well:",
        f"processor            {cores:>14.1f}   cores: {math.ceil(cores / WELL_USED)} collectors at {WELL_USED:.0%} of one",
        f"memory               {memory:>14,.0f}   MB, if all of it grew with the accounts",
        f"appends              {appends * by_ten:>14.1f}   a second, for {appending * by_ten:.0%} of the time",
        f"calls                {served.calls * by_ten:>14.1f}   a second",
    ]
    sys.stdout.write("\n".join(lines) + "\n")


def say(text):
    sys.stderr.write(text)
    sys.stderr.flush()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--accounts", type=int, default=300)
    parser.add_argument("--windows", type=int, default=1)
    parser.add_argument("--window-minutes", type=int, default=60)
    parser.add_argument("--collectors", type=int, default=1)
    parser.add_argument("--sqlite", action="store_true")
    with tempfile.TemporaryDirectory() as place, ExitStack() as stack:
        os.environ |= {
            "AWS_ACCESS_KEY_ID": "testing",
            "AWS_SECRET_ACCESS_KEY": "testing",
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_CONFIG_FILE": f"{place}/config",
            "XDG_RUNTIME_DIR": place,
        }
        measure(parser.parse_args(), Path(place), stack)
