"""Evaluation of tests: equal inputs are evaluated once, in a live run as in a replay.

Two polls of an unchanged estate give snapshots that differ in their times and request ids alone, and hardly any test
looks at those. What a test looks at is watched, not declared: the snapshots that it is given note when it asks for
a time or a provenance, and a result stands for other inputs only where all that the test looked at is equal: the
items, the failures, the attestations, the parameters, and those times that it asked for. A test is a pure function,
so what it did not look at cannot matter.

The time that a test is told cannot be watched so (a `datetime` is compared and subtracted in C). So the compiled code
of the test decides: where it does nothing with that argument but delete it, as most do in their first line, the
time cannot matter; everywhere else it counts as looked at.
"""

import dis
from collections import deque
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import cache
from types import FunctionType
from typing import Any, Final, NamedTuple, cast

from collector.ledger.bodies import Input, Written, read_attestation, read_gap, read_items, read_snapshot
from collector.ledger.cache import Cache
from collector.ledger.reader import Reader, fetch
from collector.model.attestation import Attestation
from collector.model.canonical import decode_object, digest, encode
from collector.model.control import Control, Parameters, Test
from collector.model.errors import IntegrityError, MalformedError
from collector.model.evidence import Evidence
from collector.model.record import Header, Kind
from collector.model.snapshot import Gap, Item, Provenance, Snapshot

_HEADERS = 50_000
_BODIES = 2_000
_BYTES = 64 * 1024 * 1024
"""Of items, and of assessments: each."""
_VARIANTS = 4
"""How many results are kept of inputs that differ only in times that the test looked at."""

_AS_OF: Final = (-1, "as_of")
_PROVENANCE = ("connector", "caller", "endpoint", "operations", "first_request", "last_request", "clock_skew")

Look = tuple[int, str]
"""What a test looked at: the number of the input, and the field of its body."""


class Evaluations:
    """Evaluates tests on recorded inputs and remembers what came of them, within bounded memory.

    Args:
        each: evaluate every time, as someone does who would rather not rely on what this module says.

    """

    def __init__(self, *, each: bool = False) -> None:
        self._each = each
        self._headers: Cache[int, Header] = Cache(_HEADERS)
        self._bodies: Cache[int, _Recorded] = Cache(_BODIES)
        self._items: Cache[str, tuple[Item, ...]] = Cache(_BYTES)
        self._results: Cache[Hashable, deque[tuple[Mapping[Look, object], Written]]] = Cache(_BYTES)
        self.evaluated = 0

    def saw(self, header: Header) -> None:
        """Take note of a header that inputs may name, so that it need not be read again."""
        if header.kind in (Kind.SNAPSHOT, Kind.GAP, Kind.ATTESTATION):
            self._headers.put(header.seq, header)

    def evaluate(
        self, reader: Reader, control: Control, inputs: Sequence[Input], parameters: Parameters, as_of: datetime
    ) -> Written:
        """Give what the control's test says of these inputs.

        Raises:
            IntegrityError, MalformedError: an input is not the record that it says it is, or is altered.
            Exception: whatever the test raises.

        """
        recorded = self._recorded(reader, inputs)
        told = {_AS_OF: as_of}
        key = (control.test, digest(encode(parameters)), tuple(each.looked_at for each in recorded))
        variants = self._results.get(key)
        for looks, written in variants or ():
            if not self._each and all(_value(recorded, told, look) == value for look, value in looks.items()):
                return written
        looked: dict[Look, object] = {}
        result = control.test(self._evidence(reader, recorded, looked), parameters, as_of)
        self.evaluated += 1
        written = Written.of(result)
        if uses_time(control.test):
            looked[_AS_OF] = as_of
        variants = variants if variants is not None else deque(maxlen=_VARIANTS)
        variants.append((looked, written))
        self._results.put(key, variants, sum(_weight(each) for _, each in variants))
        return written

    def evidence(self, reader: Reader, inputs: Sequence[Input]) -> Evidence:
        """Give the evidence that a test gets, with every digest checked.

        Raises:
            IntegrityError, MalformedError: as `evaluate`.

        """
        return self._evidence(reader, self._recorded(reader, inputs), {})

    def _recorded(self, reader: Reader, inputs: Sequence[Input]) -> "list[_Recorded]":
        missing = [each for each in inputs if self._bodies.get(each.seq) is None]
        if len(missing) > 1:
            reader.prefetch([each.body for each in missing])
        return [self._input(reader, each) for each in inputs]

    def _input(self, reader: Reader, given: Input) -> "_Recorded":
        found = self._bodies.get(given.seq)
        if found is None:
            header = self._headers.get(given.seq) or reader.header(given.seq)
            found = _read(reader, given, header)
            self._bodies.put(given.seq, found)
        if found.header.body != given.body or found.header.subject != given.subject:
            raise IntegrityError(f"{_name(given)} is not the record that the result was computed from")
        return found

    def _evidence(self, reader: Reader, recorded: "Sequence[_Recorded]", looked: dict[Look, object]) -> Evidence:
        readings: list[Snapshot | Gap] = []
        attestations: list[Attestation] = []
        for number, each in enumerate(recorded):
            what = f"record {each.header.seq} ({each.header.subject})"
            note = _notes(number, each, looked)
            if each.header.kind is Kind.ATTESTATION:
                attestations.append(read_attestation(each.header, each.body))
            elif each.header.kind is Kind.SNAPSHOT:
                readings.append(WatchedSnapshot.of(read_snapshot(reader, each.body, what, self._read_items), note, ""))
            else:
                readings.append(WatchedGap.of(read_gap(reader, each.body, what, self._read_items), note))
        return Evidence(tuple(readings), tuple(attestations))

    def _read_items(self, reader: Reader, index: str, what: str) -> tuple[Item, ...]:
        items = self._items.get(index)
        if items is None:
            items = read_items(reader, index, what)
            self._items.put(index, items, sum(len(item.body) + len(item.id) for item in items) + 1)
        return items


def uses_time(test: Test) -> bool:
    """Tell whether a test's compiled code does anything with the time that it is told but delete it.

    No test looks at its own frame; one that names what would give it its variables otherwise counts as using it.
    """
    return _uses_time(test) if isinstance(test, FunctionType) else True


@cache
def _uses_time(test: FunctionType) -> bool:
    code = test.__code__
    if code.co_argcount != 3 or code.co_kwonlyargcount or code.co_flags & (_VARARGS | _KEYWORDS):
        return True
    name = code.co_varnames[2]
    if {"locals", "vars", "eval", "exec", "dir", "sys", "inspect", "super"} & set(code.co_names):
        return True
    return any(_names(each.argval, name) for each in dis.get_instructions(code) if each.opname != "DELETE_FAST")


_VARARGS, _KEYWORDS = 0x04, 0x08
"""Flags of code objects (Python's `inspect.CO_VARARGS` and `CO_VARKEYWORDS`)."""


def _names(argument: object, name: str) -> bool:
    return argument == name or (isinstance(argument, tuple) and name in argument)


class _Recorded(NamedTuple):
    """One input as it was recorded, and what of it every test that is given it may look at unnoticed."""

    header: Header
    body: Mapping[str, Any]
    partial: Mapping[str, Any] | None
    looked_at: Hashable


def _read(reader: Reader, given: Input, header: Header | None) -> _Recorded:
    what = _name(given)
    if header is None:
        raise IntegrityError(f"{what} is missing")
    if header.body != given.body or header.subject != given.subject:
        raise IntegrityError(f"{what} is not the record that the result was computed from")
    body = decode_object(fetch(reader, header.body), f"the body of {what}")
    if header.kind is Kind.ATTESTATION:
        return _Recorded(header, body, None, (header.seq, header.body, header.time, header.subject))
    if header.kind is Kind.SNAPSHOT:
        return _Recorded(header, body, None, _snapshot_content(body, what))
    if header.kind is not Kind.GAP:
        raise IntegrityError(f"{what} is a {header.kind}, which is not evidence")
    partial = None
    if body.get("partial") is not None:
        partial = decode_object(fetch(reader, body["partial"]), f"partial snapshot of {what}")
    content = _content(body, what, ("source", "population"))
    return _Recorded(header, body, partial, ("gap", content, partial and _snapshot_content(partial, what)))


def _name(given: Input) -> str:
    return f"record {given.seq} ({given.subject})"


def _snapshot_content(body: Mapping[str, Any], what: str) -> Hashable:
    return _content(body, what, ("source", "population", "items"))


def _content(body: Mapping[str, Any], what: str, names: Sequence[str]) -> Hashable:
    try:
        return (*(str(body[name]) for name in names), encode(body["failures"]))
    except KeyError as error:
        raise MalformedError(f"{what} is not a reading: {error} is missing") from None


def _value(recorded: Sequence[_Recorded], told: Mapping[Look, object], look: Look) -> object:
    """Give what a test would see where another evaluation looked."""
    if look in told:
        return told[look]
    number, field = look
    return _field(recorded[number], field)


def _field(each: _Recorded, field: str) -> object:
    body = each.partial if field.startswith(_PARTIAL) else each.body
    name = field.removeprefix(_PARTIAL)
    if body is None:
        return None
    return [body.get(part) for part in _PROVENANCE] if name == "provenance" else body.get(name)


_PARTIAL = "partial."
Note = Callable[[str], None]


def _notes(number: int, each: _Recorded, looked: dict[Look, object]) -> Note:
    def note(field: str) -> None:
        looked[number, field] = _field(each, field)

    return note


class _Watched:
    """A field of a reading that is noted when it is asked for."""

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    def __get__(self, reading: object, owner: type) -> Any:
        reading.__dict__.get("_note", _nobody)(self._name)
        return reading.__dict__[self._name]

    def __set__(self, reading: object, value: object) -> None:
        # By the constructor of a copy alone: readings are frozen.
        reading.__dict__[self._name] = value


def _nobody(_: str) -> None:
    """Take no note of a copy: what it was copied from was asked for."""


class WatchedSnapshot(Snapshot):
    """A snapshot that notes when its times or its provenance are asked for."""

    started = cast("datetime", _Watched())
    finished = cast("datetime", _Watched())
    provenance = cast("Provenance", _Watched())

    @classmethod
    def of(cls, snapshot: Snapshot, note: Note, prefix: str) -> "WatchedSnapshot":
        """Watch a snapshot; `prefix` is what its fields' names are noted with."""
        watched = object.__new__(cls)
        watched.__dict__.update(snapshot.__dict__, _note=lambda field: note(prefix + field))
        return watched


class WatchedGap(Gap):
    """A gap that notes when its times, or those of what was read all the same, are asked for."""

    started = cast("datetime", _Watched())
    finished = cast("datetime", _Watched())

    @classmethod
    def of(cls, gap: Gap, note: Note) -> "WatchedGap":
        """Watch a gap."""
        watched = object.__new__(cls)
        partial = WatchedSnapshot.of(gap.partial, note, _PARTIAL) if gap.partial else None
        watched.__dict__.update(gap.__dict__, partial=partial, _note=note)
        return watched


def _weight(written: Written) -> int:
    return 200 + sum(_sizes(written))


def _sizes(written: Written) -> Iterator[int]:
    for part in written.assessments.children:
        yield len(part.data)
        # An assessment takes about four times its bytes once it is parsed.
        yield from (5 * len(child.data) for child in part.children)
