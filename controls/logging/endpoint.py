"""An inference endpoint as its logging sees it: what it is, where its outputs go, and what keeps them from it."""

from dataclasses import dataclass, field

from collector.model.canonical import JsonObject
from controls.fault import Fault
from controls.logging.store import LogStore

DEFAULTS: JsonObject = {"logging_images": [], "min_sampling_percent": 100, "serving_namespaces": [], "sources": []}
"""The parameters that decide what an endpoint is, and what of it is enough: those of every control of logging."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """One way of outputs to a store.

    Attributes:
        store: where they are kept.
        volume: the item of `logs.volumes` that says how much came there, None where nothing counts it.

    """

    store: LogStore
    volume: str | None = None


@dataclass(frozen=True, slots=True)
class InferenceEndpoint:
    """One thing that gives outputs of models.

    Attributes:
        id: stable, such as a variant's ARN, or `aws:123456789012/bedrock/eu-central-1`.
        source: whose it is.
        what: for sentences.
        deliveries: where its outputs go.
        faults: why not all of them are logged; empty where all are.
        counters: the items of `cloudwatch.invocations` that count its invocations; None where nothing counts them.
        detail: what that rests on.

    """

    id: str
    source: str
    what: str
    deliveries: tuple[Delivery, ...]
    faults: tuple[Fault, ...]
    counters: tuple[str, ...] | None = None
    detail: JsonObject = field(default_factory=dict)
