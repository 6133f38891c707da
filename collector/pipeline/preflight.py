"""A preflight: everything that a run would read is read, nothing is recorded, and what was refused is told."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from collector.model.snapshot import Failure, FailureClass, Gap
from collector.pipeline.attempts import attempts
from collector.pipeline.collection import Interruption
from connectors.base import Population, Source


@dataclass(frozen=True, slots=True)
class Checked:
    """One population of one source as it could be read just now."""

    source: str
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

    source: str
    failure: Failure
    populations: tuple[str, ...]
    items: int
    permissions: tuple[str, ...]


def preflight(
    sources: Sequence[Source], populations: Sequence[str], interruption: Interruption
) -> Iterator[tuple[Checked, ...]]:
    """Read what a run would read; give what came of each source, in order."""
    with attempts(sources, populations, interruption) as expected:
        by_source: dict[str, list[Checked]] = {source.id: [] for source in sources}
        for attempt in expected:
            outcome = attempt.wait()
            snapshot = outcome.partial if isinstance(outcome, Gap) else outcome
            failures = outcome.failures if isinstance(outcome, Gap) else ()
            count = len(snapshot.items) if snapshot else 0
            by_source[attempt.source.id].append(Checked(attempt.source.id, attempt.population, count, failures))
        yield from (tuple(checked) for checked in by_source.values())


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
            source=checked[0].source,
            failure=same[0][1],
            populations=tuple(sorted({population for population, _ in same})),
            items=len({failure.item for _, failure in same if failure.item is not None}),
            permissions=_lacking(same[0][1], populations[same[0][0]]),
        )
        for same in met.values()
    )


def _lacking(failure: Failure, population: Population) -> tuple[str, ...]:
    return population.needs_for(failure.operation) if failure.failure_class is FailureClass.DENIED else ()
