"""A configured folder whose ledger holds a result about readers, for commands to work on."""

from pathlib import Path
from typing import Any

from support.estate import ACCOUNT, LOCATION, Recorded, evidence, parameters_of, plan
from support.reviews import REVIEWED

from collector.cli.init import create
from collector.cli.opening import open_ledger
from collector.config import load, template
from collector.ledger.store import Ledger
from collector.model.evidence import Evidence
from collector.model.instant import now
from collector.model.result import Result
from collector.model.snapshot import Gap, Item, Snapshot
from collector.pipeline.run import Plan, run
from controls.log5 import LOG_5
from controls.source import source_files

NAME = "controlproof.example.com/reviews"


def collected(folder: Path, *principals: Item, iam: Any = None, weights: tuple[str, ...] = (LOCATION,)) -> Path:
    """Configuration, key and a ledger with one run over these principals; gives the folder."""
    create(folder / "controlproof.yaml", template(NAME, ACCOUNT, "eu-central-1", weights))
    collect_again(folder, *principals, iam=iam, weights=weights)
    return folder


def collect_again(
    folder: Path, *principals: Item, iam: Any = None, weights: tuple[str, ...] = (LOCATION,)
) -> dict[str, Result | None]:
    """Do another run; gives the results by control."""
    ledger = open_ledger(load(folder / "controlproof.yaml"))
    source = Recorded(evidence(principals if iam is None else iam))
    report = run(ledger, [source], plan(REVIEWED, weights), now)
    return {each.control.id: each.result for each in report.tested}


def logs_collected(folder: Path, given: Evidence) -> Path:
    """Configuration, key and a ledger with one run of LOG-5 over recorded evidence; gives the folder."""
    create(folder / "controlproof.yaml", template(NAME, ACCOUNT, "eu-central-1", (LOCATION,)))
    logs_collected_again(folder, given)
    return folder


def logs_collected_again(folder: Path, given: Evidence) -> Result | None:
    """Do another run of LOG-5."""
    sources = [_Of(given, name) for name in sorted({reading.source for reading in given.readings})]
    planned = Plan((LOG_5,), {"LOG-5": parameters_of(LOG_5)}, {"ledger": NAME, "v": 1}, source_files())
    report = run(open_ledger(load(folder / "controlproof.yaml")), sources, planned, now)
    return report.tested[0].result


class _Of:
    """One source of recorded evidence."""

    def __init__(self, given: Evidence, name: str) -> None:
        self.id = name
        self._readings = {reading.population: reading for reading in given.readings if reading.source == name}
        self.populations = tuple(sorted(self._readings))

    def read(self, population: str) -> Snapshot | Gap:
        return self._readings[population]


def records(folder: Path) -> int:
    """How many records the folder's ledger has."""
    with Ledger.open(load(folder / "controlproof.yaml").database).read() as reader:
        return reader.size
