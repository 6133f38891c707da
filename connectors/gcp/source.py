"""A Google Cloud project as a source."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime

from collector.config import GcpProject
from collector.model.snapshot import Gap, Snapshot
from connectors.base import Draft, Population, Progress, Reading, SourceError
from connectors.gcp.accounts import SERVICE_ACCOUNTS
from connectors.gcp.audit import AUDIT
from connectors.gcp.buckets import BUCKETS
from connectors.gcp.datasets import DATASETS
from connectors.gcp.endpoints import VERTEX_ENDPOINTS
from connectors.gcp.iam import IAM
from connectors.gcp.inference_logs import INFERENCE_LOGS
from connectors.gcp.invocations import INVOCATIONS
from connectors.gcp.keys import KMS_KEYS
from connectors.gcp.log_buckets import LOG_BUCKETS
from connectors.gcp.log_exclusions import LOG_EXCLUSIONS
from connectors.gcp.log_metrics import LOG_METRICS
from connectors.gcp.log_sinks import LOG_SINKS
from connectors.gcp.log_views import LOG_VIEWS
from connectors.gcp.models import VERTEX_MODELS
from connectors.gcp.parts import each_part
from connectors.gcp.roles import ROLES
from connectors.gcp.session import GcpSession
from connectors.gcp.signin import SignIn

POPULATIONS: tuple[Population, ...] = (
    VERTEX_MODELS,
    VERTEX_ENDPOINTS,
    LOG_SINKS,
    LOG_BUCKETS,
    LOG_VIEWS,
    LOG_EXCLUSIONS,
    LOG_METRICS,
    AUDIT,
    INFERENCE_LOGS,
    INVOCATIONS,
    BUCKETS,
    DATASETS,
    IAM,
    ROLES,
    SERVICE_ACCOUNTS,
    KMS_KEYS,
)
"""All populations of Google Cloud. Adding one is one function in one file, and one entry here."""


class GcpSource:
    """One Google Cloud project with one identity.

    Raises:
        ConfigurationError: the configured file holds no key.

    """

    def __init__(self, settings: GcpProject, clock: Callable[[], datetime], progress: Progress) -> None:
        self.id = settings.id
        self.populations = tuple(population.name for population in POPULATIONS)
        self._settings = settings
        self._signin = SignIn(settings)
        self._clock = clock
        self._progress = progress

    def read(self, population: str) -> Snapshot | Gap:
        """Read one population, in every configured location where it has locations."""
        wanted = next(candidate for candidate in POPULATIONS if candidate.name == population)
        session = GcpSession(self._settings, self._signin, self._clock)

        def in_location(location: str) -> Iterator[Draft]:
            try:
                yield from wanted.read(session.within(location))
            except SourceError as error:
                raise SourceError(replace(error.failure, reason=f"in {location}: {error.failure.reason}")) from None

        def drafts() -> Iterator[Draft]:
            if not wanted.regional:
                return wanted.read(session)
            return each_part(self._settings.locations, in_location)

        try:
            return Reading(self.id, population, self._clock, self._progress).drain(drafts, session.provenance)
        finally:
            session.close()


SOURCE = GcpSource
