"""Disruption budgets: how many pods of a workload may be evicted at once, as when nodes are drained.

Source: Kubernetes documentation, "Specifying a Disruption Budget for your Application": shares are rounded up.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from collector.model.snapshot import Item
from controls.access.kubernetes.facet import content_of, text
from controls.access.kubernetes.selector import Selector, parse_selector
from controls.access.truth import Truth

_INFERENCE_LABEL = "serving.kserve.io/inferenceservice"
"""KServe gives it to the pods of an inference service; its value is the service's name."""


@dataclass(frozen=True, slots=True)
class DisruptionBudget:
    """A disruption budget. `selector` is None where it selects nothing; bounds are numbers of pods, or `25%`."""

    namespace: str
    name: str
    selector: Selector | None
    min_available: int | str | None
    max_unavailable: int | str | None

    def selects(self, namespace: str, labels: Mapping[str, str]) -> Truth:
        """Tell whether it selects the pods of a namespace with these labels, and perhaps others beside them."""
        if self.selector is None or namespace != self.namespace:
            return Truth.NO
        return self.selector.may_select(labels)

    def keeps_one(self, pods: int, *, alone: bool) -> bool:
        """Tell whether evictions always leave one of a workload's pods.

        Args:
            pods: how many the workload has.
            alone: whether it selects no other workload's pods; others could be those that stay.

        """
        if isinstance(self.max_unavailable, int):
            return self.max_unavailable < pods
        if self.max_unavailable is not None:
            return alone and -(-pods * _percent(self.max_unavailable) // 100) < pods
        if self.min_available is None:
            return False
        least = self.min_available if isinstance(self.min_available, int) else _percent(self.min_available)
        return alone and least > 0


def _percent(share: str) -> int:
    return int(share.removesuffix("%"))


def parse_budget(item: Item) -> DisruptionBudget:
    """Read an item of `kubernetes.disruption_budgets`.

    Raises:
        MalformedError: it has another form than a budget's.
        UnreadableError: the source did not give one of its facets.

    """
    value = content_of(item)
    selector = value["selector"]
    return DisruptionBudget(
        namespace=text(value, "namespace", item.id),
        name=text(value, "name", item.id),
        selector=None if selector is None else parse_selector(selector, item.id),
        min_available=value["min_available"],
        max_unavailable=value["max_unavailable"],
    )


def pod_labels(workload: Mapping[str, Any]) -> Mapping[str, str]:
    """Give the labels that all pods of a recorded workload are known to have."""
    if workload["kind"] == "InferenceService":
        return {_INFERENCE_LABEL: workload["name"]}
    found: Mapping[str, str] = (workload.get("selector") or {}).get("labels") or {}
    return found
