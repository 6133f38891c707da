"""What is served over HTTP is bounded, and what is logged holds no secret."""

import json
import logging
import socket
import time
from contextlib import ExitStack

import pytest
from support.daemons import PATIENCE, until

from collector.config import load, template
from collector.daemon.health import Page, serving
from collector.daemon.log import JsonFormatter
from collector.daemon.start import secrets_of
from collector.model.errors import ConfigurationError, LedgerError


def ask(address, request=b"GET /healthz HTTP/1.0\r\n\r\n"):
    with socket.create_connection(address, timeout=PATIENCE) as client:
        client.sendall(request)
        answer = b""
        while piece := client.recv(65536):
            answer += piece
        return answer


def broken():
    raise LedgerError("the ledger's database failed: no route")


PAGES = {"/healthz": lambda: Page.json(200, {"alive": True}), "/checkpoint": broken}


def test_a_path_that_is_not_there_a_method_that_writes_and_a_line_without_end_are_refused():
    with serving(("127.0.0.1", 0), PAGES) as address:
        assert b" 200 " in ask(address)
        assert b" 404 " in ask(address, b"GET /../etc/passwd HTTP/1.0\r\n\r\n")
        assert b" 501 " in ask(address, b"POST /healthz HTTP/1.0\r\n\r\n")
        assert b" 414 " in ask(address, b"GET /" + b"a" * 70_000 + b" HTTP/1.0\r\n\r\n")


def test_a_ledger_that_cannot_be_read_is_said_and_not_a_traceback():
    with serving(("127.0.0.1", 0), PAGES) as address:
        answer = ask(address, b"GET /checkpoint HTTP/1.0\r\n\r\n")
    assert b" 503 " in answer
    assert json.loads(answer.partition(b"\r\n\r\n")[2]) == {"error": "the ledger's database failed: no route"}


def test_clients_that_say_nothing_cannot_take_all_places_for_long(monkeypatch):
    monkeypatch.setattr("collector.daemon.health._Handler.timeout", 0.2)
    with serving(("127.0.0.1", 0), PAGES) as address, ExitStack() as silent:
        for _ in range(40):
            silent.enter_context(socket.create_connection(address, timeout=PATIENCE))
        until(lambda: _answers(address))


def _answers(address):
    try:
        return b" 200 " in ask(address)
    except OSError:
        time.sleep(0.05)
        return False


def test_a_port_that_is_taken_is_said():
    with serving(("127.0.0.1", 0), PAGES) as address:
        second = serving(address, PAGES)
        with pytest.raises(ConfigurationError, match="nothing can listen"):
            second.__enter__()


def test_no_log_line_holds_what_the_configuration_or_the_environment_keeps_secret(tmp_path, monkeypatch):
    text = template(
        "controlproof.example.com/it",
        "123456789012",
        "eu-central-1",
        ["s3://weights"],
        database="postgresql://controlproof:pass-in-url@db.example.com/it",
    )
    mlflow = (
        "  - mlflow:\n      name: main\n      url: https://mlflow.example.com\n      token_variable: PLANTED_TOKEN\n"
    )
    path = tmp_path / "controlproof.yaml"
    path.write_text(text.replace("\n# Where model weights", f"\n{mlflow}\n# Where model weights", 1), "utf-8")
    monkeypatch.setenv("PLANTED_TOKEN", "token-in-environment")
    formatter = JsonFormatter(secrets_of(load(path)))
    error = ValueError("postgresql://controlproof:pass-in-url@db.example.com failed with token-in-environment")
    exception = (ValueError, error, error.__traceback__)
    said = "Authorization: Bearer abcdefghijklmnop, https://user:other-password@example.com"
    record = logging.LogRecord("collector", logging.ERROR, __file__, 1, said, (), exception)
    line = formatter.format(record)
    for secret in ("pass-in-url", "token-in-environment", "abcdefghijklmnop", "other-password"):
        assert secret not in line
    assert json.loads(line)["traceback"].count("***") >= 2
