"""The demo's cluster: a local HTTP server that answers as an API server did, from recordings of a real one.

It is not a cluster: nothing runs in it, and it answers lists only.
"""

import gzip
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import yaml

from collector.demo.loopback import Answer, Request, json_answer, loopback
from collector.model.instant import format_instant

_RECORDINGS = Path(__file__).parent / "recordings"
_CALLER = "system:serviceaccount:mlops:evidence-collector"
_NO_LIST = {"kind": "Status", "status": "Failure", "reason": "NotFound", "message": "nobody recorded this", "code": 404}
_UID = "9b2f8f6e-0000-4000-8000-000000000001"
_RECORDED = datetime.fromisoformat("2026-11-23T16:20:45Z")
"""About when the recorded rollouts were made."""


APPROVALS: tuple[Mapping[str, Any], ...] = (
    {
        "approved": None,
        "approved_by": "release-lead",
        "author": "ml-engineer-1",
        "names": ["s3://acme-models/fraud/13/"],
        "reason": "offline evaluation passed",
        "reference": "CHG-2040",
        "serving": None,
        "signature": None,
    },
    {
        "approved": None,
        # The audit log says that it was admin who rolled it out.
        "approved_by": "admin",
        "author": "ml-engineer-2",
        "names": ["s3://acme-models/embed/8/"],
        "reason": "needed today",
        "reference": None,
        "serving": None,
        "signature": None,
    },
)
"""What was attested before the rollouts: one approval that counts, one of somebody's own."""

_NAMESPACES = ("tenant-acme", "tenant-globex")
_SOURCE = """\
  - kubernetes:
      name: demo
      kubeconfig: {kubeconfig}
      audit_log: {audit_log}
"""


@dataclass
class RecordedCluster:
    """What the server answers from: `before` the rollouts, or `after` them."""

    state: str
    kubeconfig: Path
    audit_log: Path

    def answer(self, method: str, target: str, accept: str) -> tuple[int, Any]:
        """Give status and body for a request."""
        parts = urlsplit(target)
        lists = _lists(self.state)
        if method == "POST" and parts.path.endswith("/selfsubjectreviews"):
            return 201, {"kind": "SelfSubjectReview", "status": {"userInfo": {"username": _CALLER}}}
        if "fieldSelector=metadata.name" in parts.query:
            namespace = {"metadata": {"name": "kube-system", "uid": _UID}}
            return 200, {"kind": "NamespaceList", "metadata": {}, "items": [namespace]}
        if parts.path in lists:
            metadata_only = "PartialObjectMetadataList" in accept
            return 200, _metadata(lists[parts.path]) if metadata_only else lists[parts.path]
        if parts.path == "/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations":
            # The real one has this list too, and had nothing in it.
            metadata = {"resourceVersion": "1"}
            return 200, {"kind": "MutatingWebhookConfigurationList", "metadata": metadata, "items": []}
        return 404, _NO_LIST


def _metadata(found: Mapping[str, Any]) -> Mapping[str, Any]:
    kind, version = "PartialObjectMetadata", "meta.k8s.io/v1"
    items = [{"kind": kind, "apiVersion": version, "metadata": item["metadata"]} for item in found["items"]]
    return {"kind": f"{kind}List", "apiVersion": version, "metadata": found["metadata"], "items": items}


@cache
def _lists(state: str) -> Mapping[str, Any]:
    return {
        "/" + file.name.removesuffix(".json.gz").replace("__", "/"): json.loads(gzip.decompress(file.read_bytes()))
        for file in sorted((_RECORDINGS / state).glob("*.json.gz"))
    }


def with_cluster(
    tenants: Mapping[str, Mapping[str, Sequence[str]]], cluster: RecordedCluster
) -> tuple[Mapping[str, Mapping[str, Sequence[str]]], str]:
    """Give the tenants with a namespace each, and the cluster's entry in the configuration's sources."""
    named = {
        name: {**parts, "namespaces": [namespace]}
        for (name, parts), namespace in zip(tenants.items(), _NAMESPACES, strict=True)
    }
    source = _SOURCE.format(kubeconfig=cluster.kubeconfig.name, audit_log=cluster.audit_log.name)
    return named, source


@contextmanager
def recorded_cluster(folder: Path, rollouts: datetime) -> Iterator[RecordedCluster]:
    """Serve the recordings, from before the rollouts at first, with a kubeconfig and an audit log in a folder.

    Args:
        folder: where the two files are written.
        rollouts: when the rollouts should seem to have been made; the audit log's times are moved there.

    """
    cluster = RecordedCluster("before", folder / "kubeconfig", folder / "audit.jsonl")
    _write_audit_log(cluster.audit_log, rollouts - _RECORDED)

    def answer(request: Request) -> Answer:
        status, value = cluster.answer(request.method, request.target, request.headers.get("accept", ""))
        return json_answer(value, status)

    with loopback(answer) as url:
        _write_kubeconfig(cluster.kubeconfig, url)
        yield cluster


def _write_kubeconfig(path: Path, url: str) -> None:
    document = {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "demo",
        "clusters": [{"name": "demo", "cluster": {"server": url}}],
        "users": [{"name": "demo", "user": {"token": "made-up"}}],
        "contexts": [{"name": "demo", "context": {"cluster": "demo", "user": "demo"}}],
    }
    path.write_text(yaml.safe_dump(document), encoding="utf-8")


def _write_audit_log(path: Path, later: timedelta) -> None:
    lines = []
    for line in (_RECORDINGS / "audit.jsonl").read_text(encoding="utf-8").splitlines():
        event = json.loads(line)
        for name in ("requestReceivedTimestamp", "stageTimestamp"):
            event[name] = format_instant(datetime.fromisoformat(event[name]) + later)
        lines.append(json.dumps(event) + "\n")
    path.write_text("".join(lines), encoding="utf-8")
