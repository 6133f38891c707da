"""What a failed call to Google Cloud, or a failed sign-in there, means in the product's words.

Source: Google Cloud APIs, "Errors": the body holds `error` with `message`, and a canonical code's name as `status`.
"""

import json
import re
from typing import Any

from google.auth.exceptions import DefaultCredentialsError, GoogleAuthError, RefreshError, TransportError

from collector.model.snapshot import Failure, FailureClass
from connectors.base import SourceError

_MAX_REASON = 300
_STATUS = re.compile(r"[A-Z_]{2,40}")
_EXHAUSTED = "RESOURCE_EXHAUSTED"
_NOT_FOUND = "not found, or its API is not enabled in the project"
_VERTEX_NOT_FOUND = "not found: is the Vertex AI API enabled in the project, and is this its location?"
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
            failure_class = FailureClass.DENIED
            said = _VERTEX_NOT_FOUND if operation.startswith("aiplatform:") else _NOT_FOUND
        case _ if 300 <= status < 400:
            failure_class, said = FailureClass.MISIDENTIFIED, _MOVED
        case _:
            failure_class = FailureClass.UNREACHABLE if status >= 500 else FailureClass.MALFORMED
    return SourceError(Failure(failure_class, operation, code, said[:_MAX_REASON] or "no message"))


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
