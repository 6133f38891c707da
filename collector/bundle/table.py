"""Derived files while records stream by; those that are tables are CSV (RFC 4180), safe to open in a spreadsheet."""

import csv
from collections.abc import Collection, Iterable, Iterator
from typing import Any, ClassVar

from collector.model.record import Header, Kind

Body = dict[str, Any]


class Derived:
    """A derived file under way. It is given the records of the period in order, and writes as soon as it can.

    Attributes:
        kinds: of the records that it wants to be given.

    """

    kinds: ClassVar[Collection[Kind]] = ()

    def begin(self) -> Iterator[bytes]:
        """Give what stands before all else."""
        return iter(())

    def take(self, header: Header, body: Body | None) -> Iterator[bytes]:
        """Take the next record, its body None where the export withholds it, and give what can be written now."""
        return iter(())

    def end(self) -> Iterator[bytes]:
        """Give what is left to write after the last record."""
        return iter(())


class Whole(Derived):
    """A file that needs no pass over the records."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces = pieces

    def end(self) -> Iterator[bytes]:
        """Give all of it."""
        return self._pieces


class Table(Derived):
    """A table under way.

    Attributes:
        columns: its heading.

    """

    columns: ClassVar[tuple[str, ...]] = ()

    def begin(self) -> Iterator[bytes]:
        """Give the heading."""
        yield line(self.columns)


class _Echo:
    """Gives back what is written to it, which a csv.writer's writerow then does too."""

    def write(self, text: str) -> str:
        """Give it back."""
        return text


_WRITER = csv.writer(_Echo(), lineterminator="\r\n")


def line(values: Iterable[object]) -> bytes:
    """Write one line."""
    text: Any = _WRITER.writerow([_harmless(value) for value in values])
    return str(text).encode("utf-8")


def _harmless(value: object) -> object:
    """Keep a spreadsheet from taking text for a formula (OWASP, CSV Injection)."""
    return f"'{value}" if isinstance(value, str) and value[:1] in ("=", "+", "-", "@", "\t", "\r") else value
