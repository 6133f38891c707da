"""Every inference endpoint of the evidence, whether or not anybody declared it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from collector.model.control import Parameters
from collector.model.evidence import Evidence
from collector.model.outcome import Outcome
from collector.model.result import Assessment
from controls.logging.bedrock import NEEDS as BEDROCK
from controls.logging.bedrock import bedrock_endpoints
from controls.logging.endpoint import InferenceEndpoint
from controls.logging.kubernetes import ANNOTATION, workload_endpoints
from controls.logging.sagemaker import sagemaker_endpoints
from controls.logging.store import LogStore
from controls.logging.vertex import NEEDS as VERTEX
from controls.logging.vertex import vertex_endpoints
from controls.needs import missing
from controls.served.serving import ENDPOINTS, MODELS, WORKLOADS

NEEDS = (ENDPOINTS, MODELS, WORKLOADS, *VERTEX, *BEDROCK)
"""What must be whole for the list of endpoints to be whole."""


@dataclass(frozen=True, slots=True)
class Endpoints:
    """The endpoints of the evidence, and a sentence for each thing that keeps the list from being whole."""

    found: tuple[InferenceEndpoint, ...]
    absent: tuple[str, ...]

    @property
    def any(self) -> bool:
        """Tell whether anything is served, or could be."""
        return bool(self.found or self.absent)

    def stores(self) -> Mapping[LogStore, list[str]]:
        """Give each store with the endpoints that log to it, sorted."""
        found: dict[LogStore, list[str]] = {}
        for endpoint in self.found:
            for delivery in endpoint.deliveries:
                found.setdefault(delivery.store, []).append(endpoint.id)
        return {store: sorted(set(found[store])) for store in sorted(found)}

    def unnamed(self) -> Iterable[Assessment]:
        """Assess the endpoints that log to a place which nobody names: how it is kept cannot be said."""
        for endpoint in self.found:
            if endpoint.deliveries:
                continue
            certain = any(fault.certain for fault in endpoint.faults)
            if not certain:
                reason = f"where {endpoint.what} logs to is not known: name it in the annotation {ANNOTATION}"
                if endpoint.faults:
                    reason = f"{endpoint.what} {endpoint.faults[0].words}"
                yield Assessment(endpoint.id, Outcome.INCONCLUSIVE, reason)
            elif not self.stores():
                reason = f"{endpoint.what} logs its outputs to no store: mend what LOG-1 says of it"
                yield Assessment(endpoint.id, Outcome.FAIL, reason)


def endpoints_of(evidence: Evidence, parameters: Parameters) -> Endpoints:
    """Find the endpoints."""
    variants, unknown = sagemaker_endpoints(evidence, parameters)
    workloads, problems = workload_endpoints(evidence, parameters)
    vertex, undescribed = vertex_endpoints(evidence, parameters)
    found = (*variants, *workloads, *vertex, *bedrock_endpoints(evidence))
    absent = (*missing(evidence, parameters, *NEEDS), *unknown, *problems, *undescribed)
    return Endpoints(found, tuple(dict.fromkeys(absent)))
