"""`data/*.js`: what the page shows before it is given the zip, in the one form that a page on file:// can load.

One row a record, and each assessment once. The page derives the same files from the records of a zip that it
verified (`page/model.js`, `page/data.js`) and compares them byte for byte, as `verify` does.
"""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from collector.bundle.conclusions import catalogue
from collector.bundle.reader import BundleReader
from collector.bundle.table import Body, Derived
from collector.ledger.bodies import read_list
from collector.ledger.note import VerifierKey
from collector.ledger.reader import fetch
from collector.model.canonical import Json, decode_object, encode
from collector.model.errors import MalformedError
from collector.model.instant import format_instant, parse_instant
from collector.model.outcome import Outcome
from collector.model.record import Header, Kind
from collector.period.changes import Changes, complete

VERSION = 1
ROWS = 5000
"""How many rows are in one call: what is held in memory at once, here and there."""

_TEXTS = {Kind.RESULT: (2, 3, 4, 8), Kind.SNAPSHOT: (2, 3, 6), Kind.GAP: (2, 3, 4, 5)}
_TEXTS_OF_OTHERS = (2, 3)
"""Which places of a row hold a text that stands in the table of strings."""

_REGISTERS = re.compile(r"ACC-3|CHG-1|VEN-[0-9]+")
"""Controls whose passing members are shown with their detail: readers, changes, vendors."""

_DELTA = 10
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)

Row = list[Json]


def overview_script(reader: BundleReader) -> Iterator[bytes]:
    """Give what the bundle says of itself."""
    manifest = reader.manifest
    yield _call(
        "overview",
        {
            "catalogue": {
                control: {"criteria": said.criteria, "limits": said.limits, "title": said.title}
                for control, said in catalogue(reader).items()
            },
            "controls": manifest.controls,
            "earlier": list(_attested(reader)),
            "fingerprint": VerifierKey.decode(manifest.key).fingerprint,
            "first": manifest.first,
            "key": manifest.key,
            "origin": manifest.origin,
            "period": {"end": format_instant(manifest.period.end), "start": format_instant(manifest.period.start)},
            "product": manifest.product,
            "schedule": _schedule(reader),
            "size": manifest.size,
            "v": VERSION,
        },
    )


def _attested(reader: BundleReader) -> Iterator[Json]:
    """Give the rows of the attestations from before the period that its results rest on, such as a review."""
    for seq, early in sorted(reader.earlier.items()):
        header = early.header
        if header.kind is Kind.ATTESTATION:
            body = decode_object(fetch(reader, header.body), f"the body of record {seq}")
            yield [seq, _micros(header.time), header.kind.value, header.subject, body]


def _schedule(reader: BundleReader) -> Json:
    """Give what the configuration in force when the records begin expects of each control."""
    found: Json = {}
    for seq, early in sorted(reader.earlier.items()):
        if early.header.kind is Kind.CONFIG:
            found = decode_object(fetch(reader, early.header.body), f"the body of record {seq}").get("schedule", {})
    return found


class ChangesScript(Derived):
    """How populations changed between snapshots: a call for each few thousand changes."""

    kinds = (Kind.SNAPSHOT,)

    def __init__(self, reader: BundleReader) -> None:
        self._changes = Changes(reader)
        self._found: list[Json] = []

    def take(self, header: Header, body: Body | None) -> Iterator[bytes]:
        """Add what a snapshot shows to have changed."""
        reading = None if body is None else complete(header, body)
        for each in self._changes.take(header.subject, reading) if reading else ():
            self._found.append([each.subject, each.item, each.nature.value, each.before.seq, each.after.seq])
            if len(self._found) == ROWS:
                yield from self.end()

    def end(self) -> Iterator[bytes]:
        """Write the changes that are not yet written."""
        if self._found:
            yield _call("changes", self._found)
        self._found = []


class RecordsScript(Derived):
    """The rows under way: a call for each few thousand of them."""

    kinds = tuple(Kind)

    def __init__(self, reader: BundleReader) -> None:
        self._tables = _Tables(reader)
        self._rows: list[Json] = []

    def take(self, header: Header, body: Body | None) -> Iterator[bytes]:
        """Add a record's row."""
        self._rows.append(self._tables.row(header, body))
        if len(self._rows) == ROWS:
            yield from self.end()

    def end(self) -> Iterator[bytes]:
        """Write the rows that are not yet written."""
        if self._rows:
            yield self._tables.call(self._rows)
        self._rows = []


def _call(name: str, value: Json) -> bytes:
    text = encode(value).decode("utf-8")
    return b"controlproof.data(" + encode(name) + b"," + encode(text) + b");\n"


class _Tables:
    """The strings and assessments that were told already, by number, and those to tell with the next rows."""

    def __init__(self, reader: BundleReader) -> None:
        self._reader = reader
        self._strings: dict[str, int] = {}
        self._assessments: dict[tuple[str, bytes], int] = {}
        self._before: dict[str, tuple[str, frozenset[int]]] = {}
        self._new_strings: list[Json] = []
        self._new_assessments: list[Json] = []

    def call(self, rows: list[Json]) -> bytes:
        """Write rows with what they refer to for the first time."""
        written = _call("records", {"assessments": self._new_assessments, "rows": rows, "strings": self._new_strings})
        self._new_strings, self._new_assessments = [], []
        return written

    def row(self, header: Header, body: Body | None) -> Row:
        """Give a record's row; that of a withheld one says no more than its header."""
        row: Row = [header.seq, _micros(header.time), header.kind.value, header.subject]
        if body is None:
            return self._numbered(row, _TEXTS_OF_OTHERS)
        what = f"record {header.seq}"
        row += _projected(header, body, what)
        if header.kind is Kind.RESULT:
            row[_DELTA] = self._delta(header.subject, body["assessments"], what)
        return self._numbered(row, _TEXTS.get(header.kind, _TEXTS_OF_OTHERS))

    def _numbered(self, row: Row, places: tuple[int, ...]) -> Row:
        for place in places:
            text = str(row[place])
            if text not in self._strings:
                self._strings[text] = len(self._strings)
                self._new_strings.append(text)
            row[place] = self._strings[text]
        return row

    def _delta(self, control: str, index: str, what: str) -> Json:
        """Give the numbers of the assessments that left and joined since the control's result before, or None."""
        before, members = self._before.get(control, ("", frozenset()))
        if index == before:
            return None
        numbers = [self._number(control, address, what) for _, address in read_list(self._reader, index, what)]
        self._before[control] = index, frozenset(numbers)
        return [sorted(members - set(numbers)), [number for number in numbers if number not in members]]

    def _number(self, control: str, address: str, what: str) -> int:
        key = control, bytes.fromhex(address)
        if key not in self._assessments:
            self._assessments[key] = len(self._assessments)
            value = decode_object(fetch(self._reader, address), f"an assessment of {what}")
            kept = value["outcome"] in (Outcome.FAIL, Outcome.INCONCLUSIVE) or _REGISTERS.fullmatch(control)
            detail = value["detail"] if kept else None
            self._new_assessments.append([control, value["id"], value["outcome"], value["reason"], detail])
        return self._assessments[key]


def _projected(header: Header, body: dict[str, Any], what: str) -> Row:
    try:
        return _fields(header, body, what)
    except KeyError as error:
        raise MalformedError(f"the body of {what} is not a {header.kind.value}'s: {error} is missing") from None


def _fields(header: Header, body: dict[str, Any], what: str) -> Row:
    if header.kind is Kind.RESULT:
        as_of = parse_instant(body["as_of"], f"as_of of {what}")
        counts = (body["population"], body["deviations"], body["undecided"])
        return [body["outcome"], *counts, body["reason"], _micros(as_of), None]
    if header.kind is Kind.SNAPSHOT:
        finished = parse_instant(body["finished"], f"finished of {what}")
        return [body["count"], body["complete"], body["caller"], _micros(finished)]
    if header.kind is Kind.GAP:
        return [body["class"], body["reason"]]
    return [body]


def _micros(moment: datetime) -> int:
    return (moment - _EPOCH) // _MICROSECOND
