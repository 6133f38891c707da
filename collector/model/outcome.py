"""The four outcomes of a test."""

from enum import StrEnum


class Outcome(StrEnum):
    """What a test says; `inconclusive` whenever the evidence does not suffice for either verdict."""

    PASS = "pass"  # noqa: S105
    FAIL = "fail"
    INCONCLUSIVE = "inconclusive"
    NOT_APPLICABLE = "not_applicable"
