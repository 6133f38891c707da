"""`controls`: list what is tested, and which criteria of a framework nothing tests."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Annotated, Any

import typer
from rich.table import Table
from rich.text import Text

from collector.cli import console
from collector.cli.collect import selected
from collector.cli.options import ControlOption, JsonOption
from collector.model.control import Control
from controls.catalogue import FRAMEWORKS, Framework
from controls.catalogue import framework as framework_named
from controls.registry import CONTROLS

_UNTESTED = "no control"
_UNITS = ((timedelta(days=1), "d"), (timedelta(hours=1), "h"), (timedelta(minutes=1), "m"))
_KNOWN = ", ".join(each.id for each in FRAMEWORKS)


def controls(
    control: ControlOption = None,
    framework: Annotated[
        str | None, typer.Option("--framework", help=f"Every criterion of a framework, and what tests it: {_KNOWN}.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """List the controls: what each tests, its criteria, the evidence it reads, its cadence, what it cannot show."""
    chosen = selected(control)
    if framework is not None:
        _list_framework(framework_named(framework), chosen, narrowed=bool(control), as_json=as_json)
        return
    if as_json:
        console.print_json([_control(each) for each in chosen])
        return
    _print_controls(chosen, FRAMEWORKS[0])
    for each in chosen:
        if each.limits:
            console.out.print(Text(f"{each.id} does not show: {each.limits}", "dim"))


def _list_framework(framework: Framework, chosen: Sequence[Control], *, narrowed: bool, as_json: bool) -> None:
    """List the criteria of a framework: all of them, or those that the named controls map to."""
    tested = {id_: [each for each in chosen if id_ in each.criteria] for id_ in framework.criteria}
    shown = {id_: found for id_, found in tested.items() if found or not narrowed}
    mapping = [each for each in chosen if any(id_ in framework.criteria for id_ in each.criteria)]
    if as_json:
        criteria = [
            {"controls": [each.id for each in found], "id": id_, "words": framework.criteria[id_]}
            for id_, found in shown.items()
        ]
        told = {"framework": framework.id, "name": framework.name, "source": framework.source}
        console.print_json({**told, "criteria": criteria, "controls": [_control(each) for each in mapping]})
        return
    table = _table("Criterion", "What it asks for", "Tested by")
    for id_, found in shown.items():
        by = Text(", ".join(each.id for each in found)) if found else Text(_UNTESTED, "yellow")
        table.add_row(id_, Text(framework.criteria[id_]), by)
    console.out.print(table)
    covered = sum(any(id_ in each.criteria for each in CONTROLS) for id_ in framework.criteria)
    whole = len(framework.criteria)
    counted = f"{framework.name}: {covered} of {whole} criteria have a control, {whole - covered} have none."
    console.out.print(f"{counted} Source: {framework.source}; the words are ours.\n", markup=False)
    _print_controls(mapping, framework)


def _print_controls(chosen: Sequence[Control], framework: Framework) -> None:
    table = _table("Control", "What it tests", "Criteria", "Evidence", "Cadence")
    for each in chosen:
        criteria = ", ".join(id_ for id_ in each.criteria if id_ in framework.criteria)
        table.add_row(each.id, Text(each.title), criteria, _evidence(each), _spell(each.cadence))
    console.out.print(table)


def _table(*headings: str) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in headings:
        table.add_column(heading, overflow="fold")
    return table


def _evidence(control: Control) -> str:
    return ", ".join((*control.populations, *(f"attested {kind}" for kind in control.attestations)))


def _control(control: Control) -> dict[str, Any]:
    return {
        "attestations": list(control.attestations),
        "cadence": int(control.cadence.total_seconds()),
        "criteria": list(control.criteria),
        "id": control.id,
        "limits": control.limits,
        "parameters": dict(control.defaults),
        "populations": list(control.reads),
        "title": control.title,
    }


def _spell(cadence: timedelta) -> str:
    """Write a cadence as the configuration has it, such as `6h`."""
    return next(f"{cadence // unit}{letter}" for unit, letter in _UNITS if cadence % unit == timedelta())
