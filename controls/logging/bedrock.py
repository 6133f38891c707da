"""How Amazon Bedrock logs what models answer: one setting of a region, for all that is invoked there.

Source: Amazon Bedrock User Guide, "Monitor model invocation using CloudWatch Logs and Amazon S3".
"""

from collections.abc import Iterator, Mapping
from typing import Any

from collector.model.evidence import Evidence
from controls.fault import Fault
from controls.logging.endpoint import Delivery, InferenceEndpoint
from controls.logging.store import bucket, log_group
from controls.served.bedrock import GUARDRAILS, MODELS, Place, places

INVOCATION_LOGGING = "bedrock.invocation_logging"
INVOCATIONS = "cloudwatch.invocations"
NEEDS = (*MODELS, GUARDRAILS, INVOCATION_LOGGING, INVOCATIONS)

_KINDS = ("text", "image", "embedding")
"""What models put out, and is delivered by a switch each; sound and video come with newer models only."""


def bedrock_endpoints(evidence: Evidence) -> Iterator[InferenceEndpoint]:
    """Yield every region in which Bedrock has models or guardrails of the account, or was invoked."""
    counters = _counters(evidence)
    settings = {
        (snapshot.source, item.id): item.content().value
        for snapshot in evidence.snapshots(INVOCATION_LOGGING)
        for item in snapshot
    }
    for place in sorted({*places(evidence, *MODELS, GUARDRAILS), *counters}):
        yield _region(place, settings.get(place), tuple(counters.get(place, ())))


def _counters(evidence: Evidence) -> Mapping[Place, list[str]]:
    found: dict[Place, list[str]] = {}
    for snapshot in evidence.snapshots(INVOCATIONS):
        for item in snapshot:
            value = item.content().value
            if value["service"] == "bedrock":
                found.setdefault((snapshot.source, value["region"]), []).append(item.id)
    return found


def _region(place: Place, setting: Mapping[str, Any] | None, counters: tuple[str, ...]) -> InferenceEndpoint:
    source, region = place
    deliveries = tuple(_deliveries(place, setting)) if setting else ()
    return InferenceEndpoint(
        id=f"{source}/bedrock/{region}",
        source=source,
        what=f"Amazon Bedrock in {region}",
        deliveries=deliveries,
        faults=tuple(_faults(setting)),
        counters=counters,
        detail={"models": [counter.split("/", 2)[2] for counter in counters], "setting": dict(setting or {})},
    )


def _deliveries(place: Place, setting: Mapping[str, Any]) -> Iterator[Delivery]:
    source, region = place
    if setting["group"]:
        yield Delivery(log_group(source, region, setting["group"]), f"{region}/group/{setting['group']}")
        if setting["large_bucket"]:
            yield Delivery(bucket(setting["large_bucket"], setting["large_prefix"]))
    if setting["bucket"]:
        store = bucket(setting["bucket"], setting["prefix"])
        account = source.removeprefix("aws:")
        folder = f"{store.id}AWSLogs/{account}/BedrockModelInvocationLogs/{region}/"
        yield Delivery(store, f"{region}/folder/{folder}")


def _faults(setting: Mapping[str, Any] | None) -> Iterator[Fault]:
    if setting is None:
        yield Fault("logs what is not known: its invocation logging was not read", certain=False)
        return
    if not setting["enabled"]:
        yield Fault("does not log what models answer: turn on model invocation logging there")
        return
    off = [kind for kind in _KINDS if setting[kind] is False]
    if off:
        yield Fault(f"leaves out {' and '.join(off)} data: turn on its delivery in the model invocation logging")
    if setting["text"] is None:
        yield Fault("does not say whether it delivers text", certain=False)
    if setting["group"] and not (setting["large_bucket"] or setting["bucket"]):
        yield Fault("logs nothing larger than 100 KB: name a bucket for large data in the model invocation logging")
