"""Packets as files: YAML for editors, CSV for spreadsheets. Both are hostile input when they come back."""

import csv
import io
import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from collector.config import yaml
from collector.config.files import decode_utf8, read_bounded
from collector.model.canonical import MAX_INTEGER
from collector.model.errors import ConfigurationError, MalformedError
from collector.model.instant import format_instant, parse_instant
from collector.review.packet import COLUMNS, Packet, PacketEntry

MAX_YAML = 8 * 1024 * 1024
MAX_CSV = 32 * 1024 * 1024
"""The largest packets that are read, in bytes: YAML takes about 4 s and 90 MB of memory a megabyte, CSV 0.1 s."""

_HEAD = ("ledger", "control", "record", "body", "opened")
_DECISIONS = ("", "keep", "revoke")
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\0", "＝", "＋", "－", "＠")
"""What makes a spreadsheet run a cell. Source: OWASP, "CSV Injection"; ASVS 1.2.10."""

_YAML = """\
# Access review for {control}: everyone who can read, as record {record} of {ledger} says.
# Give each entry a decision, keep or revoke, and a note where it helps. Change nothing else.
# Then: controlproof review submit THIS-FILE --reviewer YOUR-NAME
{undecided}ledger: {ledger}
control: {control}
record: {record}
body: {body}
opened: {opened}
entries:
"""


def to_yaml(packet: Packet) -> str:
    """Write a packet as YAML; every value is quoted."""
    text = _YAML.format(
        undecided="".join(f"# Not covered: {_quoted(reason)}\n" for reason in packet.undecided),
        ledger=_quoted(packet.ledger),
        control=packet.control,
        record=packet.record,
        body=_quoted(packet.body),
        opened=_quoted(format_instant(packet.opened)),
    )
    for entry in packet.entries:
        lines = [f"{name}: {_quoted(getattr(entry, name))}" for name in COLUMNS]
        text += "  - " + "\n    ".join(lines) + "\n"
    return text


def _quoted(text: str) -> str:
    """Quote as JSON, which YAML reads the same but for what does not print: that is escaped as YAML has it."""
    quoted = json.dumps(text, ensure_ascii=False)
    return "".join(c if c.isprintable() else f"\\U{ord(c):08x}" for c in quoted)


def to_csv(packet: Packet) -> str:
    """Write a packet as CSV. No cell is taken for a formula: one that could be begins with an apostrophe."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow((*_HEAD, *COLUMNS))
    head = [packet.ledger, packet.control, str(packet.record), packet.body, format_instant(packet.opened)]
    for entry in packet.entries:
        writer.writerow([_cell(text) for text in (*head, *(getattr(entry, name) for name in COLUMNS))])
    # The mark tells spreadsheets that this is UTF-8.
    return "\ufeff" + out.getvalue()


def _cell(text: str) -> str:
    return f"'{text}" if _is_guarded(text) else text


def _is_guarded(text: str) -> bool:
    """Tell whether a cell gets an apostrophe; one that looks as if it had one gets another, so that none is lost."""
    return text.lstrip("'").startswith(_FORMULA)


def _value(cell: str) -> str:
    return cell[1:] if cell.startswith("'") and _is_guarded(cell) else cell


def read_packet(path: Path) -> tuple[Packet, bytes]:
    """Read a filled packet, and give its bytes too, which a signature is over.

    Raises:
        ConfigurationError: it cannot be read, is too large, or does not have the form that was written; all
            problems at once, each with its line.

    """
    in_csv = path.suffix.lower() == ".csv"
    limit, mend = (MAX_CSV, None) if in_csv else (MAX_YAML, "fill in the CSV instead")
    data = read_bounded(path, limit, mend)
    return (_from_csv if in_csv else _from_yaml)(decode_utf8(data, path), str(path)), data


def _from_yaml(text: str, where: str) -> Packet:
    document = yaml.parse(text, where, "open a new packet: controlproof review open")
    value = document.value
    if not isinstance(value, dict) or value.keys() != {*_HEAD, "entries"} or not isinstance(value["entries"], list):
        raise ConfigurationError(f"{where} is not a packet: it must hold {', '.join(_HEAD)} and entries")
    lines = (document.places["entries", number][0] for number in range(len(value["entries"])))
    return _packet(value, list(zip(lines, value["entries"], strict=True)), where)


def _from_csv(text: str, where: str) -> Packet:
    rows = _rows(text, where)
    columns = (*_HEAD, *COLUMNS)
    if not rows or tuple(rows[0][1]) != columns:
        raise ConfigurationError(f"{where}:1: the columns must be {', '.join(columns)}, with commas between them")
    problems = [
        f"line {line}: {len(row)} cells instead of {len(columns)}" for line, row in rows if len(row) != len(columns)
    ]
    refuse(where, problems)
    cells = [(line, [_value(cell) for cell in row]) for line, row in rows[1:]]
    if not cells:
        raise ConfigurationError(f"{where} has no entries", "open a new packet: controlproof review open")
    first = cells[0][1][: len(_HEAD)]
    refuse(where, [f"line {line}: it is of another packet" for line, row in cells if row[: len(_HEAD)] != first])
    head: dict[str, Any] = dict(zip(_HEAD, first, strict=True))
    number = head["record"]
    head["record"] = int(number) if number.isdecimal() and number.isascii() and len(number) < 16 else None
    entries = [(line, dict(zip(COLUMNS, row[len(_HEAD) :], strict=True))) for line, row in cells]
    return _packet(head, entries, where)


def _rows(text: str, where: str) -> list[tuple[int, list[str]]]:
    """Give each row with the line that it begins on: a quoted cell may hold line ends."""
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    rows = []
    line = 1
    try:
        for row in reader:
            rows.append((line, row))
            line = reader.line_num + 1
    except csv.Error as error:
        raise ConfigurationError(f"{where}:{line}: not CSV: {error}") from None
    return rows


def _packet(head: Mapping[str, Any], entries: Sequence[tuple[int, Any]], where: str) -> Packet:
    texts = [head[name] for name in _HEAD if name != "record"]
    record = head["record"]
    # A record beyond 2^53 is no record of any ledger, and no integer for some databases.
    in_range = type(record) is int and 0 <= record <= MAX_INTEGER
    if not in_range or not all(isinstance(text, str) for text in texts):
        raise ConfigurationError(f"{where} does not say which record it was opened on", "open a new one")
    problems = [f"line {line}: {problem}" for line, value in entries for problem in _entry_problems(value)]
    try:
        opened = parse_instant(head["opened"], "opened")
    except MalformedError as error:
        problems.insert(0, error.message)
    refuse(where, problems)
    read = tuple(_entry(line, value) for line, value in entries)
    return Packet(head["ledger"], head["control"], record, head["body"], opened, read)


def _entry(line: int, value: Mapping[str, str | None]) -> PacketEntry:
    texts = {name: value[name] or "" for name in COLUMNS}
    return PacketEntry(**{**texts, "decision": _decision(value)}, line=line)


def _decision(value: Mapping[str, Any]) -> str:
    return (value["decision"] or "").strip().lower()


def _entry_problems(value: Any) -> Iterator[str]:
    if not isinstance(value, dict) or value.keys() != set(COLUMNS):
        odd = ", ".join(sorted(value.keys() ^ set(COLUMNS))) if isinstance(value, dict) else "everything"
        yield f"missing or unknown: {odd[:200]}"
        return
    wrong = [name for name, text in value.items() if not isinstance(text, str | None)]
    yield from (f"{name} must be text: put it in quotes" for name in wrong)
    yield from (
        f"{name} holds half a character (a lone surrogate)"
        for name in value.keys() - set(wrong)
        if _is_half(value[name])
    )
    if "decision" not in wrong and _decision(value) not in _DECISIONS:
        yield f"the decision {_decision(value)[:40]!r} is neither keep nor revoke"


def _is_half(text: str | None) -> bool:
    return any("\ud800" <= character <= "\udfff" for character in text or "")


def refuse(what: str, problems: Sequence[str]) -> None:
    """Refuse a packet for all its problems at once, if it has any.

    Raises:
        ConfigurationError: listing them.

    """
    if problems:
        mend = "change only decision and note, or open a new packet: controlproof review open"
        listed = problems[0] if len(problems) == 1 else "".join(f"\n  {problem}" for problem in problems)
        raise ConfigurationError(f"{what} is refused: {listed}", mend)
