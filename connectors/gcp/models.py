"""`vertex.models`: every version of every model in the registry. It takes one call for each model.

Who registered a version, and who put an alias or a label on it and when, Vertex AI does not say.

Source: Vertex AI REST reference, v1, `projects.locations.models`: `list` gives the default version of each model,
`listVersions` all of one.
"""

from collections.abc import Iterator

from collector.model.canonical import Json
from collector.model.instant import format_instant
from collector.model.snapshot import FailureClass
from connectors.base import Draft, Population
from connectors.gcp.answers import MODELS, Model
from connectors.gcp.parts import each_part
from connectors.gcp.session import GcpSession
from connectors.rest import malformed

_LIST, _LIST_VERSIONS = "aiplatform:models.list", "aiplatform:models.listVersions"
_ENDING = (FailureClass.THROTTLED, FailureClass.UNREACHABLE)


def models(gcp: GcpSession) -> Iterator[Draft]:
    """Yield every version of every model of one location.

    Raises:
        SourceError: a list is not whole.

    """
    return each_part(_listed(gcp), lambda model: _versions(gcp, model), _ENDING)


def _listed(gcp: GcpSession) -> Iterator[Model]:
    for page in gcp.pages(_LIST, f"{gcp.parent}/models", MODELS):
        for model in page.models:
            gcp.check_own(_LIST, model.name, "models")
            yield model


def _versions(gcp: GcpSession, model: Model) -> Iterator[Draft]:
    base = model.name.partition("@")[0]
    missing = model.version_id
    for page in gcp.pages(_LIST_VERSIONS, f"{gcp.parent}/models/{base.rpartition('/')[2]}:listVersions", MODELS):
        for version in page.models:
            if version.name.partition("@")[0] != base:
                raise malformed(_LIST_VERSIONS, "WrongModel", f"a version of another model than {base} was listed")
            missing = "" if version.version_id == missing else missing
            yield _draft(base, version)
    if missing:
        reason = f"{base} has version {missing} as its default, which is not among its versions"
        raise malformed(_LIST_VERSIONS, "UnlistedVersion", reason)


def _draft(base: str, version: Model) -> Draft:
    content: dict[str, Json] = {
        "aliases": sorted(version.version_aliases),
        "artifact": version.artifact_uri or None,
        "base_model": _base(version),
        "copied_from": version.original_model_info.model or None,
        "created": format_instant(version.version_create_time),
        "display_name": version.display_name,
        "image": version.container_spec.image_uri or None,
        "key": version.encryption_spec.kms_key_name or None,
        "labels": dict(version.labels),
        "made_by": version.pipeline_job or version.training_pipeline or None,
        "name": base,
        "source_type": version.model_source_info.source_type or None,
        "updated": format_instant(version.version_update_time),
        "version": version.version_id,
    }
    return Draft(f"{base}@{version.version_id}", content)


def _base(version: Model) -> str | None:
    """Name the public model that one was made from; for most models there is none."""
    base = version.base_model_source
    return base.model_garden_source.public_model_name or base.genie_source.base_model_uri or None


# Google does not document which of the two `listVersions` asks for; both read the registry only.
_PERMISSIONS = ("aiplatform.models.get", "aiplatform.models.list")
VERTEX_MODELS = Population("vertex.models", _PERMISSIONS, models, regional=True)
