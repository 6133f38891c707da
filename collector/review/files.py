"""Packets as files: YAML for editors, CSV for spreadsheets. Both are hostile input when they come back."""

import csv
import io
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from collector.config import yaml
from collector.model.errors import ConfigurationError, MalformedError
from collector.model.instant import format_instant, parse_instant
from collector.review.packet import COLUMNS, Packet, PacketEntry

MAX_SIZE = 8 * 1024 * 1024
"""The largest packet that is read, in bytes."""

_HEAD = ("ledger", "control", "record", "body", "opened")
_DECISIONS = ("", "keep", "revoke")
_FORMULA = ("=", "+", "-", "@", "\t", "\r")

_YAML = """\
# Access review for {control}: everyone who can read, as record {record} of {ledger} says.
# Give each entry a decision, keep or revoke, and a note where it helps. Change nothing else.
# Then: controlproof review submit THIS-FILE --reviewer YOUR-NAME
ledger: {ledger}
control: {control}
record: {record}
body: {body}
opened: {opened}
entries:
"""


def to_yaml(packet: Packet) -> str:
    """Write a packet as YAML; every value is quoted as JSON, which YAML reads the same."""
    text = _YAML.format(
        ledger=json.dumps(packet.ledger),
        control=packet.control,
        record=packet.record,
        body=json.dumps(packet.body),
        opened=json.dumps(format_instant(packet.opened)),
    )
    for entry in packet.entries:
        lines = [f"{name}: {json.dumps(getattr(entry, name), ensure_ascii=False)}" for name in COLUMNS]
        text += "  - " + "\n    ".join(lines) + "\n"
    return text


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
    return f"'{text}" if text.startswith(_FORMULA) else text


def read_packet(path: Path) -> tuple[Packet, bytes]:
    """Read a filled packet, and give its bytes too, which a signature is over.

    Raises:
        ConfigurationError: it cannot be read, is too large, or does not have the form that was written.

    """
    try:
        with path.open("rb") as file:
            data = file.read(MAX_SIZE + 1)
    except OSError as error:
        raise ConfigurationError(f"{path} cannot be read: {error.strerror}") from None
    if len(data) > MAX_SIZE:
        raise ConfigurationError(f"{path} is larger than {MAX_SIZE} bytes")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise ConfigurationError(f"{path} is not UTF-8", "save it as UTF-8") from None
    read = _from_csv if path.suffix == ".csv" else _from_yaml
    return read(text, str(path)), data


def _from_yaml(text: str, where: str) -> Packet:
    document = yaml.parse(text, where)
    value = document.value
    if not isinstance(value, dict) or value.keys() != {*_HEAD, "entries"} or not isinstance(value["entries"], list):
        raise ConfigurationError(f"{where} is not a packet: it must hold {', '.join(_HEAD)} and entries")
    entries = []
    for number, entry in enumerate(value["entries"]):
        line = document.places.get(("entries", number), (0, 0))[0]
        if not isinstance(entry, dict):
            raise ConfigurationError(f"{where}:{line}: an entry must be a mapping")
        entries.append(_entry(entry, f"{where}:{line}"))
    return _packet(value, entries, where)


def _from_csv(text: str, where: str) -> Packet:
    try:
        rows = list(csv.reader(io.StringIO(text, newline=""), strict=True))
    except csv.Error as error:
        raise ConfigurationError(f"{where} is not CSV: {error}") from None
    if not rows or tuple(rows[0]) != (*_HEAD, *COLUMNS):
        raise ConfigurationError(f"{where}:1: the columns must be {', '.join((*_HEAD, *COLUMNS))}")
    heads: set[tuple[str, ...]] = set()
    entries = []
    for line, row in enumerate(rows[1:], 2):
        if len(row) != len(rows[0]):
            raise ConfigurationError(f"{where}:{line}: {len(row)} cells instead of {len(rows[0])}")
        cells = [cell[1:] if cell[:1] == "'" and cell[1:].startswith(_FORMULA) else cell for cell in row]
        heads.add(tuple(cells[: len(_HEAD)]))
        entries.append(_entry(dict(zip(COLUMNS, cells[len(_HEAD) :], strict=True)), f"{where}:{line}"))
    if len(heads) != 1:
        raise ConfigurationError(f"{where}: its rows must be of one packet; they name {len(heads)}")
    head: dict[str, Any] = dict(zip(_HEAD, heads.pop(), strict=True))
    head["record"] = int(head["record"]) if head["record"].isdecimal() and len(head["record"]) < 16 else -1
    return _packet(head, entries, where)


def _entry(value: Mapping[str, Any], where: str) -> PacketEntry:
    if value.keys() != set(COLUMNS):
        odd = ", ".join(sorted(map(str, value.keys() ^ set(COLUMNS))))
        raise ConfigurationError(f"{where}: missing or unknown: {odd}", "change only decision and note")
    texts = {name: "" if text is None else text for name, text in value.items()}
    wrong = next((name for name, text in texts.items() if not isinstance(text, str)), None)
    if wrong:
        raise ConfigurationError(f"{where}: {wrong} must be text", f'quote it: {wrong}: "{texts[wrong]}"')
    decision = texts["decision"].strip().lower()
    if decision not in _DECISIONS:
        raise ConfigurationError(f"{where}: the decision {decision[:40]!r} is neither keep nor revoke")
    return PacketEntry(**{**texts, "decision": decision})


def _packet(head: Mapping[str, Any], entries: Sequence[PacketEntry], where: str) -> Packet:
    texts = [head[name] for name in _HEAD if name != "record"]
    if type(head["record"]) is not int or head["record"] < 0 or not all(isinstance(text, str) for text in texts):
        raise ConfigurationError(f"{where} does not say which record it was opened on", "open a new one")
    try:
        opened = parse_instant(head["opened"], "opened")
    except MalformedError as error:
        raise ConfigurationError(f"{where}: {error.message}") from None
    return Packet(head["ledger"], head["control"], head["record"], head["body"], opened, tuple(entries))
