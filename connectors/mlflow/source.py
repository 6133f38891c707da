"""An MLflow tracking server as a source."""

from collections.abc import Callable, Iterator
from datetime import datetime

from collector.config import MlflowServer
from collector.model.snapshot import Gap, Snapshot
from connectors.base import Draft, Population, Progress, Reading
from connectors.mlflow.gateway import GATEWAY_MODELS
from connectors.mlflow.models import REGISTERED_MODELS
from connectors.mlflow.session import MlflowSession
from connectors.mlflow.versions import MODEL_VERSIONS

POPULATIONS: tuple[Population, ...] = (REGISTERED_MODELS, MODEL_VERSIONS, GATEWAY_MODELS)
"""All populations of MLflow. Adding one is one function in one file, and one entry here."""


class MlflowSource:
    """One MLflow server with one identity."""

    def __init__(self, settings: MlflowServer, clock: Callable[[], datetime], progress: Progress) -> None:
        self.id = settings.id
        self.populations = tuple(population.name for population in POPULATIONS)
        self._settings = settings
        self._clock = clock
        self._progress = progress

    def read(self, population: str) -> Snapshot | Gap:
        """Read one population after making sure that an MLflow server answers."""
        wanted = next(candidate for candidate in POPULATIONS if candidate.name == population)
        session = MlflowSession(self._settings, self._clock)

        def drafts() -> Iterator[Draft]:
            session.check()
            yield from wanted.read(session)

        try:
            return Reading(self.id, population, self._clock, self._progress).drain(drafts, session.provenance)
        finally:
            session.close()


SOURCE = MlflowSource
