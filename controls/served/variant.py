"""Variants of SageMaker endpoints: each answers requests with a model and instances of its own."""

from collections.abc import Sequence
from dataclasses import dataclass

from collector.model.evidence import Evidence
from collector.model.snapshot import UnreadableError
from controls.served.serving import ENDPOINTS


@dataclass(frozen=True, slots=True)
class Variant:
    """One variant that answers requests.

    Attributes:
        endpoint: the endpoint's ARN; `endpoint_name` is its name as it was given.
        name: the variant's.
        source: whose snapshot it is from.
        model: the name of the SageMaker model that it loads, None where it loads inference components.
        instances: how many were asked for, None where the configuration does not say.
        serverless: whether AWS runs it without instances of the account.

    """

    endpoint: str
    endpoint_name: str
    name: str
    source: str
    model: str | None
    instances: int | None
    serverless: bool

    @property
    def id(self) -> str:
        """Give a stable id."""
        return f"{self.endpoint}/{self.name}"

    @property
    def what(self) -> str:
        """Name it in sentences."""
        return f"variant {self.name} of endpoint {self.endpoint_name}"

    @property
    def place(self) -> tuple[str, str]:
        """Give region and account."""
        return place_of(self.endpoint)


def place_of(arn: str) -> tuple[str, str]:
    """Give the region and the account of an ARN."""
    region, account = arn.split(":")[3:5]
    return region, account


def variants_of(evidence: Evidence) -> tuple[Sequence[Variant], Sequence[str]]:
    """Give the variants of all endpoints, and a sentence for each endpoint whose variants are not known.

    Shadow variants are left out: nobody gets their answers.
    """
    found: list[Variant] = []
    problems: list[str] = []
    for snapshot in evidence.snapshots(ENDPOINTS):
        for item in snapshot:
            content = item.content()
            name = str(content.value["name"])
            try:
                entries = [entry for entry in content.facet("variants") or () if not entry["shadow"]]
            except UnreadableError as error:
                problems.append(f"the variants of endpoint {name} are not known: {error}")
                continue
            if not entries:
                problems.append(f"the configuration of endpoint {name} names no variant that answers requests")
            found += [
                Variant(
                    endpoint=item.id,
                    endpoint_name=name,
                    name=entry["name"],
                    source=snapshot.source,
                    model=entry["model"],
                    instances=entry["instances"],
                    serverless=entry["serverless"],
                )
                for entry in entries
            ]
    return found, problems
