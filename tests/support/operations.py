"""Items of what serves models and of tenants' namespaces, as the connectors record them."""

from collections.abc import Mapping, Sequence
from typing import Any

from support.ledgers import START

from collector.model.instant import format_instant
from collector.model.snapshot import Item

ACCOUNT = "123456789012"
REGION = "eu-central-1"
CLUSTER = "kubernetes:it"
ENDPOINT, VARIANT, MODEL = "chat", "main", "llm"
PACKAGE = f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:model-package/llm/1"
WEIGHTS = "s3://weights/llm/model.tar.gz"
VALIDATOR = "registry.example.com/output-validator@sha256:22"
TOPIC = f"arn:aws:sns:{REGION}:{ACCOUNT}:on-call"


def sagemaker(kind: str, name: str, region: str = REGION) -> str:
    return f"arn:aws:sagemaker:{region}:{ACCOUNT}:{kind}/{name.lower()}"


def variant(name: str = VARIANT, **changed: Any) -> dict[str, Any]:
    known = {"instance_type": "ml.g5.xlarge", "instances": 2, "model": MODEL, "name": name}
    return {**known, "serverless": False, "shadow": False, **changed}


def endpoint(*variants: Mapping[str, Any], name: str = ENDPOINT, region: str = REGION, **facets: Any) -> Item:
    content = {
        "name": name,
        "status": "InService",
        "config": f"{name}-1",
        "data_capture": {"destination": None, "enabled": False, "key": None, "percentage": None},
        "created": format_instant(START),
        "last_modified": format_instant(START),
        "variants": [dict(each) for each in variants] or [variant()],
        "key": None,
        **facets,
    }
    return Item.of(sagemaker("endpoint", name, region), content)


def container(image: str, package: str | None = None) -> dict[str, Any]:
    return {"additional_model_data": [], "image": image, "model_data": None, "package": package}


def sagemaker_model(*images: str, name: str = MODEL, region: str = REGION, **facets: Any) -> Item:
    """A model: a server that loads the weights, and a validator behind it unless other images are given."""
    behind = images or (VALIDATOR,)
    content = {
        "name": name,
        "role": f"arn:aws:iam::{ACCOUNT}:role/inference",
        "containers": [container("registry.example.com/server@sha256:11", PACKAGE), *map(container, behind)],
        "network_isolation": True,
        "subnets": ["subnet-a", "subnet-b"],
        **facets,
    }
    return Item.of(sagemaker("model", name, region), content)


def target(minimum: int = 2, resource: str = f"endpoint/{ENDPOINT}/variant/{VARIANT}", **changed: Any) -> Item:
    dimension = "sagemaker:variant:DesiredInstanceCount"
    known = {"dimension": dimension, "maximum": 8, "minimum": minimum, "region": REGION, "resource": resource}
    content = {**known, "suspended": [], **changed}
    return Item.of(f"{content['region']}/{resource}/{content['dimension']}", content)


def metric(name: str | None, namespace: str | None = "AWS/SageMaker", **dimensions: str) -> dict[str, Any]:
    of_variant = {"EndpointName": ENDPOINT, "VariantName": VARIANT}
    return {"dimensions": (dimensions or of_variant) if name else {}, "metric": name, "namespace": namespace}


def alarm(name: str, measured: str | None, region: str = REGION, **facets: Any) -> Item:
    content = {
        **metric(measured, "AWS/SageMaker" if measured else None),
        "actions": [TOPIC],
        "actions_enabled": True,
        "comparison": "GreaterThanThreshold",
        "metrics": [],
        "name": name,
        "period": 60,
        "rule": None,
        "statistic": "Sum",
        "threshold": "1.0",
        "treat_missing_data": "missing",
        "type": "metric",
        **facets,
    }
    return Item.of(f"arn:aws:cloudwatch:{region}:{ACCOUNT}:alarm:{name}", content)


def composite(name: str, rule: str, **facets: Any) -> Item:
    return alarm(name, None, **{"rule": rule, "type": "composite", "comparison": None, "threshold": None, **facets})


ALARMS = {
    "errors": alarm("errors", "Invocation5XXErrors"),
    "latency": alarm("latency", "ModelLatency"),
    "availability": alarm("requests", "Invocations", comparison="LessThanThreshold"),
}


def schedule(name: str = "quality", status: str = "Completed", **facets: Any) -> Item:
    content = {
        "name": name,
        "status": "Scheduled",
        "type": "DataQuality",
        "endpoint": ENDPOINT,
        "schedule": "cron(0 * ? * * *)",
        "last_execution": {"status": status, "created": format_instant(START), "failure_explained": False},
        **facets,
    }
    return Item.of(sagemaker("monitoring-schedule", name), content)


def guardrail(name: str = "outputs", region: str = REGION, **facets: Any) -> Item:
    filters = [{"input": True, "kind": "HATE", "output": True, "policy": "content"}]
    content = {"version": "1", "name": name, "status": "READY", "filters": filters, **facets}
    return Item.of(f"arn:aws:bedrock:{region}:{ACCOUNT}:guardrail/{name}:1", content)


def throughput(name: str = "reserved", region: str = REGION) -> Item:
    model = f"arn:aws:bedrock:{region}:{ACCOUNT}:custom-model/tuned"
    arn = f"arn:aws:bedrock:{region}:{ACCOUNT}:provisioned-model/{name}"
    return Item.of(arn, {"name": name, "model": model, "desired_model": model, "status": "InService"})


def selector(*expressions: Mapping[str, Any], **labels: str) -> dict[str, Any]:
    return {"expressions": [dict(each) for each in expressions], "labels": labels}


def expression(key: str, operator: str, *values: str) -> dict[str, Any]:
    return {"key": key, "operator": operator, "values": list(values)}


def image(name: str, *, init: bool = False) -> dict[str, Any]:
    empty: dict[str, Any] = {"args": [], "command": [], "environment": [], "environment_from": [], "mounts": []}
    return {**empty, "image": name, "init": init, "name": "main"}


def workload(name: str = "llm", kind: str = "Deployment", namespace: str = "inference", **facets: Any) -> Item:
    """A workload that serves the weights, and whose annotation names a validator."""
    content = {
        "annotations": {"controlproof.io/output-validator": "gateway"},
        "containers": [image("registry.example.com/server@sha256:11")],
        "created": format_instant(START),
        "generation": 1,
        "kind": kind,
        "labels": {},
        "model": None,
        "models": [{"from": "environment MODEL of container main", "uri": WEIGHTS}],
        "name": name,
        "namespace": namespace,
        "replicas": 3,
        "revision": 1,
        "selector": selector(app=name),
        "service_account": "default",
        "template_digest": "digest",
        "volumes": [],
        **facets,
    }
    return Item.of(f"{kind.lower()}/{namespace}/{name}", content)


def budget(chosen: Mapping[str, Any] | None, name: str = "llm", namespace: str = "inference", **bounds: Any) -> Item:
    content = {"labels": {}, "max_unavailable": None, "min_available": None, "name": name, "namespace": namespace}
    return Item.of(f"poddisruptionbudget/{namespace}/{name}", {**content, "selector": chosen, **bounds})


def autoscaler(least: int = 2, name: str = "llm", namespace: str = "inference", kind: str = "Deployment") -> Item:
    content = {"labels": {}, "max": 8, "min": least, "name": name, "namespace": namespace}
    scaled = {"kind": kind, "name": name}
    return Item.of(f"horizontalpodautoscaler/{namespace}/{name}", {**content, "target": scaled})


def namespace(name: str, **labels: str) -> Item:
    return Item.of(f"namespace/{name}", {"labels": {"kubernetes.io/metadata.name": name, **labels}, "name": name})


def peer(
    namespaces: Mapping[str, Any] | None = None, pods: Mapping[str, Any] | None = None, cidr: str = "", *but: str
) -> dict[str, Any]:
    block = {"cidr": cidr, "except": list(but)} if cidr else None
    return {"ip_block": block, "namespace_selector": namespaces, "pod_selector": pods}


def rule(*peers: Mapping[str, Any]) -> dict[str, Any]:
    return {"peers": [dict(each) for each in peers], "ports": []}


def network_policy(where: str, name: str = "default-deny", **facets: Any) -> Item:
    content = {
        "egress": [],
        "ingress": [],
        "labels": {},
        "name": name,
        "namespace": where,
        "pod_selector": selector(),
        "policy_types": ["Ingress", "Egress"],
        **facets,
    }
    return Item.of(f"networkpolicy/{where}/{name}", content)


def role(name: str, verbs: Sequence[str], resources: Sequence[str], where: str | None = None) -> Item:
    kind = "Role" if where else "ClusterRole"
    given = {"api_groups": [""], "non_resource_urls": [], "resource_names": []}
    content = {
        "aggregated_from": None,
        "kind": kind,
        "labels": {},
        "name": name,
        "namespace": where,
        "rules": [{**given, "resources": list(resources), "verbs": list(verbs)}],
    }
    return Item.of("/".join(filter(None, (kind.lower(), where, name))), content)


def account(where: str, name: str = "trainer") -> dict[str, Any]:
    return {"kind": "ServiceAccount", "name": name, "namespace": where}


def subject(kind: str, name: str) -> dict[str, Any]:
    return {"kind": kind, "name": name, "namespace": None}


def binding(name: str, where: str | None, given: str, *subjects: Mapping[str, Any]) -> Item:
    kind = "RoleBinding" if where else "ClusterRoleBinding"
    content = {
        "kind": kind,
        "name": name,
        "namespace": where,
        "role": {"kind": "ClusterRole", "name": given},
        "subjects": [dict(each) for each in subjects],
    }
    return Item.of("/".join(filter(None, (kind.lower(), where, name))), content)


def claim(where: str, volume: str | None, handle: str | None = None, name: str = "data") -> Item:
    csi = {"driver": "files.example.com", "handle": handle} if handle else None
    known = {"access_modes": [], "capacity": "1Ti", "csi": csi, "reclaim_policy": "Retain", "storage_class": None}
    content = {
        "access_modes": [],
        "labels": {},
        "name": name,
        "namespace": where,
        "requested": "1Ti",
        "storage_class": None,
        "volume": known if volume else None,
        "volume_name": volume,
    }
    return Item.of(f"persistentvolumeclaim/{where}/{name}", content)


POPULATIONS = {
    "endpoints": "sagemaker.endpoints",
    "targets": "autoscaling.targets",
    "alarms": "cloudwatch.alarms",
    "schedules": "sagemaker.monitoring_schedules",
    "guardrails": "bedrock.guardrails",
    "throughputs": "bedrock.provisioned_throughputs",
    "workloads": "kubernetes.workloads",
    "budgets": "kubernetes.disruption_budgets",
    "autoscalers": "kubernetes.autoscalers",
    "namespaces": "kubernetes.namespaces",
    "policies": "kubernetes.network_policies",
    "roles": "kubernetes.roles",
    "bindings": "kubernetes.bindings",
    "claims": "kubernetes.volume_claims",
}


def good_parts(*tenants: str) -> dict[str, tuple[Item, ...]]:
    """What serves models as it should, and a namespace for each tenant that is closed to the others."""
    names = [f"tenant-{tenant}" for tenant in tenants]
    return {
        "endpoints": (endpoint(),),
        "targets": (target(),),
        "alarms": tuple(ALARMS.values()),
        "schedules": (schedule(),),
        "guardrails": (guardrail(),),
        "throughputs": (),
        "workloads": (workload(),),
        "budgets": (budget(selector(app="llm"), min_available=1),),
        "autoscalers": (autoscaler(),),
        "namespaces": tuple(namespace(name) for name in ("inference", *names)),
        "policies": tuple(network_policy(name) for name in names),
        "roles": (role("edit", ["*"], ["pods", "secrets"]),),
        "bindings": tuple(binding("own", name, "edit", account(name)) for name in names),
        "claims": tuple(claim(name, f"volume-{name}") for name in names),
    }
