"""What watches, bounds and separates what serves models and tenants' namespaces, as the connectors record it."""

from collections.abc import Mapping, Sequence
from typing import Any

from support.ledgers import START
from support.served import ACCOUNT

from collector.model.instant import format_instant
from collector.model.snapshot import Item

REGION = "eu-central-1"
ENDPOINT, VARIANT = "llm", "all"
TOPIC = f"arn:aws:sns:{REGION}:{ACCOUNT}:on-call"


def sagemaker(kind: str, name: str, region: str = REGION) -> str:
    return f"arn:aws:sagemaker:{region}:{ACCOUNT}:{kind}/{name.lower()}"


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
    named = {"name": name, "model": model, "desired_model": model, "foundation_model": None}
    return Item.of(arn, {**named, "status": "InService"})


def selector(*expressions: Mapping[str, Any], **labels: str) -> dict[str, Any]:
    return {"expressions": [dict(each) for each in expressions], "labels": labels}


def expression(key: str, operator: str, *values: str) -> dict[str, Any]:
    return {"key": key, "operator": operator, "values": list(values)}


def budget(chosen: Mapping[str, Any] | None, name: str = "chat", namespace: str = "inference", **bounds: Any) -> Item:
    content = {"labels": {}, "max_unavailable": None, "min_available": None, "name": name, "namespace": namespace}
    return Item.of(f"poddisruptionbudget/{namespace}/{name}", {**content, "selector": chosen, **bounds})


def autoscaler(least: int = 2, name: str = "chat", namespace: str = "inference", kind: str = "Deployment") -> Item:
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
    "targets": "autoscaling.targets",
    "alarms": "cloudwatch.alarms",
    "schedules": "sagemaker.monitoring_schedules",
    "guardrails": "bedrock.guardrails",
    "throughputs": "bedrock.provisioned_throughputs",
    "budgets": "kubernetes.disruption_budgets",
    "autoscalers": "kubernetes.autoscalers",
    "namespaces": "kubernetes.namespaces",
    "policies": "kubernetes.network_policies",
    "claims": "kubernetes.volume_claims",
}


def operations(*tenants: str) -> dict[str, tuple[Item, ...]]:
    """What is around the endpoint and the workload of `support.served`, and a closed namespace for each tenant."""
    names = [f"tenant-{tenant}" for tenant in tenants]
    return {
        "targets": (target(),),
        "alarms": tuple(ALARMS.values()),
        "schedules": (schedule(),),
        "guardrails": (guardrail(),),
        "throughputs": (),
        "budgets": (budget(selector(app="chat"), min_available=1),),
        "autoscalers": (autoscaler(),),
        "namespaces": tuple(namespace(name) for name in ("inference", *names)),
        "policies": tuple(network_policy(name) for name in names),
        "claims": tuple(claim(name, f"volume-{name}") for name in names),
    }
