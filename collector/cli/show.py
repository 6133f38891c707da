"""`show`: look at the ledger's last records, at one record, or give one with its proof."""

import base64
from typing import Annotated

import typer
from rich.table import Table

from collector.cli import console
from collector.cli.console import printable
from collector.cli.options import DEFAULT_CONFIGURATION, ConfigurationOption, JsonOption
from collector.config import load
from collector.ledger.merkle import inclusion_proof, leaf_hash
from collector.ledger.reader import fetch
from collector.ledger.retention import boundary, is_pruned, prunings
from collector.ledger.store import Ledger, LedgerReader
from collector.model.canonical import decode_object
from collector.model.errors import ConfigurationError
from collector.model.instant import format_instant
from collector.model.record import Header

_LAST = 20


def show(
    seq: Annotated[int | None, typer.Argument(min=0, help="The record; without it, the last ones are listed.")] = None,
    proof: Annotated[bool, typer.Option("--proof", help="Print a C2SP tlog-proof of the record.")] = False,
    config: ConfigurationOption = DEFAULT_CONFIGURATION,
    as_json: JsonOption = False,
) -> None:
    """Show one record with its body, or the last records."""
    with Ledger.open(load(config).database).read() as reader:
        if seq is None:
            _list_records(reader, as_json=as_json)
        elif proof:
            typer.echo(tlog_proof(reader, seq), nl=False)
        else:
            header = _header(reader, seq)
            _check_not_pruned(reader, header)
            body = decode_object(fetch(reader, header.body), f"the body of record {seq}")
            console.print_json({"body": body, "header": decode_object(header.encode(), "header")})


def tlog_proof(reader: LedgerReader, seq: int) -> str:
    """Give a record as c2sp.org/tlog-proof: header as extra data, inclusion proof, newest checkpoint."""
    leaves = [leaf_hash(data) for _, data in reader.headers()]
    header = _header(reader, seq).encode()
    checkpoint = reader.checkpoint(reader.size)
    if checkpoint is None:
        raise ConfigurationError("the newest checkpoint is missing", "run: controlproof verify")
    lines = [
        "c2sp.org/tlog-proof@v1",
        f"extra {base64.b64encode(header).decode('ascii')}",
        f"index {seq}",
        *(base64.b64encode(node).decode("ascii") for node in inclusion_proof(leaves, seq)),
    ]
    return "\n".join(lines) + "\n\n" + checkpoint.decode("utf-8")


def _header(reader: LedgerReader, seq: int) -> Header:
    header = reader.header(seq)
    if header is None:
        held = f"it holds 0 to {reader.size - 1}" if reader.size else "it is empty"
        raise ConfigurationError(f"there is no record {seq} in {reader.origin}; {held}")
    return header


def _check_not_pruned(reader: LedgerReader, header: Header) -> None:
    found = prunings(reader)
    if is_pruned(header, boundary(found)) and reader.object(header.body) is None:
        raise ConfigurationError(
            f"the body of record {header.seq} was dropped by retention (record {found[-1].seq}); its header is left",
            "look into the bundle that was exported of its period",
        )


def _list_records(reader: LedgerReader, *, as_json: bool) -> None:
    start = max(0, reader.size - _LAST)
    headers = [Header.decode(data, f"the header of record {seq}") for seq, data in reader.headers(start)]
    if as_json:
        console.print_json([decode_object(header.encode(), "header") for header in headers])
        return
    table = Table(box=None, pad_edge=False, header_style="bold", title=None)
    for heading in ("Record", "Time", "Kind", "Subject", "Outcome", "Controls"):
        table.add_column(heading, justify="right" if heading == "Record" else "left", overflow="fold")
    for h in headers:
        outcome = h.outcome.value if h.outcome else ""
        table.add_row(
            str(h.seq),
            format_instant(h.time),
            h.kind.value,
            printable(h.subject),
            outcome,
            " ".join(h.controls),
        )
    console.out.print(table)
    console.out.print(f"{reader.origin}: {reader.size} records", markup=False)
