"""`kubernetes.workloads`: whatever runs pods for others, with what it runs. Pods themselves come and go.

Source: Kubernetes API reference, apps/v1 and batch/v1; Argo Rollouts v1alpha1; KServe v1beta1 in `inference.py`.
"""

from collections.abc import Iterator
from functools import partial
from typing import Any

from collector.model.canonical import Json
from connectors.base import Draft, Population
from connectors.kubernetes.annotations import reduced_annotations, revision_of
from connectors.kubernetes.inference import inference_service
from connectors.kubernetes.metadata import Object, annotations_of, item_id, labels_of, name_of, namespace_of, selector
from connectors.kubernetes.resource import (
    CRON_JOBS,
    DAEMON_SETS,
    DEPLOYMENTS,
    INFERENCE_SERVICES,
    JOBS,
    ROLLOUTS,
    STATEFUL_SETS,
)
from connectors.kubernetes.session import KubernetesSession
from connectors.kubernetes.template import read_template, without_controller_labels
from connectors.redaction import Redaction

_WITH_TEMPLATE = (DEPLOYMENTS, STATEFUL_SETS, DAEMON_SETS, CRON_JOBS, JOBS, ROLLOUTS)


def workloads(cluster: KubernetesSession) -> Iterator[Draft]:
    """Yield every workload; a job that a cron job started is that cron job's."""
    for resource in _WITH_TEMPLATE:
        write = partial(_workload, resource.kind, cluster.redaction)
        yield from (draft for draft in cluster.list(resource, write) if draft is not None)
    yield from cluster.list(INFERENCE_SERVICES, partial(_inference, cluster.redaction))


def common(value: Object, kind: str, redaction: Redaction) -> dict[str, Json]:
    """Give what all workloads have."""
    annotations = annotations_of(value)
    return {
        "annotations": reduced_annotations(annotations, redaction),
        "created": value["metadata"]["creationTimestamp"],
        "generation": value["metadata"].get("generation"),
        "kind": kind,
        "labels": without_controller_labels(labels_of(value)),
        "name": name_of(value),
        "namespace": namespace_of(value),
        "revision": revision_of(annotations),
    }


def _workload(kind: str, redaction: Redaction, value: Object) -> Draft | None:
    if kind == "Job" and any(owner["kind"] == "CronJob" for owner in value["metadata"].get("ownerReferences") or ()):
        return None
    spec = value["spec"]
    running = spec["jobTemplate"]["spec"] if kind == "CronJob" else spec
    # A rollout may refer to another workload's template, and then has none itself.
    template = running.get("template") or {} if kind == "Rollout" else running["template"]
    pod = read_template(template, redaction)
    content: dict[str, Json] = {
        **common(value, kind, redaction),
        "containers": pod.containers,
        "model": None,
        "model_apis": pod.model_apis,
        "models": pod.models,
        "replicas": spec.get("replicas"),
        "selector": _selector(spec.get("selector")),
        "service_account": pod.service_account,
        "template_digest": pod.digest,
        "volumes": [*pod.volumes, *(_claim(value, each) for each in spec.get("volumeClaimTemplates") or ())],
    }
    return Draft(item_id(value, kind), content)


def _selector(value: Any) -> Json:
    """Give a selector without what a controller adds, which differs with every object."""
    return selector(
        {**value, "matchLabels": without_controller_labels(value.get("matchLabels") or {})} if value else None
    )


def _claim(value: Object, template: Object) -> Json:
    """Give a volume for which each replica gets a claim of its own: the source is the claims' common beginning."""
    name = template["metadata"]["name"]
    return {"kind": "volumeClaimTemplate", "name": name, "source": f"{name}-{name_of(value)}-"}


def _inference(redaction: Redaction, value: Object) -> Draft:
    kind = INFERENCE_SERVICES.kind
    return Draft(item_id(value, kind), {**common(value, kind, redaction), **inference_service(value, redaction)})


WORKLOADS = Population(
    "kubernetes.workloads",
    tuple(resource.permission for resource in (*_WITH_TEMPLATE, INFERENCE_SERVICES)),
    workloads,
)
