"""What the ledger holds of each subject and each control: the newest reading, the newest result, and of when."""

from collections.abc import Collection, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from threading import Lock

from collector.ledger.bodies import Input
from collector.ledger.reader import fetch
from collector.ledger.store import LedgerReader
from collector.ledger.writer import Writer
from collector.model.canonical import decode_object
from collector.model.instant import parse_instant
from collector.model.record import Header, Kind

_KINDS = (Kind.SNAPSHOT, Kind.GAP, Kind.RESULT)


@dataclass(frozen=True, slots=True)
class Standing:
    """The newest record of a subject, and the first and last moment that it speaks of."""

    input: Input
    since: datetime
    until: datetime


class Readings:
    """Follows a ledger. Several threads ask and tell it.

    A gap may be recorded long after what it speaks of, such as a time in which nothing ran: it counts for the window
    in which that began, not for the one in which it was written.
    """

    def __init__(self, ledger: Writer, subjects: Iterable[str]) -> None:
        self._ledger = ledger
        self._lock = Lock()
        self._newest: dict[str, Standing] = {}
        with ledger.read() as reader:
            self._followed = reader.size
            for newest in tuple(reader.newest_headers(subjects)):
                # A sample that was drawn of a population is about it as well, and no reading of it.
                found = newest if newest.kind in _KINDS else newest_of(reader, newest.subject, _KINDS)
                if found is not None:
                    self._newest[found.subject] = _standing(reader, found)

    def of(self, subject: str) -> Standing | None:
        """Give the newest, None when there is none."""
        with self._lock:
            return self._newest.get(subject)

    def since(self, subject: str, moment: datetime) -> Input | None:
        """Give the newest if it speaks of a time that is not before a moment."""
        found = self.of(subject)
        return found.input if found is not None and found.since >= moment else None

    def note(self, standing: Standing) -> None:
        """Take note of a record."""
        with self._lock:
            known = self._newest.get(standing.input.subject)
            if known is None or known.input.seq < standing.input.seq:
                self._newest[standing.input.subject] = standing

    def follow(self) -> tuple[str, ...]:
        """Take note of what any process appended since the last call; give the subjects."""
        with self._ledger.read() as reader:
            found = list(_recent(reader, self._followed))
            self._followed = reader.size
        for standing in found:
            self.note(standing)
        return tuple(standing.input.subject for standing in found)


def newest_of(reader: LedgerReader, subject: str, kinds: Collection[Kind]) -> Header | None:
    """Give the newest header of a subject that is of one of these kinds."""
    with closing(reader.headers_of(subject, reader.size)) as headers:
        return next((each for each in headers if each.kind in kinds), None)


def _recent(reader: LedgerReader, start: int) -> Iterator[Standing]:
    for seq, data in reader.headers(start):
        header = Header.decode(data, f"the header of record {seq}")
        if header.kind in _KINDS:
            yield _standing(reader, header)


def _standing(reader: LedgerReader, header: Header) -> Standing:
    since = until = header.time
    if header.kind is Kind.GAP:
        what = f"the body of record {header.seq}"
        body = decode_object(fetch(reader, header.body), what)
        # A test that crashed is a gap as well, and of one moment.
        if "started" in body:
            since, end = (parse_instant(body[name], f"{name} of {what}") for name in ("started", "finished"))
            until = last_moment(end)
    return Standing(Input.of(header), since, until)


def last_moment(end: datetime) -> datetime:
    """Give the last moment of a time whose end does not belong to it."""
    return end - datetime.resolution
