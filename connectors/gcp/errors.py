"""What a failed call to Google Cloud, or a failed sign-in there, means in the product's words.

Source: Google Cloud APIs, "Errors": the body holds `error` with `message`, and a canonical code's name as `status`;
over gRPC the code is the status itself.
"""

import json
import re
from typing import Any

from google.api_core.exceptions import GoogleAPICallError
from google.auth.exceptions import DefaultCredentialsError, GoogleAuthError, RefreshError, TransportError

from collector.model.snapshot import Failure, FailureClass
from connectors.base import SourceError

_MAX_REASON = 300
_STATUS = re.compile(r"[A-Z_]{2,40}")
_EXHAUSTED = "RESOURCE_EXHAUSTED"
_APIS = {"aiplatform": "the Vertex AI API", "logging": "the Cloud Logging API", "monitoring": "the Monitoring API"}
_MOVED = "the answer leads elsewhere and is not followed: configure the right api_url"


def refused(operation: str, status: int, body: bytes, token: str | None) -> SourceError:
    """Say what an answer with another status than 200 means; the token is struck from what the server says.

    Args:
        operation: the call.
        status: of HTTP.
        body: JSON as documented, or anything.
        token: what no record may hold.

    """
    told = _error(body)
    name = str(told.get("status", ""))
    code = name if _STATUS.fullmatch(name) else f"HTTP{status}"
    said = " ".join(str(told.get("message", "")).split())
    if token:
        said = said.replace(token, "(token)")
    match status:
        case _ if status == 429 or code == _EXHAUSTED:
            failure_class = FailureClass.THROTTLED
        case 401 | 403:
            failure_class = FailureClass.DENIED
        case 404:
            failure_class, said = FailureClass.DENIED, _not_found(operation)
        case _ if 300 <= status < 400:
            failure_class, said = FailureClass.MISIDENTIFIED, _MOVED
        case _:
            failure_class = FailureClass.UNREACHABLE if status >= 500 else FailureClass.MALFORMED
    return SourceError(Failure(failure_class, operation, code, said[:_MAX_REASON] or "no message"))


def not_answered(operation: str, error: GoogleAPICallError, token: str | None) -> SourceError:
    """Say what a status of gRPC other than OK means; the token is struck from what the server says.

    What gRPC itself says of a connection holds addresses and times, which differ each time; it is said in our words.
    """
    code = getattr(error.grpc_status_code, "name", None) or type(error).__name__
    said = " ".join(str(error.message or "").split())
    if token:
        said = said.replace(token, "(token)")
    ours = next((ours for theirs, ours in _OF_GRPC if theirs in said), None)
    if ours is not None:
        failure_class, code, said = ours
    elif code == "NOT_FOUND":
        failure_class, said = FailureClass.DENIED, _not_found(operation)
    elif code == "DEADLINE_EXCEEDED":
        failure_class, said = FailureClass.UNREACHABLE, "no answer in time"
    else:
        failure_class = _STATUSES.get(code, FailureClass.MALFORMED)
    return SourceError(Failure(failure_class, operation, code, said[:_MAX_REASON] or "no message"))


_STATUSES = {
    "ABORTED": FailureClass.UNREACHABLE,
    "CANCELLED": FailureClass.UNREACHABLE,
    "INTERNAL": FailureClass.UNREACHABLE,
    "PERMISSION_DENIED": FailureClass.DENIED,
    _EXHAUSTED: FailureClass.THROTTLED,
    "UNAUTHENTICATED": FailureClass.DENIED,
    "UNAVAILABLE": FailureClass.UNREACHABLE,
    "UNKNOWN": FailureClass.UNREACHABLE,
}
_OF_GRPC = (
    ("failed to connect to all addresses", (FailureClass.UNREACHABLE, "UNAVAILABLE", "there is no connection")),
    ("call host does not match", (FailureClass.UNREACHABLE, "UNAVAILABLE", "there is no trusted TLS connection")),
    ("CLIENT: Received message larger than max", (FailureClass.MALFORMED, "TooLarge", "the answer is too large")),
    ("Exception deserializing response", (FailureClass.MALFORMED, "UnexpectedAnswer", "the answer is no such message")),
)
"""What the library says of itself under a server's status, and what it is."""


def _not_found(operation: str) -> str:
    api = _APIS.get(operation.partition(":")[0])
    if api is None:
        return "not found, or its API is not enabled in the project"
    return f"not found: is {api} enabled in the project, and is this its location?"


def not_signed_in(operation: str, error: GoogleAuthError) -> SourceError:
    """Say why there is no token."""
    name = type(error).__name__
    if isinstance(error, TransportError):
        reason = "no answer from where tokens are given out"
        return SourceError(Failure(FailureClass.UNREACHABLE, operation, name, reason))
    if isinstance(error, DefaultCredentialsError):
        reason = "there are no Application Default Credentials: configure credentials, or give the workload an identity"
        return SourceError(Failure(FailureClass.DENIED, operation, name, reason))
    again = isinstance(error, RefreshError) and error.retryable
    # The second argument is the whole answer; the first says what is wrong.
    said = " ".join(str(error.args[0] if error.args else "").split())[:_MAX_REASON]
    failure_class = FailureClass.UNREACHABLE if again else FailureClass.DENIED
    return SourceError(Failure(failure_class, operation, name, said or "no message"))


def _error(body: bytes) -> dict[str, Any]:
    try:
        said = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    error = said.get("error") if isinstance(said, dict) else None
    return error if isinstance(error, dict) else {}
