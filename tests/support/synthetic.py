"""Long ledgers: many records, each with a body of its own, for what has to stay quick and small in a year of polls."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from pathlib import Path

from support.ledgers import NAME, Clock, signer

from collector.ledger.bodies import (
    Input,
    RecordedParameters,
    Run,
    Written,
    configuration_entry,
    gap_entries,
    result_entry,
    snapshot_entry,
)
from collector.ledger.entry import Entry, Object
from collector.ledger.store import Ledger
from collector.model.canonical import digest, encode
from collector.model.outcome import Outcome
from collector.model.result import Assessment, conclude
from collector.model.snapshot import Failure, FailureClass, Gap, Item, Provenance, Snapshot

START = datetime(2026, 1, 1, tzinfo=UTC)
CONTROLS = (*(f"ACC-{n}" for n in range(1, 7)), *(f"CHG-{n}" for n in range(1, 6)), *(f"OPS-{n}" for n in range(1, 5)))
POPULATIONS = tuple(f"population.{n:02d}" for n in range(25))
CONFIGURATION = {
    "catalogue": {
        name: {"criteria": ["CC6.1"], "limits": "", "title": f"What {name} demands holds of every member"}
        for name in CONTROLS
    },
    "ledger": NAME,
    "v": 1,
}
ADDRESS = digest(encode(CONFIGURATION))
SOURCE = Object(encode({"controls/none.py": ""}))
PARAMETERS = RecordedParameters.of({})
PROVENANCE = Provenance("aws/test", "arn:aws:iam::123456789012:role/controlproof", "aws:eu-central-1")
RECORDS_PER_RUN = len(CONTROLS) + len(POPULATIONS)


def synthetic(folder: Path, runs: int, days: int) -> Ledger:
    """A ledger of evenly spread runs: each reads 25 populations and tests 15 controls; every 50th day is silent."""
    clock = Clock(START - timedelta(minutes=1))
    database = f"sqlite:///{folder}/ledger.db"
    Ledger.create(database, "test-1", signer(folder), clock)
    ledger = Ledger.open(database, "test-1", signer(folder), clock, durable=False)
    ledger.append([configuration_entry(CONFIGURATION, NAME)])
    for run in range(runs):
        moment = START + timedelta(days=days) * run / runs
        if moment.day == 20 and moment.month % 2 == 0:
            continue
        clock.time = moment
        ledger.append([*_readings(moment), *(_result(name, moment) for name in CONTROLS)])
    return ledger


def _day(moment: datetime) -> datetime:
    return moment.replace(hour=0, minute=0, second=0, microsecond=0)


def _readings(moment: datetime) -> Iterator[Entry]:
    """What a run reads; some of a day's first have gaps."""
    ordinal = moment.toordinal()
    source = "aws:123456789012"
    for number, population in enumerate(POPULATIONS):
        if (ordinal + number) % 97 == 0 and moment.hour == 0:
            failure = Failure(FailureClass.THROTTLED, "List", "Throttling", "the source throttled the list")
            gap = Gap(source, population, moment, moment, (failure,))
            yield gap_entries(gap, CONTROLS[:3], ADDRESS)[-1]
            continue
        snapshot = Snapshot(source, population, moment, moment, PROVENANCE, _items(ordinal // 7))
        yield snapshot_entry(snapshot, CONTROLS[:3], ADDRESS)


@lru_cache(maxsize=1)
def _items(week: int) -> tuple[Item, ...]:
    return tuple(Item.of(f"item-{each:03d}", {"number": each, "week": week}) for each in range(20))


def _result(control: str, moment: datetime) -> Entry:
    return result_entry(_concluded(control, _day(moment)), Run((Input(0, ADDRESS, NAME),), PARAMETERS, moment, SOURCE))


@lru_cache(maxsize=len(CONTROLS))
def _concluded(control: str, day: datetime) -> Written:
    """Members fail for a stretch of days now and then; ACC-3's are readers of weights."""
    week = day.toordinal() // 7
    number = CONTROLS.index(control)
    assessments = []
    for member in range(30):
        fails = (week * 7 + member * 13 + number * 5) % 101 == 0
        principal, location = f"arn:aws:iam::123456789012:role/reader-{member:02d}", "s3://weights/llm/"
        detail = {
            "access": "yes",
            "location": location,
            "path": [[principal, "policy p", "statement 1"]],
            "principal": principal,
        }
        reason = f"{principal} is not in the review: take away statement 1 of policy p" if fails else ""
        outcome = Outcome.FAIL if fails else Outcome.PASS
        assessments.append(Assessment(f"{location} <- {principal}", outcome, reason, detail))
    missing = ["population.03 could not be read"] if (week + number) % 23 == 0 else []
    return Written.of(conclude(control, assessments, missing))
