"""The contract of a control: what it needs, what it maps to, and the pure function that tests it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from collector.model.evidence import Evidence
from collector.model.result import Result

CHANGE_DAYS = "change_days"
"""The parameter of controls that test changes: how far back they look, in days."""

Parameters = Mapping[str, Any]
Test = Callable[[Evidence, Parameters, datetime], Result]
"""(evidence, parameters, as_of) -> result. No I/O, no clock, no randomness: replay calls it again."""


@dataclass(frozen=True, slots=True)
class Control:
    """One control. It owns one test.

    Attributes:
        id: such as `ACC-2`; `title` is the sentence that an auditor tests.
        criteria: the external requirements it maps to, such as `CC6.1`.
        populations: what its test reads, such as `s3.buckets`.
        optional: populations that its test reads where they can be read; without them it is no less sure.
        compares: populations whose earlier snapshots its test gets too, as far back as its parameter `change_days`.
        attestations: the types of attestations that its test reads, such as `access_review`.
        test: the pure function.
        defaults: every parameter with the value it has when the configuration is silent.
        limits: what a pass of this test does not prove, in a sentence for the report.
        cadence: how often it is tested unless the configuration says otherwise; each such window is expected to hold
            a complete snapshot of all that it reads.

    """

    id: str
    title: str
    criteria: tuple[str, ...]
    populations: tuple[str, ...]
    test: Test
    defaults: Parameters = field(default_factory=dict)
    optional: tuple[str, ...] = ()
    attestations: tuple[str, ...] = ()
    compares: tuple[str, ...] = ()
    limits: str = ""
    cadence: timedelta = timedelta(hours=1)

    @property
    def reads(self) -> tuple[str, ...]:
        """Give every population that its test is given."""
        return (*self.populations, *self.optional)

    def answers_to(self, name: str) -> bool:
        """Tell whether `name` is this control's id or a criterion that it maps to, whatever its case."""
        return name.casefold() in {known.casefold() for known in (self.id, *self.criteria)}
