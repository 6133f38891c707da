"""`sample`: draw items of a population by a seed, so that anyone draws the same again."""

from datetime import datetime
from typing import Annotated, Any

import typer
from rich.table import Table

from collector.bundle.reader import BundleReader, open_bundle
from collector.cli import console
from collector.cli.console import printable
from collector.cli.opening import open_ledger
from collector.cli.options import DEFAULT_CONFIGURATION, ConfigurationOption, JsonOption
from collector.cli.verify import TargetArgument
from collector.config import load
from collector.ledger.store import LedgerReader
from collector.model.errors import ConfigurationError
from collector.model.instant import format_instant
from collector.model.period import moment
from collector.model.record import Header, Kind
from collector.period.sample import Sample, sample_entry, sample_of
from collector.period.state import newest

_POPULATIONS = (Kind.SNAPSHOT, Kind.RESULT)


def sample(
    bundle: TargetArgument = None,
    seed: Annotated[str, typer.Option("--seed", help="What the auditor chose, after the population was fixed.")] = "",
    size: Annotated[int, typer.Option("--size", help="How many items.")] = 25,
    population: Annotated[
        str | None,
        typer.Option("--population", help="A population (aws:123456789012/s3.buckets) or a control (ACC-3)."),
    ] = None,
    record: Annotated[int | None, typer.Option("--record", min=0, help="A snapshot or result, by its record.")] = None,
    at: Annotated[str | None, typer.Option("--at", help="The population's last record before this time.")] = None,
    config: ConfigurationOption = DEFAULT_CONFIGURATION,
    as_json: JsonOption = False,
) -> None:
    """Draw a sample. Over the ledger it is recorded with its seed; over a bundle it is printed only."""
    if (population is None) == (record is None):
        raise ConfigurationError("name what to draw from", "--population SUBJECT, or --record NUMBER")
    recorded = None
    if bundle is not None:
        with open_bundle(bundle) as reader:
            drawn, header = _draw(reader, seed, size, _wanted(reader, population, record, at))
    else:
        ledger = open_ledger(load(config))
        with ledger.read() as reader:
            drawn, header = _draw(reader, seed, size, _wanted(reader, population, record, at))
        (appended,) = ledger.append([sample_entry(drawn, header.controls)])
        recorded = appended.seq
    if as_json:
        console.print_json({**_json(drawn), "sample_record": recorded, "time": format_instant(header.time)})
    else:
        _print(drawn, header, recorded)


def _wanted(reader: BundleReader | LedgerReader, population: str | None, record: int | None, at: str | None) -> Header:
    if record is not None:
        header = reader.header(record)
        if header is None:
            raise ConfigurationError(f"there is no record {record} here")
        return header
    until: datetime | None = moment(at) if at else None
    found = newest(reader, str(population), _POPULATIONS, until)
    if found is None:
        raise ConfigurationError(
            f"there is no snapshot or result of {population!r}", "controlproof show lists subjects"
        )
    return found


def _draw(reader: BundleReader | LedgerReader, seed: str, size: int, header: Header) -> tuple[Sample, Header]:
    return sample_of(reader, header, seed, size), header


def _json(drawn: Sample) -> dict[str, Any]:
    return dict(drawn.to_json())


def _print(drawn: Sample, header: Header, recorded: int | None) -> None:
    out = console.out
    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in ("", "Item", "Digest", "Rank"):
        table.add_column(heading, justify="right" if not heading else "left", overflow="fold")
    for number, each in enumerate(drawn.items, 1):
        table.add_row(str(number), printable(each.id), each.digest[:16], each.rank[:16])
    out.print(table)
    whole = "" if drawn.complete else " (not complete: the list that was read may be short)"
    told = f"{len(drawn.items)} of the {drawn.count} items of {drawn.subject}, record {drawn.record} of "
    out.print(f"{printable(told)}{format_instant(header.time)}{whole}", markup=False)
    out.print(f"The population was fixed by the signed checkpoint over {drawn.checkpoint} records.", markup=False)
    if recorded is None:
        out.print("A bundle cannot be added to, so that the seed was chosen after it was fixed is not on record.")
    else:
        out.print(f"Record {recorded} holds the seed: it was made after that checkpoint.", markup=False)
