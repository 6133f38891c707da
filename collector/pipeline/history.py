"""What was recorded before: attestations, and the earlier readings that a test of changes compares with the present."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from threading import Lock

from collector.ledger.bodies import Input
from collector.ledger.evaluation import Evaluations
from collector.ledger.store import LedgerReader
from collector.model.record import Header, Kind


@dataclass(frozen=True, slots=True)
class _Past:
    """A complete snapshot: its record, when it was made, and the digest of its items."""

    input: Input
    time: datetime
    items: str


class _Line:
    """The complete snapshots of one population from `since` on and one more: runs of equal ones, oldest first."""

    def __init__(self, since: datetime, window: timedelta) -> None:
        self.since = since
        self.window = window
        self._runs: list[list[_Past]] = []

    def add(self, past: _Past) -> None:
        """Add the next snapshot."""
        if self._runs and self._runs[-1][-1].items == past.items:
            self._runs[-1].append(past)
        else:
            self._runs.append([past])

    def bounds(self, since: datetime, before: int) -> Iterator[Input]:
        """Yield the first and the last of each run, from the last snapshot before a moment on, up to a record."""
        for run in self._runs[self._first_run(since) :]:
            first, end = _start(run, since), bisect_left(run, before, key=lambda past: past.input.seq)
            if first < end:
                yield run[first].input
                yield run[end - 1].input

    def forget(self, since: datetime) -> None:
        """Drop what lies before the start of a comparison since a moment."""
        self.since = since
        del self._runs[: self._first_run(since)]
        for run in self._runs[:1]:
            del run[: _start(run, since)]

    def _first_run(self, since: datetime) -> int:
        return max(0, bisect_right(self._runs, since, key=lambda run: run[0].time) - 1)


def _start(run: Sequence[_Past], since: datetime) -> int:
    """Give where in a run the comparison since a moment starts: at the last snapshot before it, if there is one."""
    return max(0, bisect_right(run, since, key=lambda past: past.time) - 1)


_KEPT = (Kind.ATTESTATION, Kind.SNAPSHOT)
"""The kinds of records that the past consists of."""
_SEEN = 10_000
"""How many that were seen are remembered until they are asked for; who only records never asks."""


class _Seen:
    """Records that were appended one after another, without another's in between, from `start` up to before `end`."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._start = self._end = 0
        self._headers: list[Header] = []

    def add(self, headers: Sequence[Header]) -> None:
        """Add records that were appended together."""
        if not headers:
            return
        with self._lock:
            if headers[0].seq != self._end or len(self._headers) > _SEEN:
                self._start, self._headers = headers[0].seq, []
            self._end = headers[-1].seq + 1
            self._headers += (header for header in headers if header.kind in _KEPT)

    def take(self, start: int, end: int) -> Sequence[Header] | None:
        """Give those of the kinds that are kept, from a seq up to before another, if all were seen; forget them."""
        with self._lock:
            all_seen = self._start <= start and self._end == end
            taken, self._headers, self._start = self._headers, [], self._end
        return [header for header in taken if header.seq >= start] if all_seen else None


class History:
    """All attestations, and earlier snapshots by population. What was read of the ledger once is not read again.

    One thread at a time asks; others may append and tell so meanwhile.
    """

    def __init__(self, evaluations: Evaluations) -> None:
        """Remember snapshots; what `evaluations` reads of them for a test as well is read once."""
        self._evaluations = evaluations
        self._lines: dict[str, _Line] = {}
        self._attested: list[Input] | None = None
        self._upto = 0
        self._seen = _Seen()

    def saw(self, headers: Sequence[Header]) -> None:
        """Take note of records that were appended together, so that they need not be read."""
        self._seen.add(headers)

    def attested(self, reader: LedgerReader) -> Sequence[Input]:
        """Give the attestations that a reader holds, oldest first."""
        self._read_on(reader)
        if self._attested is None:
            self._attested = [Input.of(header) for header in reader.attestation_headers()]
        return [each for each in self._attested if each.seq < reader.size]

    def added(
        self,
        reader: LedgerReader,
        inputs: Sequence[Input],
        populations: Sequence[str],
        now: datetime,
        window: timedelta,
    ) -> tuple[Input, ...]:
        """Give inputs with the earlier snapshots of the populations whose changes are tested, in order of seq."""
        self._read_on(reader)
        found = {each.seq: each for each in inputs}
        for each in inputs:
            if each.subject.partition("/")[2] in populations:
                found |= {past.seq: past for past in self.earlier(reader, each, now, window)}
        return tuple(found[seq] for seq in sorted(found))

    def earlier(self, reader: LedgerReader, reading: Input, now: datetime, window: timedelta) -> tuple[Input, ...]:
        """Give the complete snapshots that bound each change of a population within the window before now.

        Of consecutive snapshots with equal items the first and the last are enough: a change lies between the last
        one with the old items and the first one with the new. The last snapshot before the window is where the
        comparison starts, so a change while nothing was read is not lost. The window begins with a day (UTC): all
        runs of a day then compare with the same snapshots.
        """
        since = _first_of_day(now - window)
        line = self._line(reader, reading.subject, since, window)
        bounds = {each.seq: each for each in line.bounds(since, reading.seq)}
        line.forget(_first_of_day(now - line.window))
        return tuple(bounds[seq] for seq in sorted(bounds))

    def _line(self, reader: LedgerReader, subject: str, since: datetime, window: timedelta) -> _Line:
        """Give a population's line, read from the beginning if it is new or must reach further back."""
        line = self._lines.get(subject)
        if line is None or line.since > since:
            line = _Line(since, window)
            for past in reversed(list(self._pasts(reader, subject, since))):
                line.add(past)
            self._lines[subject] = line
        line.window = max(line.window, window)
        return line

    def _read_on(self, reader: LedgerReader) -> None:
        """Add what was appended since the ledger was read last, by whomever."""
        if self._upto >= reader.size:
            return
        if self._lines or self._attested is not None:
            appended = self._seen.take(self._upto, reader.size)
            if appended is None:
                appended = reader.headers_since(self._upto, _KEPT)
            if self._attested is not None:
                self._attested += (Input.of(header) for header in appended if header.kind is Kind.ATTESTATION)
            for past in self._complete(reader, [header for header in appended if header.subject in self._lines]):
                self._lines[past.input.subject].add(past)
        self._upto = reader.size

    def _pasts(self, reader: LedgerReader, subject: str, since: datetime) -> Iterator[_Past]:
        """Yield the complete snapshots of a population, newest first, down to the last one before a moment."""
        with closing(reader.headers_of(subject, self._upto)) as headers:
            for header in headers:
                for past in self._complete(reader, [header]):
                    yield past
                    if past.time <= since:
                        return

    def _complete(self, reader: LedgerReader, headers: Sequence[Header]) -> Iterator[_Past]:
        """Yield the complete snapshots among some records."""
        snapshots = [header for header in headers if header.kind is Kind.SNAPSHOT]
        inputs = [Input.of(header) for header in snapshots]
        bodies = self._evaluations.bodies(reader, inputs)
        for header, given, body in zip(snapshots, inputs, bodies, strict=True):
            if body.get("complete"):
                yield _Past(given, header.time, str(body.get("items")))


def _first_of_day(moment: datetime) -> datetime:
    return datetime.combine(moment.astimezone(UTC), time(), UTC)
