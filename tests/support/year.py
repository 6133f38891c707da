"""A year that was played with some of the controls, for tests of what holds over a period."""

from datetime import timedelta
from pathlib import Path

from collector.demo.year import START, YEAR, Player, VirtualClock
from collector.demo.year_estate import CAPTURES, DEPLOYER, LAB, MODELS, VALIDATOR, WEIGHTS
from collector.ledger.keys import create_key_file, load_key_file
from collector.ledger.store import Ledger
from collector.model.period import Period
from collector.pipeline.run import Plan
from collector.pipeline.schedule import Scheduled
from controls.registry import CONTROLS
from controls.source import source_files

NAME = "controlproof.example.com/year"
TESTED = tuple(control for control in CONTROLS if control.id in ("ACC-3", "ACC-4", "CHG-1", "CHG-2", "VEN-2"))
# Windows are counted from the epoch: one that is a part of a day, or 2, 3, 6 or 7 days, begins with the year.
EVERY = timedelta(days=1)
POLLS = YEAR // EVERY
PERIOD = Period(START, START + POLLS * EVERY)


def plan_of(controls=TESTED, every=EVERY) -> Plan:
    told = {
        "weights": list(WEIGHTS),
        "sources": [f"aws:{MODELS}", f"aws:{LAB}"],
        "deployers": [DEPLOYER],
        "redacted_stores": [f"s3://{CAPTURES}/*"],
        "validator_images": [VALIDATOR],
    }
    parameters = {c.id: {**c.defaults, **{k: v for k, v in told.items() if k in c.defaults}} for c in controls}
    schedule = {c.id: Scheduled(every, c.populations) for c in controls}
    return Plan(tuple(controls), parameters, {"ledger": NAME, "v": 1}, source_files(), schedule)


def played(folder: Path, plan: Plan | None = None, length=POLLS * EVERY, every=EVERY) -> Player:
    """Play into a new ledger in a folder, whose first key is `first` and whose second one `second`."""
    for name in ("first", "second"):
        create_key_file(folder / name)
    clock = VirtualClock()
    first = load_key_file(folder / "first", NAME)
    database = f"sqlite:///{folder}/ledger.db"
    Ledger.create(database, "test", first, clock)
    player = Player(
        Ledger.open(database, "test", first, clock, durable=False),
        clock,
        load_key_file(folder / "second", NAME),
        every,
    )
    player.play(plan or plan_of(every=every), length)
    return player
