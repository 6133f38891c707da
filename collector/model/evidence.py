"""What a test is given: for each population that it needs, the snapshots and gaps, source by source."""

from collections.abc import Hashable, Iterator
from dataclasses import dataclass, field
from typing import Any

from collector.model.attestation import Attestation
from collector.model.snapshot import Gap, Snapshot


@dataclass(frozen=True, slots=True)
class Evidence:
    """Readings of the populations that a control declares. A population that was never read is a gap too.

    Attributes:
        readings: in the order in which they were recorded; of a population whose changes are tested, earlier ones too.
        attestations: what people attested.
        derived: what tests worked out from these readings and attestations and nothing else. It stands for the next
            test of the same evidence, which says the same without it, only later.

    """

    readings: tuple[Snapshot | Gap, ...]
    attestations: tuple[Attestation, ...] = ()
    derived: dict[Hashable, Any] = field(default_factory=dict, compare=False, repr=False)

    def of(self, population: str) -> tuple[Snapshot | Gap, ...]:
        """Give the last reading of one population from each source, in the order of the sources."""
        asked = (Evidence.of, population)
        if asked not in self.derived:
            newest = {reading.source: reading for reading in self.readings if reading.population == population}
            self.derived[asked] = tuple(newest[source] for source in sorted(newest))
        found: tuple[Snapshot | Gap, ...] = self.derived[asked]
        return found

    def history(self, population: str) -> tuple[tuple[Snapshot, ...], ...]:
        """Give the complete snapshots of one population from each source, oldest first, in the order of the sources."""
        found: dict[str, list[Snapshot]] = {}
        for reading in self.readings:
            if reading.population == population and isinstance(reading, Snapshot):
                found.setdefault(reading.source, []).append(reading)
        return tuple(tuple(found[source]) for source in sorted(found))

    def snapshots(self, population: str) -> tuple[Snapshot, ...]:
        """Give what was read of a population, complete or not; see `missing` for what was not."""
        return tuple(self._read(population))

    def _read(self, population: str) -> Iterator[Snapshot]:
        for reading in self.of(population):
            if isinstance(reading, Snapshot):
                yield reading
            elif reading.partial is not None:
                yield reading.partial

    def attested(self, attestation: str) -> tuple[Attestation, ...]:
        """Give the attestations of one type, oldest first."""
        found = (each for each in self.attestations if each.type == attestation)
        return tuple(sorted(found, key=lambda each: each.seq))

    def missing(self, *populations: str) -> list[str]:
        """Say which lists are not known to be whole, a sentence each.

        A reading whose list is whole but for facets of some items is not missing: a test meets those
        facets as `UnreadableError` where it needs them, and only there.
        """
        sentences = []
        for population in populations:
            readings = self.of(population)
            if not readings:
                sentences.append(f"{population} was never read from any source")
            sentences.extend(
                f"{reading.subject} is incomplete: {reading.reason}"
                for reading in readings
                if isinstance(reading, Gap) and not (reading.partial and reading.partial.listed)
            )
        return sentences
