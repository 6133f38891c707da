"""Earlier readings of a population: what a test of changes compares the present one with."""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta

from collector.ledger.bodies import Input
from collector.ledger.reader import fetch
from collector.ledger.store import LedgerReader
from collector.model.canonical import decode_object
from collector.model.record import Kind


@dataclass(frozen=True, slots=True)
class _Past:
    """A complete snapshot: its record, when it was made, and the digest of its items."""

    input: Input
    time: datetime
    items: str


@dataclass
class _Line:
    """The complete snapshots of one population, oldest first, from `since` on and one more."""

    since: datetime
    window: timedelta
    upto: int = 0
    pasts: list[_Past] = field(default_factory=list)

    def start(self, since: datetime) -> int:
        """Give where the comparison since a moment starts: at the last one before it, if there is one."""
        return max(0, bisect_right(self.pasts, since, key=lambda past: past.time) - 1)

    def forget(self, since: datetime) -> None:
        """Drop what lies before the start of a comparison since a moment."""
        self.since = since
        del self.pasts[: self.start(since)]


class History:
    """Earlier snapshots by population. What was read of the ledger once is not read again."""

    def __init__(self) -> None:
        self._lines: dict[str, _Line] = {}

    def added(
        self,
        reader: LedgerReader,
        inputs: Sequence[Input],
        populations: Sequence[str],
        now: datetime,
        window: timedelta,
    ) -> tuple[Input, ...]:
        """Give inputs with the earlier snapshots of the populations whose changes are tested, in order of seq."""
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
        line = self._line(reader, reading, since, window)
        pasts = [past for past in line.pasts[line.start(since) :] if past.input.seq < reading.seq]
        groups: list[list[_Past]] = []
        for past in pasts:
            if not groups or groups[-1][-1].items != past.items:
                groups.append([])
            groups[-1].append(past)
        bounds = {each.input.seq: each.input for group in groups for each in (group[0], group[-1])}
        line.forget(_first_of_day(now - line.window))
        return tuple(bounds[seq] for seq in sorted(bounds))

    def _line(self, reader: LedgerReader, reading: Input, since: datetime, window: timedelta) -> _Line:
        """Give the population's line, read on up to a reading, and from the beginning if it must reach further back."""
        line = self._lines.get(reading.subject)
        if line is None or line.since > since:
            line = _Line(since, window)
            self._lines[reading.subject] = line
        line.window = max(line.window, window)
        if line.upto < reading.seq:
            line.pasts += reversed(_between(reader, reading, line))
            line.upto = reading.seq
        return line


def _first_of_day(moment: datetime) -> datetime:
    return datetime.combine(moment.astimezone(UTC), time(), UTC)


def _between(reader: LedgerReader, reading: Input, line: _Line) -> list[_Past]:
    """Read the complete snapshots of a population that its line does not hold yet, newest first."""
    found = []
    for header in reader.headers_of(reading.subject, reading.seq):
        if header.seq < line.upto:
            break
        if header.kind is not Kind.SNAPSHOT:
            continue
        body = decode_object(fetch(reader, header.body), f"the body of record {header.seq}")
        if not body.get("complete"):
            continue
        found.append(_Past(Input(header.seq, header.body, header.subject), header.time, str(body.get("items"))))
        if header.time <= line.since:
            break
    return found
