"""How a run is shown: outcomes, what deviates and what to do, who can read the weights, what is missing."""

from collections.abc import Mapping, Sequence
from typing import Any

from rich.table import Table
from rich.text import Text

from collector.cli.console import out, printable
from collector.ledger.bodies import assessment_json
from collector.ledger.store import Ledger
from collector.model.outcome import Outcome
from collector.model.result import Assessment
from collector.period.deviations import Response, responses
from collector.pipeline.run import Report, Tested

STYLES = {
    Outcome.PASS: "green",
    Outcome.FAIL: "red",
    Outcome.INCONCLUSIVE: "yellow",
    Outcome.NOT_APPLICABLE: "dim",
}


Answers = Mapping[tuple[str, str], Response]
"""What management answered, by control and item."""


def print_report(report: Report, *, details: bool, answers: Answers | None = None) -> None:
    """Print a run for a person."""
    out.print(_outcomes(report))
    if details:
        for tested in report.tested:
            _print_findings(tested, answers or {})
        _print_readers(report)
        _print_matrix(report)
    _print_gaps(report)


def report_json(report: Report, ledger: Ledger) -> dict[str, Any]:
    """Give a run as one JSON document."""
    with ledger.read() as reader:
        checkpoint = reader.checkpoint(reader.size) or b""
        answers = responses(reader)
    return {
        "checkpoint": checkpoint.decode("utf-8"),
        "exit": int(report.exit),
        "gaps": [
            {"class": r.gap.failure_class.value, "reason": r.gap.reason, "record": r.seq, "subject": r.subject}
            for r in report.readings
            if r.gap
        ],
        "ledger": ledger.origin,
        "populations": [
            {"complete": r.gap is None, "count": r.count, "record": r.seq, "subject": r.subject}
            for r in report.readings
        ],
        "responses": [
            {"by": each.by, "control": control, "item": item, "record": each.seq, "response": each.text}
            for (control, item), each in sorted(answers.items())
        ],
        "results": [_tested_json(tested) for tested in report.tested],
    }


def state_json(report: Report) -> list[dict[str, Any]]:
    """Give the results in force at a moment as JSON."""
    return [_tested_json(tested) for tested in report.tested]


def _tested_json(tested: Tested) -> dict[str, Any]:
    result = tested.result
    return {
        "assessments": [assessment_json(a) for a in result.assessments] if result else [],
        "control": tested.control.id,
        "criteria": list(tested.control.criteria),
        "deviations": len(result.deviations) if result else 0,
        "outcome": result.outcome.value if result else Outcome.INCONCLUSIVE.value,
        "population": len(result.assessments) if result else 0,
        "reason": result.reason if result else "the test crashed; this is an error of Controlproof",
        "record": tested.seq,
        "title": tested.control.title,
        "undecided": len(result.undecided) if result else 0,
    }


def _outcomes(report: Report) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in ("Control", "Outcome", "Tested", "Deviations", "Undecided", "Record"):
        table.add_column(
            heading, justify="right" if heading in ("Tested", "Deviations", "Undecided", "Record") else "left"
        )
    for tested in report.tested:
        shown = _tested_json(tested)
        outcome = Outcome(shown["outcome"])
        table.add_row(
            shown["control"],
            Text(outcome.value, STYLES[outcome]),
            str(shown["population"]),
            str(shown["deviations"]),
            str(shown["undecided"]),
            str(shown["record"]),
        )
    return table


def _print_findings(tested: Tested, answers: Answers) -> None:
    out.print(Text.assemble(("\n" + tested.control.id, "bold"), f"  {tested.control.title}"))
    if tested.result is None:
        out.print("  the test crashed; this is an error of Controlproof, on record as a gap", style="yellow")
        return
    for mark, style, members in (("✗", "red", tested.result.deviations), ("?", "yellow", tested.result.undecided)):
        for member in members:
            out.print(Text.assemble((f"  {mark} ", style), printable(member.id)))
            out.print(Text(f"      {printable(member.reason)}", style))
            answer = answers.get((tested.control.id, member.id))
            if answer:
                told = f"answered on {answer.made:%Y-%m-%d} by {answer.by} (record {answer.seq}): {answer.text}"
                out.print(Text(f"      {printable(told)}"))
    out.print(
        Text(f"  {tested.result.outcome.value}: {printable(tested.result.reason)}", STYLES[tested.result.outcome])
    )


def _print_readers(report: Report) -> None:
    """Print who can read the weights, and who what is logged of outputs, from the populations that were tested."""
    for family, what in (("ACC-", "the model weights"), ("LOG-", "what is logged of outputs")):
        # Several controls have one population: what is first said of a reader is said once.
        by_id = {
            assessment.id: assessment
            for tested in reversed(report.tested)
            if tested.result and tested.control.id.startswith(family)
            for assessment in tested.result.assessments
            if {"location", "principal"} <= assessment.detail.keys()
        }
        if by_id:
            out.print(f"\nWho can read {what}, and why", style="bold")
            _print_locations(list(by_id.values()))


def _print_locations(readers: Sequence[Assessment]) -> None:
    location = None
    for reader in sorted(readers, key=lambda a: (str(a.detail["location"]), str(a.detail["principal"]))):
        if reader.detail["location"] != location:
            location = reader.detail["location"]
            out.print(Text(f"  {location}", "bold cyan"))
        _print_reader(reader)


def _print_reader(reader: Assessment) -> None:
    detail: Any = reader.detail
    note = "" if detail["access"] == "yes" else f" ({detail['access']})"
    out.print(Text.assemble("    ", (printable(detail["principal"]), STYLES[reader.outcome]), (note, "yellow")))
    for path in detail["path"]:
        out.print(Text("        " + " → ".join(printable(step) for step in path), "dim"))
    if detail["access"] != "yes":
        out.print(Text("        if " + printable("; ".join(detail["conditions"])), "dim"))
    for other in detail["assumable_by"]:
        out.print(Text(f"        can be assumed by {printable(other)}", "dim"))
    for chain in detail.get("reachable_from", ()):
        out.print(Text(f"        can be reached by {printable(chain)}", "dim"))


def _print_matrix(report: Report) -> None:
    """Print which tenant's identities can read which tenant's data, from the population that SEG-1 tested."""
    cells: dict[tuple[str, str], set[str]] = {}
    for tested in report.tested:
        for assessment in tested.result.assessments if tested.result else ():
            detail: Any = assessment.detail
            if "from" in detail:
                cells.setdefault((detail["from"], detail["to"]), set()).add(detail["access"])
    if not cells:
        return
    out.print("\nWhose identities can read whose training data", style="bold")
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("from \\ to")
    owners = sorted({owner for _, owner in cells})
    for owner in owners:
        table.add_column(printable(owner))
    for tenant in sorted({tenant for tenant, _ in cells}):
        row = [_worst(cells.get((tenant, owner), set()), own=tenant == owner) for owner in owners]
        table.add_row(printable(tenant), *row)
    out.print(table)


def _worst(found: set[str], *, own: bool) -> Text:
    access = next((word for word in ("yes", "conditional", "unknown", "no") if word in found), "-")
    bad = {"yes": "red", "conditional": "yellow", "unknown": "yellow"}
    return Text(access, "dim" if own else bad.get(access, "green"))


def _print_gaps(report: Report) -> None:
    for reading in report.readings:
        if reading.gap:
            gap = reading.gap
            out.print(
                Text.assemble(
                    ("\ngap ", "yellow"),
                    (reading.subject, "bold"),
                    f" ({gap.failure_class.value}): ",
                    printable(gap.reason),
                )
            )
