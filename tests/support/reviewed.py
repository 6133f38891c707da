"""A configured folder whose ledger holds a result about readers, for commands to work on."""

from pathlib import Path
from typing import Any

from support.estate import ACCOUNT, LOCATION, Recorded, evidence, plan
from support.reviews import REVIEWED

from collector.cli.init import create
from collector.cli.opening import open_ledger
from collector.config import load, template
from collector.ledger.store import Ledger
from collector.model.instant import now
from collector.model.result import Result
from collector.model.snapshot import Item
from collector.pipeline.run import run

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


def records(folder: Path) -> int:
    """How many records the folder's ledger has."""
    with Ledger.open(load(folder / "controlproof.yaml").database).read() as reader:
        return reader.size
