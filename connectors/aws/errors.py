"""What a failed AWS call means, and what to do about it, in the product's words."""

import re

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConfigNotFound,
    ConfigParseError,
    ConnectionError,  # noqa: A004 - botocore's name; TLS and proxies fail with it too
    CredentialRetrievalError,
    HTTPClientError,
    InvalidConfigError,
    LoginError,
    MetadataRetrievalError,
    NoCredentialsError,
    PaginationError,
    PartialCredentialsError,
    ProfileNotFound,
    RefreshWithMFAUnsupportedError,
    SSOError,
    TokenRetrievalError,
    UnknownCredentialError,
)
from botocore.parsers import ResponseParserError

from collector.model.snapshot import Failure, FailureClass

_DENIED = re.compile(
    r"(?i)^(.*(access|authorization).*denied.*|.*unauthorized.*|authfailure|expiredtoken.*|invalidclienttokenid|"
    r"invalidaccesskeyid|unrecognizedclient.*|signaturedoesnotmatch|optinrequired|incompletesignature|.*forbidden.*|"
    r"missingauthenticationtoken.*|invalidtoken|requestexpired|notauthorized.*|accountproblem|allaccessdisabled|401|403)$"
)
_THROTTLED = re.compile(
    r"(?i)^(.*throttl.*|toomanyrequests.*|requestlimitexceeded|slowdown|bandwidthlimitexceeded|priorrequestnotcomplete|"
    r"limitexceededexception|429)$"
)
_UNREACHABLE = (ConnectionError, HTTPClientError)
_CREDENTIALS = (
    ConfigNotFound,
    ConfigParseError,
    CredentialRetrievalError,
    InvalidConfigError,
    LoginError,
    MetadataRetrievalError,
    NoCredentialsError,
    PartialCredentialsError,
    ProfileNotFound,
    RefreshWithMFAUnsupportedError,
    SSOError,
    TokenRetrievalError,
    UnknownCredentialError,
)
_CLASSES = (
    (_CREDENTIALS, FailureClass.DENIED),
    (_UNREACHABLE, FailureClass.UNREACHABLE),
    (BotoCoreError, FailureClass.MALFORMED),
)
# Ids and times that differ with every answer would make equal failures look different.
_VOLATILE = re.compile(
    r"(?i)\s*\(?\b(request ?id|host ?id|extended request id)\b[:=]?\s*[\w/+=-]+\)?[,;]?|\(reached max retries: \d+\)|"
    r"\s*\b\d{8}T\d{6}Z"
)
# What follows repeats the signed headers, the session token among them, or names a key (AWS General Reference,
# "Troubleshoot AWS API request signing").
_SIGNED = re.compile(r"(?is)\bthe canonical string for this request.*|\b(?:AKIA|ASIA)[A-Z0-9]{12,}\b")
_MAX_REASON = 300


def classify(error: Exception, operation: str) -> Failure | None:
    """Say what an exception of the SDK means, or None when it is not the SDK's but an error of our own."""
    if isinstance(error, ClientError):
        return _classify_answer(error, operation)
    if isinstance(error, PaginationError):
        return Failure(FailureClass.MALFORMED, operation, "RepeatedToken", "the pages go round in a circle")
    if isinstance(error, ResponseParserError):
        # Its text repeats the answer, which is a stranger's and may differ each time.
        return Failure(FailureClass.MALFORMED, operation, type(error).__name__, "the answer could not be read")
    for kinds, failure_class in _CLASSES:
        if isinstance(error, kinds):
            return Failure(failure_class, operation, type(error).__name__, _reason(str(error)))
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
    return " ".join(_VOLATILE.sub("", _SIGNED.sub("", text)).split())[:_MAX_REASON]
