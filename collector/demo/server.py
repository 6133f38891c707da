"""Servers as child processes on free loopback ports: moto's AWS, and MLflow where it is installed."""

import importlib.util
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import IO

from collector.model.errors import ConfigurationError, ControlproofError

_START_SECONDS = 30
_STOP_SECONDS = 5
_MLFLOW_START_SECONDS = 120
_RUNNING = re.compile(rb"[Rr]unning on (http://127\.0\.0\.1:\d+)")


@contextmanager
def moto_server() -> Iterator[str]:
    """Start the server, give its URL, and end it whatever happens.

    Raises:
        ConfigurationError: moto is not installed.
        ControlproofError: the server did not start; with the end of what it said.

    """
    if importlib.util.find_spec("moto") is None:
        raise ConfigurationError("the demo needs moto, a local AWS", "pip install 'controlproof[demo]'")
    # Port 0: the system gives a free one, and the server says which.
    command = ["collector.demo.moto", "-H", "127.0.0.1", "-p", "0"]
    with _child("moto's server", command, {"MOTO_IAM_LOAD_MANAGED_POLICIES": "true"}, _START_SECONDS) as address:
        yield address()


def has_mlflow() -> bool:
    """Tell whether MLflow's server is installed; its client alone cannot serve."""
    return importlib.util.find_spec("mlflow") is not None and importlib.util.find_spec("flask") is not None


@contextmanager
def mlflow_server(folder: Path) -> Iterator[Callable[[], str]]:
    """Start MLflow's server on an empty registry in a folder, and end it whatever happens.

    It takes long to start, so what is given waits for it and gives its URL.

    Raises:
        ControlproofError: by what is given; the server did not start; with the end of what it said.

    """
    command = ["mlflow", "server", "--host", "127.0.0.1", "--port", "0", "--workers", "1"]
    command += ["--backend-store-uri", f"sqlite:///{folder.absolute()}/mlflow.db"]
    command += ["--default-artifact-root", str(folder.absolute() / "artifacts")]
    settings = {"MLFLOW_DISABLE_TELEMETRY": "true", "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false"}
    with _child("MLflow's server", command, settings, _MLFLOW_START_SECONDS) as address:
        yield address


@contextmanager
def _child(what: str, command: Sequence[str], settings: Mapping[str, str], seconds: int) -> Iterator[Callable[[], str]]:
    with tempfile.TemporaryFile() as output:
        # A session of its own keeps Ctrl-C ours, and lets its workers be ended with it.
        process = subprocess.Popen(  # noqa: S603 - the commands above, nothing that a user typed
            # -P: a module that happens to lie in the working folder is not taken for one of ours.
            [sys.executable, "-P", "-m", *command],
            stdout=output,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            env={**os.environ, **settings, "PYTHONUNBUFFERED": "1"},
            start_new_session=True,
        )
        try:
            yield partial(_await_url, what, process, output, time.monotonic() + seconds)
        finally:
            _end(process)


def _await_url(what: str, process: subprocess.Popen[bytes], output: IO[bytes], deadline: float) -> str:
    while time.monotonic() < deadline:
        output.seek(0)
        said = output.read()
        if found := _RUNNING.search(said):
            return found.group(1).decode("ascii")
        if process.poll() is not None:
            break
        time.sleep(0.05)
    tail = said.decode("utf-8", "replace").strip().splitlines()[-3:]
    raise ControlproofError(f"{what} did not start: {' / '.join(tail) or 'it said nothing'}")


def _end(process: subprocess.Popen[bytes]) -> None:
    _signal(process, signal.SIGTERM)
    try:
        process.wait(_STOP_SECONDS)
    except subprocess.TimeoutExpired:
        _signal(process, signal.SIGKILL)
        process.wait()


def _signal(process: subprocess.Popen[bytes], number: signal.Signals) -> None:
    with suppress(ProcessLookupError):
        os.killpg(process.pid, number)
