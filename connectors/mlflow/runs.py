"""The runs that made versions, and the data that they read: a facet of each version.

Source: MLflow REST API, "Search Runs" and "Get Run". Runs are searched by many ids at once; some of what the search
does not give is asked for by itself, which says why. A run that was deleted and can be restored is read as any other.
"""

import json
import re
from collections.abc import Iterable

from collector.model.canonical import Json, encode
from collector.model.snapshot import Failure, FailureClass
from connectors.base import SourceError
from connectors.mlflow.answers import Dataset, DatasetInput, OneRun, Run
from connectors.mlflow.lists import EXPERIMENTS, RUNS, visible
from connectors.mlflow.redaction import without_credentials
from connectors.mlflow.session import MlflowSession

_RUN_ID = re.compile(r"[0-9A-Za-z_-]{1,64}")
MAX_SINGLE = 20
"""How many runs are asked for by themselves in vain: a user who may see no experiments would ask for each."""

_PLACES = ("uri", "url", "path", "delta_table_name", "table_name", "dataset_id")
"""Where the sources of datasets keep their address (`DatasetSource.to_dict` of MLflow's source types)."""


class RunReader:
    """The runs of one reading; each is read once, whoever asks for it."""

    def __init__(self, mlflow: MlflowSession) -> None:
        self._mlflow = mlflow
        self._experiments: list[str] | None = None
        self._refused: list[Failure] = []
        self._runs: dict[str, Json | Failure] = {"": None}

    def of(self, run_id: str) -> Json | Failure:
        """Give a run that was fetched, null for the id of no run, or why it could not be read."""
        return self._runs[run_id]

    def fetch(self, run_ids: Iterable[str]) -> None:
        """Read runs, those that were not read before."""
        wanted = sorted(set(run_ids) - self._runs.keys())
        if not wanted:
            return
        try:
            self._runs |= {run.key: _written(run) for run in self._search(wanted) if run.key in wanted}
        except SourceError as error:
            self._runs |= dict.fromkeys(wanted, error.failure)
        for run_id in wanted:
            if run_id not in self._runs:
                self._runs[run_id] = self._get(run_id)

    def _search(self, run_ids: list[str]) -> Iterable[Run]:
        if self._experiments is None:
            self._experiments = [experiment.experiment_id for experiment in visible(self._mlflow, EXPERIMENTS)]
        ids = [run_id for run_id in run_ids if _RUN_ID.fullmatch(run_id)]
        if not ids or not self._experiments:
            return []
        quoted = ", ".join(f"'{run_id}'" for run_id in ids)
        return visible(self._mlflow, RUNS, experiment_ids=self._experiments, filter=f"attributes.run_id IN ({quoted})")

    def _get(self, run_id: str) -> Json | Failure:
        """Ask for one run; after many that were refused, say what the last of them was refused with."""
        if len(self._refused) == MAX_SINGLE:
            reason = f"not asked for, after {MAX_SINGLE} others that are not shown: {self._refused[-1].reason}"
            return Failure(FailureClass.NOT_ATTEMPTED, "mlflow:runs/get", "NotAsked", reason)
        try:
            run = self._mlflow.get("runs/get", OneRun, {}, {"run_id": run_id}).run
        except SourceError as error:
            self._refused.append(error.failure)
            return error.failure
        if run.key != run_id:
            return Failure(FailureClass.MALFORMED, "mlflow:runs/get", "UnexpectedAnswer", "another run answered")
        return _written(run)


def _written(run: Run) -> Json:
    return {
        "dataset_inputs": sorted((_input(given) for given in run.inputs.dataset_inputs), key=encode),
        "deleted": run.info.lifecycle_stage == "deleted",
        "user": run.info.user_id or None,
    }


def _input(given: DatasetInput) -> dict[str, Json]:
    context = next((tag.value for tag in given.tags if tag.key == "mlflow.data.context"), None)
    return {
        "context": context,
        "digest": given.dataset.digest,
        "name": given.dataset.name,
        "source": _place(given.dataset),
        "source_type": given.dataset.source_type,
    }


def _place(dataset: Dataset) -> str | None:
    """Give the address of a dataset, null if its source is of a kind that has none, such as code."""
    try:
        source = json.loads(dataset.source)
    except (ValueError, RecursionError):
        return None
    given = source if isinstance(source, dict) else {}
    found = next((given[name] for name in _PLACES if isinstance(given.get(name), str)), None)
    return None if found is None else without_credentials(found)
