"""The daemon at scale: hundreds of accounts, each with all populations of AWS, over HTTP, in one window.

The answers are those of a local AWS, recorded once and given again by a server in a process of its own, for each account
under its own number, each after a latency, and some refused as too many. The collector is the real one: the SDK, the
schedule, the ledger in a real PostgreSQL (or SQLite), the tests of all controls.

    python tests/benchmarks/daemon.py [--accounts 300] [--windows 1] [--sqlite] [--window-minutes 60]
"""

import argparse
import asyncio
import hashlib
import math
import multiprocessing
import os
import random
import re
import resource
import sys
import tempfile
import threading
import time
from contextlib import ExitStack
from pathlib import Path
from typing import NamedTuple
from urllib.parse import parse_qsl, urlencode

sys.path.insert(0, str(Path(__file__).parents[1]))

from support.daemons import Free
from support.postgresql import new_database, postgresql_server
from support.proxy import proxy

from collector.cli.init import create
from collector.config import template
from collector.daemon.metrics import Metrics
from collector.daemon.service import Service
from collector.daemon.start import setup_of
from collector.demo.estate import seed
from collector.demo.front import front
from collector.demo.server import moto_server
from collector.demo.serving import answers
from collector.ledger.keys import load_key_file
from collector.ledger.store import Ledger
from collector.model.instant import now
from connectors.registry import connect

RECORDED = b"123456789012"
LATENCY = (0.02, 0.12)
"""Seconds of each answer, at random between these."""
THROTTLED = 0.01
"""Of the calls, that are refused as too many the first time."""
_NUMBER = re.compile(rb"\d{9,}(\.\d+)?")


def key_of(method, target, headers, body):
    """Name a call by what it asks, whatever the account and the time."""
    path, _, query = target.decode().partition("?")
    parts = (method, path, sorted(parse_qsl(query, keep_blank_values=True)), headers.get("x-amz-target"), body.decode())
    return hashlib.sha256(_NUMBER.sub(b"#", repr(parts).encode())).digest()


def number_of(host):
    """Give the account behind a loopback address: 127.1.2.3 is the 515th and so on."""
    parts = host.partition(":")[0].split(".")
    return f"{200_000_000_000 + int(parts[2]) * 250 + int(parts[3]):012d}".encode()


class Replayed:
    """Serves the recorded answers."""

    def __init__(self, answers):
        self.answers = answers
        self.calls = self.sent = self.refused = self.missing = 0

    async def serve(self, reader, writer):
        try:
            while await self._answer(reader, writer):
                pass
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    async def _answer(self, reader, writer):
        head = await reader.readuntil(b"\r\n\r\n")
        first, *lines = head[:-4].split(b"\r\n")
        method, target, _ = first.split(b" ", 2)
        headers = {n.lower(): v.strip() for n, _, v in (line.decode("latin-1").partition(":") for line in lines)}
        if headers.get("expect"):
            writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        body = await reader.readexactly(int(headers.get("content-length") or 0))
        await asyncio.sleep(random.uniform(*LATENCY))
        self.calls += 1
        if random.random() < THROTTLED:
            self.refused += 1
            writer.write(_refusal(headers, body))
            return True
        found = self.answers.get(key_of(method.decode(), target, headers, body))
        if found is None:
            self.missing += 1
            writer.write(b"HTTP/1.1 404 X\r\nContent-Length: 0\r\n\r\n")
            return True
        # Of equal length, so that what was stated of it stays true.
        data = found.replace(RECORDED, number_of(headers["host"]))
        self.sent += len(data)
        writer.write(data)
        await writer.drain()
        return True


def _refusal(headers, body):
    """Say that calls are too many, as each protocol does."""
    if "x-amz-target" in headers or not (b"Action=" in body or "s3" in headers.get("authorization", "")):
        kind, text = b"application/x-amz-json-1.1", b'{"__type":"ThrottlingException","message":"Rate exceeded"}'
    elif b"Action=" in body:
        text = b"<ErrorResponse><Error><Code>Throttling</Code><Message>Rate exceeded</Message></Error></ErrorResponse>"
        kind = b"text/xml"
    else:
        kind, text = (
            b"application/xml",
            b"<Error><Code>SlowDown</Code><Message>Reduce your request rate</Message></Error>",
        )
    return b"HTTP/1.1 503 X\r\nContent-Type: %s\r\nContent-Length: %d\r\n\r\n%s" % (kind, len(text), text)


def replay(channel, answers):
    """Be the server: tell the port, serve until told to end, tell what was served."""

    async def main():
        served = Replayed(answers)
        server = await asyncio.start_server(served.serve, "0.0.0.0", 0, limit=1024 * 1024)  # noqa: S104 - all of 127/8
        channel.send(server.sockets[0].getsockname()[1])
        await asyncio.get_running_loop().run_in_executor(None, channel.recv)
        channel.send(Served(served.calls, served.sent, served.refused, served.missing))

    asyncio.run(main())


def record(folder):
    """Read one account of a local AWS; give every answer by its call."""
    found = {}
    with moto_server() as local, front(local, answers(now(), flaws=False)) as endpoint, proxy(endpoint) as before:
        seed(local, flaws=False)

        def keep(request):
            target = f"{request.path}?{urlencode(request.query, doseq=True)}" if request.query else request.path
            answer = before.forward(request, target, request.headers)
            lines = "".join(f"{name}: {value}\r\n" for name, value in answer.headers.items())
            head = f"HTTP/1.1 {answer.status} X\r\n{lines}Content-Length: {len(answer.body)}\r\n\r\n"
            headers = {name.lower(): value for name, value in request.headers.items()}
            key = key_of(request.method, target.encode(), headers, request.body)
            found[key] = head.encode() + answer.body
            return answer

        before.rules.append(keep)
        text = template(
            "controlproof.example.com/one",
            RECORDED.decode(),
            "eu-central-1",
            ["s3://acme-weights-prod/llm/"],
            endpoint_url=before.url,
        )
        configuration = create(folder / "one.yaml", text)
        source = connect(configuration.sources[0], clock=now, progress=lambda *_: None)
        for population in source.populations:
            source.read(population)
    return found


def configured(folder, accounts, port, database, minutes):
    """Write a configuration of so many accounts."""
    sources = "".join(
        f"""  - aws:
      account: "{number_of(f"127.0.{n // 250}.{n % 250 + 1}").decode()}"
      region: eu-central-1
      endpoint_url: http://127.0.{n // 250}.{n % 250 + 1}:{port}
"""
        for n in range(accounts)
    )
    text = f"""ledger:
  name: controlproof.example.com/scale
  database: {database}
  key: file:scale.key
  collector: main
sources:
{sources}weights: [s3://acme-weights-prod/llm/]
daemon:
  jitter: {minutes * 12}
  patience: {minutes * 54}
  sources_at_once: 16
"""
    return create(folder / "scale.yaml", text)


def measure(options, folder, running):
    """Run the daemon for some windows and print what it took."""
    sys.stderr.write("recording one account\n")
    recorded = record(folder)
    here, there = multiprocessing.get_context("spawn").Pipe()
    server = multiprocessing.get_context("spawn").Process(target=replay, args=(there, recorded), daemon=True)
    server.start()
    port = here.recv()
    database = f"sqlite:///{folder}/scale.db"
    if not options.sqlite:
        database = new_database(running.enter_context(postgresql_server()))
    configuration = configured(folder, options.accounts, port, database, options.window_minutes)
    ledger = Ledger.open(
        configuration.database, "main", load_key_file(configuration.key_path, configuration.ledger.name), now
    )
    metrics = Metrics()

    def opening(settings, progress):
        return connect(settings, clock=now, progress=progress)

    made = setup_of(configuration, "main", opening, ledger, metrics)
    service = Service(ledger, Free(), made, reload=lambda: None, metrics=metrics, clock=now)
    before, began = cpu(), time.monotonic()
    thread = threading.Thread(target=service.run)
    thread.start()
    controls = len(made.assignment.plan.controls)
    read = 0.0
    while tested(ledger) < controls:
        done = metric(metrics, "controlproof_readings_total")
        if not read and done >= options.accounts * len(next(iter(made.assignment.sources.values())).populations):
            read = time.monotonic() - began
        sys.stderr.write(
            f"\r{time.monotonic() - began:5.0f} s, {done:.0f} readings, {tested(ledger)} tests, {rss():.0f} MB "
        )
        time.sleep(1)
    whole = time.monotonic() - began
    used = cpu() - before
    service.stop()
    thread.join()
    here.send(None)
    report(options, ledger, metrics, Took(read or whole, whole, used), here.recv())


class Took(NamedTuple):
    """Seconds until all was read, until all was tested, and of the collector's processor."""

    read: float
    whole: float
    cpu: float


class Served(NamedTuple):
    """What the server counted."""

    calls: int
    sent: int
    refused: int
    missing: int


def tested(ledger):
    with ledger.read() as reader:
        tail = list(reader.headers(max(0, reader.size - 200)))
    return sum(b'"kind":"result"' in data for _, data in tail)


def metric(metrics, name, **labels):
    return sum(
        sample.value
        for family in metrics.registry.collect()
        for sample in family.samples
        if sample.name == name and labels.items() <= sample.labels.items()
    )


def cpu():
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def rss():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def report(options, ledger, metrics, took, served):
    """Print what it took, and what ten times as many accounts would."""
    appends = metric(metrics, "controlproof_append_seconds_count")
    appending = metric(metrics, "controlproof_append_seconds_sum")
    readings, gaps = metric(metrics, "controlproof_readings_total"), metric(metrics, "controlproof_gaps_total")
    window = options.window_minutes * 60
    cores = took.cpu * 10 / window
    sys.stdout.write(f"""
{options.accounts} accounts, {readings:.0f} readings, {gaps:.0f} gaps, on {len(os.sched_getaffinity(0))} cores
calls                {served.calls:>14,}   {served.refused} of them throttled, {served.missing} unknown to the server
bytes received       {served.sent:>14,}
all read after       {took.read:>14.0f} s
all tested after     {took.whole:>14.0f} s of a window of {window} s
processor            {took.cpu:>14.0f} s, {took.cpu / window * 100:.1f} % of one core over the window
peak memory          {rss():>14.0f} MB
ledger               {ledger.size_in_bytes():>14,} bytes
appends              {appends:>14.0f}, {appending / appends * 1000:.1f} ms each
at 10 times the accounts, in windows of the same length:
processor            {cores:>14.1f} cores, or {max(1, math.ceil(cores / 0.7))} collectors of one core each at 70 %
appends              {appends * 10 / window:>14.1f} a second; the ledger's one writer is busy {appending * 1000 / window:.0f} %
""")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--accounts", type=int, default=300)
    parser.add_argument("--window-minutes", type=int, default=60)
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
