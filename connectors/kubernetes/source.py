"""A Kubernetes cluster as a source."""

from collections.abc import Callable, Iterator
from datetime import datetime

from collector.config import KubernetesCluster
from collector.model.snapshot import Gap, Snapshot
from connectors.base import Draft, Population, Progress, Reading
from connectors.kubernetes.admission import ADMISSION_POLICIES_POPULATION
from connectors.kubernetes.audit import AUDIT
from connectors.kubernetes.availability import AUTOSCALERS_POPULATION, DISRUPTION_BUDGETS_POPULATION
from connectors.kubernetes.cluster import Cluster
from connectors.kubernetes.errors import EXPIRED
from connectors.kubernetes.model_apis import MODEL_APIS
from connectors.kubernetes.namespaces import NAMESPACES_POPULATION
from connectors.kubernetes.network import NETWORK_POLICIES_POPULATION, SERVICES_POPULATION
from connectors.kubernetes.rbac import BINDINGS, ROLES_POPULATION
from connectors.kubernetes.revisions import REVISIONS
from connectors.kubernetes.service_accounts import SERVICE_ACCOUNTS_POPULATION
from connectors.kubernetes.session import KubernetesSession
from connectors.kubernetes.volumes import VOLUME_CLAIMS
from connectors.kubernetes.workloads import WORKLOADS
from connectors.redaction import Redaction

POPULATIONS: tuple[Population, ...] = (
    ROLES_POPULATION,
    BINDINGS,
    SERVICE_ACCOUNTS_POPULATION,
    WORKLOADS,
    REVISIONS,
    NETWORK_POLICIES_POPULATION,
    NAMESPACES_POPULATION,
    VOLUME_CLAIMS,
    ADMISSION_POLICIES_POPULATION,
    DISRUPTION_BUDGETS_POPULATION,
    AUTOSCALERS_POPULATION,
    SERVICES_POPULATION,
    MODEL_APIS,
    AUDIT,
)
"""All populations of Kubernetes. Adding one is one function in one file, and one entry here.

The audit log is only read where the configuration names its file.
"""

RESTARTS = 3
"""How often a list whose pages expired is read again from its first page before it is a gap."""


class KubernetesSource:
    """One cluster with one identity."""

    def __init__(
        self, settings: KubernetesCluster, clock: Callable[[], datetime], progress: Progress, redaction: Redaction
    ) -> None:
        self.id = settings.id
        self.populations = tuple(each.name for each in POPULATIONS if each is not AUDIT or settings.audit_log)
        self._audit_log = settings.audit_log
        self._clock = clock
        self._progress = progress
        self._redaction = redaction
        self._cluster = Cluster(settings, clock)

    def read(self, population: str) -> Snapshot | Gap:
        """Read one population; from its first page again when its pages expire on the way."""
        wanted = next(candidate for candidate in POPULATIONS if candidate.name == population)
        session = KubernetesSession(self._cluster, self._redaction, self._clock, self._audit_log)

        def drafts() -> Iterator[Draft]:
            session.check()
            yield from wanted.read(session)

        reading = Reading(self.id, population, self._clock, self._progress)
        for _ in range(RESTARTS):
            outcome = reading.drain(drafts, session.provenance)
            if not _expired(outcome):
                return outcome
        return reading.drain(drafts, session.provenance)


def _expired(outcome: Snapshot | Gap) -> bool:
    return isinstance(outcome, Gap) and any(failure.code == EXPIRED for failure in outcome.failures)


SOURCE = KubernetesSource
