"""Reading a list that comes in parts, of which each may fail by itself."""

from collections.abc import Callable, Collection, Iterable, Iterator
from typing import TypeVar

from collector.model.snapshot import FailureClass
from connectors.base import Draft, SourceError

T = TypeVar("T")


def each_part(
    parts: Iterable[T], read: Callable[[T], Iterator[Draft]], ending: Collection[FailureClass] = ()
) -> Iterator[Draft]:
    """Read every part; a fault in one does not keep the others from being read.

    Args:
        parts: what is read.
        read: reads one.
        ending: what one part fails with and the next would too.

    Raises:
        SourceError: of the first part that failed, after the others were read, or of one that ends the reading.

    """
    fault: SourceError | None = None
    for part in parts:
        try:
            yield from read(part)
        except SourceError as error:
            if error.failure.failure_class in ending:
                raise
            fault = fault or error
    if fault is not None:
        raise fault
