"""Evaluation of tests: equal inputs are evaluated once, in a live run as in a replay.

Two polls of an unchanged estate give snapshots that differ in their times and request ids alone, and hardly any test
looks at those. What a test looks at is watched, not declared (`collector.ledger.watch`), and a result stands for other
inputs only where all that the test looked at is equal: the items, the failures, the attestations, the parameters, and,
of the times that it compared, on which side of the others they lie. A test is a pure function, so what it did not look
at cannot matter.
"""

from collections import deque
from collections.abc import Hashable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from threading import Lock
from typing import Any, NamedTuple

from collector.ledger.bodies import (
    Input,
    RecordedParameters,
    Written,
    read_attestation,
    read_gap,
    read_items,
    read_snapshot,
)
from collector.ledger.cache import Cache
from collector.ledger.reader import Reader, fetch
from collector.ledger.watch import AS_OF, PARTIAL, Exactly, Look, Looks, See, WatchedGap, WatchedSnapshot, Within
from collector.model.attestation import Attestation
from collector.model.canonical import decode_object, digest, encode
from collector.model.control import Control, Parameters
from collector.model.errors import IntegrityError, MalformedError
from collector.model.evidence import Evidence
from collector.model.instant import parse_instant
from collector.model.record import Header, Kind
from collector.model.snapshot import Gap, Item, Snapshot

_HEADERS = 50_000
_BODIES = 2_000
_BYTES = 64 * 1024 * 1024
"""Of items, and of assessments: each."""
_PARSED = 8 * 1024 * 1024
"""Bytes of the items of evidence that is kept with what was derived from it, some ten times as much."""
_VARIANTS = 4
"""How many results are kept of inputs that differ only in what of them the test looked at."""

_PROVENANCE = ("connector", "caller", "endpoint", "operations", "first_request", "last_request", "clock_skew")
_TIMES = ("started", "finished")


class Evaluations:
    """Evaluates tests on recorded inputs and remembers what came of them, within bounded memory.

    Several threads may use it; one at a time evaluates.

    Args:
        each: evaluate every time, as someone does who would rather not rely on what this module says.

    """

    def __init__(self, *, each: bool = False) -> None:
        self._each = each
        self._lock = Lock()
        self._headers: Cache[int, Header] = Cache(_HEADERS)
        self._bodies: Cache[int, _Recorded] = Cache(_BODIES)
        self._items: Cache[str, tuple[Item, ...]] = Cache(_BYTES)
        self._results: Cache[Hashable, deque[_Known]] = Cache(_BYTES)
        self._derived: Cache[str, dict[Hashable, Any]] = Cache(_PARSED)
        self._shared: Cache[Hashable, _Shared] = Cache(_PARSED)
        self.evaluated = 0

    def saw(self, header: Header) -> None:
        """Take note of a header that inputs may name, so that it need not be read again."""
        if header.kind in (Kind.SNAPSHOT, Kind.GAP, Kind.ATTESTATION):
            self._headers.put(header.seq, header)

    def prepare(self, reader: Reader, inputs: Sequence[Input]) -> None:
        """Read what several evaluations that follow are given, in one query.

        Raises:
            IntegrityError: as `evaluate`. What is malformed is left to the evaluation of whom it concerns.

        """
        with suppress(MalformedError):
            self._recorded(reader, inputs)

    def bodies(self, reader: Reader, inputs: Sequence[Input]) -> Sequence[Mapping[str, Any]]:
        """Give the bodies of inputs.

        Raises:
            IntegrityError, MalformedError: as `evaluate`.

        """
        return [each.body for each in self._recorded(reader, inputs)]

    def evaluate(
        self, reader: Reader, control: Control, inputs: Sequence[Input], parameters: RecordedParameters, as_of: datetime
    ) -> Written:
        """Give what the control's test says of these inputs.

        Raises:
            IntegrityError, MalformedError: an input is not the record that it says it is, or is altered.
            Exception: whatever the test raises.

        """
        given = _Given(self._recorded(reader, inputs), parameters.values, as_of.astimezone(UTC))
        if self._each:
            return self._unwatched(reader, control, given)
        key = (control.test, parameters.object.address, given.content)
        with self._lock:
            known = self._results.get(key)
            for noted, written in known or ():
                if given.agrees(noted):
                    return written
            found = self._watched(reader, control, given)
            if found is None:
                return self._unwatched(reader, control, given)
            known = known if known is not None else deque(maxlen=_VARIANTS)
            known.appendleft(found)
            self._results.put(key, known, sum(_weight(each.written) for each in known))
            return found.written

    def _unwatched(self, reader: Reader, control: Control, given: "_Given") -> Written:
        self.evaluated += 1
        evidence = self._evidence(reader, given.recorded, None)
        try:
            return Written.of(control.test(evidence, given.parameters, given.as_of))
        finally:
            evidence.derived.clear()

    def _watched(self, reader: Reader, control: Control, given: "_Given") -> "_Known | None":
        """Evaluate what is watched; give None where the test does with a time what only a time itself is good for."""
        for shared in self._shared_evidence(reader, given):
            looks = Looks()
            as_of = looks.moment(AS_OF, given.as_of)
            try:
                written = Written.of(control.test(shared.evidence, given.parameters, as_of))
            except Exception:  # noqa: BLE001 - if the fault is not ours, it is raised again without watching
                return None
            noted = {**shared.looks.noted(), **looks.noted()}
            if given.agrees(noted):
                self.evaluated += 1
                return _Known(noted, written)
        return None

    def evidence(self, reader: Reader, inputs: Sequence[Input]) -> Evidence:
        """Give the evidence that a test gets, with every digest checked.

        Raises:
            IntegrityError, MalformedError: as `evaluate`.

        """
        return self._evidence(reader, self._recorded(reader, inputs), None)

    def _recorded(self, reader: Reader, inputs: Sequence[Input]) -> "Sequence[_Recorded]":
        known = self._bodies.get_all([each.seq for each in inputs])
        missing = [each.body for each, recorded in zip(inputs, known, strict=True) if recorded is None]
        if len(missing) > 1:
            reader.prefetch(missing)
        found = []
        for each, recorded in zip(inputs, known, strict=True):
            if recorded is not None:
                _check_is(each, recorded.header)
            found.append(recorded or self._read(reader, each))
        return found

    def _read(self, reader: Reader, given: Input) -> "_Recorded":
        header = self._headers.get(given.seq) or reader.header(given.seq)
        if header is None:
            raise IntegrityError(f"{_name(given)} is missing")
        _check_is(given, header)
        recorded = _read(reader, header)
        self._bodies.put(given.seq, recorded)
        return recorded

    def _shared_evidence(self, reader: Reader, given: "_Given") -> "Iterator[_Shared]":
        """Yield the evidence of before that says the same so far, so that it is parsed once, and then that of these.

        A test may look at more of the first than was looked at before, and find what is not so of these inputs.
        """
        shared = self._shared.get(given.content)
        if shared is not None and given.agrees(shared.looks.noted()):
            yield shared
        looks = Looks()
        shared = _Shared(self._evidence(reader, given.recorded, looks), looks)
        self._shared.put(given.content, shared, sum(map(_bytes_of, shared.evidence.readings)))
        try:
            yield shared
        finally:
            if given.content not in self._shared:
                # What refers to the evidence again would keep it, all of an estate, until garbage is collected.
                shared.evidence.derived.clear()

    def _evidence(self, reader: Reader, recorded: "Sequence[_Recorded]", looks: Looks | None) -> Evidence:
        readings: list[Snapshot | Gap] = []
        attestations: list[Attestation] = []
        for number, each in enumerate(recorded):
            what = f"record {each.header.seq} ({each.header.subject})"
            if each.header.kind is Kind.ATTESTATION:
                attestations.append(read_attestation(each.header, each.body))
                continue
            see = each.see(number, looks) if looks else None
            if each.header.kind is Kind.SNAPSHOT:
                snapshot = self._derive(read_snapshot(reader, each.body, what, self._read_items), each.body["items"])
                readings.append(WatchedSnapshot.of(snapshot, see) if see else snapshot)
            else:
                gap = read_gap(reader, each.body, what, self._read_items)
                readings.append(WatchedGap.of(gap, see) if see else gap)
        return Evidence(tuple(readings), tuple(attestations))

    def _derive(self, snapshot: Snapshot, index: str) -> Snapshot:
        """Give a snapshot what tests worked out from equal items."""
        derived = self._derived.get(index)
        return snapshot if derived is None else replace(snapshot, derived=derived)

    def _read_items(self, reader: Reader, index: str, what: str) -> tuple[Item, ...]:
        items = self._items.get(index)
        if items is None:
            items = read_items(reader, index, what)
            size = sum(len(item.body) + len(item.id) for item in items) + 1
            self._items.put(index, items, size)
            self._derived.put(index, {}, size)
        return items


class _Recorded(NamedTuple):
    """One input as it was recorded; `content` is a digest of what of it a test may look at without being watched."""

    header: Header
    body: Mapping[str, Any]
    partial: Mapping[str, Any] | None
    content: str

    def see(self, number: int, looks: Looks) -> See:
        """Let a test see its watched fields as those of the input of a number."""

        def see(name: str, value: Any) -> Any:
            look = Look(number, name)
            if isinstance(value, datetime):
                return looks.moment(look, value)
            looks.exactly(look, self.field(name))
            return value

        return see

    def field(self, name: str) -> object:
        """Give what stands in a watched field."""
        body = self.partial if name.startswith(PARTIAL) else self.body
        name = name.removeprefix(PARTIAL)
        if body is None:
            return None
        if name in _TIMES:
            return parse_instant(body.get(name), f"{name} of {_name(self.header)}")
        return encode([body.get(part) for part in _PROVENANCE])


class _Given(NamedTuple):
    """All that a test is given."""

    recorded: Sequence[_Recorded]
    parameters: Parameters
    as_of: datetime

    @property
    def content(self) -> str:
        """Give a digest of what of it the test may look at without being watched: with hundreds of sources, of MBs."""
        return digest("".join([each.content for each in self.recorded]).encode("ascii"))

    def agrees(self, noted: "_Noted") -> bool:
        """Tell whether what was looked at in other inputs is so of these."""
        for look, known in noted.items():
            found = self.as_of if look == AS_OF else self.recorded[look.input].field(look.field)
            if not known.holds(found):
                return False
        return True


_Noted = Mapping[Look, Within | Exactly]


class _Known(NamedTuple):
    """A result, and what must be so of other inputs with equal content for it to be theirs too."""

    noted: _Noted
    written: Written


class _Shared(NamedTuple):
    """Evidence, and all that was looked at in it so far."""

    evidence: Evidence
    looks: Looks


def _check_is(given: Input, header: Header) -> None:
    if header.body != given.body or header.subject != given.subject:
        raise IntegrityError(f"{_name(given)} is not the record that the result was computed from")


def _read(reader: Reader, header: Header) -> _Recorded:
    what = _name(header)
    body = decode_object(fetch(reader, header.body), f"the body of {what}")
    if header.kind is Kind.ATTESTATION:
        return _Recorded(header, body, None, digest(header.encode()))
    if header.kind is Kind.SNAPSHOT:
        return _Recorded(header, body, None, digest(_content(body, _SNAPSHOT, what)))
    if header.kind is not Kind.GAP:
        raise IntegrityError(f"{what} is a {header.kind}, which is not evidence")
    partial = None
    content = _content(body, _GAP, what)
    if body.get("partial") is not None:
        partial = decode_object(fetch(reader, body["partial"]), f"partial snapshot of {what}")
        content += _content(partial, _SNAPSHOT, what)
    return _Recorded(header, body, partial, digest(content))


_GAP = ("source", "population", "failures")
_SNAPSHOT = (*_GAP, "items")


def _name(given: Input | Header) -> str:
    return f"record {given.seq} ({given.subject})"


def _content(body: Mapping[str, Any], names: Sequence[str], what: str) -> bytes:
    try:
        return encode([body[name] for name in names])
    except KeyError as error:
        raise MalformedError(f"{what} is not a reading: {error} is missing") from None


def _bytes_of(reading: Snapshot | Gap) -> int:
    snapshot = reading.partial if isinstance(reading, Gap) else reading
    return 1 + sum(len(item.body) for item in snapshot.items) if snapshot else 1


def _weight(written: Written) -> int:
    return 200 + sum(_sizes(written))


def _sizes(written: Written) -> Iterator[int]:
    for part in written.assessments.children:
        yield len(part.data)
        # An assessment takes about four times its bytes once it is parsed.
        yield from (5 * len(child.data) for child in part.children)
