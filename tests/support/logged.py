"""Estates whose logging is not the good one's: routed by Google Cloud, or nothing at all."""

from collections.abc import Sequence
from typing import Any

from support.estate import good, replacing, snapshot
from support.google import item
from support.logging import setting
from support.served import PROJECT, deployment, endpoint, vertex_endpoint, vertex_version

from collector.model.evidence import Evidence
from collector.model.snapshot import Item

LOGGER = "registry.example.com/logger@sha256:3"
LOG_BUCKET = "projects/acme-prod/locations/global/buckets/_Default"
ALL = 'NOT LOG_ID("cloudaudit.googleapis.com/activity")'


def sink(query: str = "", name: str = "_Default", *excluding: str, **facets: Any) -> Item:
    content = {
        "destination": f"logging.googleapis.com/{LOG_BUCKET}",
        "disabled": False,
        "exclusions": [exclusion_of(each) for each in excluding],
        "filter": query,
        "name": name,
        **facets,
    }
    return Item.of(f"projects/acme-prod/sinks/{name}", content)


def exclusion_of(query: str, *, disabled: bool = False) -> dict[str, Any]:
    return {"disabled": disabled, "filter": query, "name": "noise"}


def exclusion(query: str, **facets: Any) -> Item:
    return Item.of("projects/acme-prod/exclusions/noise", {**exclusion_of(query), **facets})


def log_bucket(name: str = LOG_BUCKET, **facets: Any) -> Item:
    """A log bucket as it should be."""
    told = {"analytics": False, "key": None, "lifecycle": "ACTIVE", "locked": True, "name": name, "retention_days": 365}
    return Item.of(name, {**told, **facets})


def log_view(*bindings: Any, name: str = "_AllLogs", bucket: str = LOG_BUCKET, unreadable: Sequence[str] = ()) -> Item:
    content = {"bucket": bucket, "filter": "", "name": f"{bucket}/views/{name}", "policy": list(bindings)}
    return item(f"{bucket}/views/{name}", content, *unreadable)


def nothing_logged() -> Evidence:
    """One variant that captures nothing, and no workload."""
    off = {**endpoint().content().value["data_capture"], "enabled": False}
    given = good(settings=(setting(enabled=False, group=None, large_bucket=None),), guardrails=(), invocations=())
    return replacing(
        given, snapshot("kubernetes.workloads"), snapshot("sagemaker.endpoints", endpoint(data_capture=off))
    )


def on_vertex(**parts: Any) -> Evidence:
    """The good estate, and an endpoint of Vertex AI whose image prints outputs to the default sink."""
    return replacing(
        good(**{"sinks": (sink(ALL),), **parts}),
        snapshot("vertex.endpoints", vertex_endpoint(deployment()), source=PROJECT),
        snapshot("vertex.models", vertex_version(image=LOGGER), source=PROJECT),
    )
