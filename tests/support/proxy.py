"""A proxy in front of a local AWS that injects faults: what is not faulty is the real answer."""

import http.client
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlencode, urlsplit

from collector.demo.estate import REGION


@dataclass(frozen=True)
class Request:
    """One request as the proxy saw it.

    `operation` is the name in the AWS protocols that send one, `region` the one that the request is signed for.
    """

    method: str
    path: str
    query: dict[str, list[str]]
    operation: str
    body: bytes
    headers: dict[str, str] = field(default_factory=dict)
    region: str = ""


@dataclass(frozen=True)
class Answer:
    status: int
    body: bytes
    headers: dict[str, str] = field(default_factory=dict)
    cut: bool = False
    """whether the connection breaks off before the length that was stated"""


NO_ANSWER = Answer(0, b"")
"""The connection is closed without a word."""


Rule = Callable[[Request], Answer | None]


def error_xml(status: int, code: str, message: str = "the reason") -> Answer:
    """An error as S3 and the query services write it."""
    body = f"<Error><Code>{code}</Code><Message>{message}</Message><RequestId>R1</RequestId></Error>"
    return Answer(status, body.encode(), {"Content-Type": "application/xml"})


def query_error(status: int, code: str, message: str = "the reason") -> Answer:
    """An error as IAM and STS write it."""
    body = (
        '<ErrorResponse xmlns="https://iam.amazonaws.com/doc/2010-05-08/"><Error><Type>Sender</Type>'
        f"<Code>{code}</Code><Message>{message}</Message></Error><RequestId>R1</RequestId></ErrorResponse>"
    )
    return Answer(status, body.encode(), {"Content-Type": "text/xml"})


def json_error(status: int, code: str, message: str = "the reason") -> Answer:
    """An error as KMS writes it."""
    body = f'{{"__type":"{code}","message":"{message}"}}'
    return Answer(status, body.encode(), {"Content-Type": "application/x-amz-json-1.1"})


class Proxy:
    """Forwards to `upstream` what no rule answers; `requests` is all that came."""

    def __init__(self, upstream: str) -> None:
        self.upstream = urlsplit(upstream)
        self.rules: list[Rule] = []
        self.requests: list[Request] = []
        self.url = ""

    def answer(self, request: Request) -> Answer | None:
        self.requests.append(request)
        return next((given for rule in self.rules if (given := rule(request)) is not None), None)

    def forward(self, request: Request, target: str, headers: dict[str, str]) -> Answer:
        connection = http.client.HTTPConnection(self.upstream.hostname, self.upstream.port, timeout=30)
        try:
            connection.request(request.method, target, request.body, headers)
            response = connection.getresponse()
            kept = {k: v for k, v in response.getheaders() if k.lower() not in ("transfer-encoding", "content-length")}
            return Answer(response.status, response.read(), kept)
        finally:
            connection.close()


@contextmanager
def proxy(upstream: str) -> Iterator[Proxy]:
    """Run a proxy on a free loopback port."""
    state = Proxy(upstream)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True  # headers and body are sent apart, and must not wait for one another

        def handle_any(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            parts = urlsplit(self.path)
            form = parse_qs(body.decode("latin-1")) if b"Action=" in body else {}
            target = self.headers.get("X-Amz-Target", "").rpartition(".")[2]
            operation = target or form.get("Action", [""])[0]
            headers = dict(self.headers.items())
            query = parse_qs(parts.query, keep_blank_values=True)
            scope = (self.headers.get("Authorization", "").partition("Credential=")[2] + "////").split("/")
            request = Request(self.command, parts.path, query, operation, body, headers, scope[2])
            given = state.answer(request) or state.forward(request, self.path, headers)
            if given is NO_ANSWER:
                self.close_connection = True
                return
            self.send_response(given.status)
            for name, value in given.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(given.body) + given.cut))
            self.close_connection = given.cut
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(given.body)

        do_GET = do_POST = do_PUT = do_DELETE = do_HEAD = handle_any  # noqa: N815 - http.server's names

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    state.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield state
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def s3(bucket: str, subresource: str, answer: Answer) -> Rule:
    """Answer one sub-resource of one bucket, such as its policy."""
    return lambda r: answer if r.path == f"/{bucket}" and subresource in r.query else None


def operation(name: str, answer: Answer, when: Callable[[Request], bool] = lambda _: True) -> Rule:
    """Answer one operation of a service that names its operations."""
    return lambda r: answer if r.operation == name and when(r) else None


def one_by_one(state: Proxy, service: str, name: str) -> Rule:
    """Let the real answer of a JSON operation come with one entry a page: a long list without its length."""
    headers = {**_signed_for(service), "X-Amz-Target": f"it.{name}", "Content-Type": "application/x-amz-json-1.1"}

    def rule(request: Request) -> Answer | None:
        if request.operation != name:
            return None
        body = json.dumps({**json.loads(request.body), "MaxResults": 1}).encode()
        return state.forward(replace(request, body=body), request.path, headers)

    return rule


def get_one_by_one(state: Proxy, service: str, path: str) -> Rule:
    """Let the real answer to a GET come with one entry a page."""

    def rule(request: Request) -> Answer | None:
        if request.path != path:
            return None
        query = urlencode({**request.query, "maxResults": ["1"]}, doseq=True)
        return state.forward(request, f"{path}?{query}", _signed_for(service))

    return rule


def _signed_for(service: str) -> dict[str, str]:
    """Name the service where a local AWS looks for it, which checks no signature."""
    scope = f"testing/20260101/{REGION}/{service}/aws4_request"
    return {"Authorization": f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=0"}


def list_buckets(answer: Answer) -> Rule:
    """Answer the list of buckets."""
    return lambda r: answer if r.method == "GET" and r.path == "/" and not r.operation else None
