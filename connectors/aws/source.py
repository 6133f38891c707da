"""An AWS account as a source."""

from collections.abc import Callable, Iterator
from datetime import datetime

from collector.config import AwsAccount
from collector.model.snapshot import Gap, Snapshot
from connectors.aws.bedrock import CUSTOM_MODELS, CUSTOMIZATION_JOBS
from connectors.aws.cloudtrail import TRAILS
from connectors.aws.iam import AUTHORIZATION_DETAILS
from connectors.aws.kms import KEYS
from connectors.aws.organizations import POLICIES
from connectors.aws.s3 import BUCKETS
from connectors.aws.sagemaker import ENDPOINTS, MODEL_PACKAGES, MODELS, PROCESSING_JOBS, TRAINING_JOBS
from connectors.aws.session import AwsSession, Identity
from connectors.base import Draft, Population, Progress, Reading

POPULATIONS: tuple[Population, ...] = (
    AUTHORIZATION_DETAILS,
    BUCKETS,
    KEYS,
    MODEL_PACKAGES,
    MODELS,
    ENDPOINTS,
    TRAINING_JOBS,
    PROCESSING_JOBS,
    CUSTOM_MODELS,
    CUSTOMIZATION_JOBS,
    TRAILS,
    POLICIES,
)
"""All populations of AWS. Adding one is one function in one file, and one entry here."""


class AwsSource:
    """One AWS account with one identity."""

    def __init__(self, settings: AwsAccount, clock: Callable[[], datetime], progress: Progress) -> None:
        self.id = settings.id
        self.populations = tuple(population.name for population in POPULATIONS)
        self._settings = settings
        self._clock = clock
        self._progress = progress
        self._identity = Identity(settings)

    def read(self, population: str) -> Snapshot | Gap:
        """Read one population after making sure that the right account answers."""
        wanted = next(candidate for candidate in POPULATIONS if candidate.name == population)
        session = AwsSession(self._settings, self._clock, self._identity)

        def drafts() -> Iterator[Draft]:
            self._identity.check()
            yield from wanted.read(session)

        reading = Reading(self.id, population, self._clock, self._progress)
        return reading.drain(drafts, session.provenance)
