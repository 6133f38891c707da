"""moto's server as a child process on a free loopback port."""

import importlib.util
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO

from collector.model.errors import ConfigurationError, ControlproofError

_START_SECONDS = 30
_STOP_SECONDS = 5
_RUNNING = re.compile(rb"Running on (http://127\.0\.0\.1:\d+)")


@contextmanager
def moto_server() -> Iterator[str]:
    """Start the server, give its URL, and end it whatever happens.

    Raises:
        ConfigurationError: moto is not installed.
        ControlproofError: the server did not start; with the end of what it said.

    """
    if importlib.util.find_spec("moto") is None:
        raise ConfigurationError("the demo needs moto, a local AWS", "pip install 'controlproof[demo]'")
    environment = {**os.environ, "MOTO_IAM_LOAD_MANAGED_POLICIES": "true", "PYTHONUNBUFFERED": "1"}
    with tempfile.TemporaryFile() as output:
        # Port 0: the system gives a free one, and the server says which. A session of its own keeps Ctrl-C ours.
        process = subprocess.Popen(
            [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", "0"],
            stdout=output,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            env=environment,
            start_new_session=True,
        )
        try:
            yield _await_url(process, output)
        finally:
            _end(process)


def _await_url(process: subprocess.Popen[bytes], output: IO[bytes]) -> str:
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline:
        output.seek(0)
        said = output.read()
        if found := _RUNNING.search(said):
            return found.group(1).decode("ascii")
        if process.poll() is not None:
            break
        time.sleep(0.05)
    tail = said.decode("utf-8", "replace").strip().splitlines()[-3:]
    raise ControlproofError(f"moto's server did not start: {' / '.join(tail) or 'it said nothing'}")


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(_STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
