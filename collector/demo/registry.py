"""The demo's model registry: what a real MLflow server is filled with."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.request import Request, urlopen

from collector.model.errors import ControlproofError

_TIMEOUT = 30
"""Seconds."""
_APPROVED = {"approval": "approved", "approved_by": "release-lead"}

SOURCE = """\
  - mlflow:
      name: demo
      url: {url}
"""


@dataclass(frozen=True, slots=True)
class Version:
    """One version of a model, with what its tags say of its approval."""

    model: str
    source: str
    tags: Mapping[str, str] = field(default_factory=lambda: _APPROVED)


VERSIONS = (
    Version("embedder", "s3://acme-models/embed/7/"),
    Version("embedder", "s3://acme-models/embed/8/", {"approval": "approved", "approved_by": "admin"}),
    Version("fraud-model", "s3://acme-models/fraud/12/"),
    Version("fraud-model", "s3://acme-models/fraud/13/"),
    Version("llm-chat", "s3://acme-models/llm-chat/3/"),
    Version("llm-chat", "s3://acme-models/llm-chat/4/", {"approval": "requested"}),
    Version("ranker", "s3://acme-models/ranker/5/"),
)
"""What the demo's cluster serves, but for one model that nobody registered."""


def fill(url: str) -> int:
    """Register the models and their versions; give the number of versions.

    Raises:
        ControlproofError: the server refused.

    """
    for model in sorted({version.model for version in VERSIONS}):
        _call(url, "registered-models/create", {"name": model})
    for version in VERSIONS:
        tags = [{"key": name, "value": value} for name, value in version.tags.items()]
        _call(url, "model-versions/create", {"name": version.model, "source": version.source, "tags": tags})
    return len(VERSIONS)


def _call(url: str, operation: str, given: Mapping[str, Any]) -> None:
    request = Request(  # noqa: S310 - a loopback server that the demo itself started
        f"{url}/api/2.0/mlflow/{operation}",
        json.dumps(given).encode(),
        {"Content-Type": "application/json"},
    )
    try:
        with urlopen(request, timeout=_TIMEOUT) as answer:  # noqa: S310 - as above
            answer.read()
    except OSError as error:
        raise ControlproofError(f"MLflow refused {operation}: {error}") from None
