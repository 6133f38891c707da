"""A ledger whose readers are reviewed, and what reviewers do with its packets."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

from support.estate import LOCATION, collect, evidence, plan, reader
from support.ledgers import Clock, signer

from collector.ledger.entry import Entry
from collector.ledger.store import Ledger
from collector.model.evidence import Evidence
from collector.model.record import Header
from collector.model.result import Result
from collector.model.snapshot import Item
from collector.review.files import read_packet, to_csv, to_yaml
from collector.review.packet import Packet, PacketEntry, build, newest_result
from collector.review.standing import Standing, standing_of
from collector.review.submission import check, review_entry
from controls.registry import CONTROLS

REVIEWED = tuple(replace(control, optional=()) for control in CONTROLS if control.id in ("ACC-3", "ACC-4"))
"""The two controls that rest on reviews, for an account of three populations."""
ACC_3 = REVIEWED[0]
LEAD = "security-lead"


@dataclass
class Reviews:
    """A ledger in which access is collected and reviewed, on a clock that only the test moves on."""

    ledger: Ledger
    clock: Clock

    def collect(
        self, *iam: Item, given: Evidence | None = None, weights: tuple[str, ...] = (LOCATION,)
    ) -> dict[str, Result]:
        """Collect an account; without principals, one with a single reader."""
        report = collect(self.ledger, given or evidence(iam or (reader(),)), self.clock, plan(REVIEWED, weights))
        return {each.control.id: each.result for each in report.tested if each.result}

    def open(self) -> Packet:
        with self.ledger.read() as reading:
            return build(reading, newest_result(reading, "ACC-3"), ACC_3)

    def submit(self, packet: Packet, reviewer: str = LEAD, *, partial: bool = False) -> Header:
        """Check and append a packet as `review submit` does."""
        with self.ledger.read() as reading:
            header = reading.header(packet.record)
            assert header is not None
            check(packet, build(reading, header, ACC_3), reviewer, partial=partial)
        return self.append(review_entry(packet, reviewer, self.clock(), None))

    def review(self, decision: str = "keep", **others: str) -> Header:
        """Open, decide and submit."""
        return self.submit(decide(self.open(), decision, **others))

    def append(self, entry: Entry) -> Header:
        (header,) = self.ledger.append([entry])
        return header

    def standing(self, **parameters: int) -> Standing:
        with self.ledger.read() as reading:
            standing = standing_of(reading, ACC_3, {**ACC_3.defaults, **parameters})
        assert standing
        return standing

    def wait(self, days: float) -> None:
        self.clock.time += timedelta(days=days)


def reviews(folder: Path) -> Reviews:
    clock = Clock()
    return Reviews(Ledger.create(f"sqlite:///{folder}/ledger.db", "test-1", signer(folder), clock), clock)


def decide(packet: Packet, decision: str = "keep", **others: str) -> Packet:
    """Decide on every entry; `others` gives other decisions by the last part of the principal's name."""
    entries = (replace(e, decision=others.get(e.principal.rsplit("/", 1)[-1], decision)) for e in packet.entries)
    return replace(packet, entries=tuple(entries))


def entry(**changed: str) -> PacketEntry:
    told = {
        "location": LOCATION,
        "principal": "arn:aws:iam::123456789012:role/inference",
        "kind": "role",
        "access": "yes",
        "path": "role inference → inline policy inline → statement 1",
        "conditions": "",
        "reachable_from": "",
        "last_used": "",
        "previous": "",
    }
    return PacketEntry(**{**told, **changed})


def written(packet: Packet, path: Path) -> Path:
    """The packet as a file; its ending says in which form."""
    path.write_bytes((to_csv if path.suffix == ".csv" else to_yaml)(packet).encode())
    return path


def edited(path: Path, changes: Mapping[str, str]) -> Path:
    """The file with its text changed; what is to change must be there."""
    text = path.read_bytes().decode()
    for old, new in changes.items():
        assert old in text
        text = text.replace(old, new)
    path.write_bytes(text.encode())
    return path


def through(packet: Packet, path: Path) -> Packet:
    """The packet as it comes back from a file."""
    return read_packet(written(packet, path))[0]
