"""A small Vertex AI: one project behind the documented REST API, with sign-in by signed assertion, paging and faults."""

import base64
import json
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from email.message import Message
from email.utils import format_datetime
from functools import cache
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import parse_qs, urlsplit

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from support.listener import listening
from support.monitoring import Counted, time_series
from support.proxy import Answer

from collector.config import GcpProject
from collector.model import instant

PROJECT, NUMBER, LOCATION = "acme-prod", "415104041262", "europe-west4"
EMAIL = "controlproof@acme-prod.iam.gserviceaccount.com"
# Wherever a key file has tokens given out, assertions are for this, which is the service itself.
AUDIENCE = "https://oauth2.googleapis.com/token"
TOKEN = "ya29.made-up-0123456789"
PARENT = f"projects/{NUMBER}/locations/{LOCATION}"
MADE = "2026-01-01T10:00:00.123456789Z"


@cache
def key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65537, 2048)


def model(number: int = 1, version: str = "1", location: str = LOCATION, **changed: Any) -> dict[str, Any]:
    """A version of a model, as `listVersions` gives it."""
    return {
        "name": f"projects/{NUMBER}/locations/{location}/models/{number}@{version}",
        "versionId": version,
        "versionAliases": ["default"],
        "displayName": f"llm-{number}",
        "artifactUri": f"gs://weights/llm-{number}/{version}/",
        "containerSpec": {
            "imageUri": "europe-docker.example.com/serving/llm:1",
            "env": [{"name": "PASSWORD", "value": "CANARY"}],
        },
        "versionCreateTime": MADE,
        "versionUpdateTime": MADE,
        "createTime": MADE,
        "updateTime": MADE,
        "etag": "AMEw9yO",
        **changed,
    }


def endpoint(number: int = 7, location: str = LOCATION, **changed: Any) -> dict[str, Any]:
    deployed = {
        "id": "11",
        "model": f"projects/{NUMBER}/locations/{location}/models/1@golden",
        "modelVersionId": "2",
        "dedicatedResources": {
            "machineSpec": {"machineType": "g2-standard-12", "acceleratorCount": 1},
            "minReplicaCount": 2,
            "maxReplicaCount": 4,
        },
    }
    return {
        "name": f"projects/{NUMBER}/locations/{location}/endpoints/{number}",
        "displayName": f"chat-{number}",
        "deployedModels": [deployed],
        "trafficSplit": {"11": 100},
        "createTime": MADE,
        "updateTime": MADE,
        "etag": "AMEw9yO",
        **changed,
    }


@dataclass(frozen=True)
class Request:
    path: str
    query: dict[str, list[str]]
    headers: Message
    method: str = "GET"
    body: bytes = b""


Rule = Callable[[Request], Answer | None]


@dataclass
class Vertex:
    """What the project holds; `rules` come before it; `requests` is all that came."""

    models: list[dict[str, Any]] = field(default_factory=list)
    endpoints: list[dict[str, Any]] = field(default_factory=list)
    counted: list[Counted] = field(default_factory=list)
    rules: list[Rule] = field(default_factory=list)
    requests: list[Request] = field(default_factory=list)
    clock: Callable[[], datetime] = instant.now
    lifetime: int = 3600
    page: int = 100
    url: str = ""

    def answer(self, request: Request, body: bytes) -> Answer:
        self.requests.append(request)
        given = next((answer for rule in self.rules if (answer := rule(request)) is not None), None)
        if given is not None:
            return given
        if request.path == "/token":
            return self._sign_in(body)
        if request.headers.get("Authorization") != f"Bearer {TOKEN}":
            return refusal(401, "UNAUTHENTICATED", "Request had invalid authentication credentials.")
        if request.path == f"/v3/projects/{PROJECT}/timeSeries":
            return self._page(request, "timeSeries", time_series(request.query, self.counted), 100_000)
        return self._list(request)

    def _sign_in(self, body: bytes) -> Answer:
        """Give a token for an assertion that the service account's key signed."""
        assertion = parse_qs(body.decode())["assertion"][0]
        signed, _, signature = assertion.rpartition(".")
        key().public_key().verify(_decoded(signature), signed.encode(), padding.PKCS1v15(), hashes.SHA256())
        claims = json.loads(_decoded(signed.partition(".")[2]))
        assert (claims["iss"], claims["aud"]) == (EMAIL, AUDIENCE)
        return answer({"access_token": TOKEN, "expires_in": self.lifetime, "token_type": "Bearer"})

    def _list(self, request: Request) -> Answer:
        start, _, rest = request.path.removeprefix("/v1/").partition("/locations/")
        location, _, asked = rest.partition("/")
        if start != f"projects/{PROJECT}":
            return refusal(403, "PERMISSION_DENIED", "Permission denied on resource project.")
        inside = f"projects/{NUMBER}/locations/{location}/"
        models = [each for each in self.models if each["name"].startswith(inside)]
        if asked == "models":
            # The default version of each stands for the model, under the name without a version.
            defaults = [each for each in models if "default" in each["versionAliases"]]
            found = [{**each, "name": each["name"].partition("@")[0]} for each in defaults]
            return self._page(request, "models", found)
        if asked.endswith(":listVersions"):
            name = f"{inside}{asked.removesuffix(':listVersions')}"
            return self._page(request, "models", [each for each in models if each["name"].startswith(f"{name}@")])
        if asked == "endpoints":
            return self._page(
                request, "endpoints", [each for each in self.endpoints if each["name"].startswith(inside)]
            )
        return refusal(404, "NOT_FOUND", "it")

    def _page(self, request: Request, name: str, entries: list[dict[str, Any]], most: int = 100) -> Answer:
        assert int(request.query["pageSize"][0]) <= most, "more on a page than there can be"
        start = int(request.query.get("pageToken", ["0"])[0])
        shown, end = entries[start : start + self.page], start + self.page
        # What is empty is left out.
        return answer(
            {**({name: shown} if shown else {}), **({"nextPageToken": str(end)} if end < len(entries) else {})}
        )


def _decoded(part: str) -> bytes:
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))


def answer(document: Any, status: int = 200, **headers: str) -> Answer:
    """JSON, with headers."""
    return Answer(status, json.dumps(document).encode(), {"Content-Type": "application/json; charset=UTF-8", **headers})


def refusal(status: int, name: str, text: str) -> Answer:
    """An error as Google Cloud writes it."""
    return answer({"error": {"code": status, "message": text, "status": name}}, status)


def at(path: str, given: Answer | Callable[[Request], Answer | None], location: str = LOCATION) -> Rule:
    """Answer one path, below the location unless it begins with a slash."""
    whole = path if path.startswith("/") else f"/v1/projects/{PROJECT}/locations/{location}/{path}"
    return lambda request: (given if isinstance(given, Answer) else given(request)) if request.path == whole else None


def key_file(folder: Path, url: str) -> Path:
    """The service account's key, as Google Cloud hands it out."""
    pem = key().private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    document = {
        "type": "service_account",
        "project_id": PROJECT,
        "private_key_id": "1",
        "private_key": pem.decode(),
        "client_email": EMAIL,
        "token_uri": f"{url}/token",
    }
    path = folder / "key.json"
    path.write_text(json.dumps(document))
    return path


def settings(url: str, key: Path, **changes: Any) -> GcpProject:
    """Settings that lose no time on retries."""
    told = {"project": PROJECT, "location": LOCATION, "api_url": url, "credentials": str(key)}
    return GcpProject(**{**told, "max_attempts": 1, "connect_timeout": 2, "read_timeout": 5, **changes})


V = TypeVar("V", bound=Vertex)


@contextmanager
def running(state: V) -> Iterator[V]:
    """Run it on a free loopback port."""

    def answered(handler: BaseHTTPRequestHandler) -> Answer:
        parts = urlsplit(handler.path)
        body = handler.rfile.read(int(handler.headers.get("Content-Length", "0")))
        given = state.answer(Request(parts.path, parse_qs(parts.query), handler.headers, handler.command, body), body)
        return replace(given, headers={"Date": format_datetime(state.clock(), usegmt=True), **given.headers})

    with listening(answered) as url:
        state.url = url
        yield state


def vertex() -> AbstractContextManager[Vertex]:
    """Run an empty one."""
    return running(Vertex())
