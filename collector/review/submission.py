"""The check of a filled packet against the record that it was opened on, and what is attested of it."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime

from collector.ledger.bodies import attestation_entry
from collector.ledger.entry import Entry
from collector.model.attestation import ACCESS_REVIEW, Reading
from collector.model.canonical import Json
from collector.model.instant import format_instant
from collector.model.person import is_same_person
from collector.review.files import refuse
from collector.review.packet import Packet, PacketEntry
from collector.review.signature import Signature

MAX_NOTE = 2_000


def check(filled: Packet, recorded: Packet, reviewer: str, *, partial: bool) -> None:
    """Compare a filled packet with the one that the ledger's record gives.

    Args:
        filled: as the reviewer hands it in.
        recorded: built anew from the record that it names.
        reviewer: who decided.
        partial: whether entries without a decision are accepted; they are attested as such.

    Raises:
        ConfigurationError: all problems at once.

    """
    refuse("the packet", list(_problems(filled, recorded, reviewer, partial=partial)))


def _problems(filled: Packet, recorded: Packet, reviewer: str, *, partial: bool) -> Iterator[str]:
    if filled.ledger != recorded.ledger:
        yield f"it was opened on the ledger {filled.ledger}, this is {recorded.ledger}"
    if (filled.body, filled.opened) != (recorded.body, recorded.opened):
        yield f"it was opened on another snapshot than record {recorded.record} holds: open a new packet"
    yield from _differences(filled, recorded)
    undecided = [entry for entry in filled.entries if not entry.decision]
    if undecided and not partial:
        yield f"incomplete: {len(undecided)} of {len(filled.entries)} entries have no decision (--partial takes it so)"
        yield from (f"{_name(entry)}: no decision" for entry in undecided)
    if filled.entries and all(is_same_person(entry.principal, reviewer) for entry in filled.entries):
        yield f"{reviewer} reviews only themself: someone else must decide"


def _differences(filled: Packet, recorded: Packet) -> Iterator[str]:
    wanted = {entry.reading: entry for entry in recorded.entries}
    given: dict[Reading, PacketEntry] = {}
    for entry in filled.entries:
        if entry.reading in given:
            yield f"{_name(entry)}: stands there twice, first on line {given[entry.reading].line}"
            continue
        given[entry.reading] = entry
        if entry.reading not in wanted:
            yield f"{_name(entry)}: unknown principal, it is not in record {recorded.record}"
        elif replace(entry, decision="", note="") != wanted[entry.reading]:
            yield f"{_name(entry)}: altered, it is not as record {recorded.record} says"
        if len(entry.note) > MAX_NOTE:
            yield f"{_name(entry)}: the note is longer than {MAX_NOTE} characters"
    for location, principal in sorted(wanted.keys() - given.keys()):
        yield f"missing: {principal} at {location}"


def _name(entry: PacketEntry) -> str:
    return f"line {entry.line}: {entry.principal} at {entry.location}"


def review_entry(filled: Packet, reviewer: str, at: datetime, signature: Signature | None) -> Entry:
    """Write a checked review as an attestation."""
    entries: list[Json] = [
        {"decision": entry.decision, "location": entry.location, "note": entry.note, "principal": entry.principal}
        for entry in sorted(filled.entries, key=lambda entry: entry.reading)
    ]
    content: dict[str, Json] = {
        "control": filled.control,
        "entries": entries,
        "opened": format_instant(filled.opened),
        "result": {"body": filled.body, "seq": filled.record},
        "reviewed": format_instant(at),
        "reviewer": reviewer,
        "signature": signature.to_json() if signature else None,
    }
    controls = ("ACC-3", "ACC-4") if filled.control == "ACC-3" else (filled.control,)
    return attestation_entry(ACCESS_REVIEW, content, controls)
