"""What a failed AWS call means, and what to do about it, in the product's words."""

import re

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectionClosedError,
    ConnectTimeoutError,
    CredentialRetrievalError,
    EndpointConnectionError,
    HTTPClientError,
    NoCredentialsError,
    PaginationError,
    PartialCredentialsError,
    ProfileNotFound,
    ReadTimeoutError,
    TokenRetrievalError,
    UnauthorizedSSOTokenError,
)
from botocore.parsers import ResponseParserError

from collector.model.snapshot import Failure, FailureClass

_DENIED = re.compile(
    r"(?i)^(.*(access|authorization).*denied.*|.*unauthorized.*|authfailure|expiredtoken.*|invalidclienttokenid|"
    r"invalidaccesskeyid|unrecognizedclient.*|signaturedoesnotmatch|optinrequired|incompletesignature|.*forbidden.*|"
    r"missingauthenticationtoken.*|accountproblem|allaccessdisabled|401|403)$"
)
_THROTTLED = re.compile(
    r"(?i)^(.*throttl.*|toomanyrequests.*|requestlimitexceeded|slowdown|bandwidthlimitexceeded|priorrequestnotcomplete|"
    r"limitexceededexception|429)$"
)
_UNREACHABLE = (
    EndpointConnectionError,
    ConnectTimeoutError,
    ReadTimeoutError,
    ConnectionClosedError,
    HTTPClientError,
)
_CREDENTIALS = (
    NoCredentialsError,
    PartialCredentialsError,
    CredentialRetrievalError,
    ProfileNotFound,
    TokenRetrievalError,
    UnauthorizedSSOTokenError,
)
# Ids that differ with every answer would make equal failures look different.
_VOLATILE = re.compile(
    r"(?i)\s*\(?\b(request ?id|host ?id|extended request id)\b[:=]?\s*[\w/+=-]+\)?[,;]?|\(reached max retries: \d+\)"
)
_MAX_REASON = 300


def classify(error: Exception, operation: str) -> Failure | None:
    """Say what an exception of the SDK means, or None when it is not the SDK's but an error of our own."""
    if isinstance(error, ClientError):
        return _classify_answer(error, operation)
    if isinstance(error, (PaginationError, ResponseParserError)):
        return Failure(FailureClass.MALFORMED, operation, type(error).__name__, _reason(str(error)))
    if isinstance(error, _CREDENTIALS):
        return Failure(FailureClass.DENIED, operation, type(error).__name__, _reason(str(error)))
    if isinstance(error, _UNREACHABLE):
        return Failure(FailureClass.UNREACHABLE, operation, type(error).__name__, _reason(str(error)))
    if isinstance(error, BotoCoreError):
        return Failure(FailureClass.MALFORMED, operation, type(error).__name__, _reason(str(error)))
    return None


def error_code(error: ClientError) -> str:
    """Give AWS's own code of an error answer; for some services that is only the HTTP status."""
    return str(error.response.get("Error", {}).get("Code", "")) or "Unknown"


def _classify_answer(error: ClientError, operation: str) -> Failure:
    code = error_code(error)
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    reason = _reason(str(error.response.get("Error", {}).get("Message", ""))) or "no message"
    if _THROTTLED.match(code) or status == 429:
        return Failure(FailureClass.THROTTLED, operation, code, reason)
    if _DENIED.match(code) or status in (401, 403):
        return Failure(FailureClass.DENIED, operation, code, reason)
    if status >= 500:
        return Failure(FailureClass.UNREACHABLE, operation, code, reason)
    return Failure(FailureClass.MALFORMED, operation, code, reason)


def _reason(text: str) -> str:
    return " ".join(_VOLATILE.sub("", text).split())[:_MAX_REASON]
