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
from collector.model.snapshot import Item
from collector.pipeline.run import run

NAME = "controlproof.example.com/reviews"


def collected(folder: Path, *principals: Item, iam: Any = None, weights: tuple[str, ...] = (LOCATION,)) -> Path:
    """Configuration, key and a ledger with one run over these principals; gives the folder."""
    text = template(NAME, ACCOUNT, "eu-central-1", weights)
    configuration = create(folder / "controlproof.yaml", text)
    source = Recorded(evidence(principals if iam is None else iam))
    run(open_ledger(configuration), [source], plan(REVIEWED, weights), now)
    return folder


def records(folder: Path) -> int:
    """How many records the folder's ledger has."""
    with Ledger.open(load(folder / "controlproof.yaml").database).read() as reader:
        return reader.size
