"""`export`: write the bundle of a period."""

from pathlib import Path
from typing import Annotated

import typer
from rich.text import Text

from collector.bundle.beside import WORTH_IT
from collector.bundle.export import export_bundle
from collector.bundle.manifest import Items
from collector.cli import console
from collector.cli.collect import selected
from collector.cli.opening import last_of
from collector.cli.options import DEFAULT_CONFIGURATION, ConfigurationOption, ControlOption, JsonOption
from collector.config import load
from collector.keys.opening import signer_of
from collector.keys.postquantum import sign_again
from collector.ledger.store import Ledger
from collector.model.instant import format_instant
from collector.model.period import Period


def export(
    period: Annotated[str, typer.Option(help="A..B: dates or UTC times; B is not part of the period.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="The zip to write.")],
    control: ControlOption = None,
    items: Annotated[
        Items,
        typer.Option(help="Items of populations in full: all, or those of samples on record, of others the digests."),
    ] = Items.ALL,
    config: ConfigurationOption = DEFAULT_CONFIGURATION,
    as_json: JsonOption = False,
) -> None:
    """Export the evidence of a period as one zip that verifies and replays offline."""
    configuration = load(config)
    narrowed = [chosen.id for chosen in selected(control)] if control else None
    fingerprint = signer_of(configuration).key.fingerprint
    wanted = Period.parse(period)
    ledger = Ledger.open(configuration.database)
    sign_again(ledger, configuration, last_of(ledger, wanted))
    with ledger.read() as reader, console.named_progress() as advance:
        manifest, verification = export_bundle(
            reader, wanted, narrowed, output, advance, items=items, worth_it=WORTH_IT
        )
    if as_json:
        console.print_json(
            {
                "bundle": str(output),
                "bytes": output.stat().st_size,
                "controls": manifest.controls,
                "first": manifest.first,
                "items": manifest.items.value,
                "key": fingerprint,
                "period": {"end": format_instant(manifest.period.end), "start": format_instant(manifest.period.start)},
                "size": manifest.size,
                "verification": verification.to_json(),
            }
        )
        return
    records = f"records {manifest.first} to {manifest.size - 1} of {manifest.origin}"
    console.out.print(Text(f"{output}: {records}, {output.stat().st_size} bytes, verified after writing."))
    if manifest.items is Items.SAMPLED:
        console.out.print("Items that were not sampled are withheld: of them the bundle holds ids and digests only.")
    console.out.print("Give the auditor the key's fingerprint by another way than the bundle:")
    console.out.print(f"  {fingerprint}", markup=False)
