"""`controls`: list what is tested."""

from rich.table import Table
from rich.text import Text

from collector.cli import console
from collector.cli.collect import selected
from collector.cli.options import ControlOption, JsonOption


def controls(control: ControlOption = None, as_json: JsonOption = False) -> None:
    """List the controls: what each tests, the criteria it maps to, the evidence it reads, what it cannot show."""
    chosen = selected(control)
    if as_json:
        console.print_json(
            [
                {
                    "criteria": list(c.criteria),
                    "id": c.id,
                    "limits": c.limits,
                    "parameters": dict(c.defaults),
                    "populations": list(c.reads),
                    "title": c.title,
                }
                for c in chosen
            ]
        )
        return
    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in ("Control", "What it tests", "Criteria", "Evidence"):
        table.add_column(heading, overflow="fold")
    for c in chosen:
        table.add_row(c.id, Text(c.title), ", ".join(c.criteria), ", ".join(c.populations))
    console.out.print(table)
    for c in chosen:
        if c.limits:
            console.out.print(Text(f"{c.id} does not show: {c.limits}", "dim"))
