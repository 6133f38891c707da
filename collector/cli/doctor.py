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
from collector.config import Configuration, KubernetesCluster, load
from collector.keys.opening import signer_of
from collector.model import instant
from collector.model.errors import ConfigurationError, ControlproofError, Exit
from collector.pipeline.collection import Interruption
from collector.pipeline.plan import limits_of, make_plan
from collector.pipeline.preflight import Checked, Refusal, preflight, refusals
from collector.pipeline.run import Plan
from connectors.base import Source
from connectors.registry import connect, populations_of


@dataclass(frozen=True, slots=True)
class Check:
    """One thing of the configuration that was tried: what came of it, or what is wrong and how to mend it."""

    name: str
    said: str
    error: ControlproofError | None = None


@dataclass(frozen=True, slots=True)
class _Found:
    """What a source answered: its populations, and what it refused."""

    source: str
    checked: tuple[Checked, ...]
    refusals: tuple[Refusal, ...]


def doctor(
    control: ControlOption = None, config: ConfigurationOption = DEFAULT_CONFIGURATION, as_json: JsonOption = False
) -> None:
    """Try the key, the ledger and all that a run would read, record nothing, and name what is missing."""
    configuration = load(config)
    plan = make_plan(configuration, selected(control))
    checks = [
        _check("key", lambda: f"signs as {signer_of(configuration).key.fingerprint}"),
        _check("ledger", lambda: _ledger(configuration)),
    ]
    found = _sources(configuration, plan, checks)
    code = _exit(checks, found)
    if as_json:
        console.print_json(_json(checks, found, plan, code))
    else:
        _print(checks, found, plan)
    raise typer.Exit(int(code))


def _check(name: str, attempt: Callable[[], str]) -> Check:
    try:
        return Check(name, attempt())
    except ControlproofError as error:
        return Check(name, error.message, error)


def _ledger(configuration: Configuration) -> str:
    with open_ledger(configuration).read() as reader:
        return f"{reader.origin} holds {reader.size} records"


def _sources(configuration: Configuration, plan: Plan, checks: list[Check]) -> list[_Found]:
    """Read every source; what cannot even be connected is one more failed check."""
    interruption = Interruption()
    sources: list[Source] = []
    redaction, unusable = None, False
    try:
        redaction = redaction_of(configuration)
    except ControlproofError as error:
        unusable = True
        checks.append(Check("redaction key", error.message, error))
    with console.named_progress() as advance:
        progress = interruption.watched(advance)
        for settings in configuration.sources:
            if unusable and isinstance(settings, KubernetesCluster):
                untried = ConfigurationError("not tried: it is not read without the redaction key")
                checks.append(Check(settings.id, untried.message, untried))
                continue
            try:
                sources.append(connect(settings, clock=instant.now, progress=progress, redaction=redaction))
            except ControlproofError as error:
                checks.append(Check(settings.id, error.message, error))
        checked = preflight(sources, plan.populations, interruption, limits_of(configuration))
    return [
        _Found(source, tuple(each), refusals(each, populations_of(_connector(source))))
        for source, each in checked.items()
    ]


def _connector(source: str) -> str:
    return source.partition(":")[0]


def _exit(checks: list[Check], found: list[_Found]) -> Exit:
    wrong = [check.error.exit for check in checks if check.error]
    if wrong:
        return wrong[0]
    return Exit.INCONCLUSIVE if any(each.refusals for each in found) else Exit.PASS


def _print(checks: list[Check], found: list[_Found], plan: Plan) -> None:
    for check in checks:
        _line(check.error is None, check.name, check.said)
        if check.error and check.error.mend:
            console.out.print(Text(f"    mend: {printable(check.error.mend)}"))
    for source in found:
        whole = sum(not each.failures for each in source.checked)
        items = sum(each.count for each in source.checked)
        said = f"{whole} of {len(source.checked)} populations can be read whole, {items} items"
        _line(whole == len(source.checked), source.source, said)
        for refusal in source.refusals:
            _print_refusal(refusal, _connector(source.source), plan)


def _line(good: bool, name: str, said: str) -> None:
    mark = ("✓", "green") if good else ("✗", "red")
    console.out.print(Text.assemble(mark, " ", (printable(name), "bold"), f"  {printable(said)}"))


def _print_refusal(refusal: Refusal, connector: str, plan: Plan) -> None:
    failure = refusal.failure
    where = f" for {refusal.items} items, such as {failure.item}" if failure.item else ""
    lines = [
        f"  {failure.operation}: {failure.failure_class.value} ({failure.code}){where}: {failure.reason}",
        f"    without it undecided: {', '.join(_users(refusal, plan))}",
    ]
    if refusal.permissions:
        named = " or ".join(refusal.permissions)
        lines.append(f"    mend: grant {named}; controlproof permissions {connector} prints all that is needed")
    for line in lines:
        console.out.print(Text(printable(line)))


def _users(refusal: Refusal, plan: Plan) -> list[str]:
    return sorted({control for population in refusal.populations for control in plan.users(population)})


def _json(checks: list[Check], found: list[_Found], plan: Plan, code: Exit) -> dict[str, Any]:
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
                "controls": _users(each, plan),
                "items": each.items,
                "permissions": list(each.permissions),
                "populations": list(each.populations),
                "source": source.source,
            }
            for source in found
            for each in source.refusals
        ],
        "populations": [
            {"complete": not each.failures, "count": each.count, "name": each.population, "source": source.source}
            for source in found
            for each in source.checked
        ],
    }
