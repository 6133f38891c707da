"""Parts of calls through `requests` that several connectors share: bounded answers, and what a failure means."""

from typing import TypeVar

import requests
from pydantic import TypeAdapter, ValidationError
from requests.exceptions import (
    ConnectionError,  # noqa: A004 - the library's name
    ContentDecodingError,
    ProxyError,
    RequestException,
    SSLError,
    Timeout,
)
from urllib3.exceptions import MaxRetryError, ReadTimeoutError

from collector.model.snapshot import Failure, FailureClass
from connectors.base import SourceError

_PIECE = 64 * 1024
_BROKEN = (
    (ProxyError, FailureClass.UNREACHABLE, "the proxy of the environment gives no way through"),
    (SSLError, FailureClass.UNREACHABLE, "there is no trusted TLS connection"),
    (Timeout, FailureClass.UNREACHABLE, "no answer in time"),
    (ContentDecodingError, FailureClass.MALFORMED, "the answer cannot be decompressed"),
    (RequestException, FailureClass.UNREACHABLE, "there is no connection, or the answer broke off"),
)

A = TypeVar("A")


def bounded(operation: str, response: requests.Response, most: int) -> bytes:
    """Read an answer of at most so many bytes, decompressed.

    Raises:
        SourceError: it is larger.
        RequestException: it broke off.

    """
    body = bytearray()
    for piece in response.iter_content(_PIECE):
        body += piece
        if len(body) > most:
            raise malformed(operation, "TooLarge", f"the answer is larger than {most} bytes")
    return bytes(body)


def parsed(operation: str, form: TypeAdapter[A], body: bytes) -> A:
    """Give a JSON answer in its documented form.

    Raises:
        SourceError: it has another form.

    """
    try:
        return form.validate_json(body)
    except ValidationError as error:
        raise unexpected(operation, error) from None


def broken(operation: str, error: RequestException) -> SourceError:
    """Say why there is no answer. The library's own texts hold addresses in memory, which differ each time."""
    failure_class, reason = next(each[1:] for each in _BROKEN if isinstance(error, each[0]))
    cause = error.args[0] if error.args else None
    if isinstance(error, ConnectionError) and isinstance(cause, MaxRetryError):
        # The library has no type of its own for an answer that stayed away at every attempt.
        reason = "no answer in time" if isinstance(cause.reason, ReadTimeoutError) else reason
    return SourceError(Failure(failure_class, operation, type(error).__name__, reason))


def malformed(operation: str, code: str, reason: str) -> SourceError:
    """Say that an answer cannot be trusted."""
    return SourceError(Failure(FailureClass.MALFORMED, operation, code, reason))


def unexpected(operation: str, error: ValidationError) -> SourceError:
    """Say that an answer does not have the documented form, and where, but not what it holds."""
    first = error.errors(include_input=False, include_url=False, include_context=False)[0]
    place = ".".join(str(part) for part in first["loc"] if isinstance(part, str))
    reason = f"the answer does not have the documented form{f' at {place}' if place else ''} ({first['type']})"
    return malformed(operation, "UnexpectedAnswer", reason)
