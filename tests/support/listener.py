"""An HTTP server on a free loopback port, for doubles of services that answer in JSON."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from support.proxy import Answer


@contextmanager
def listening(answer: Callable[[BaseHTTPRequestHandler], Answer]) -> Iterator[str]:
    """Answer GET and POST until the end of the block, and give the server's URL."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True  # headers and body are sent apart, and must not wait for one another

        def do_GET(self) -> None:
            given = answer(self)
            self.send_response_only(given.status)
            for name, value in {"Content-Length": str(len(given.body)), **given.headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(given.body)
            # An answer shorter than it says is one that broke off.
            self.close_connection = "Content-Length" in given.headers

        do_POST = do_GET  # noqa: N815 - the library's name

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
