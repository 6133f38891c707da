"""What the daemon says over HTTP: health, readiness, metrics, and the newest signed checkpoint. It changes nothing."""

import json
import socket
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import BoundedSemaphore, Thread
from typing import Any

from collector.model.errors import ConfigurationError, ControlproofError

_AT_ONCE = 16
"""Requests that are answered at once; what comes beyond them is closed unanswered."""
_PATIENCE = 5
"""Seconds for a request to come and for its answer to be taken."""


@dataclass(frozen=True, slots=True)
class Page:
    """An answer."""

    status: int
    content_type: str
    body: bytes

    @classmethod
    def json(cls, status: int, value: object) -> "Page":
        """Make one of a JSON value."""
        return cls(status, "application/json", json.dumps(value, sort_keys=True).encode() + b"\n")


Pages = Mapping[str, Callable[[], Page]]
"""By path."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = _AT_ONCE

    def __init__(self, address: tuple[str, int], pages: Pages) -> None:
        self.address_family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
        self.pages = pages
        self._free = BoundedSemaphore(_AT_ONCE)
        super().__init__(address, _Handler)

    def process_request(self, request: Any, client_address: Any) -> None:
        if self._free.acquire(blocking=False):
            super().process_request(request, client_address)
        else:
            self.shutdown_request(request)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._free.release()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing: a client went away, or sent nothing in time."""


class _Handler(BaseHTTPRequestHandler):
    timeout = _PATIENCE
    server: _Server

    def do_GET(self) -> None:
        page = self.server.pages.get(self.path.partition("?")[0])
        try:
            answer = page() if page else Page.json(404, {"paths": sorted(self.server.pages)})
        except ControlproofError as error:
            answer = Page.json(503, {"error": error.message})
        self.send_response(answer.status)
        self.send_header("Content-Type", answer.content_type)
        self.send_header("Content-Length", str(len(answer.body)))
        self.send_header("X-Content-Type-Options", "nosniff")
        self.end_headers()
        self.wfile.write(answer.body)

    def version_string(self) -> str:
        return "controlproof"

    def log_message(self, *_: object) -> None:
        """Say nothing: probes and scrapes come all the time."""


@contextmanager
def serving(address: tuple[str, int], pages: Pages) -> Iterator[tuple[str, int]]:
    """Serve pages; give the host and port that they are at.

    Raises:
        ConfigurationError: nothing can listen there.

    """
    try:
        server = _Server(address, pages)
    except OSError as error:
        raise ConfigurationError(
            f"daemon.listen: nothing can listen at {address[0]} port {address[1]}: {error.strerror}",
            "choose another address or port",
        ) from None
    Thread(target=server.serve_forever, kwargs={"poll_interval": 0.2}, name="health", daemon=True).start()
    try:
        host, port = server.server_address[:2]
        yield str(host), int(port)
    finally:
        server.shutdown()
        server.server_close()
