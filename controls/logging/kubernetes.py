"""How workloads log their outputs: by a container that logs, by KServe's logger, or by what an annotation names.

Source: KServe documentation, "Inference Logger".
"""

from collections.abc import Iterator, Sequence
from typing import Any

from collector.model.control import Parameters
from collector.model.evidence import Evidence
from collector.model.snapshot import UnreadableError
from controls.fault import Fault
from controls.logging.endpoint import Delivery, InferenceEndpoint
from controls.logging.image import logs
from controls.logging.store import parse_store
from controls.served.serving import WORKLOADS, Serving, servings

ANNOTATION = "controlproof.io/output-logging"
"""Names where outputs are logged to: one store or several, with commas between them."""


def workload_endpoints(evidence: Evidence, parameters: Parameters) -> tuple[Sequence[InferenceEndpoint], Sequence[str]]:
    """Give every workload that serves, and a sentence for each of which that is not known."""
    found, problems = servings(evidence, parameters, (WORKLOADS,))
    return [_endpoint(serving, parameters) for serving in found], problems


def _endpoint(serving: Serving, parameters: Parameters) -> InferenceEndpoint:
    deliveries: tuple[Delivery, ...] = ()
    detail: dict[str, Any] = {}
    try:
        named = str(serving.content.facet("annotations").get(ANNOTATION) or "")
        logger = serving.content.value.get("logger")
        # An init container has ended before the first output.
        images = [each["image"] for each in serving.content.facet("containers") if each["image"] and not each["init"]]
        stores = [store for part in named.split(",") if (store := parse_store(part)) is not None]
        deliveries = tuple(map(Delivery, stores))
        detail = {"annotation": named or None, "images": images, "logger": logger}
        logged = bool(named.strip()) or logs(images, parameters)
        faults = () if logged else tuple(_faults(logger, parameters["logging_images"]))
    except UnreadableError as error:
        faults = (Fault(f"logs what is not known: {error}", certain=False),)
    return InferenceEndpoint(serving.id, serving.source, serving.what, deliveries, faults, None, detail)


def _faults(logger: Any, patterns: Sequence[str]) -> Iterator[Fault]:
    mend = f"add a container that logs, or name where they are logged to in the annotation {ANNOTATION}"
    if logger is None:
        lacking = f"none of its images is like {', '.join(patterns)}" if patterns else "no logging_images are declared"
        yield Fault(f"is not known to log its outputs ({lacking}): {mend}")
    elif logger["mode"] == "request":
        yield Fault("logs requests but no outputs: set the mode of its logger to all or response")
