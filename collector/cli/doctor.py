"""`doctor`: a preflight that records nothing and names each missing permission before a run meets it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import typer
from rich.text import Text

from collector.cli import console
from collector.cli.collect import selected
from collector.cli.console import printable
from collector.cli.opening import open_ledger, redaction_of
from collector.cli.options import DEFAULT_CONFIGURATION, ConfigurationOption, ControlOption, JsonOption
from collector.config import Configuration, load
from collector.keys.opening import signer_of
from collector.model import instant
from collector.model.control import Control
from collector.model.errors import ControlproofError, Exit
from collector.pipeline.collection import Interruption
from collector.pipeline.preflight import Checked, Refusal, preflight, refusals
from connectors.registry import connect, populations_of


@dataclass(frozen=True, slots=True)
class Check:
    """One thing of the configuration that was tried: what came of it, or what is wrong and how to mend it."""

    name: str
    said: str
    error: ControlproofError | None = None


def doctor(
    control: ControlOption = None, config: ConfigurationOption = DEFAULT_CONFIGURATION, as_json: JsonOption = False
) -> None:
    """Try the key, the ledger and all that a run would read, record nothing, and name what is missing."""
    configuration = load(config)
    controls = selected(control)
    checks = [
        _check("key", lambda: f"signs as {signer_of(configuration).key.fingerprint}"),
        _check("ledger", lambda: _ledger(configuration)),
    ]
    checked, lacks = _sources(configuration, controls, checks)
    code = _exit(checks, lacks)
    if as_json:
        console.print_json(_json(checks, checked, lacks, controls, code))
    else:
        _print(checks, checked, lacks, controls)
    raise typer.Exit(int(code))


def _check(name: str, attempt: Callable[[], str]) -> Check:
    try:
        return Check(name, attempt())
    except ControlproofError as error:
        return Check(name, error.message, error)


def _ledger(configuration: Configuration) -> str:
    with open_ledger(configuration).read() as reader:
        return f"{reader.origin} holds {reader.size} records"


def _sources(
    configuration: Configuration, controls: tuple[Control, ...], checks: list[Check]
) -> tuple[list[tuple[Checked, ...]], list[Refusal]]:
    """Read every source; one that cannot even be connected is one more failed check."""
    interruption = Interruption()
    sources = []
    with console.named_progress() as advance:
        for settings in configuration.sources:
            try:
                sources.append(
                    connect(
                        settings,
                        clock=instant.now,
                        progress=interruption.watched(advance),
                        redaction=redaction_of(configuration),
                    )
                )
            except ControlproofError as error:
                checks.append(Check(settings.id, error.message, error))
        wanted = sorted({population for each in controls for population in each.reads})
        checked = list(preflight(sources, wanted, interruption))
    found = [
        refusal
        for each in checked
        if each
        for refusal in refusals(each, populations_of(each[0].source.partition(":")[0]))
    ]
    return checked, found


def _exit(checks: list[Check], lacks: list[Refusal]) -> Exit:
    wrong = [check.error.exit for check in checks if check.error]
    return wrong[0] if wrong else Exit.INCONCLUSIVE if lacks else Exit.PASS


def _print(
    checks: list[Check], checked: list[tuple[Checked, ...]], lacks: list[Refusal], controls: tuple[Control, ...]
) -> None:
    for check in checks:
        _line(check.error is None, check.name, check.said)
        if check.error and check.error.mend:
            console.out.print(Text(f"    mend: {printable(check.error.mend)}"))
    for source in filter(None, checked):
        whole = sum(not each.failures for each in source)
        items = sum(each.count for each in source)
        said = f"{whole} of {len(source)} populations can be read whole, {items} items"
        _line(whole == len(source), source[0].source, said)
        for refusal in (each for each in lacks if each.source == source[0].source):
            _print_refusal(refusal, controls)


def _line(good: bool, name: str, said: str) -> None:
    mark = ("✓", "green") if good else ("✗", "red")
    console.out.print(Text.assemble(mark, " ", (printable(name), "bold"), f"  {printable(said)}"))


def _print_refusal(refusal: Refusal, controls: tuple[Control, ...]) -> None:
    failure = refusal.failure
    where = f" for {refusal.items} items, such as {failure.item}" if failure.item else ""
    lines = [
        f"  {failure.operation}: {failure.failure_class.value} ({failure.code}){where}: {failure.reason}",
        f"    without it undecided: {', '.join(_users(refusal, controls))}",
    ]
    if refusal.permissions:
        connector = refusal.source.partition(":")[0]
        named = " or ".join(refusal.permissions)
        lines.append(f"    mend: grant {named}; controlproof permissions {connector} prints all that is needed")
    for line in lines:
        console.out.print(Text(printable(line)))


def _users(refusal: Refusal, controls: tuple[Control, ...]) -> list[str]:
    return sorted(each.id for each in controls if not set(each.reads).isdisjoint(refusal.populations))


def _json(
    checks: list[Check],
    checked: list[tuple[Checked, ...]],
    lacks: list[Refusal],
    controls: tuple[Control, ...],
    code: Exit,
) -> dict[str, Any]:
    return {
        "checks": [
            {
                "mend": each.error.mend if each.error else None,
                "name": each.name,
                "ok": each.error is None,
                "said": each.said,
            }
            for each in checks
        ],
        "exit": int(code),
        "lacks": [
            {
                **each.failure.to_json(),
                "controls": _users(each, controls),
                "items": each.items,
                "permissions": list(each.permissions),
                "populations": list(each.populations),
                "source": each.source,
            }
            for each in lacks
        ],
        "populations": [
            {"complete": not each.failures, "count": each.count, "name": each.population, "source": each.source}
            for source in checked
            for each in source
        ],
    }
