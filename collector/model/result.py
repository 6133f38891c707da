"""What a test says about a population: an assessment of each member, and the outcome that follows."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from collector.model.canonical import JsonObject
from collector.model.outcome import Outcome


@dataclass(frozen=True, slots=True)
class Assessment:
    """The test's word on one member of the tested population.

    Attributes:
        id: the member, stable between runs, such as `s3://weights/llm <- arn:aws:iam::1:role/x`.
        outcome: pass, fail (a deviation) or inconclusive.
        reason: one sentence that a person can act on; empty for a plain pass.
        detail: what the reason rests on, such as the path of a grant.

    """

    id: str
    outcome: Outcome
    reason: str = ""
    detail: JsonObject = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Result:
    """A test's outcome over its population. Build it with `conclude`, which knows the one rule."""

    control: str
    outcome: Outcome
    reason: str
    assessments: tuple[Assessment, ...]

    @property
    def deviations(self) -> tuple[Assessment, ...]:
        """Give the members that failed."""
        return tuple(a for a in self.assessments if a.outcome is Outcome.FAIL)

    @property
    def undecided(self) -> tuple[Assessment, ...]:
        """Give the members that the evidence does not decide."""
        return tuple(a for a in self.assessments if a.outcome is Outcome.INCONCLUSIVE)


def conclude(control: str, assessments: Iterable[Assessment], missing: Iterable[str] = ()) -> Result:
    """Derive the outcome, in the only place that does.

    Anything missing or undecided makes it inconclusive, even beside deviations: those stay listed, but
    nobody may read the list as whole. A population without members proves nothing, so it never passes.

    Args:
        control: the control's id.
        assessments: one for each member of the tested population; ids must be unique.
        missing: sentences, each naming evidence that the test needed and did not have.

    """
    ordered = tuple(sorted(assessments, key=lambda assessment: assessment.id))
    absent = tuple(dict.fromkeys(missing))
    failed = sum(a.outcome is Outcome.FAIL for a in ordered)
    undecided = sum(a.outcome is Outcome.INCONCLUSIVE for a in ordered)
    if absent or undecided:
        reasons = [*absent, *(a.reason for a in ordered if a.outcome is Outcome.INCONCLUSIVE)]
        more = f" (and {len(reasons) - 1} more)" if len(reasons) > 1 else ""
        return Result(control, Outcome.INCONCLUSIVE, reasons[0] + more, ordered)
    if failed:
        return Result(control, Outcome.FAIL, f"{failed} of {len(ordered)} deviate", ordered)
    if not ordered:
        return Result(control, Outcome.INCONCLUSIVE, "the population to test is empty", ordered)
    return Result(control, Outcome.PASS, f"all {len(ordered)} conform", ordered)


def not_applicable(control: str, reason: str) -> Result:
    """Say that the control has nothing to apply to here, and why."""
    return Result(control, Outcome.NOT_APPLICABLE, reason, ())
