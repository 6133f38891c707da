"""Parts that the items of several lists of MLflow have in common."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from collector.model.instant import format_instant
from collector.model.snapshot import Failure, FailureClass
from connectors.base import SourceError
from connectors.mlflow.answers import Tag
from connectors.mlflow.redaction import without_credentials

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def moment(milliseconds: int, operation: str) -> str:
    """Write a time that MLflow gives in milliseconds since 1970.

    Raises:
        SourceError: no calendar has such a time.

    """
    try:
        return format_instant(_EPOCH + timedelta(milliseconds=milliseconds))
    except OverflowError:
        reason = "the answer holds a time that no calendar has"
        raise SourceError(Failure(FailureClass.MALFORMED, operation, "UnexpectedAnswer", reason)) from None


def tags(given: Iterable[Tag]) -> dict[str, str]:
    """Give tags by name, without the credentials of addresses in them."""
    return {tag.key: without_credentials(tag.value) for tag in given}
