"""OPS-1: serving is redundant: one instance, pod or node can go, and what is served stays.

The tested population is every variant of every endpoint, and every workload that serves models.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from collector.model.control import Control, Parameters
from collector.model.errors import MalformedError
from collector.model.evidence import Evidence
from collector.model.outcome import Outcome
from collector.model.result import Assessment, Result, conclude, not_applicable
from collector.model.snapshot import UnreadableError
from controls.access.truth import Truth
from controls.fault import Fault, assess
from controls.needs import configured, missing
from controls.served.bounds import AUTOSCALERS, BOUNDS, BUDGETS, Bounds
from controls.served.serving import (
    MODELS,
    SERVED,
    SERVING_NAMESPACES,
    VERTEX_ENDPOINTS,
    WORKLOADS,
    SageMakerModels,
    Serving,
    servings,
)
from controls.served.variant import Variant, variants_of

_LEAST = "min_replicas"


def test(evidence: Evidence, parameters: Parameters, as_of: datetime) -> Result:
    """Assess everything that is served."""
    del as_of  # Redundancy is judged as recorded; no age matters here.
    if not configured(parameters, *SERVED):
        return not_applicable("OPS-1", "no source that serves models is configured")
    variants, unknown = variants_of(evidence)
    workloads, problems = servings(evidence, parameters, (WORKLOADS,))
    deployed, undescribed = servings(evidence, parameters, (VERTEX_ENDPOINTS,))
    absent = [*missing(evidence, parameters, *SERVED), *unknown, *problems, *undescribed]
    if not variants and not workloads and not deployed and not absent:
        return not_applicable("OPS-1", "nothing is served")
    absent += missing(evidence, parameters, *BOUNDS)
    models = SageMakerModels(evidence.snapshots(MODELS))
    unread = frozenset(name for name in BOUNDS if missing(evidence, parameters, name))
    try:
        judge = _Judge(Bounds.of(evidence), parameters[_LEAST], unread)
        assessments = [
            *(judge.variant(variant, models) for variant in variants),
            *(judge.workload(serving) for serving in workloads),
            *(judge.deployment(serving, each) for serving in deployed for each in serving.content.facet("deployed")),
        ]
    except (UnreadableError, MalformedError) as error:
        return conclude("OPS-1", [], [*absent, str(error)])
    return conclude("OPS-1", assessments, absent)


@dataclass(frozen=True, slots=True)
class _Judge:
    """Holds what is served against its bounds; what `unread` names was not read whole, so nothing is known to lack."""

    bounds: Bounds
    least: int
    unread: frozenset[str]

    def variant(self, variant: Variant, models: SageMakerModels) -> Assessment:
        """Assess one variant: its instances, how far down they are scaled, and its subnets."""
        minimum = self.bounds.minimum(variant)
        faults = [*self._few_instances(variant, minimum), *_network_faults(variant, models)]
        detail = {"autoscaling_minimum": minimum, "instances": variant.instances, "serverless": variant.serverless}
        return assess(variant.id, variant.what, faults, detail)

    def _few_instances(self, variant: Variant, minimum: int | None) -> Iterator[Fault]:
        if variant.serverless:
            return
        if variant.instances is None:
            yield Fault("does not say how many instances it has", certain=False)
        elif variant.instances < self.least:
            yield Fault(f"has {_count(variant.instances, 'instance')}: give it {self.least} or more")
        if minimum is not None and minimum < self.least:
            yield Fault(f"may be scaled down to {_count(minimum, 'instance')}: raise its minimum to {self.least}")

    def workload(self, serving: Serving) -> Assessment:
        """Assess one workload: as many pods as are always kept, and a budget that keeps evictions from all of them."""
        kind, replicas = serving.content.value["kind"], serving.content.facet("replicas")
        if kind == "DaemonSet":
            return Assessment(serving.id, Outcome.PASS, "", {"kind": kind})
        floor = self.bounds.floor(serving)
        # An autoscaler overrides the number of replicas, and whatever leaves the number out means one.
        pods = next(number for number in (floor, replicas, 1) if number is not None)
        faults = [*self._few_pods(pods, scaled=floor is not None), *self._evictions(serving, pods)]
        detail = {"autoscaler_minimum": floor, "kind": kind, "replicas": replicas}
        return assess(serving.id, serving.what, faults, detail)

    def deployment(self, serving: Serving, deployed: Mapping[str, Any]) -> Assessment:
        """Assess one deployment on an endpoint of Vertex AI: as many replicas as are always kept."""
        least, faults = deployed["min_replicas"], []
        if least is None:
            faults.append(Fault("does not say how many replicas are always kept", certain=False))
        elif least < self.least:
            faults.append(Fault(f"may be scaled down to {_count(least, 'replica')}: raise its minimum to {self.least}"))
        name = f"deployment {deployed['id']} of {serving.what}"
        return assess(f"{serving.id}/{deployed['id']}", name, faults, {"minimum": least, "pool": deployed["pool"]})

    def _few_pods(self, pods: int, *, scaled: bool) -> Iterator[Fault]:
        if pods < self.least and scaled:
            yield Fault(f"may be scaled down to {_count(pods, 'pod')}: raise its autoscaler's minimum to {self.least}")
        elif pods < self.least:
            words = f"keeps {_count(pods, 'pod')}: give it {self.least} replicas or more"
            yield Fault(words, certain=AUTOSCALERS not in self.unread)

    def _evictions(self, serving: Serving, pods: int) -> Iterator[Fault]:
        found = dict(self.bounds.budgets_of(serving))
        chosen = [budget for budget, answer in found.items() if answer is Truth.YES]
        if any(budget.keeps_one(pods, alone=self.bounds.alone(budget, serving)) for budget in chosen):
            return
        perhaps = [budget.name for budget, answer in found.items() if answer is Truth.UNKNOWN]
        names = ", ".join(budget.name for budget in chosen)
        if perhaps:
            words = f"may have the disruption budget {', '.join(perhaps)}, which selects by labels that are not known"
        elif chosen:
            words = f"may lose all pods to evictions at once under disruption budget {names}: make it keep one of them"
        else:
            words = "has no disruption budget, so evictions may take all pods at once: give it one that keeps a pod"
        yield Fault(words, certain=not perhaps and BUDGETS not in self.unread)


def _network_faults(variant: Variant, models: SageMakerModels) -> Iterator[Fault]:
    if variant.model is None:
        return
    try:
        model = models.find(variant.endpoint, variant.model)
        subnets = model.facet("subnets") if model else None
    except UnreadableError as error:
        yield Fault(f"has a network that is not known: {error}", certain=False)
        return
    if subnets is None:
        yield Fault(f"has a network that is not known: its model {variant.model} was not read", certain=False)
    elif len(subnets) == 1:
        yield Fault(f"has all instances in one subnet, {subnets[0]}: give model {variant.model} another one")


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


OPS_1 = Control(
    id="OPS-1",
    title="What serves models has replicas enough that one can go, and cannot lose all of them at once",
    criteria=("A1.1", "A1.2"),
    populations=(*SERVED, *BOUNDS),
    test=test,
    defaults={_LEAST: 2, SERVING_NAMESPACES: [], "sources": []},
    limits=(
        "How many replicas were asked for is tested, not how many ran. The zones of subnets and nodes, transformers of "
        "inference services, copies of inference components and the number of nodes under a DaemonSet are not read. A "
        "disruption budget holds back evictions, not failures."
    ),
)
