"""Coverage: which windows of a period hold what the configuration in force then expected, and which do not.

A window is complete when each of its subjects has a complete snapshot recorded in it and the control was tested
in it. Windows follow one another without a hole: a configuration that changes a cadence ends the window under way
where its own grid does, never later than the window would have ended, and only what every configuration in force
during a window expects of it is missing from it. So a collector that was dead is found by what is not there.

A window that begins before the records, or ends after them, is complete if what is seen of it suffices, and
otherwise open: these records cannot tell.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from collector.ledger.reader import Reader, batches, fetch
from collector.model.canonical import decode_object
from collector.model.period import Period
from collector.model.record import Header, Kind
from collector.period.extent import first_since
from collector.period.schedule import Expectation, read_schedule, window_end, window_start


class State(StrEnum):
    """Of a window. `open` is neither good nor bad: it reaches beyond the records."""

    COMPLETE = "complete"
    INCOMPLETE = "incomplete"
    MISSED = "missed"
    OPEN = "open"


NOT_RECORDED = "not_recorded"
"""The cause where there is no record at all, beside the classes of failures that gaps state."""
NOT_TESTED = "not_tested"
WITHHELD = "withheld"
PARTIAL = "partial"


@dataclass(frozen=True, slots=True)
class Lack:
    """What a window lacks: a subject, the cause, and the reason in a sentence."""

    subject: str
    cause: str
    reason: str


@dataclass(frozen=True, slots=True)
class Span:
    """Consecutive windows of one control that have one state and lack the same."""

    control: str
    state: State
    start: datetime
    end: datetime
    windows: int
    lacks: tuple[Lack, ...] = ()

    @property
    def length(self) -> timedelta:
        """Give how long it is."""
        return self.end - self.start

    def continues(self, earlier: "Span") -> bool:
        """Tell whether this and an earlier span are one."""
        return (self.control, self.state, self.lacks, self.start) == (
            earlier.control,
            earlier.state,
            earlier.lacks,
            earlier.end,
        )


@dataclass(frozen=True, slots=True)
class ControlCoverage:
    """One control over the period: its spans in order of time, and its cadence at the end."""

    control: str
    cadence: timedelta
    spans: tuple[Span, ...]

    def count(self, *states: State) -> int:
        """Count the windows in any of these states; all without any."""
        return sum(span.windows for span in self.spans if not states or span.state in states)

    @property
    def gaps(self) -> tuple[Span, ...]:
        """Give the spans that were not covered."""
        return tuple(span for span in self.spans if span.state in (State.INCOMPLETE, State.MISSED))


@dataclass(frozen=True, slots=True)
class Coverage:
    """All controls over a period.

    Attributes:
        period: what was asked for.
        until: up to when the records are known to be all there are; what should come after is open.
        controls: those of which any configuration in force expected anything, by id.

    """

    period: Period
    until: datetime
    controls: tuple[ControlCoverage, ...]

    @property
    def gaps(self) -> tuple[Span, ...]:
        """Give the spans that were not covered, in order of control and time."""
        return tuple(gap for control in self.controls for gap in control.gaps)


@dataclass
class _Track:
    """One control while records stream by: the window under way and what was seen in it."""

    control: str
    cadence: timedelta
    next_subjects: frozenset[str]
    start: datetime
    end: datetime
    subjects: frozenset[str]
    partly_seen: bool
    seen: dict[str, Lack | None] = field(default_factory=dict)

    def expect(self, expected: Expectation, now: datetime) -> None:
        """Take over another configuration, which is in force from now on."""
        self.cadence = expected.cadence
        self.next_subjects = expected.subjects
        self.subjects &= expected.subjects
        self.end = min(self.end, window_end(now, expected.cadence))

    def note(self, subject: str, lack: Lack | None) -> None:
        """Note a reading of a subject or a test; what is complete once in a window stays so."""
        if lack is None or subject not in self.seen or self.seen[subject] is not None:
            self.seen[subject] = lack

    def close(self, *, decided: bool) -> Iterator[Span]:
        """End the window and begin the next; nothing is said of a window in which nothing was expected."""
        if self.subjects:
            yield self._judge(decided=decided and not self.partly_seen)
        self.start, self.partly_seen = self.end, False
        self.end = window_end(self.start, self.cadence)
        self.subjects, self.seen = self.next_subjects, {}

    def _judge(self, *, decided: bool) -> Span:
        state, lacks = State.COMPLETE, tuple(self._lacks())
        if lacks and not decided:
            state = State.OPEN
        elif lacks:
            missed = not self.seen.keys() & {*self.subjects, self.control}
            state = State.MISSED if missed else State.INCOMPLETE
            if missed:
                lacks = (Lack("", NOT_RECORDED, "nothing was recorded: the collector did not run or could not write"),)
        return Span(self.control, state, self.start, self.end, 1, lacks if state is not State.OPEN else ())

    def _lacks(self) -> Iterator[Lack]:
        for subject in sorted(self.subjects):
            lack = self.seen.get(subject, Lack(subject, NOT_RECORDED, "no reading of it was recorded"))
            if lack is not None:
                yield lack
        lack = self.seen.get(self.control, Lack(self.control, NOT_TESTED, "the control was not tested"))
        if lack is not None:
            yield lack


class _Timeline:
    """All controls while records stream by."""

    def __init__(self, period: Period) -> None:
        self._period = period
        self._by_subject: dict[str, list[_Track]] = {}
        self._next = period.end
        self.tracks: dict[str, _Track] = {}

    def configure(self, schedule: Mapping[str, Expectation], now: datetime) -> None:
        """Put a configuration in force from now on, or from the period's start if it is older."""
        begins = max(now, self._period.start)
        nothing = frozenset[str]()
        for control, expected in schedule.items():
            track = self.tracks.get(control)
            if track is not None:
                track.expect(expected, begins)
                continue
            # A configuration from before the period may have begun a window that the period cuts in two.
            start = window_start(begins, expected.cadence) if now < self._period.start else begins
            seen_from_start = start == self._period.start
            self.tracks[control] = _Track(
                control,
                expected.cadence,
                expected.subjects,
                start,
                window_end(begins, expected.cadence),
                expected.subjects,
                not seen_from_start,
            )
        for control, track in self.tracks.items():
            if control not in schedule:
                track.subjects = track.next_subjects = nothing
        self._index()

    def _index(self) -> None:
        self._by_subject = {}
        for track in self.tracks.values():
            for subject in {*track.subjects, *track.next_subjects, track.control}:
                self._by_subject.setdefault(subject, []).append(track)
        self._next = min((track.end for track in self.tracks.values()), default=self._period.end)

    def advance(self, now: datetime) -> Iterator[Span]:
        """End the windows that end by now."""
        if now < self._next:
            return
        for track in self.tracks.values():
            while track.end <= now:
                yield from track.close(decided=True)
        self._next = min((track.end for track in self.tracks.values()), default=self._period.end)

    def expects(self, subject: str) -> bool:
        """Tell whether any control expects a subject."""
        return subject in self._by_subject

    def note(self, subject: str, lack: Lack | None) -> None:
        """Note a reading of a subject, or the test of a control."""
        for track in self._by_subject.get(subject, ()):
            track.note(subject, lack)

    def finish(self) -> Iterator[Span]:
        """End the windows under way, and name what the period would still hold after them."""
        for track in self.tracks.values():
            if track.start < self._period.end:
                yield from track.close(decided=False)
            if track.start < self._period.end and track.subjects:
                last = window_end(self._period.end - timedelta(microseconds=1), track.cadence)
                count = max(1, (last - track.start) // track.cadence)
                yield Span(track.control, State.OPEN, track.start, last, count)


def coverage(
    reader: Reader, period: Period, now: datetime | None = None, controls: Collection[str] | None = None
) -> Coverage:
    """Judge every window of a period.

    Args:
        reader: a ledger or a bundle.
        period: which windows; one that reaches beyond it is complete or open.
        now: up to when the records are known to be all, such as the present for a ledger; without it, the last
            record says.
        controls: those to judge; all without any.

    Raises:
        IntegrityError, MalformedError: a record that this rests on is missing or altered.

    """
    watch = Watch(reader, period, controls)
    for batch in batches(reader, first_since(reader, period.start)):
        taken = [header for header in batch if header.time < period.end]
        reader.prefetch([header.body for header in taken if watch.reads(header)])
        for header in taken:
            watch.take(header)
        if len(taken) < len(batch):
            break
    return watch.end(now)


class Watch:
    """The coverage of a period while its records stream by; the arguments are those of `coverage`."""

    def __init__(self, reader: Reader, period: Period, controls: Collection[str] | None = None) -> None:
        self._reader = reader
        self._period = period
        self._controls = controls
        self._timeline = _Timeline(period)
        self._folded = _Fold()
        self._until = period.start
        before = self._in_force_before()
        if before is not None:
            self.take(before)

    def _in_force_before(self) -> Header | None:
        """Give the configuration that is in force when the period starts."""
        before = None
        for _, data in self._reader.config_headers():
            header = Header.decode(data, "a header")
            if header.time >= self._period.start:
                break
            before = header
        return before

    def reads(self, header: Header) -> bool:
        """Tell whether a record's body says whether a window is covered."""
        return header.kind in (Kind.SNAPSHOT, Kind.GAP) and not self._reader.withheld(header)

    def take(self, header: Header, body: Mapping[str, Any] | None = None) -> None:
        """Take the next record of the period; its body is read where it is needed and not given."""
        timeline = self._timeline
        self._until = max(self._until, header.time)
        self._folded.add(timeline.advance(header.time))
        if header.kind is Kind.CONFIG:
            schedule = read_schedule(self._reader, header)
            wanted = {name: each for name, each in schedule.items() if self._controls is None or name in self._controls}
            timeline.configure(wanted, header.time)
        elif header.time >= self._period.start and timeline.expects(header.subject):
            _note(self._reader, header, body, timeline)

    def end(self, now: datetime | None = None) -> Coverage:
        """Judge the windows, once all records were taken."""
        if now is not None:
            self._until = max(self._until, min(now, self._period.end))
            self._folded.add(self._timeline.advance(self._until))
        self._folded.add(self._timeline.finish())
        return Coverage(self._period, self._until, self._folded.controls(self._timeline.tracks))


def _note(reader: Reader, header: Header, body: Mapping[str, Any] | None, timeline: _Timeline) -> None:
    subject = header.subject
    if header.kind is Kind.RESULT:
        timeline.note(subject, None)
    elif reader.withheld(header):
        timeline.note(subject, Lack(subject, WITHHELD, "the export's narrowing withholds it"))
    elif header.kind is Kind.SNAPSHOT:
        body = body or decode_object(fetch(reader, header.body), f"the body of record {header.seq}")
        whole = body.get("complete") is True
        # The gap that follows says why; without it, a part is still no whole.
        timeline.note(subject, None if whole else Lack(subject, PARTIAL, "only a part of it was read"))
    elif header.kind is Kind.GAP:
        body = body or decode_object(fetch(reader, header.body), f"the body of record {header.seq}")
        timeline.note(subject, Lack(subject, str(body.get("class")), str(body.get("reason"))))


class _Fold:
    """Joins windows that are alike, as they come."""

    def __init__(self) -> None:
        self._spans: dict[str, list[Span]] = {}

    def add(self, windows: Iterable[Span]) -> None:
        for window in windows:
            spans = self._spans.setdefault(window.control, [])
            if spans and window.continues(spans[-1]):
                spans[-1] = replace(spans[-1], end=window.end, windows=spans[-1].windows + window.windows)
            else:
                spans.append(window)

    def controls(self, tracks: Mapping[str, _Track]) -> tuple[ControlCoverage, ...]:
        return tuple(
            ControlCoverage(control, tracks[control].cadence, tuple(self._spans[control]))
            for control in sorted(self._spans)
        )
