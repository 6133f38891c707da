"""`kubernetes.revisions`: the templates that workloads had, as far as the cluster still keeps them.

Source: Kubernetes API reference, ReplicaSet and ControllerRevision apps/v1. A replica set that is rolled back to
gets a new revision number and notes its earlier ones.
"""

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

from collector.model.canonical import Json
from connectors.base import Draft, Population
from connectors.kubernetes.annotations import change_cause, earlier_revisions, reduced_annotations, revision_of
from connectors.kubernetes.metadata import Object, annotations_of, name_of, namespace_of
from connectors.kubernetes.resource import CONTROLLER_REVISIONS, REPLICA_SETS
from connectors.kubernetes.session import KubernetesSession
from connectors.kubernetes.template import containers_of, read_template
from connectors.redaction import Redaction

_OWNERS = frozenset(("DaemonSet", "Deployment", "Rollout", "StatefulSet"))
"""Whose revisions have this form; other controllers keep their own in the same kinds."""


def revisions(cluster: KubernetesSession) -> Iterator[Draft]:
    """Yield every revision of a workload; a replica set that nothing owns is nothing's revision."""
    for resource, template_of in ((REPLICA_SETS, _of_replica_set), (CONTROLLER_REVISIONS, _of_controller_revision)):
        write = partial(_revision, template_of, cluster.redaction)
        yield from (draft for draft in cluster.list(resource, write) if draft is not None)


def _revision(template_of: Any, redaction: Redaction, value: Object) -> Draft | None:
    owners = value["metadata"].get("ownerReferences") or ()
    owner = next((o for o in owners if o.get("controller") and o["kind"] in _OWNERS), None)
    if owner is None:
        return None
    annotations = annotations_of(value)
    template = template_of(value)
    pod = read_template(template, redaction)
    workload = (owner["kind"].lower(), namespace_of(value) or "", owner["name"])
    content: dict[str, Json] = {
        "annotations": reduced_annotations(annotations, redaction),
        "change_cause": change_cause(annotations, redaction),
        "created": value["metadata"]["creationTimestamp"],
        "earlier_revisions": earlier_revisions(annotations),
        "images": [container.get("image") for container, _ in containers_of(template)],
        "models": pod.models,
        "revision": value["revision"] if "revision" in value else revision_of(annotations),
        "template_digest": pod.digest,
        "workload": "/".join(workload),
    }
    return Draft("/".join(("revision", *workload, name_of(value))), content)


def _of_replica_set(value: Object) -> Mapping[str, Any]:
    template: Mapping[str, Any] = value["spec"]["template"]
    return template


def _of_controller_revision(value: Object) -> Mapping[str, Any]:
    """Give the template of a stateful or daemon set's revision, which is kept as a patch of its owner."""
    template = value["data"]["spec"]["template"]
    return {key: part for key, part in template.items() if key != "$patch"}


REVISIONS = Population("kubernetes.revisions", (REPLICA_SETS.permission, CONTROLLER_REVISIONS.permission), revisions)
