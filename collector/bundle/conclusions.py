"""What a bundle's results come to over the period: the last word on each control, and every deviation once.

Formats for other tools are made of these. A run that said the same again adds nothing to them, so they stay small
however often the tests ran; each run by itself is in `results.csv` and in the records.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from collector.bundle.reader import BundleReader
from collector.bundle.results import Recorded, recorded
from collector.bundle.table import Body
from collector.ledger.bodies import read_list
from collector.ledger.reader import fetch
from collector.model.canonical import decode_object
from collector.model.outcome import Outcome
from collector.model.record import Header, Kind
from collector.period.deviations import Response, responses

UNSETTLED = (Outcome.FAIL, Outcome.INCONCLUSIVE)


@dataclass(frozen=True, slots=True)
class Deviation:
    """One member that failed or was undecided, for one reason, in a stretch of results.

    Attributes:
        control, member: whose population, and which member.
        outcome: fail or inconclusive.
        reason: the sentence that a person can act on.
        digest: of the assessment's object.
        first, last: the headers of the first and the last result that say so.
        current: whether the control's last result in the period is among them.
        response: what management answered to the member's deviation last, if it did.

    """

    control: str
    member: str
    outcome: Outcome
    reason: str
    digest: str
    first: Header
    last: Header
    current: bool
    response: Response | None


@dataclass(frozen=True, slots=True)
class Conclusion:
    """One control at the end of the period: its last result, and its deviations in order of first sight."""

    control: str
    last: Recorded
    deviations: tuple[Deviation, ...]

    @property
    def outcome(self) -> Outcome:
        """Give the last result's outcome."""
        return Outcome(self.last.body["outcome"])


class _Track:
    """One control while its results stream by."""

    def __init__(self) -> None:
        self.index = ""
        self.open: dict[str, Header] = {}
        self.ended: list[tuple[str, Header, Header]] = []
        self.last: Recorded | None = None

    def take(self, result: Recorded, digests: frozenset[str] | None) -> None:
        """Take the next result; `digests` are its unsettled assessments, None when they are those before."""
        if digests is not None and self.last is not None:
            for digest in sorted(self.open.keys() - digests):
                self.ended.append((digest, self.open.pop(digest), self.last.header))
        for digest in sorted((digests or frozenset()) - self.open.keys()):
            self.open[digest] = result.header
        self.last = result


class Conclusions:
    """The conclusions on all controls while the period's results stream by; `end` gives them, in order of id."""

    def __init__(self, reader: BundleReader) -> None:
        self._reader = reader
        self._tracks: dict[str, _Track] = {}
        self._known: dict[str, dict[str, Any] | None] = {}

    def take(self, header: Header, body: Body | None) -> None:
        """Take the next record: what is no result, or is withheld, concludes nothing."""
        if header.kind is not Kind.RESULT or body is None:
            return
        result = Recorded(header, body)
        track = self._tracks.setdefault(result.header.subject, _Track())
        index = str(result.body["assessments"])
        same = index == track.index
        track.take(result, None if same else frozenset(self._unsettled(index, result.header.seq)))
        track.index = index

    def _unsettled(self, index: str, seq: int) -> Iterator[str]:
        """Give the digests of a list's failed and undecided assessments; what passed is only remembered as such."""
        for _, digest in read_list(self._reader, index, f"the assessments of record {seq}"):
            if digest not in self._known:
                value = decode_object(fetch(self._reader, digest), f"an assessment of record {seq}")
                self._known[digest] = value if value["outcome"] in UNSETTLED else None
            if self._known[digest] is not None:
                yield digest

    def end(self) -> tuple[Conclusion, ...]:
        """Give the conclusion on every control that has a result in the period."""
        answered = responses(self._reader)
        return tuple(
            _conclude(control, track, self._known, answered) for control, track in sorted(self._tracks.items())
        )


def _conclude(
    control: str,
    track: _Track,
    known: Mapping[str, dict[str, Any] | None],
    answered: Mapping[tuple[str, str], Response],
) -> Conclusion:
    last = track.last
    if last is None:  # pragma: no cover - a track begins with a result
        raise AssertionError(control)
    spans = [*track.ended, *((digest, first, last.header) for digest, first in track.open.items())]
    found = []
    for digest, first, end in sorted(spans, key=lambda span: (span[1].seq, span[0])):
        value = known[digest] or {}
        current = digest in track.open and track.open[digest] is first
        member, outcome = value["id"], Outcome(value["outcome"])
        response = answered.get((control, member)) if outcome is Outcome.FAIL else None
        found.append(Deviation(control, member, outcome, value["reason"], digest, first, end, current, response))
    return Conclusion(control, last, tuple(found))


@dataclass(frozen=True, slots=True)
class Catalogued:
    """What a control says of itself, as the configuration on record tells it; empty where none does."""

    title: str = ""
    criteria: tuple[str, ...] = ()
    limits: str = ""


def catalogue(reader: BundleReader) -> dict[str, Catalogued]:
    """Give the catalogue of controls from the period's configurations, the one in force before it included."""
    found: dict[str, Catalogued] = {}
    bodies = [record.header for _, record in sorted(reader.earlier.items()) if record.header.kind is Kind.CONFIG]
    for header in (*bodies, *(each.header for each in recorded(reader, Kind.CONFIG))):
        body = decode_object(fetch(reader, header.body), f"the body of record {header.seq}")
        for control, said in body.get("catalogue", {}).items():
            found[control] = Catalogued(said["title"], tuple(said["criteria"]), said["limits"])
    return found
