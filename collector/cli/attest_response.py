"""`attest response`: record what management answers to a deviation."""

from typing import Annotated

import typer

from collector.cli import console
from collector.cli.opening import open_ledger
from collector.cli.options import DEFAULT_CONFIGURATION, ConfigurationOption, JsonOption
from collector.config import load
from collector.ledger.bodies import attestation_entry, read_assessments
from collector.ledger.reader import fetch
from collector.ledger.store import LedgerReader
from collector.model.attestation import MANAGEMENT_RESPONSE
from collector.model.canonical import Json, decode_object
from collector.model.errors import ConfigurationError
from collector.model.outcome import Outcome
from collector.model.record import Header, Kind

_MAX = 4_000


def response(
    control: Annotated[str, typer.Option("--control", help="The control, such as ACC-3.")],
    item: Annotated[str, typer.Option("--item", help="The item that deviates, as collect prints it.")],
    text: Annotated[str, typer.Option("--response", help="What management answers.")],
    by: Annotated[str, typer.Option("--by", help="Who answers.")],
    config: ConfigurationOption = DEFAULT_CONFIGURATION,
    as_json: JsonOption = False,
) -> None:
    """Record an answer to a deviation of a control's newest result; it stands beside it and changes no verdict."""
    given = {"by": by.strip(), "response": text.strip()}
    for name, value in given.items():
        if not 0 < len(value) <= _MAX or not value.isprintable():
            raise ConfigurationError(f"--{name} must have 1 to {_MAX} printable characters")
    ledger = open_ledger(load(config))
    with ledger.read() as reader:
        result = _deviating(reader, control, item)
    content: dict[str, Json] = {
        **given,
        "control": control,
        "item": item,
        "result": {"body": result.body, "seq": result.seq},
    }
    (header,) = ledger.append([attestation_entry(MANAGEMENT_RESPONSE, content, (control,))])
    if as_json:
        console.print_json({"record": header.seq, "result": result.seq})
        return
    told = f"{given['by']} answered {control}, {item} (of record {result.seq})"
    console.out.print(f"record {header.seq}: {console.printable(told)}", markup=False)


def _deviating(reader: LedgerReader, control: str, item: str) -> Header:
    """Give the control's newest result, in which the item deviates.

    Raises:
        ConfigurationError: there is no result, or the item does not deviate in it.

    """
    header = _newest_result(reader, control)
    if header is None:
        raise ConfigurationError(f"there is no result of {control}", f"controlproof collect --control {control}")
    what = f"record {header.seq}"
    body = decode_object(fetch(reader, header.body), f"the body of {what}")
    failed = [each.id for each in read_assessments(reader, body["assessments"], what) if each.outcome is Outcome.FAIL]
    if item not in failed:
        known = f"its deviations: {'; '.join(failed[:5])}" if failed else "it has none"
        raise ConfigurationError(f"{item} is no deviation of {control} in {what}, its newest result", known)
    return header


def _newest_result(reader: LedgerReader, control: str) -> Header | None:
    return next((each for each in reader.headers_of(control, reader.size) if each.kind is Kind.RESULT), None)
