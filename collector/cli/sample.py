"""`sample`: draw items of a population by a seed, so that anyone draws the same again."""

from dataclasses import dataclass
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
from collector.period.extent import first_since
from collector.period.sample import CHANGES, Drawn, DrawnChange, Sample, sample_entry, sample_of, sample_of_changes
from collector.period.state import newest

_POPULATIONS = (Kind.SNAPSHOT, Kind.RESULT)


def sample(
    bundle: TargetArgument = None,
    seed: Annotated[str, typer.Option("--seed", help="What the auditor chose, after the population was fixed.")] = "",
    size: Annotated[int, typer.Option("--size", help="How many items.")] = 25,
    population: Annotated[
        str | None,
        typer.Option(
            "--population",
            help="A population (aws:123456789012/s3.buckets), its changes (changes:aws:123456789012/s3.buckets), or a "
            "control (ACC-3).",
        ),
    ] = None,
    record: Annotated[int | None, typer.Option("--record", min=0, help="A snapshot or result, by its record.")] = None,
    at: Annotated[
        str | None, typer.Option("--at", help="The population's last record, or changes, before this time.")
    ] = None,
    since: Annotated[str | None, typer.Option("--since", help="Changes between snapshots from this time on.")] = None,
    config: ConfigurationOption = DEFAULT_CONFIGURATION,
    as_json: JsonOption = False,
) -> None:
    """Draw a sample. Over the ledger it is recorded with its seed; over a bundle it is printed only."""
    if (population is None) == (record is None):
        raise ConfigurationError("name what to draw from", "--population SUBJECT, or --record NUMBER")
    if since is not None and not (population or "").startswith(CHANGES):
        raise ConfigurationError("--since is for changes", f"--population {CHANGES}SUBJECT")
    wanted = _Wanted(population, record, moment(at) if at else None, moment(since) if since else None)
    recorded = None
    if bundle is not None:
        with open_bundle(bundle) as reader:
            drawn, header = wanted.draw(reader, seed, size)
    else:
        ledger = open_ledger(load(config))
        with ledger.read() as reader:
            drawn, header = wanted.draw(reader, seed, size)
        (appended,) = ledger.append([sample_entry(drawn, header.controls)])
        recorded = appended.seq
    if as_json:
        console.print_json({**_json(drawn), "sample_record": recorded, "time": format_instant(header.time)})
    else:
        _print(drawn, header, recorded)


@dataclass(frozen=True, slots=True)
class _Wanted:
    """What to draw from, as the options say."""

    population: str | None
    record: int | None
    before: datetime | None
    since: datetime | None

    def draw(self, reader: BundleReader | LedgerReader, seed: str, size: int) -> tuple[Sample, Header]:
        """Draw, and give the header of the record that the population was fixed by."""
        if self.population is not None and self.population.startswith(CHANGES):
            start = first_since(reader, self.since) if self.since else reader.first
            stop = first_since(reader, self.before) if self.before else reader.size
            drawn = sample_of_changes(reader, self.population.removeprefix(CHANGES), seed, size, start, stop)
            return drawn, self._held(reader, drawn.record)
        header = self._held(reader, self.record) if self.record is not None else self._newest(reader)
        return sample_of(reader, header, seed, size), header

    def _held(self, reader: BundleReader | LedgerReader, seq: int) -> Header:
        header = reader.header(seq)
        if header is None:
            raise ConfigurationError(f"there is no record {seq} here")
        return header

    def _newest(self, reader: BundleReader | LedgerReader) -> Header:
        found = newest(reader, str(self.population), _POPULATIONS, self.before)
        if found is None:
            raise ConfigurationError(
                f"there is no snapshot or result of {self.population!r}", "controlproof show lists subjects"
            )
        return found


def _json(drawn: Sample) -> dict[str, Any]:
    return dict(drawn.to_json())


def _print(drawn: Sample, header: Header, recorded: int | None) -> None:
    out = console.out
    table = Table(box=None, pad_edge=False, header_style="bold")
    what = ("Item", "Digest") if drawn.first is None else ("Item", "Change", "Record before", "Record after")
    for heading in ("", *what, "Rank"):
        table.add_column(heading, justify="left" if heading else "right", overflow="fold")
    for number, each in enumerate(drawn.items, 1):
        table.add_row(str(number), *_told(each), each.rank[:16])
    out.print(table)
    whole = "" if drawn.complete else " (not complete: the list that was read may be short)"
    where = f"items of {drawn.subject}, record {drawn.record}"
    if drawn.first is not None:
        population = drawn.subject.removeprefix(CHANGES)
        where = (
            f"changes of {population} between complete snapshots, from record {drawn.first} to record {drawn.record}"
        )
    told = f"{len(drawn.items)} of the {drawn.count} {where} of "
    out.print(f"{printable(told)}{format_instant(header.time)}{whole}", markup=False)
    out.print(f"The population was fixed by the signed checkpoint over {drawn.checkpoint} records.", markup=False)
    if recorded is None:
        out.print("A bundle cannot be added to, so that the seed was chosen after it was fixed is not on record.")
    else:
        out.print(f"Record {recorded} holds the seed: it was made after that checkpoint.", markup=False)


def _told(each: Drawn | DrawnChange) -> tuple[str, ...]:
    if isinstance(each, Drawn):
        return printable(each.id), each.digest[:16]
    change = each.change
    return printable(change.item), change.nature.value, str(change.before.seq), str(change.after.seq)
