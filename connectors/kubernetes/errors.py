"""What a refused or broken call to a cluster means, in the product's words."""

import orjson

from collector.model.snapshot import Failure, FailureClass

EXPIRED = "Expired"
"""The code of a list whose pages are not of one state any more: it must be read again from its first page."""

_MAX_REASON = 300
_CLASSES = {401: FailureClass.DENIED, 403: FailureClass.DENIED, 429: FailureClass.THROTTLED}


def refused(status: int, body: bytes, operation: str) -> Failure:
    """Say what an answer with another status than 200 means; its body should be a `Status` object."""
    code, message = _status_object(body)
    failure_class = _CLASSES.get(status, FailureClass.UNREACHABLE if status >= 500 else FailureClass.MALFORMED)
    if status == 410:
        code = EXPIRED
    return Failure(failure_class, operation, code or str(status), message or f"HTTP status {status}")


def unreachable(error: Exception, operation: str) -> Failure:
    """Say that no whole answer came."""
    # The messages of urllib3 name objects by their addresses in memory, which differ with every run.
    return Failure(FailureClass.UNREACHABLE, operation, type(error).__name__, "no whole answer came")


def malformed(code: str, reason: str, operation: str) -> Failure:
    """Say that what came is not what the API documents."""
    return Failure(FailureClass.MALFORMED, operation, code, reason)


def _status_object(body: bytes) -> tuple[str, str]:
    try:
        status = orjson.loads(body)
        return str(status.get("reason") or ""), " ".join(str(status.get("message") or "").split())[:_MAX_REASON]
    except (orjson.JSONDecodeError, AttributeError):
        return "", ""
