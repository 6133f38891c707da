"""A small HTTP server on a free loopback port, whose answers a function gives."""

import json
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

_POLL_SECONDS = 0.05


@dataclass(frozen=True, slots=True)
class Request:
    """One request: `target` is path and query as sent, the names of `headers` are in lower case."""

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes = b""


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer; the length of the body is stated for it unless its headers do."""

    status: int
    headers: Mapping[str, str]
    body: bytes = b""


def json_answer(value: Any, status: int = 200) -> Answer:
    """Give an answer that consists of JSON."""
    headers = {"content-type": "application/json", "date": formatdate(usegmt=True)}
    return Answer(status, headers, json.dumps(value).encode())


@contextmanager
def loopback(answer: Callable[[Request], Answer]) -> Iterator[str]:
    """Serve, give the server's URL, and end it whatever happens; `answer` is called from several threads."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True  # headers and body are sent apart, and must not wait for one another

        def do_any(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            headers = {name.lower(): value for name, value in self.headers.items()}
            given = answer(Request(self.command, self.path, headers, body))
            # Without the headers of its own that the other form adds.
            self.send_response_only(given.status)
            for name, value in {"content-length": str(len(given.body)), **given.headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(given.body)

        do_GET = do_HEAD = do_POST = do_PUT = do_DELETE = do_any  # noqa: N815 - http.server's names

        def log_message(self, *_: object) -> None:
            """Keep requests off the terminal."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(_POLL_SECONDS,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
