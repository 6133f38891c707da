"""A small Cloud Logging: one project behind the published gRPC services, over TLS, with paging and faults."""

import atexit
import datetime as dt
import re
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import grpc
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from google.cloud.audit.audit_log_pb2 import AuditLog
from google.cloud.logging_v2 import types
from google.protobuf.json_format import ParseDict
from support.vertex import PROJECT, TOKEN

ACTIVITY = f"projects/{PROJECT}/logs/cloudaudit.googleapis.com%2Factivity"
ENDPOINT_SERVICE = "google.cloud.aiplatform.v1.EndpointService"
METHODS = {
    "ConfigServiceV2": {"ListSinks": "sinks", "ListBuckets": "buckets", "ListExclusions": "exclusions"},
    "MetricsServiceV2": {"ListLogMetrics": "metrics"},
    "LoggingServiceV2": {"ListLogEntries": "entries"},
}


@dataclass(frozen=True)
class Call:
    method: str
    request: Any
    metadata: Mapping[str, str]


@dataclass(frozen=True)
class Refusal:
    code: grpc.StatusCode
    text: str = "it"


Rule = Callable[[Call], Any]
"""Gives a refusal, a message in place of the project's own, or None."""


@dataclass
class Logging:
    """What the project holds, as messages; `rules` come before it; `calls` is all that came."""

    sinks: list[types.LogSink] = field(default_factory=list)
    buckets: list[types.LogBucket] = field(default_factory=list)
    exclusions: list[types.LogExclusion] = field(default_factory=list)
    metrics: list[types.LogMetric] = field(default_factory=list)
    entries: list[types.LogEntry] = field(default_factory=list)
    rules: list[Rule] = field(default_factory=list)
    calls: list[Call] = field(default_factory=list)
    page: int = 100
    url: str = ""

    def serve(self, method: str, holds: str, request: Any, context: grpc.ServicerContext) -> Any:
        call = Call(method, request, dict(context.invocation_metadata() or ()))
        self.calls.append(call)
        given = next((given for rule in self.rules if (given := rule(call)) is not None), None)
        if given is None:
            given = self._answer(call, holds)
        if isinstance(given, Refusal):
            context.abort(given.code, given.text)
        return given

    def _answer(self, call: Call, holds: str) -> Any:
        if call.metadata.get("authorization") != f"Bearer {TOKEN}":
            return Refusal(grpc.StatusCode.UNAUTHENTICATED, "Request had invalid authentication credentials.")
        request = call.request
        asked = list(getattr(request, "resource_names", [])) or [request.parent]
        if asked != [f"projects/{PROJECT}{'/locations/-' if holds == 'buckets' else ''}"]:
            return Refusal(grpc.StatusCode.PERMISSION_DENIED, "The caller does not have permission")
        if not 0 < request.page_size <= 1000:
            return Refusal(grpc.StatusCode.INVALID_ARGUMENT, "page_size is out of range")
        found = getattr(self, holds)
        if holds == "entries":
            found = [entry for entry in found if _within(entry, request.filter)]
        start, most = int(request.page_token or "0"), min(self.page, request.page_size)
        shown, end = found[start : start + most], start + most
        return _response(call.method)({holds: shown, "next_page_token": str(end) if end < len(found) else ""})


def _within(entry: types.LogEntry, filter_: str) -> bool:
    """Tell whether an entry is of the log and time of a filter; what else it asks for, a test looks at itself."""
    (log,) = re.findall(r'logName="([^"]+)"', filter_)
    (since, until) = (dt.datetime.fromisoformat(found) for found in re.findall(r'timestamp>?<?=?"([^"]+)"', filter_))
    return entry.log_name.rpartition("/")[2] == log.rpartition("/")[2] and since <= entry.timestamp < until


def _response(method: str) -> Any:
    return getattr(types, f"{method}Response")


def on(method: str, given: Any | Callable[[Call], Any]) -> Rule:
    """Answer one method."""
    return lambda call: (given(call) if callable(given) else given) if call.method == method else None


def sink(name: str = "_Default", **parts: Any) -> types.LogSink:
    return types.LogSink(
        {
            "name": name,
            "destination": f"logging.googleapis.com/projects/{PROJECT}/locations/global/buckets/_Default",
            "filter": 'NOT LOG_ID("cloudaudit.googleapis.com/activity")',
            **parts,
        }
    )


def bucket(name: str = "_Default", location: str = "global", project: str = PROJECT, **parts: Any) -> types.LogBucket:
    return types.LogBucket(
        {
            "name": f"projects/{project}/locations/{location}/buckets/{name}",
            "retention_days": 30,
            "lifecycle_state": types.LifecycleState.ACTIVE,
            "description": "CANARY",
            **parts,
        }
    )


def entry(when: dt.datetime, insert_id: str = "it", operation: Any = None, **audit: Any) -> types.LogEntry:
    """An entry of the Admin Activity log as Vertex AI writes it, with all of what must not be kept."""
    told = {
        "serviceName": "aiplatform.googleapis.com",
        "methodName": f"{ENDPOINT_SERVICE}.DeployModel",
        "resourceName": f"projects/{PROJECT}/locations/europe-west4/endpoints/7",
        "authenticationInfo": {"principalEmail": "engineer-1@example.com"},
        "requestMetadata": {"callerIp": "192.0.2.7", "callerSuppliedUserAgent": "CANARY"},
        "request": {"deployedModel": {"displayName": "CANARY"}},
        "response": {"note": "CANARY"},
        **audit,
    }
    made = types.LogEntry(
        {
            "log_name": ACTIVITY,
            "insert_id": insert_id,
            "timestamp": when,
            "labels": {"it": "CANARY"},
            **({"operation": operation} if operation else {}),
        }
    )
    types.LogEntry.pb(made).proto_payload.Pack(ParseDict(told, AuditLog()))
    return made


@cache
def certificate() -> tuple[bytes, bytes, Path]:
    """A key and a certificate for this machine, and the file that makes gRPC trust it; one for the whole process."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = dt.datetime.now(dt.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(hours=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = made.public_bytes(serialization.Encoding.PEM)
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    folder = tempfile.mkdtemp()
    atexit.register(shutil.rmtree, folder)
    path = Path(folder) / "roots.pem"
    path.write_bytes(pem)
    return private, pem, path


@contextmanager
def logging_service(tls: bool = True) -> Iterator[Logging]:
    """Run it on a free loopback port. GRPC_DEFAULT_SSL_ROOTS_FILE_PATH must name the certificate's file by then."""
    state = Logging()
    server = grpc.server(ThreadPoolExecutor(4))
    for service, methods in METHODS.items():
        server.add_generic_rpc_handlers(
            (
                grpc.method_handlers_generic_handler(
                    f"google.logging.v2.{service}", {name: _handler(state, name, of) for name, of in methods.items()}
                ),
            )
        )
    if tls:
        private, pem, _ = certificate()
        port = server.add_secure_port("127.0.0.1:0", grpc.ssl_server_credentials(((private, pem),)))
    else:
        port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    state.url = f"http{'s' if tls else ''}://127.0.0.1:{port}"
    try:
        yield state
    finally:
        server.stop(0).wait()


def _handler(state: Logging, method: str, holds: str) -> grpc.RpcMethodHandler:
    return grpc.unary_unary_rpc_method_handler(
        lambda request, context: state.serve(method, holds, request, context),
        getattr(types, f"{method}Request").deserialize,
        lambda message: message if isinstance(message, bytes) else type(message).serialize(message),
    )
