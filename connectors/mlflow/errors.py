"""What a failed call to MLflow means, in the product's words."""

import json
import re

from pydantic import ValidationError
from urllib3.exceptions import (
    ConnectTimeoutError,
    HTTPError,
    MaxRetryError,
    NameResolutionError,
    ReadTimeoutError,
    SSLError,
)

from collector.model.snapshot import Failure, FailureClass
from connectors.base import SourceError

_MAX_REASON = 300
_CODE = re.compile(r"[A-Z][A-Z_]{2,63}")
_CLASSES = {401: FailureClass.DENIED, 403: FailureClass.DENIED, 429: FailureClass.THROTTLED}


class StatusError(SourceError):
    """The server answered with an error; `status` is that of HTTP."""

    def __init__(self, failure: Failure, status: int) -> None:
        super().__init__(failure)
        self.status = status


def refused(operation: str, status: int, content_type: str, body: bytes) -> StatusError:
    """Say what an answer with another status than 200 means."""
    code, reason = _said(content_type, body)
    if 300 <= status < 400:
        reason = "the answer leads elsewhere, and is not followed: the token would go there too"
    failure_class = _CLASSES.get(status, FailureClass.UNREACHABLE if status >= 500 else FailureClass.MALFORMED)
    failure = Failure(failure_class, operation, code or f"HTTP{status}", reason or "no message")
    return StatusError(failure, status)


def broken(operation: str, error: HTTPError) -> SourceError:
    """Say why there is no answer. The library's own texts hold addresses in memory, which differ each time."""
    cause = error.reason if isinstance(error, MaxRetryError) and error.reason else error
    match cause:
        case NameResolutionError():
            reason = "the name of the host is not known"
        case ConnectTimeoutError() | ReadTimeoutError():
            reason = "no answer in time"
        case SSLError():
            reason = " ".join(str(cause).split())[:_MAX_REASON]
        case _:
            reason = "there is no connection, or the answer broke off"
    return SourceError(Failure(FailureClass.UNREACHABLE, operation, type(cause).__name__, reason))


def unexpected(operation: str, error: ValidationError) -> SourceError:
    """Say that an answer does not have the documented form, and where, but not what it holds."""
    first = error.errors(include_input=False, include_url=False, include_context=False)[0]
    place = ".".join(str(part) for part in first["loc"] if isinstance(part, str))
    reason = f"the answer does not have the documented form{f' at {place}' if place else ''} ({first['type']})"
    return SourceError(Failure(FailureClass.MALFORMED, operation, "UnexpectedAnswer", reason[:_MAX_REASON]))


def _said(content_type: str, body: bytes) -> tuple[str, str]:
    """Give code and message of an error answer, as far as it has any."""
    text = body.decode("utf-8", "replace")
    code = ""
    if "json" in content_type:
        try:
            said = json.loads(text)
        except (ValueError, RecursionError):
            return "", ""
        given = said if isinstance(said, dict) else {}
        code, text = str(given.get("error_code", "")), str(given.get("message", ""))
    elif "<" in text:
        return "", "the answer is a page for people"
    return code if _CODE.fullmatch(code) else "", " ".join(text.split())[:_MAX_REASON]
