"""How variants of SageMaker endpoints log their outputs: by data capture, or by a container of their model.

Source: Amazon SageMaker Developer Guide, "Data capture"; API Reference, DataCaptureConfig.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from collector.model.control import Parameters
from collector.model.evidence import Evidence
from collector.model.snapshot import Content, UnreadableError
from controls.fault import Fault
from controls.logging.endpoint import Delivery, InferenceEndpoint
from controls.logging.image import logs
from controls.logging.store import LogStore, bucket, parse_store
from controls.served.serving import ENDPOINTS, MODELS, SageMakerModels
from controls.served.variant import Variant, variants_of

_CAPTURE = "capture its outputs in the data capture of its endpoint configuration"


def sagemaker_endpoints(
    evidence: Evidence, parameters: Parameters
) -> tuple[Sequence[InferenceEndpoint], Sequence[str]]:
    """Give every variant that answers requests, and a sentence for each endpoint whose variants are not known."""
    variants, unknown = variants_of(evidence)
    contents = {item.id: item.content() for snapshot in evidence.snapshots(ENDPOINTS) for item in snapshot}
    models = SageMakerModels(evidence.snapshots(MODELS))
    return [_endpoint(each, contents[each.endpoint], models, parameters) for each in variants], unknown


def _endpoint(variant: Variant, content: Content, models: SageMakerModels, parameters: Parameters) -> InferenceEndpoint:
    deliveries: tuple[Delivery, ...] = ()
    detail: dict[str, Any] = {}
    try:
        capture, config = content.facet("data_capture") or {}, content.facet("capture") or {}
        store = parse_store(str(capture.get("destination") or ""))
        if capture.get("enabled") and store is not None:
            deliveries = (Delivery(store, _folder(variant, store)),)
        detail = {"capture": dict(capture), "modes": list(config.get("modes") or [])}
        faults = tuple(_faults(variant, capture, config, parameters))
        if faults and not deliveries and _is_logged_by_image(variant, models, parameters):
            faults = ()
    except UnreadableError as error:
        faults = (Fault(f"logs what is not known: {error}", certain=False),)
    region = variant.place[0]
    counter = f"{region}/sagemaker/{variant.endpoint_name}/{variant.name}"
    return InferenceEndpoint(variant.id, variant.source, variant.what, deliveries, faults, (counter,), detail)


def _folder(variant: Variant, store: LogStore) -> str:
    folder = bucket(store.location.bucket, f"{store.location.prefix}{variant.endpoint_name}/{variant.name}")
    return f"{variant.place[0]}/folder/{folder.id}"


def _faults(
    variant: Variant, capture: Mapping[str, Any], config: Mapping[str, Any], parameters: Parameters
) -> Iterator[Fault]:
    if not capture.get("enabled"):
        why = ": SageMaker captures nothing of serverless variants" if variant.serverless else ""
        yield Fault(f"does not log its outputs{why}: {_CAPTURE}")
        return
    if capture.get("status") == "Stopped":
        yield Fault("has stopped to capture: start its data capture again")
    if "Output" not in (config.get("modes") or ()):
        yield Fault(f"captures requests but no outputs: {_CAPTURE}")
    share = capture.get("percentage")
    share = config.get("percentage") if share is None else share
    least = parameters["min_sampling_percent"]
    if share is None:
        yield Fault("captures a share of its outputs that is not known", certain=False)
    elif share < least:
        yield Fault(f"captures {share} % of its outputs: capture at least {least} %")


def _is_logged_by_image(variant: Variant, models: SageMakerModels, parameters: Parameters) -> bool:
    containers = models.containers(variant.endpoint, variant.model) if variant.model else None
    images = [str(container["image"]) for container in containers or () if container.get("image")]
    return logs(images, parameters)
