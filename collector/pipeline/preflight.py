"""A preflight: everything that a run would read is read, nothing is recorded, and what was refused is told."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from collector.model.snapshot import Failure, FailureClass, Gap, Snapshot
from collector.pipeline.attempts import attempts
from collector.pipeline.collection import Interruption
from collector.pipeline.places import Limits
from connectors.base import Population, Source


@dataclass(frozen=True, slots=True)
class Checked:
    """One population as it could be read just now."""

    population: str
    count: int
    failures: tuple[Failure, ...]


@dataclass(frozen=True, slots=True)
class Refusal:
    """One operation of one source that gave no answer, for whichever populations and items.

    Attributes:
        failure: the first that was met; `permissions` are those that it may be for want of, in the source's own
            names, and none where it is not about permissions.
        populations: that are incomplete without it, sorted.
        items: how many items it left a part of unknown.

    """

    failure: Failure
    populations: tuple[str, ...]
    items: int
    permissions: tuple[str, ...]


def preflight(
    sources: Sequence[Source], populations: Sequence[str], interruption: Interruption, limits: Limits
) -> dict[str, list[Checked]]:
    """Read what a run would read; give what came of it by source, of those that there is anything to read of."""
    checked: dict[str, list[Checked]] = {}
    with attempts(sources, populations, interruption, limits=limits) as expected:
        for attempt in expected:
            checked.setdefault(attempt.source.id, []).append(_checked(attempt.population, attempt.wait()))
    return checked


def _checked(population: str, outcome: Snapshot | Gap) -> Checked:
    if isinstance(outcome, Gap):
        return Checked(population, len(outcome.partial.items) if outcome.partial else 0, outcome.failures)
    return Checked(population, len(outcome.items), ())


def refusals(checked: Sequence[Checked], populations: Mapping[str, Population]) -> tuple[Refusal, ...]:
    """Give what one source refused, each operation once, in the order it was met.

    Args:
        checked: the source's populations.
        populations: of its connector, by name.

    """
    met: dict[tuple[str, str], list[tuple[str, Failure]]] = {}
    for each in checked:
        for failure in each.failures:
            met.setdefault((failure.operation, failure.code), []).append((each.population, failure))
    return tuple(
        Refusal(
            failure=same[0][1],
            populations=tuple(sorted({population for population, _ in same})),
            items=len({failure.item for _, failure in same if failure.item is not None}),
            permissions=_lacking(same[0][1], populations[same[0][0]]),
        )
        for same in met.values()
    )


def _lacking(failure: Failure, population: Population) -> tuple[str, ...]:
    return population.needs_for(failure.operation) if failure.failure_class is FailureClass.DENIED else ()
