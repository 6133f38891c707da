"""An API server's double over HTTP: it serves recordings of a real one, in pages, and injects faults."""

import base64
import gzip
import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import yaml

from collector.config import KubernetesCluster
from connectors.redaction import Redaction

RECORDINGS = Path(__file__).parents[1] / "recordings" / "kubernetes"
INSTANTS = ("t0", "t1", "t2")
CALLER = "system:serviceaccount:mlops:evidence-collector"
CLUSTER_UID = "9b2f8f6e-0000-4000-8000-000000000001"
REDACTION = Redaction(b"k" * 32)

_TOKEN = "testing"
_WHO = "/apis/authentication.k8s.io/v1/selfsubjectreviews"
_LATER = {"/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations": "MutatingWebhookConfigurationList"}
"""Lists that the server has and nobody recorded: empty unless a test plants objects in them."""


@dataclass(frozen=True)
class Request:
    method: str
    path: str
    query: dict[str, str]
    accept: str


@dataclass(frozen=True)
class Answer:
    """`cut` breaks the connection in the middle of the body; `delay` are seconds before the answer."""

    status: int
    body: bytes
    headers: dict[str, str] = field(default_factory=dict)
    cut: bool = False
    delay: float = 0


Rule = Callable[[Request], Answer | None]


@cache
def recorded(instant: str) -> dict[str, dict[str, Any]]:
    """Every list of an instant, by its path."""
    lists = {}
    for file in sorted((RECORDINGS / instant).glob("*.json.gz")):
        path = "/" + file.name.removesuffix(".json.gz").replace("__", "/")
        lists[path] = json.loads(gzip.decompress(file.read_bytes()))
    return lists


def error(name: str) -> bytes:
    """The body of a recorded error."""
    return (RECORDINGS / "errors" / name).read_bytes()


class ApiServer:
    """What the double serves: `planted` objects stand beside the recorded ones; `requests` is all that came."""

    def __init__(self) -> None:
        self.instant = "t2"
        self.rules: list[Rule] = []
        self.planted: dict[str, list[Any]] = {}
        self.removed_groups: set[str] = set()
        self.requests: list[Request] = []
        self.sent = 0
        self.url = ""

    def plant(self, path: str, *objects: Any) -> None:
        self.planted.setdefault(path, []).extend(objects)

    def answer(self, request: Request, authorization: str) -> Answer:
        self.requests.append(request)
        given = next((given for rule in self.rules if (given := rule(request)) is not None), None)
        if given is not None:
            return given
        if authorization != f"Bearer {_TOKEN}":
            return Answer(401, error("401.json"))
        if request.path == _WHO and request.method == "POST":
            return _json({"kind": "SelfSubjectReview", "status": {"userInfo": {"username": CALLER}}}, 201)
        if request.method != "GET":
            return Answer(405, b"")
        return self._discovery(request.path) or self._list(request) or Answer(404, error("404-missing-group.txt"))

    def _kind(self, path: str) -> str | None:
        if path.split("/")[2] in self.removed_groups:
            return None
        found = recorded(self.instant).get(path)
        return found["kind"] if found else _LATER.get(path)

    def _list(self, request: Request) -> Answer | None:
        kind = self._kind(request.path)
        if kind is None:
            return None
        objects = [
            *(recorded(self.instant).get(request.path, {}).get("items") or ()),
            *self.planted.get(request.path, ()),
        ]
        if request.query.get("fieldSelector") == "metadata.name=kube-system":
            return _json(
                {"kind": kind, "metadata": {}, "items": [{"metadata": {"name": "kube-system", "uid": CLUSTER_UID}}]}
            )
        state = str(700 + INSTANTS.index(self.instant))
        start = _start(request.query.get("continue"))
        end = min(start + int(request.query.get("limit", len(objects)) or len(objects)), len(objects))
        metadata: dict[str, Any] = {"resourceVersion": state}
        if end < len(objects):
            metadata |= {"continue": _continue(state, end), "remainingItemCount": len(objects) - end}
        items: list[Any] | None = objects[start:end]
        if "PartialObjectMetadataList" in request.accept:
            kind, items = "PartialObjectMetadataList", [_partial(value) for value in items or ()] or None
        return _json({"kind": kind, "apiVersion": "v1", "metadata": metadata, "items": items})

    def _discovery(self, path: str) -> Answer | None:
        if path == "/apis":
            groups = json.loads((RECORDINGS / "discovery" / "apis.json").read_bytes())
            groups["groups"] = [group for group in groups["groups"] if group["name"] not in self.removed_groups]
            return _json(groups)
        paths = [*recorded(self.instant), *_LATER]
        below = [known.rpartition("/")[2] for known in paths if known.rpartition("/")[0] == path and self._kind(known)]
        if not below:
            return None
        return _json({"kind": "APIResourceList", "resources": [{"name": name} for name in below]})


def _json(value: Any, status: int = 200) -> Answer:
    return Answer(status, json.dumps(value).encode(), {"Content-Type": "application/json"})


def _partial(value: Any) -> Any:
    return {"kind": "PartialObjectMetadata", "apiVersion": "meta.k8s.io/v1", "metadata": value["metadata"]}


def _continue(state: str, start: int) -> str:
    return base64.urlsafe_b64encode(json.dumps({"rv": state, "start": start}).encode()).decode()


def _start(token: str | None) -> int:
    return int(json.loads(base64.urlsafe_b64decode(token))["start"]) if token else 0


@contextmanager
def api_server() -> Iterator[ApiServer]:
    """Run a double on a free loopback port."""
    state = ApiServer()
    numbers = iter(range(1, 1_000_000))

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True  # headers and body are sent apart, and must not wait for one another

        def handle_any(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length") or 0))
            parts = urlsplit(self.path)
            query = {name: values[0] for name, values in parse_qs(parts.query, keep_blank_values=True).items()}
            request = Request(self.command, parts.path, query, self.headers.get("Accept", ""))
            given = state.answer(request, self.headers.get("Authorization", ""))
            time.sleep(given.delay)
            self.send_response_only(given.status)
            own = {"Audit-Id": f"audit-{next(numbers)}", "Date": self.date_time_string()}
            for name, value in {**own, **given.headers}.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(given.body)))
            self.end_headers()
            state.sent += len(given.body)
            self.wfile.write(given.body[: len(given.body) // 2] if given.cut else given.body)
            self.close_connection = given.cut

        do_GET = do_POST = do_PUT = do_DELETE = do_PATCH = handle_any  # noqa: N815 - http.server's names

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


def cluster(url: str, folder: Path, token: str = _TOKEN, **changes: object) -> KubernetesCluster:
    """Settings with a kubeconfig in `folder`, which lose no time on retries."""
    document = {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "it",
        "clusters": [{"name": "it", "cluster": {"server": url}}],
        "users": [{"name": "it", "user": {"token": token}}],
        "contexts": [{"name": "it", "context": {"cluster": "it", "user": "it"}}],
    }
    path = folder / "kubeconfig"
    path.write_text(yaml.safe_dump(document))
    given = {"name": "it", "kubeconfig": str(path), "max_attempts": 1, "connect_timeout": 2, "read_timeout": 5}
    return KubernetesCluster(**{**given, **changes})


def at(path: str, answer: Answer, when: Callable[[Request], bool] = lambda _: True) -> Rule:
    """Answer one path."""
    return lambda request: answer if request.path == path and when(request) else None


def times(count: int, rule: Rule) -> Rule:
    """Apply a rule to the first requests that it is for, and then no more."""
    left = iter(range(count))

    def limited(request: Request) -> Answer | None:
        given = rule(request)
        return given if given is not None and next(left, None) is not None else None

    return limited
