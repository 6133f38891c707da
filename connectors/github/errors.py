"""What a failed call to GitHub means, in the product's words.

Source: GitHub REST API, "Troubleshooting" and "Rate limits": a limit is 403 or 429, with `x-ratelimit-remaining: 0`
(the primary limit), `retry-after`, or only a message that names a rate limit (the secondary limits).
"""

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from collector.model.instant import format_instant
from collector.model.snapshot import Failure, FailureClass
from connectors.base import SourceError

_MAX_REASON = 300
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MOVED = "the answer leads elsewhere and is not followed: configure the repository's new name, or the right api_url"
_NOT_VISIBLE = "not there, or not visible to this token"


def refused(operation: str, status: int, headers: Mapping[str, str], body: bytes, token: str | None) -> SourceError:
    """Say what an answer with another status than 200 means; the token is struck from what the server says.

    Args:
        operation: the call.
        status: of HTTP; `headers` are looked up without regard to case.
        body: JSON with a `message`, or anything.
        token: what no record may hold.

    """
    said = _message(body)
    if token:
        said = said.replace(token, "(token)")
    said = said[:_MAX_REASON]
    limit = _limit(status, headers, said)
    if limit is not None:
        return SourceError(Failure(FailureClass.THROTTLED, operation, f"HTTP{status}", limit))
    match status:
        case 401:
            failure_class, reason = FailureClass.DENIED, said
        case 403:
            failure_class, reason = FailureClass.DENIED, said + _needed(headers)
        case 404:
            failure_class, reason = FailureClass.DENIED, _NOT_VISIBLE
        case _ if 300 <= status < 400:
            failure_class, reason = FailureClass.MISIDENTIFIED, _MOVED
        case _:
            failure_class, reason = FailureClass.UNREACHABLE if status >= 500 else FailureClass.MALFORMED, said
    return SourceError(Failure(failure_class, operation, f"HTTP{status}", reason or "no message"))


def _limit(status: int, headers: Mapping[str, str], said: str) -> str | None:
    """Say until when calls are limited, None if it is no limit that refused the call."""
    if status not in (403, 429):
        return None
    wait = headers.get("Retry-After", "")
    if wait.isdecimal() and len(wait) <= 6:
        return f"rate limit: no call for {int(wait)} s"
    if headers.get("X-RateLimit-Remaining") == "0":
        return f"rate limit: used up until {_reset(headers.get('X-RateLimit-Reset', ''))}"
    if wait or status == 429 or "rate limit" in said.lower():
        return "rate limit: GitHub does not say until when; wait a minute at least"
    return None


def _reset(seconds: str) -> str:
    try:
        return format_instant(_EPOCH + timedelta(seconds=int(seconds)))
    except (ValueError, OverflowError):
        return "a time that GitHub does not say"


def _needed(headers: Mapping[str, str]) -> str:
    """Name the permission that is missing, where GitHub does."""
    needed = headers.get("X-Accepted-GitHub-Permissions", "")
    return f" (needed: {needed[:100]})" if needed else ""


def _message(body: bytes) -> str:
    try:
        said = json.loads(body)
    except (ValueError, RecursionError):
        return ""
    message = said.get("message") if isinstance(said, dict) else None
    return " ".join(message.split()) if isinstance(message, str) else ""
