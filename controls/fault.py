"""What is wrong with one member of a tested population: several faults, one assessment."""

from collections.abc import Iterable
from dataclasses import dataclass

from collector.model.canonical import JsonObject
from collector.model.outcome import Outcome
from collector.model.result import Assessment


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong, or that the evidence does not decide, and what to change.

    Attributes:
        words: what follows the member's name in a sentence.
        certain: False where the evidence does not decide it.

    """

    words: str
    certain: bool = True


def assess(member: str, what: str, faults: Iterable[Fault], detail: JsonObject) -> Assessment:
    """Give the assessment of one member, called `what` in its reason: pass when it has no fault."""
    found = list(faults)
    counted = [fault for fault in found if fault.certain] or found
    if not counted:
        return Assessment(member, Outcome.PASS, "", detail)
    outcome = Outcome.FAIL if counted[0].certain else Outcome.INCONCLUSIVE
    return Assessment(member, outcome, f"{what} {'; it '.join(fault.words for fault in counted)}", detail)
