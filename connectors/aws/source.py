"""An AWS account as a source."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime

from collector.config import AwsAccount
from collector.model.snapshot import Gap, Snapshot
from connectors.aws.autoscaling import TARGETS
from connectors.aws.bedrock import (
    AGENTS,
    CUSTOM_MODELS,
    CUSTOMIZATION_JOBS,
    INFERENCE_PROFILES,
    PROVISIONED_THROUGHPUTS,
)
from connectors.aws.cloudtrail import TRAILS
from connectors.aws.cloudwatch import ALARMS
from connectors.aws.events import EVENTS
from connectors.aws.guardrails import GUARDRAILS
from connectors.aws.iam import AUTHORIZATION_DETAILS
from connectors.aws.inspection import INSPECTION
from connectors.aws.invocation_logging import INVOCATION_LOGGING
from connectors.aws.invocations import INVOCATIONS
from connectors.aws.kms import KEYS
from connectors.aws.log_groups import GROUPS, RESOURCE_POLICIES
from connectors.aws.log_volumes import VOLUMES
from connectors.aws.monitoring import MONITORING_SCHEDULES
from connectors.aws.organizations import POLICIES
from connectors.aws.s3 import BUCKETS
from connectors.aws.sagemaker import ENDPOINTS, MODEL_PACKAGES, MODELS, PROCESSING_JOBS, TRAINING_JOBS
from connectors.aws.session import AwsSession, Identity
from connectors.base import Draft, Population, Progress, Reading, SourceError

POPULATIONS: tuple[Population, ...] = (
    AUTHORIZATION_DETAILS,
    BUCKETS,
    KEYS,
    MODEL_PACKAGES,
    MODELS,
    ENDPOINTS,
    TRAINING_JOBS,
    PROCESSING_JOBS,
    MONITORING_SCHEDULES,
    TARGETS,
    CUSTOM_MODELS,
    CUSTOMIZATION_JOBS,
    PROVISIONED_THROUGHPUTS,
    INFERENCE_PROFILES,
    AGENTS,
    GUARDRAILS,
    INVOCATION_LOGGING,
    ALARMS,
    INVOCATIONS,
    GROUPS,
    RESOURCE_POLICIES,
    VOLUMES,
    INSPECTION,
    TRAILS,
    EVENTS,
    POLICIES,
)
"""All populations of AWS. Adding one is one function in one file, and one entry here."""


class AwsSource:
    """One AWS account with one identity."""

    def __init__(self, settings: AwsAccount, clock: Callable[[], datetime], progress: Progress) -> None:
        self.id = settings.id
        wanted = (each for each in POPULATIONS if settings.inspect_log_events or not each.on_request)
        self.populations = tuple(population.name for population in wanted)
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
            yield from _in_regions(wanted, session, self._settings.regions)

        reading = Reading(self.id, population, self._clock, self._progress)
        return reading.drain(drafts, session.provenance)


SOURCE = AwsSource


def _in_regions(population: Population, session: AwsSession, regions: Sequence[str]) -> Iterator[Draft]:
    """Read every region that a population is in; a fault in one does not keep the others from being read.

    Raises:
        SourceError: of the first region that failed, after all were read.

    """
    fault: SourceError | None = None
    for region in regions if population.regional else regions[:1]:
        try:
            yield from population.read(session.within(region))
        except SourceError as error:
            named = replace(error.failure, reason=f"in {region}: {error.failure.reason}") if len(regions) > 1 else None
            fault = fault or SourceError(named or error.failure)
    if fault is not None:
        raise fault
