"""What a verification says: numbered steps, four statements kept apart, and the first problem of each step."""

from dataclasses import dataclass
from enum import StrEnum

from collector.model.canonical import Json
from collector.model.errors import Exit


class Verdict(StrEnum):
    """Of a statement. `unproven` is neither good nor bad: nothing was there to prove it with.

    `partly proven` is proven of some records, which the sentence names, and unproven of the others.
    """

    PROVEN = "proven"
    PARTLY = "partly proven"
    REFUTED = "refuted"
    UNPROVEN = "unproven"


@dataclass(frozen=True, slots=True)
class Problem:
    """The first thing that a step found wrong. `seq` is the first bad record, where one can be named."""

    message: str
    seq: int | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """One numbered step: what was done, over how much, and the first problem if there was one."""

    title: str
    detail: str
    problem: Problem | None = None
    done: bool = True
    """False where there was nothing to check, which is no success."""


@dataclass(frozen=True, slots=True)
class Range:
    """Records first..last, all of which existed before a time (as records write it)."""

    first: int
    last: int
    before: str


@dataclass(frozen=True, slots=True)
class Statement:
    """One of the statements that verification makes, each apart from the others.

    Attributes:
        name, verdict, sentence: what it is about, how it came out, and in words.
        needed: the auditor pinned something for it, so unproven is not enough.
        ranges: which records existed before when, in order.

    """

    name: str
    verdict: Verdict
    sentence: str
    needed: bool = False
    ranges: tuple[Range, ...] = ()


@dataclass(frozen=True, slots=True)
class Verification:
    """The whole answer about records first..size-1 of one ledger."""

    origin: str
    first: int
    size: int
    steps: tuple[Step, ...]
    statements: tuple[Statement, ...]

    @property
    def problems(self) -> tuple[Problem, ...]:
        """Give the problems in the order of the steps."""
        return tuple(step.problem for step in self.steps if step.problem)

    @property
    def exit(self) -> Exit:
        """Give 4 when anything is refuted, 3 when the signatures or a pinned anchor prove nothing, else 0."""
        if self.problems or any(s.verdict is Verdict.REFUTED for s in self.statements):
            return Exit.INTEGRITY
        unproven = (s for s in self.statements if s.verdict is Verdict.UNPROVEN)
        return Exit.INCONCLUSIVE if any(s.needed or s.name == SIGNED for s in unproven) else Exit.PASS

    def to_json(self) -> dict[str, Json]:
        """Give the answer as one JSON document."""
        return {
            "first": self.first,
            "ledger": self.origin,
            "size": self.size,
            "statements": [
                {
                    "name": s.name,
                    "ranges": [{"before": r.before, "first": r.first, "last": r.last} for r in s.ranges],
                    "sentence": s.sentence,
                    "verdict": s.verdict.value,
                }
                for s in self.statements
            ],
            "steps": [
                {
                    "detail": step.detail,
                    "done": step.done,
                    "number": number,
                    "problem": {"message": step.problem.message, "record": step.problem.seq} if step.problem else None,
                    "title": step.title,
                }
                for number, step in enumerate(self.steps, 1)
            ],
        }


INTACT = "Intact"
SIGNED = "Signed"
TIMESTAMPED = "Timestamped"
WITNESSED = "Witnessed"
CURRENT = "Current"
