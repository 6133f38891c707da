"""`autoscaling.targets`: between which bounds Application Auto Scaling keeps what serves models.

Source: Application Auto Scaling API Reference.
"""

from collections.abc import Iterable, Iterator, Mapping
from functools import partial
from typing import Any

from connectors.aws.session import AwsSession
from connectors.base import Draft, Population

_PAGE = 50


def targets(aws: AwsSession) -> Iterator[Draft]:
    """Yield every scalable target of SageMaker: the variants of endpoints, and inference components.

    Its id is region, resource and dimension: names repeat in other regions, and not every target has an ARN.
    """
    return aws.pages(
        "application-autoscaling",
        "describe_scalable_targets",
        _PAGE,
        partial(_targets, aws.region),
        ServiceNamespace="sagemaker",
    )


def _targets(region: str, page: Mapping[str, Any]) -> Iterable[Draft]:
    for target in page["ScalableTargets"]:
        resource, dimension = target["ResourceId"], target["ScalableDimension"]
        # A bound that is suspended is not kept.
        suspended = sorted(kind for kind, is_on in (target.get("SuspendedState") or {}).items() if is_on)
        yield Draft(
            f"{region}/{resource}/{dimension}",
            {
                "dimension": dimension,
                "maximum": target["MaxCapacity"],
                "minimum": target["MinCapacity"],
                "region": region,
                "resource": resource,
                "suspended": suspended,
            },
        )


TARGETS = Population(
    "autoscaling.targets", ("application-autoscaling:DescribeScalableTargets",), targets, regional=True
)
