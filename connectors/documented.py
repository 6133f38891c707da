"""Reading answers of a documented form: what has another form is malformed, never absent."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, TypeVar

from collector.model.snapshot import Failure, FailureClass
from connectors.base import SourceError

A = TypeVar("A")

NOT_DOCUMENTED = (LookupError, TypeError, ValueError, AttributeError, RecursionError)
"""What reading an answer raises when it does not have the documented form."""


def entries(operation: str, write: Callable[[Mapping[str, Any]], Iterable[A]], page: Mapping[str, Any]) -> Iterator[A]:
    """Yield what `write` makes of a page, as far as the page has the documented form.

    Raises:
        SourceError: it has another form from here on.

    """
    try:
        yield from write(page)
    except NOT_DOCUMENTED as error:
        raise SourceError(unexpected(operation, error)) from error


def written(operation: str, write: Callable[[Mapping[str, Any]], A], answer: Mapping[str, Any]) -> A:
    """Give what `write` makes of an answer of the documented form.

    Raises:
        SourceError: it has another form.

    """
    try:
        return write(answer)
    except NOT_DOCUMENTED as error:
        raise SourceError(unexpected(operation, error)) from error


def unexpected(operation: str, error: Exception) -> Failure:
    """Say that an answer does not have the documented form."""
    reason = f"the answer does not have the documented form ({type(error).__name__})"
    return Failure(FailureClass.MALFORMED, operation, "UnexpectedAnswer", reason)
