"""`mlflow.versions`: the versions of all models, with the run that made each and the data it read.

Source: MLflow REST API, "Search ModelVersions". Its versions come without aliases, which the models have. A tag has
no author and no time: who approved what, and when, MLflow does not say.

`source` is what the version was made from. Where that is a logged model (`models:/m-…`, usual since MLflow 3), it is
no address of artifacts, and the address is not read.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from itertools import islice

from collector.model.canonical import Json
from collector.model.snapshot import Failure, FailureClass
from connectors.base import Draft, Population
from connectors.mlflow.answers import ModelVersion
from connectors.mlflow.content import moment, tags
from connectors.mlflow.lists import MODELS, RUNS, VERSIONS, whole
from connectors.mlflow.redaction import without_credentials
from connectors.mlflow.runs import RunReader
from connectors.mlflow.session import MlflowSession

_OPERATION = f"mlflow:{VERSIONS.method}"
_WITHHELD_RUN = Failure(
    FailureClass.DENIED, _OPERATION, "WithheldRun", "the server keeps back which run made it: grant READ on runs"
)
_NO_MODEL = Failure(
    FailureClass.MALFORMED, f"mlflow:{MODELS.method}", "UnlistedModel", "its model is not in the list of models"
)

Aliases = Mapping[str, list[str]]
"""By the id of a version, the names that point to it, sorted."""


def versions(mlflow: MlflowSession) -> Iterator[Draft]:
    """Yield every version of every model.

    Raises:
        SourceError: a list is not whole, or the models tell of a version that the list of versions does not have.

    """
    models = {model.name: model for model in whole(mlflow, MODELS)}
    aliases: dict[str, list[str]] = {}
    for model in models.values():
        for alias in sorted(model.aliases, key=lambda alias: alias.alias):
            aliases.setdefault(f"{model.name}/{alias.version}", []).append(alias.alias)
    told = {version.key for model in models.values() for version in model.latest_versions}
    runs = RunReader(mlflow)
    for some in _batches(whole(mlflow, VERSIONS), RUNS.size):
        runs.fetch(version.run_id for version in some if version.run_id)
        for version in some:
            told.discard(version.key)
            known = aliases.get(version.key, []) if version.name in models else _NO_MODEL
            yield _draft(version, known, runs.of(version.run_id) if version.run_id is not None else _WITHHELD_RUN)
    if told:
        reason = f"the models tell of {min(told)}, which is not among the versions"
        raise VERSIONS.broken(FailureClass.MALFORMED, "UnlistedVersion", reason)


def _draft(version: ModelVersion, aliases: list[str] | Failure, run: Json | Failure) -> Draft:
    known: dict[str, Json] = {
        "author": version.user_id or None,
        "created": moment(version.creation_timestamp, _OPERATION),
        "name": version.name,
        "registry": "mlflow",
        "source": without_credentials(version.source) or None,
        "stage": version.current_stage or None,
        "status": version.status,
        "tags": tags(version.tags),
        "updated": moment(version.last_updated_timestamp, _OPERATION),
        "version": version.version,
    }
    facets = {"aliases": aliases, "run": run, "run_id": version.run_id or None if version.run_id is not None else run}
    failures = tuple(
        replace(value, item=version.key, facet=facet) for facet, value in facets.items() if isinstance(value, Failure)
    )
    read = {facet: value for facet, value in facets.items() if not isinstance(value, Failure)}
    return Draft(version.key, {**known, **read}, failures)


def _batches(values: Iterable[ModelVersion], size: int) -> Iterator[list[ModelVersion]]:
    """Cut a list into parts; those before a fault of the list still come."""
    iterator = iter(values)
    while some := list(islice(iterator, size)):
        yield some


MODEL_VERSIONS = Population("mlflow.versions", ("experiment:READ", "registered_model:READ"), versions)
