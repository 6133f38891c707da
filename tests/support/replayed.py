"""Hundreds of AWS accounts from the recorded answers of one, served by a process of its own with latency and throttling.

An account is told by the loopback address that it is asked at: 127.0.2.16 is the 515th. What is answered is what one
account of a local AWS answered, under that account's number.
"""

import asyncio
import hashlib
import multiprocessing
import os
import random
import re
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from typing import NamedTuple
from urllib.parse import parse_qsl, urlencode
from xml.etree import ElementTree as ET

from support.proxy import proxy

from collector.config import AwsAccount
from collector.demo.estate import REGION, seed
from collector.demo.front import front
from collector.demo.server import moto_server
from collector.demo.serving import answers
from collector.model.instant import now
from connectors.registry import connect

RECORDED = b"123456789012"
ROLE = "controlproof-collector"
_TIMES = re.compile(rb"\d{9,}(\.\d+)?|\d{4}-\d\d-\d\dT[\d:.]+(Z|\+00:00)?")
_EXPIRATION = re.compile(rb"(?<=<Expiration>)\d{4}")


class Injected(NamedTuple):
    """Seconds that an answer takes, at random between two; the part of the calls that are refused as too many."""

    least: float = 0.02
    most: float = 0.12
    throttled: float = 0.01


class Served(NamedTuple):
    """What the server counted; `missing` are calls that nobody recorded."""

    calls: int
    received: int
    sent: int
    refused: int
    missing: int


def account_of(number):
    """Give the id of an account."""
    return f"{200_000_000_000 + number:012d}"


def host_of(number):
    """Give the address that an account is asked at."""
    return f"127.0.{number // 250}.{number % 250 + 1}"


def _asked(host):
    third, fourth = host.partition(":")[0].split(".")[2:]
    return account_of(int(third) * 250 + int(fourth) - 1).encode()


def key_of(method, target, headers, body):
    """Name a call by what it asks, whatever the account and the time."""
    path, _, query = target.decode().partition("?")
    form = sorted(parse_qsl(body.decode())) if b"Action=" in body else body.decode()
    parts = (method, path, sorted(parse_qsl(query, keep_blank_values=True)), headers.get("x-amz-target"), form)
    return hashlib.sha256(_TIMES.sub(b"#", repr(parts).encode())).digest()


def record():
    """Read one account of a local AWS as the collector does; give every answer by its call."""
    found = {}
    with moto_server() as local, front(local, answers(now(), flaws=False)) as endpoint, proxy(endpoint) as before:
        seed(local, flaws=False)

        def keep(request):
            target = f"{request.path}?{urlencode(request.query, doseq=True)}" if request.query else request.path
            answer = before.forward(request, target, request.headers)
            if request.operation == "GetAccountAuthorizationDetails":
                answer = replace(answer, body=_page(answer.body, dict(parse_qsl(request.body.decode()))))
            lines = "".join(f"{name}: {value}\r\n" for name, value in answer.headers.items())
            head = f"HTTP/1.1 {answer.status} X\r\n{lines}Content-Length: {len(answer.body)}\r\n\r\n"
            headers = {name.lower(): value for name, value in request.headers.items()}
            # A role is assumed for an hour; a simulation may last for longer.
            body = _EXPIRATION.sub(str(datetime.now(UTC).year + 1).encode(), answer.body)
            found[key_of(request.method, target.encode(), headers, request.body)] = head.encode() + body
            return answer

        before.rules.append(keep)
        settings = AwsAccount(
            account=RECORDED.decode(), region=REGION, role_arn=role_of(RECORDED.decode()), endpoint_url=before.url
        )
        source = connect(settings, clock=now, progress=lambda *_: None)
        for population in source.populations:
            source.read(population)
    return found


def _page(body, asked):
    """Cut one page of as many entries as were asked for out of an answer with all, which is what moto gives."""
    root = ET.fromstring(body)  # noqa: S314 - from a server of our own
    result = root[0]
    lists = [each for each in result if each.find("{*}member") is not None]
    start, size = int(asked.get("Marker", 0)), int(asked["MaxItems"])
    entries = [(members, entry) for members in lists for entry in list(members)]
    for number, (members, entry) in enumerate(entries):
        if not start <= number < start + size:
            members.remove(entry)
    if start + size < len(entries):
        truncated = result.find("{*}IsTruncated")
        truncated.text = "true"
        ET.SubElement(result, truncated.tag.replace("IsTruncated", "Marker")).text = str(start + size)
    return ET.tostring(root)


def role_of(account):
    """Give the role that the collector assumes in an account."""
    return f"arn:aws:iam::{account}:role/{ROLE}"


class _Server:
    def __init__(self, recorded, injected):
        self._answers = recorded
        self._injected = injected
        self.calls = self.received = self.sent = self.refused = self.missing = 0

    async def serve(self, reader, writer):
        try:
            while await self._answer(reader, writer):
                await writer.drain()
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
        await asyncio.sleep(random.uniform(self._injected.least, self._injected.most))
        self.calls += 1
        self.received += len(head) + len(body)
        if random.random() < self._injected.throttled:
            self.refused += 1
            data = _refusal(headers, body)
        elif (found := self._answers.get(key_of(method.decode(), target, headers, body))) is None:
            self.missing += 1
            data = b"HTTP/1.1 404 X\r\nContent-Length: 0\r\n\r\n"
        else:
            # Of equal length, so that what was stated of it stays true.
            data = found.replace(RECORDED, _asked(headers["host"]))
        self.sent += len(data)
        writer.write(data)
        return True


def _refusal(headers, body):
    """Say that calls are too many, as each protocol does."""
    if "x-amz-target" in headers or not (b"Action=" in body or "s3" in headers.get("authorization", "")):
        kind, text = b"application/x-amz-json-1.1", b'{"__type":"ThrottlingException","message":"Rate exceeded"}'
    elif b"Action=" in body:
        text = b"<ErrorResponse><Error><Code>Throttling</Code><Message>Rate exceeded</Message></Error></ErrorResponse>"
        kind = b"text/xml"
    else:
        text = b"<Error><Code>SlowDown</Code><Message>Reduce your request rate</Message></Error>"
        kind = b"application/xml"
    return b"HTTP/1.1 503 X\r\nContent-Type: %s\r\nContent-Length: %d\r\n\r\n%s" % (kind, len(text), text)


def _serve(channel, recorded, injected):
    """Be the server: tell the port, tell what was served as often as asked, end with the other end of the channel."""

    async def main():
        served = _Server(recorded, injected)
        server = await asyncio.start_server(served.serve, "0.0.0.0", 0, limit=1024 * 1024, backlog=1024)  # noqa: S104 - all of 127/8
        channel.send(server.sockets[0].getsockname()[1])
        while await asyncio.get_running_loop().run_in_executor(None, channel.recv):
            channel.send(Served(served.calls, served.received, served.sent, served.refused, served.missing))
        # At once: connections are open still.
        os._exit(0)

    asyncio.run(main())


class Simulation:
    """The accounts, all at one port."""

    def __init__(self, channel):
        self._channel = channel
        self.port = channel.recv()

    def url(self, number):
        """Give where an account is asked."""
        return f"http://{host_of(number)}:{self.port}"

    def served(self):
        """Give what was served so far."""
        self._channel.send(True)
        return self._channel.recv()


@contextmanager
def accounts(recorded, injected=Injected()):
    """Run the server."""
    context = multiprocessing.get_context("spawn")
    here, there = context.Pipe()
    process = context.Process(target=_serve, args=(there, recorded, injected), daemon=True)
    process.start()
    try:
        yield Simulation(here)
    finally:
        here.send(False)
        process.join(10)
        process.kill()
