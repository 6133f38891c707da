"""`attest`: record what people decided."""

from typing import Annotated

import typer

from collector.cli import console
from collector.cli.attest_change import change
from collector.cli.attest_vendor import vendor
from collector.cli.opening import open_ledger
from collector.cli.options import DEFAULT_CONFIGURATION, ConfigurationOption, JsonOption
from collector.config import load
from collector.ledger.bodies import attestation_entry
from collector.model import instant
from collector.model.attestation import ACCESS_REQUEST
from collector.model.canonical import Json
from collector.model.errors import ConfigurationError
from collector.model.person import is_same_person

attest = typer.Typer(help="Record what people decided: approved access, an approved change, vendors' assessments.")
attest.command("change")(change)
attest.command("vendor")(vendor)
_MAX = 2_000


@attest.command("access")
def access(
    principal: Annotated[str, typer.Option("--principal", help="Who got access: an ARN, or group:ml@acme.example.")],
    location: Annotated[str, typer.Option("--location", help="To which weights: as declared, s3://weights/.")],
    requested_by: Annotated[str, typer.Option("--requested-by", help="Who asked for it.")],
    approved_by: Annotated[str, typer.Option("--approved-by", help="Who approved it: someone else.")],
    reason: Annotated[str, typer.Option("--reason", help="What it is for.")],
    reference: Annotated[str, typer.Option("--reference", help="Where it was approved, such as a ticket.")] = "",
    config: ConfigurationOption = DEFAULT_CONFIGURATION,
    as_json: JsonOption = False,
) -> None:
    """Record that a principal's access to weights was requested and approved; ACC-4 rests on it."""
    configuration = load(config)
    given = {
        "approved_by": approved_by.strip(),
        "location": location.strip(),
        "principal": principal.strip(),
        "reason": reason.strip(),
        "reference": reference.strip(),
        "requested_by": requested_by.strip(),
    }
    for name, text in given.items():
        fewest = 0 if name == "reference" else 1
        if not fewest <= len(text) <= _MAX or not text.isprintable():
            raise ConfigurationError(f"--{name.replace('_', '-')} must have {fewest} to {_MAX} printable characters")
    approver, requester = given["approved_by"], given["requested_by"]
    if is_same_person(requester, approver) or is_same_person(given["principal"], approver):
        raise ConfigurationError("this would be self-approved", "approval must be by someone else than who gets access")
    if given["location"] not in configuration.weights:
        declared = ", ".join(configuration.weights) or "none"
        raise ConfigurationError(f"{given['location']} is not a declared weight location", f"declared: {declared}")
    content: dict[str, Json] = {**given, "approved": instant.format_instant(instant.now())}
    (header,) = open_ledger(configuration).append([attestation_entry(ACCESS_REQUEST, content, ("ACC-4",))])
    if as_json:
        console.print_json({"record": header.seq})
        return
    told = f"{given['principal']} may read {given['location']}, approved by {approver}"
    console.out.print(f"record {header.seq}: {console.printable(told)}", markup=False)
