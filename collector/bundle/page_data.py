"""`data/*.js`: what the page shows before it is given the zip, in the one form that a page on file:// can load.

One row a record, and each assessment once. The page derives the same files from the records of a zip that it
verified (`page/model.js`, `page/data.js`) and compares them byte for byte, as `verify` does.
"""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any

from collector.bundle.conclusions import catalogue
from collector.bundle.reader import BundleReader
from collector.ledger.bodies import read_list
from collector.ledger.note import VerifierKey
from collector.ledger.reader import fetch
from collector.model.canonical import Json, decode_object, encode
from collector.model.errors import MalformedError
from collector.model.instant import format_instant, parse_instant
from collector.model.outcome import Outcome
from collector.model.record import Header, Kind
from collector.period.changes import changes

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


def _schedule(reader: BundleReader) -> Json:
    """Give what the configuration in force when the records begin expects of each control."""
    found: Json = {}
    for seq, early in sorted(reader.earlier.items()):
        if early.header.kind is Kind.CONFIG:
            found = decode_object(fetch(reader, early.header.body), f"the body of record {seq}").get("schedule", {})
    return found


def changes_script(reader: BundleReader) -> Iterator[bytes]:
    """Stream how populations changed between snapshots, a call for each few thousand changes."""
    found = changes(reader)
    while part := list(islice(found, ROWS)):
        yield _call(
            "changes", [[each.subject, each.item, each.nature.value, each.before.seq, each.after.seq] for each in part]
        )


def records_script(reader: BundleReader) -> Iterator[bytes]:
    """Stream the rows, a call for each few thousand of them."""
    tables = _Tables(reader)
    rows: list[Json] = []
    for seq, data in reader.headers(reader.first):
        rows.append(tables.row(Header.decode(data, f"the header of record {seq}")))
        if len(rows) == ROWS:
            yield tables.call(rows)
            rows = []
    if rows:
        yield tables.call(rows)


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

    def row(self, header: Header) -> Row:
        """Give a record's row; that of a withheld one says no more than its header."""
        row: Row = [header.seq, _micros(header.time), header.kind.value, header.subject]
        if self._reader.withheld(header):
            return self._numbered(row, _TEXTS_OF_OTHERS)
        what = f"record {header.seq}"
        body = decode_object(fetch(self._reader, header.body), f"the body of {what}")
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
    return (moment - _EPOCH) // timedelta(microseconds=1)
