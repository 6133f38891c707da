"""What a test needs of the sources that are configured: a cluster that nobody runs is not missing evidence."""

from collector.model.control import Parameters
from collector.model.evidence import Evidence

_CONNECTORS = {"github": "github", "kubernetes": "kubernetes", "mlflow": "mlflow", "vertex": "gcp", "gcp": "gcp"}
"""The connector of a population, by the first part of the population's name; all others are of AWS."""


def connector_of(population: str) -> str:
    """Give the connector that reads a population, such as `aws` for `s3.buckets`."""
    return _CONNECTORS.get(population.partition(".")[0], "aws")


def configured(parameters: Parameters, *populations: str) -> tuple[str, ...]:
    """Give those of the populations that a configured source has; all, when the test is not told the sources."""
    sources = parameters.get("sources")
    if not sources:
        return populations
    connectors = {source.split(":")[0] for source in sources}
    return tuple(name for name in populations if connector_of(name) in connectors)


def missing(evidence: Evidence, parameters: Parameters, *populations: str) -> list[str]:
    """Say which lists that a configured source should have given are not known to be whole, a sentence each."""
    return evidence.missing(*configured(parameters, *populations))
