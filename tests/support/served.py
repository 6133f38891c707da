"""Evidence of what is served, as the connectors record it: endpoints, workloads, versions, approvals, audit logs."""

from datetime import datetime, timedelta
from typing import Any

from support.ledgers import START

from collector.model.attestation import CHANGE_APPROVAL, Attestation
from collector.model.instant import format_instant
from collector.model.snapshot import Item, Provenance, Snapshot

ACCOUNT = "123456789012"
CLUSTER = "kubernetes:it"
REGISTRY = "mlflow:it"
PROJECT = "gcp:acme-prod"
VERTEX = "projects/415104041262/locations/europe-west4"
REPOSITORY = "github:acme/serving"
HOUR = timedelta(hours=1)
EARLIER = START - HOUR
IMAGE = f"registry.example.com/server@sha256:{'1' * 64}"
OLD_IMAGE = f"registry.example.com/server@sha256:{'0' * 64}"
CHAT = f"{CLUSTER}/deployment/inference/chat"
MODEL = "s3://weights/llm/1/"
PROVENANCE = Provenance("test", "it", "it")


def taken(source: str, population: str, when: datetime, *items: Item) -> Snapshot:
    """A complete snapshot of one time."""
    ordered = tuple(sorted(items, key=lambda item: item.id))
    return Snapshot(source, population, when, when, PROVENANCE, ordered)


def workload(name: str = "chat", image: str = IMAGE, model: str | None = MODEL, **facets: Any) -> Item:
    container = {
        "name": "main",
        "init": False,
        "image": image,
        "args": [],
        "command": [],
        "environment": [],
        "environment_from": [],
        "mounts": [],
    }
    kind = facets.pop("kind", "Deployment")
    group = f"arn:aws:logs:eu-central-1:{ACCOUNT}:log-group:/inference/outputs"
    content = {
        "annotations": {"controlproof.io/output-logging": group},
        "containers": [container],
        "created": "2025-12-01T00:00:00Z",
        "generation": 1,
        "kind": kind,
        "labels": {},
        "model": None,
        "model_apis": [],
        "models": [{"from": "environment MODEL of container main", "uri": model}] if model else [],
        "name": name,
        "namespace": "inference",
        "replicas": 2,
        "revision": 1,
        "selector": {"expressions": [], "labels": {"app": name}},
        "service_account": "default",
        "template_digest": "0" * 64,
        "volumes": [],
        **facets,
    }
    return Item.of(f"{kind.lower()}/{content['namespace']}/{name}", content)


def revision(
    made: datetime, number: int, image: str = IMAGE, model: str = MODEL, owner: str = "chat", **facets: Any
) -> Item:
    content = {
        "annotations": {},
        "change_cause": None,
        "created": made.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "earlier_revisions": [],
        "images": [image],
        "models": [{"from": "environment MODEL of container main", "uri": model}],
        "revision": number,
        "template_digest": "0" * 64,
        "workload": f"deployment/inference/{owner}",
        **facets,
    }
    return Item.of(f"revision/deployment/inference/{owner}/{owner}-{number}", content)


def version(name: str = "llm", number: str = "1", source: str = MODEL, **facets: Any) -> Item:
    content = {
        "aliases": [],
        "author": "engineer-1",
        "created": format_instant(EARLIER),
        "name": name,
        "registry": "mlflow",
        "source": source,
        "stage": None,
        "status": "READY",
        "tags": {"approval": "approved", "approved_by": "release-lead"},
        "updated": format_instant(EARLIER),
        "version": number,
        **facets,
    }
    return Item.of(f"{name}/{number}", content)


def endpoint(name: str = "llm", model: str = "llm-1", config: str = "llm-1", **facets: Any) -> Item:
    arn = f"arn:aws:sagemaker:eu-central-1:{ACCOUNT}:endpoint/{name}"
    variant = {"instances": 2, "model": model, "name": "all", "serverless": False, "shadow": False}
    content = {
        "capture": {"modes": ["Input", "Output"], "percentage": 100},
        "config": config,
        "created": format_instant(EARLIER),
        "data_capture": {
            "destination": "s3://captures/outputs",
            "enabled": True,
            "key": None,
            "percentage": 100,
            "status": "Started",
        },
        "key": None,
        "last_modified": format_instant(EARLIER),
        "name": name,
        "status": "InService",
        "variants": [{**variant, **facets.pop("variant", {})}],
        **facets,
    }
    return Item.of(arn, content)


def sagemaker_model(name: str = "llm-1", image: str = IMAGE, **facets: Any) -> Item:
    arn = f"arn:aws:sagemaker:eu-central-1:{ACCOUNT}:model/{name}"
    package = f"arn:aws:sagemaker:eu-central-1:{ACCOUNT}:model-package/llm/1"
    container = {"additional_model_data": [], "image": image, "model_data": None, "package": package}
    return Item.of(arn, {"name": name, "containers": [{**container, **facets}], "role": None, "subnets": []})


def vertex_version(number: str = "1", **facets: Any) -> Item:
    """A version that is approved, as the connector records it."""
    content = {
        "aliases": ["default"],
        "artifact": f"gs://weights/llm/{number}/",
        "base_model": None,
        "copied_from": None,
        "created": format_instant(EARLIER),
        "display_name": "llm",
        "image": IMAGE,
        "key": None,
        "labels": {"approval": "approved", "approved_by": "release-lead", "author": "engineer-1"},
        "made_by": None,
        "name": f"{VERTEX}/models/1",
        "source_type": "CUSTOM",
        "updated": format_instant(EARLIER),
        "version": number,
        **facets,
    }
    return Item.of(f"{VERTEX}/models/1@{number}", content)


def deployment(version: str | None = "1", **facets: Any) -> dict[str, Any]:
    return {
        "access_logging": False,
        "container_logging": True,
        "id": "11",
        "machine_type": "g2-standard-12",
        "max_replicas": 4,
        "min_replicas": 2,
        "model": f"{VERTEX}/models/1",
        "pool": None,
        "service_account": None,
        "version": version,
        **facets,
    }


def vertex_endpoint(*deployed: dict[str, Any], **facets: Any) -> Item:
    content = {
        "created": format_instant(EARLIER),
        "deployed": list(deployed or (deployment(),)),
        "display_name": "chat",
        "key": None,
        "name": f"{VERTEX}/endpoints/7",
        "network": None,
        "private_service_connect": False,
        "request_response_logging": None,
        "traffic": {"11": 100},
        "updated": format_instant(EARLIER),
        **facets,
    }
    return Item.of(f"{VERTEX}/endpoints/7", content)


def change_approval(*names: str, made: datetime = EARLIER, seq: int = 3, **content: Any) -> Attestation:
    told = {"approved_by": "release-lead", "author": "engineer-1", "reason": "it", "serving": None, "reference": None}
    return Attestation(CHANGE_APPROVAL, seq, made, {**told, "names": list(names), **content})


def pull_request(number: int = 7, given: datetime = EARLIER - HOUR, **facets: Any) -> Item:
    review = {
        "commit": "c" * 40,
        "reviewer": "reviewer-1",
        "state": "APPROVED",
        "submitted_at": format_instant(given),
    }
    content = {
        "author": "engineer-1",
        "head_sha": "c" * 40,
        "merge_commit": "d" * 40,
        "merged_at": format_instant(given),
        "number": number,
        "reviews": [{**review, **facets.pop("review", {})}],
        **facets,
    }
    return Item.of(f"acme/serving#{number}", content)


def event(when: datetime, name: str = "UpdateEndpoint", id: str = "event-1", **facets: Any) -> Item:  # noqa: A002
    content = {
        "error_code": None,
        "invoked_by": None,
        "name": name,
        "region": "eu-central-1",
        "request": {"endpointName": "llm"},
        "session": None,
        "time": format_instant(when),
        "user": f"arn:aws:iam::{ACCOUNT}:role/deployer",
        **facets,
    }
    return Item.of(id, content)


def audit(when: datetime, user: str = "engineer-1", id: str = "audit-1", **facets: Any) -> Item:  # noqa: A002
    content = {
        "by": None,
        "code": 200,
        "name": "chat",
        "namespace": "inference",
        "resource": "deployments",
        "subresource": None,
        "time": format_instant(when),
        "user": user,
        "verb": "patch",
        **facets,
    }
    return Item.of(id, content)


def google_audit(
    began: datetime, verb: str = "DeployModel", ended: datetime | None = None, **facets: Any
) -> list[Item]:
    """The entries of one operation on an endpoint: at its beginning and, if it ended later, at its end."""
    identity = facets.pop("id", "op-1")
    long = ended is not None or facets.pop("running", False)
    entries = []
    for when, last in ((began, False), *(((ended, True),) if ended else ())):
        content = {
            "delegated_by": [],
            "method": f"google.cloud.aiplatform.v1.EndpointService.{verb}",
            "operation": {"first": not last, "id": identity, "last": last} if long else None,
            "principal": "engineer-1@example.com",
            "principal_kind": "user",
            # The log spells the project by its id, Vertex AI by its number.
            "resource": f"projects/acme-prod/{VERTEX.split('/', 2)[2]}/endpoints/7",
            "service": "aiplatform.googleapis.com",
            "status_code": 0,
            "time": format_instant(when),
            **(facets if last or not ended else {**facets, "status_code": 0}),
        }
        entries.append(Item.of(f"{format_instant(when)}/{identity}", content))
    return entries


def cluster_role(name: str = "deployer", verbs: tuple[str, ...] = ("patch",), **facets: Any) -> Item:
    rule = {
        "api_groups": ["apps"],
        "non_resource_urls": [],
        "resource_names": [],
        "resources": ["deployments"],
        "verbs": list(verbs),
    }
    content = {
        "aggregated_from": None,
        "kind": "ClusterRole",
        "labels": {},
        "name": name,
        "namespace": None,
        "rules": [{**rule, **facets}],
    }
    return Item.of(f"clusterrole/{name}", content)


def cluster_role_binding(subject: str = "deployer", role: str = "deployer", kind: str = "ServiceAccount") -> Item:
    namespace = "ci" if kind == "ServiceAccount" else None
    content = {
        "kind": "ClusterRoleBinding",
        "name": subject,
        "namespace": None,
        "role": {"kind": "ClusterRole", "name": role},
        "subjects": [{"kind": kind, "name": subject, "namespace": namespace}],
    }
    return Item.of(f"clusterrolebinding/{subject}", content)


DEPLOYER = "serviceaccount ci/deployer"


def serving(**parts: Any) -> tuple[Snapshot, ...]:
    """Readings of a cluster whose one rollout was approved before it was made; items in place of others by population.

    `before` replaces what the cluster's earlier snapshot holds.
    """
    before = parts.pop("before", (workload(image=OLD_IMAGE),))
    given: dict[str, tuple[str, tuple[Item, ...]]] = {
        "kubernetes.workloads": (CLUSTER, (workload(),)),
        "kubernetes.revisions": (CLUSTER, (revision(EARLIER + HOUR / 2, 2),)),
        "kubernetes.roles": (CLUSTER, (cluster_role(),)),
        "kubernetes.bindings": (CLUSTER, (cluster_role_binding(),)),
        "kubernetes.services": (CLUSTER, ()),
        "kubernetes.model_apis": (CLUSTER, ()),
        "mlflow.gateway_models": (REGISTRY, ()),
        "kubernetes.audit": (CLUSTER, (audit(EARLIER + HOUR / 2),)),
        "mlflow.versions": (REGISTRY, (version(),)),
        "sagemaker.endpoints": (f"aws:{ACCOUNT}", (endpoint(),)),
        "vertex.endpoints": (PROJECT, ()),
        "vertex.models": (PROJECT, ()),
        "cloudtrail.events": (f"aws:{ACCOUNT}", ()),
    }
    replaced = {name: (given[name][0], tuple(items)) for name, items in parts.items()}
    return (
        taken(CLUSTER, "kubernetes.workloads", EARLIER, *before),
        taken(f"aws:{ACCOUNT}", "sagemaker.endpoints", EARLIER, endpoint()),
        taken(REGISTRY, "mlflow.versions", EARLIER, version()),
        *(taken(source, name, START, *items) for name, (source, items) in (given | replaced).items()),
    )


APPROVED = change_approval(IMAGE)
