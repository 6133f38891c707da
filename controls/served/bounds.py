"""What bounds how many instances and pods of what is served there are: automatic scaling and disruption budgets."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from collector.model.evidence import Evidence
from controls.access.truth import Truth
from controls.served.disruption import DisruptionBudget, parse_budget, pod_labels
from controls.served.serving import WORKLOADS, Serving
from controls.served.variant import Variant

TARGETS = "autoscaling.targets"
AUTOSCALERS = "kubernetes.autoscalers"
BUDGETS = "kubernetes.disruption_budgets"
BOUNDS = (TARGETS, AUTOSCALERS, BUDGETS)

_INSTANCES = "sagemaker:variant:DesiredInstanceCount"


@dataclass(frozen=True, slots=True)
class Bounds:
    """The bounds of one set of evidence.

    Attributes:
        minimums: what automatic scaling keeps, by source, region and resource.
        floors: what an autoscaler keeps, by source, namespace, kind and name of its target.
        budgets: by source.
        neighbours: all workloads, by source and namespace.

    """

    minimums: Mapping[tuple[str, str, str], int]
    floors: Mapping[tuple[str, str, str, str], int]
    budgets: Mapping[str, Sequence[DisruptionBudget]]
    neighbours: Mapping[tuple[str, str], Sequence[Mapping[str, Any]]]

    @classmethod
    def of(cls, evidence: Evidence) -> "Bounds":
        """Read them.

        Raises:
            MalformedError: a disruption budget has not the documented form.
            UnreadableError: the source did not give a facet of one.

        """
        neighbours: dict[tuple[str, str], list[Mapping[str, Any]]] = {}
        for source, value in _values(evidence, WORKLOADS):
            neighbours.setdefault((source, value["namespace"]), []).append(value)
        return cls(
            minimums={
                (source, target["region"], target["resource"]): target["minimum"]
                for source, target in _values(evidence, TARGETS)
                if target["dimension"] == _INSTANCES
            },
            floors={
                (source, value["namespace"], value["target"]["kind"], value["target"]["name"]): value["min"]
                for source, value in _values(evidence, AUTOSCALERS)
            },
            budgets={s.source: [parse_budget(item) for item in s] for s in evidence.snapshots(BUDGETS)},
            neighbours=neighbours,
        )

    def minimum(self, variant: Variant) -> int | None:
        """Give how far down automatic scaling may take a variant; None when it is not scaled."""
        resource = f"endpoint/{variant.endpoint_name}/variant/{variant.name}"
        return self.minimums.get((variant.source, variant.place[0], resource))

    def floor(self, serving: Serving) -> int | None:
        """Give how far down an autoscaler may take a workload; None when it has none."""
        value = serving.content.value
        return self.floors.get((serving.source, value["namespace"], value["kind"], value["name"]))

    def budgets_of(self, serving: Serving) -> Iterator[tuple[DisruptionBudget, Truth]]:
        """Yield the budgets that select a workload's pods, or may."""
        value = serving.content.value
        for budget in self.budgets.get(serving.source, ()):
            answer = budget.selects(value["namespace"], pod_labels(value))
            if answer is not Truth.NO:
                yield budget, answer

    def alone(self, budget: DisruptionBudget, serving: Serving) -> bool:
        """Tell whether a budget is known to select no other workload's pods than one's own."""
        own = serving.content.value
        return not any(
            budget.selects(other["namespace"], pod_labels(other)) is Truth.YES
            for other in self.neighbours[serving.source, own["namespace"]]
            if (other["kind"], other["name"]) != (own["kind"], own["name"])
        )


def _values(evidence: Evidence, population: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    return ((s.source, item.content().value) for s in evidence.snapshots(population) for item in s)
