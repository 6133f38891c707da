"""Deviations over a period, each with the time for which it stood, and what management answered to it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from collector.ledger.bodies import ATTESTATIONS, read_assessments
from collector.ledger.reader import Reader, fetch, of_kind
from collector.model.attestation import MANAGEMENT_RESPONSE
from collector.model.canonical import decode_object
from collector.model.outcome import Outcome
from collector.model.record import Header, Kind


@dataclass(frozen=True, slots=True)
class Response:
    """What management answered to a deviation: its record, when that was made, who says what."""

    seq: int
    made: datetime
    by: str
    text: str


@dataclass(frozen=True, slots=True)
class Deviation:
    """One item that deviated in consecutive results of a control.

    Attributes:
        control, item: which; `reason` is that of the last of these results.
        first, last: the headers of the first and the last of them; `results` says how many they are.

    """

    control: str
    item: str
    reason: str
    first: Header
    last: Header
    results: int


def responses(reader: Reader) -> Mapping[tuple[str, str], Response]:
    """Give the last response to each (control, item) among the records that the reader holds."""
    found: dict[tuple[str, str], Response] = {}
    for seq, data in of_kind(reader.headers(reader.first), Kind.ATTESTATION):
        header = Header.decode(data, f"the header of record {seq}")
        if header.subject == f"{ATTESTATIONS}/{MANAGEMENT_RESPONSE}" and not reader.withheld(header):
            body: dict[str, Any] = decode_object(fetch(reader, header.body), f"the body of record {seq}")
            key = str(body.get("control")), str(body.get("item"))
            found[key] = Response(seq, header.time, str(body.get("by")), str(body.get("response")))
    return found


class Deviations:
    """The deviations of all controls while their results stream by."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._standing: dict[str, _Standing] = {}

    def take(self, header: Header, body: Mapping[str, Any]) -> Iterator[Deviation]:
        """Take the next result, and give the deviations that ended with it."""
        standing = self._standing.setdefault(header.subject, _Standing(header.subject))
        return standing.next(self._reader, header, body)

    def end(self) -> Iterator[Deviation]:
        """Give those that still stand."""
        for control in sorted(self._standing):
            yield from self._standing[control].end()


class _Standing:
    """The deviations of one control that stand while results stream by."""

    def __init__(self, control: str) -> None:
        self._control = control
        self._assessments: object = None
        self._items: dict[str, tuple[str, Header, int]] = {}
        self._count = 0
        self._last: Header | None = None

    def next(self, reader: Reader, header: Header, body: Mapping[str, Any]) -> Iterator[Deviation]:
        """Take the next result; give what no longer deviates in it."""
        if body.get("assessments") != self._assessments:
            self._assessments = body.get("assessments")
            failed = {
                each.id: each.reason
                for each in read_assessments(reader, str(self._assessments), f"record {header.seq}")
                if each.outcome is Outcome.FAIL
            }
            ended = sorted(self._items.keys() - failed.keys())
            yield from (self._deviation(item) for item in ended)
            self._items = {
                item: (reason, *self._items.get(item, ("", header, self._count))[1:]) for item, reason in failed.items()
            }
        self._count += 1
        self._last = header

    def end(self) -> Iterator[Deviation]:
        """Give what still deviates."""
        yield from (self._deviation(item) for item in sorted(self._items))

    def _deviation(self, item: str) -> Deviation:
        reason, first, before = self._items[item]
        return Deviation(self._control, item, reason, first, self._last or first, self._count - before)
