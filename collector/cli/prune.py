"""`prune`: drop the content of records that are past retention; the ledger verifies as before."""

from datetime import timedelta
from typing import Annotated

import typer
from rich.text import Text

from collector.cli import console
from collector.cli.opening import open_ledger
from collector.cli.options import DEFAULT_CONFIGURATION, ConfigurationOption, JsonOption
from collector.config import load
from collector.model.errors import ConfigurationError
from collector.model.instant import format_instant, now


def prune(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would be dropped.")] = False,
    config: ConfigurationOption = DEFAULT_CONFIGURATION,
    as_json: JsonOption = False,
) -> None:
    """Drop the content of records older than ledger.retention_days, and record that. Export the period first."""
    configuration = load(config)
    days = configuration.ledger.retention_days
    if days is None:
        raise ConfigurationError("no retention is configured, so nothing is dropped", "set ledger.retention_days")
    plan = open_ledger(configuration).prune(now() - timedelta(days=days), dry=dry_run)
    cutoff = format_instant(plan.cutoff)
    if as_json:
        console.print_json(
            {
                "before": plan.before,
                "cutoff": cutoff,
                "dropped": not dry_run,
                "objects": len(plan.objects),
                "records": plan.records,
            }
        )
        return
    verb = "would drop" if dry_run else "dropped"
    console.out.print(
        Text(
            f"Retention {verb} the content of {plan.records} records from before {cutoff}: {len(plan.objects)} objects "
            "that no later record names. All headers, checkpoints and anchors stay."
        )
    )
