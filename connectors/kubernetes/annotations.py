"""Annotations: the few that say how something is served or approved stay readable, the others become digests."""

from collections.abc import Mapping

from collector.model.canonical import Json
from connectors.redaction import Redaction

_READABLE_PREFIXES = ("app.kubernetes.io/", "controlproof.io/", "serving.kserve.io/", "serving.knative.dev/")
_REVISIONS = ("deployment.kubernetes.io/revision", "rollout.argoproj.io/revision")
_HISTORY = "deployment.kubernetes.io/revision-history"
_READABLE = frozenset((*_REVISIONS, _HISTORY))
_CAUSE = "kubernetes.io/change-cause"


def reduced_annotations(annotations: Mapping[str, str], redaction: Redaction) -> dict[str, Json]:
    """Give all annotations, each that is not known to be harmless as a digest: some hold whole manifests."""
    return {
        name: value if name in _READABLE or name.startswith(_READABLE_PREFIXES) else redaction.digest(value)
        for name, value in annotations.items()
    }


def revision_of(annotations: Mapping[str, str]) -> int | None:
    """Give the number of the revision that a controller noted, None where it noted none."""
    found = next((annotations[name] for name in _REVISIONS if name in annotations), None)
    return int(found) if found is not None and found.isascii() and found.isdigit() else None


def earlier_revisions(annotations: Mapping[str, str]) -> list[Json]:
    """Give the numbers that a replica set had before: it was rolled back to when there are any."""
    return [int(number) for number in annotations.get(_HISTORY, "").split(",") if number.strip().isdigit()]


def change_cause(annotations: Mapping[str, str], redaction: Redaction) -> str | None:
    """Give the digest of the free text that says why a revision was made, None where nobody wrote one."""
    return redaction.digest(annotations[_CAUSE]) if _CAUSE in annotations else None
