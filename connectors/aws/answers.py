"""Whether an answer is one at all, and a list whole.

botocore reads what it finds and takes the rest for absent, so a stranger's well-formed page would say that a
bucket has no versioning and no log. "Could not look" must never read as "is not there".
"""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from botocore.parsers import ResponseParserError

from collector.model.snapshot import Failure, FailureClass
from connectors.base import SourceError

_FIRST_ELEMENT = re.compile(rb"(?:\xef\xbb\xbf)?\s*(?:<\?xml[^>]{0,200}\?>\s*)?<(?:\w+:)?(\w+)[\s/>]")

# Amazon S3 API Reference, "Response Syntax" of each operation; the model in botocore does not hold them.
_ROOTS = {
    "GetBucketAcl": "AccessControlPolicy",
    "GetBucketEncryption": "ServerSideEncryptionConfiguration",
    "GetBucketLifecycleConfiguration": "LifecycleConfiguration",
    "GetBucketLocation": "LocationConstraint",
    "GetBucketLogging": "BucketLoggingStatus",
    "GetBucketOwnershipControls": "OwnershipControls",
    "GetBucketVersioning": "VersioningConfiguration",
    "GetObjectLockConfiguration": "ObjectLockConfiguration",
    "GetPublicAccessBlock": "PublicAccessBlockConfiguration",
    "ListBuckets": "ListAllMyBucketsResult",
    "ListObjectsV2": "ListBucketResult",
}
_XML = ("query", "rest-xml")
_UNASKED = {
    "cloudwatch:DescribeAlarms": frozenset(("LogAlarms",)),
    "cloudwatch:GetMetricData": frozenset(("Messages",)),
    "cloudwatch:ListMetrics": frozenset(("OwningAccounts",)),
    # Amazon S3 writes no empty lists; that it answered for the folder that was asked about is checked.
    "s3:ListObjectsV2": frozenset(("CommonPrefixes", "Contents")),
}
"""Lists of an operation that are not asked for, or not written when they are empty: they need not be there."""


def check_root(operation_model: Any, response_dict: Mapping[str, Any], **_: Any) -> None:
    """Refuse an XML answer whose first element is not that of its operation (a handler of `before-parse`).

    The element is the documented one, or is named after the operation, as the query services do.

    Raises:
        ResponseParserError: the answer is something else.

    """
    name = operation_model.name
    if operation_model.service_model.resolved_protocol not in _XML or response_dict["status_code"] >= 300:
        return
    if _is_text(operation_model.output_shape):
        return
    found = _FIRST_ELEMENT.match(response_dict["body"])
    if found is None or found[1].decode() not in (_ROOTS.get(name), f"{name}Response"):
        raise ResponseParserError(f"{name} was answered with something else")


def check_lists(page: Mapping[str, Any], expressions: Iterable[Any], operation: str) -> None:
    """Refuse a page that leaves out a list: an empty list is there, and empty.

    Args:
        page: one answer; `expressions` are the paginator's own, one for each list.
        operation: what answered.

    Raises:
        SourceError: a list is not there.

    """
    missing = {expression.expression for expression in expressions if expression.search(page) is None}
    absent = sorted(missing - _UNASKED.get(operation, frozenset()))
    if absent:
        reason = f"a page comes without {', '.join(absent)}: the list is not whole"
        raise SourceError(Failure(FailureClass.MALFORMED, operation, "MissingList", reason))


class Trail:
    """The tokens that lead from page to page, and whether they lead to the end."""

    _FLAGS = ("IsTruncated", "Truncated")
    _TOKENS = ("Marker", "NextMarker", "NextToken", "nextToken", "ContinuationToken", "NextContinuationToken")

    def __init__(self, operation: str) -> None:
        self._operation = operation
        self._seen: set[str] = set()
        self._next: str | None = None

    def follow(self, page: Mapping[str, Any]) -> None:
        """Note where a page leads.

        Raises:
            SourceError: it says that more follows, but not where, or it leads back.

        """
        self._next = next((str(page[token]) for token in self._TOKENS if page.get(token)), None)
        if self._next is None:
            if any(page.get(flag) for flag in self._FLAGS):
                raise self._broken("TruncatedWithoutToken", "a page says that more follows, but not where")
        elif self._next in self._seen:
            raise self._broken("RepeatedToken", "a page leads back to one that was read")
        else:
            self._seen.add(self._next)

    def end(self) -> None:
        """Say that no page came after the last one.

        Raises:
            SourceError: the last one leads to another, which botocore does not follow without a truncation flag.

        """
        if self._next is not None:
            raise self._broken("UnreadPage", "the last page that came leads to another")

    def _broken(self, code: str, reason: str) -> SourceError:
        return SourceError(Failure(FailureClass.MALFORMED, self._operation, code, f"{reason}: the list is not whole"))


def _is_text(shape: Any) -> bool:
    payload = shape.serialization.get("payload")
    return payload is not None and shape.members[payload].type_name in ("blob", "string")
