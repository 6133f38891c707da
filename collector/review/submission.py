"""The check of a filled packet against the record that it was opened on, and what is attested of it."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime

from collector.ledger.bodies import attestation_entry
from collector.ledger.entry import Entry
from collector.model.attestation import ACCESS_REVIEW
from collector.model.canonical import Json
from collector.model.errors import ConfigurationError
from collector.model.instant import format_instant
from collector.review.packet import Packet, PacketEntry, by_reading

MAX_NOTE = 2_000


@dataclass(frozen=True, slots=True)
class Signature:
    """What signs a packet: the file as it was signed, its armored signature, and who signed with which key."""

    packet: str
    signature: str
    signer: str
    key: str

    def to_json(self) -> dict[str, Json]:
        """Give the signature as it is attested; anyone can verify it with ssh-keygen -Y verify."""
        return {"key": self.key, "packet": self.packet, "signature": self.signature, "signer": self.signer}


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
    problems = list(_problems(filled, recorded, reviewer, partial=partial))
    if len(problems) == 1:
        raise ConfigurationError(f"the packet is refused: {problems[0]}")
    if problems:
        raise ConfigurationError("the packet is refused:" + "".join(f"\n  {problem}" for problem in problems))


def _problems(filled: Packet, recorded: Packet, reviewer: str, *, partial: bool) -> Iterator[str]:
    if filled.ledger != recorded.ledger:
        yield f"it was opened on the ledger {filled.ledger}, this is {recorded.ledger}"
    if (filled.body, filled.opened) != (recorded.body, recorded.opened):
        yield f"it was opened on another snapshot than record {recorded.record} holds: open a new packet"
    twice: list[PacketEntry] = []
    given = by_reading(filled.entries, twice.append)
    wanted = by_reading(recorded.entries, twice.append)
    yield from (f"{entry.principal} at {entry.location} stands there twice" for entry in twice)
    for reading in sorted(given.keys() - wanted.keys()):
        yield f"unknown principal: {reading[1]} at {reading[0]} is not in record {recorded.record}"
    for reading in sorted(wanted.keys() - given.keys()):
        yield f"missing: {reading[1]} at {reading[0]}"
    for reading in sorted(given.keys() & wanted.keys()):
        if replace(given[reading], decision="", note="") != wanted[reading]:
            yield f"altered: {reading[1]} at {reading[0]} is not as record {recorded.record} says"
        if len(given[reading].note) > MAX_NOTE:
            yield f"the note on {reading[1]} at {reading[0]} is longer than {MAX_NOTE} characters"
    undecided = [entry for entry in filled.entries if not entry.decision]
    if undecided and not partial:
        first = undecided[0]
        yield (
            f"incomplete: {len(undecided)} of {len(filled.entries)} entries have no decision, the first is "
            f"{first.principal} at {first.location} (--partial attests it as it is, and ACC-3 says so)"
        )
    if all(_is_oneself(entry.principal, reviewer) for entry in filled.entries):
        yield f"{reviewer} reviews only themself: someone else must decide"


def _is_oneself(principal: str, reviewer: str) -> bool:
    return reviewer in (principal, principal.rsplit("/", 1)[-1])


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
