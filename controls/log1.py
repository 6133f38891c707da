"""LOG-1: every inference endpoint logs what its models put out.

The tested population is every variant of every SageMaker endpoint, every region in which Amazon Bedrock has models or
guardrails of the account or was invoked, every workload that serves models, and every endpoint of Vertex AI.
"""

from datetime import datetime

from collector.model.control import Control, Parameters
from collector.model.evidence import Evidence
from collector.model.result import Result, conclude, not_applicable
from controls.fault import assess
from controls.logging.endpoint import DEFAULTS
from controls.logging.endpoints import NEEDS, endpoints_of
from controls.needs import configured


def test(evidence: Evidence, parameters: Parameters, as_of: datetime) -> Result:
    """Assess every endpoint."""
    del as_of  # Settings are judged as recorded; no age matters here.
    if not configured(parameters, *NEEDS):
        return not_applicable("LOG-1", "no source that serves models is configured")
    endpoints = endpoints_of(evidence, parameters)
    if not endpoints.any:
        return not_applicable("LOG-1", "nothing is served")
    assessments = [
        assess(
            endpoint.id,
            endpoint.what,
            endpoint.faults,
            {**endpoint.detail, "stores": sorted({delivery.store.id for delivery in endpoint.deliveries})},
        )
        for endpoint in endpoints.found
    ]
    return conclude("LOG-1", assessments, endpoints.absent)


LOG_1 = Control(
    id="LOG-1",
    title="Every inference endpoint logs what its models put out",
    criteria=("CC7.2", "CC7.3"),
    populations=NEEDS,
    test=test,
    defaults=DEFAULTS,
    limits=(
        "That outputs are to be logged is tested here, that they arrive in LOG-3. An image or annotation of a workload "
        "is the word of whoever set it. Access logs of a mesh or gateway hold no outputs and do not count. Of Bedrock, "
        "only regions that are configured are looked at."
    ),
)
