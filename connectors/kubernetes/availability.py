"""`kubernetes.disruption_budgets` and `kubernetes.autoscalers`: how many replicas stay, and how many there may be.

Source: Kubernetes API reference, PodDisruptionBudget policy/v1 and HorizontalPodAutoscaler autoscaling/v2.
"""

from collections.abc import Iterator

from collector.model.canonical import Json
from connectors.base import Draft, Population
from connectors.kubernetes.metadata import Object, item_id, labels_of, name_of, namespace_of, selector
from connectors.kubernetes.resource import AUTOSCALERS, DISRUPTION_BUDGETS
from connectors.kubernetes.session import KubernetesSession


def disruption_budgets(cluster: KubernetesSession) -> Iterator[Draft]:
    """Yield every pod disruption budget."""
    return cluster.list(DISRUPTION_BUDGETS, _budget)


def autoscalers(cluster: KubernetesSession) -> Iterator[Draft]:
    """Yield every horizontal pod autoscaler."""
    return cluster.list(AUTOSCALERS, _autoscaler)


def _budget(value: Object) -> Draft:
    spec = value["spec"]
    content: dict[str, Json] = {
        "labels": labels_of(value),
        # A number of pods, or a share of them such as "25%".
        "max_unavailable": spec.get("maxUnavailable"),
        "min_available": spec.get("minAvailable"),
        "name": name_of(value),
        "namespace": namespace_of(value),
        "selector": selector(spec.get("selector")),
    }
    return Draft(item_id(value, "PodDisruptionBudget"), content)


def _autoscaler(value: Object) -> Draft:
    spec = value["spec"]
    target = spec["scaleTargetRef"]
    content: dict[str, Json] = {
        "labels": labels_of(value),
        "max": spec["maxReplicas"],
        "min": spec.get("minReplicas", 1),
        "name": name_of(value),
        "namespace": namespace_of(value),
        "target": {"kind": target["kind"], "name": target["name"]},
    }
    return Draft(item_id(value, "HorizontalPodAutoscaler"), content)


DISRUPTION_BUDGETS_POPULATION = Population(
    "kubernetes.disruption_budgets", (DISRUPTION_BUDGETS.permission,), disruption_budgets
)
AUTOSCALERS_POPULATION = Population("kubernetes.autoscalers", (AUTOSCALERS.permission,), autoscalers)
