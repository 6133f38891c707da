"""The daemon as users run it: on SQLite, against a local AWS."""

import json
import re
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from http.client import HTTPConnection

import pytest
from support.daemons import PATIENCE, recorded, until

from collector.cli.init import create
from collector.config import load, template
from collector.ledger.store import Ledger
from collector.model.record import Kind

DAEMON = [sys.executable, "-c", "from collector.cli.main import main; main()", "daemon"]


class Running:
    """A daemon under way, and what it said so far."""

    def __init__(self, process):
        self.process = process
        self.lines = []
        self.port = 0

    def read_until(self, pattern):
        for line in self.process.stderr:
            self.lines.append(line)
            if found := re.search(pattern, line):
                return found
        raise AssertionError(f"it ended: {''.join(self.lines)}")

    def page(self, path):
        connection = HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        try:
            connection.request("GET", path)
            answer = connection.getresponse()
            return answer.status, answer.read().decode()
        finally:
            connection.close()

    def metric(self, name):
        found = re.search(rf"^{re.escape(name)} (\S+)$", self.page("/metrics")[1], re.MULTILINE)
        return float(found[1]) if found else None


@contextmanager
def daemon(folder):
    process = subprocess.Popen(DAEMON, cwd=folder, stderr=subprocess.PIPE, text=True)
    running = Running(process)
    try:
        running.port = int(running.read_until(r"health and metrics at 127.0.0.1 port (\d+)")[1])
        yield running
        before = time.monotonic()
        process.send_signal(signal.SIGTERM)
        rest = process.communicate(timeout=PATIENCE)[1]
        assert time.monotonic() - before < 20
        running.lines += rest.splitlines(keepends=True)
        assert process.returncode == 0, rest
    finally:
        process.kill()


@pytest.fixture(scope="module")
def folder(clean, tmp_path_factory):
    """A configuration whose daemon takes a free port."""
    made = tmp_path_factory.mktemp("daemon")
    weights = ["s3://acme-weights-prod/llm/", "s3://acme-weights-research/"]
    text = template("controlproof.example.com/cli", "123456789012", "eu-central-1", weights, endpoint_url=clean)
    create(made / "controlproof.yaml", text + "daemon:\n  listen: 127.0.0.1:0\n  jitter: 0\n")
    return made


@pytest.fixture(scope="module")
def running(folder):
    """One daemon for all tests here. It ends on SIGTERM with 0, and says nothing that is secret."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_SECRET_ACCESS_KEY", "wJalrXUtnFEMI-planted-secret")
        with daemon(folder) as started:
            yield started
    lines = [json.loads(line) for line in started.lines]
    assert {line["level"] for line in lines} <= {"info", "warning", "error"}
    assert "planted-secret" not in "".join(started.lines)


def test_a_daemon_collects_tests_and_serves(running, folder, running_in):
    assert running.page("/healthz")[0] == 200
    until(lambda: running.metric('controlproof_control_outcome{control="ACC-2",outcome="pass"}') == 1)
    status, said = running.page("/readyz")
    assert (status, json.loads(said)["role"]) == (200, "leader")
    assert running.metric('controlproof_api_calls_total{source="aws:123456789012"}') > 10
    assert running.metric("controlproof_ledger_records") >= 0
    assert running.page("/nothing")[0] == 404
    note = running.page("/checkpoint")[1]
    assert note.startswith("controlproof.example.com/cli\n")
    (folder / "checkpoint").write_text(note, "utf-8")
    assert running_in(folder)("verify", "--since", "checkpoint").returncode == 0


def test_a_second_daemon_on_one_sqlite_ledger_is_refused(running, folder):
    second = subprocess.run(DAEMON, cwd=folder, capture_output=True, text=True, check=False)
    assert second.returncode == 2
    assert f"process {running.process.pid} on " in second.stderr
    assert "Traceback" not in second.stderr


def test_a_wrong_configuration_is_refused_and_the_old_one_stays_until_it_is_mended(running, folder):
    path = folder / "controlproof.yaml"
    text = path.read_text("utf-8")
    until(lambda: running.page("/readyz")[0] == 200)
    path.write_text(text.replace("OPS-1:", "OPS-99:"), "utf-8")
    running.read_until(r"old one stays: controlproof.yaml:\d+: there is no control 'OPS-99'")
    assert running.metric("controlproof_configuration_valid") == 0
    assert running.page("/readyz")[0] == 200
    path.write_text(text.replace("min_replicas: 2", "min_replicas: 3"), "utf-8")
    running.read_until("the configuration has changed, and is taken over")
    until(lambda: running.metric('controlproof_configuration_reloads_total{outcome="taken"}') == 1)
    ledger = Ledger.open(load(path).database)
    until(lambda: len(recorded(ledger, Kind.CONFIG)) == 2)
