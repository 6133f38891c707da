"""Where an account uses Amazon Bedrock: the regions in which it has models, guardrails or invocations."""

from collections.abc import Mapping, Sequence

from collector.model.evidence import Evidence
from collector.model.snapshot import Content
from controls.served.variant import place_of

GUARDRAILS = "bedrock.guardrails"
MODELS = ("bedrock.custom_models", "bedrock.provisioned_throughputs")

Place = tuple[str, str]
"""Source and region."""


def by_place(evidence: Evidence, population: str) -> Mapping[Place, Sequence[Content]]:
    """Give the items of a population whose ids are ARNs, by source and region."""
    found: dict[Place, list[Content]] = {}
    for snapshot in evidence.snapshots(population):
        for item in snapshot:
            found.setdefault((snapshot.source, place_of(item.id)[0]), []).append(item.content())
    return found


def places(evidence: Evidence, *populations: str) -> Sequence[Place]:
    """Give where any of some populations has an item, sorted."""
    return sorted({place for population in populations for place in by_place(evidence, population)})
