"""How endpoints of Vertex AI log their outputs: to a table of BigQuery, or by what an image that logs prints.

Source: Vertex AI documentation, "Online inference logging"; Cloud Logging documentation, "Routing and storage
overview". Access logs hold no outputs. What a container prints goes to Cloud Logging, where sinks route it, unless an
exclusion drops it.
"""

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

from collector.model.control import Parameters
from collector.model.evidence import Evidence
from collector.model.snapshot import Content
from controls.access.truth import Truth, some
from controls.fault import Fault
from controls.logging.endpoint import Delivery, InferenceEndpoint
from controls.logging.image import logs
from controls.logging.query import Entry, matches
from controls.logging.store import LogStore, StoreKind, bucket, parse_store
from controls.served.serving import VERTEX_ENDPOINTS, Serving, servings
from controls.served.version import VERTEX_MODELS
from controls.served.vertex import VertexModels

SINKS = "gcp.log_sinks"
EXCLUSIONS = "gcp.log_exclusions"
COUNTS = "gcp.invocations"
LOGGED = "gcp.inference_logs"
NEEDS = (VERTEX_ENDPOINTS, VERTEX_MODELS, SINKS, EXCLUSIONS)

_CLOUD_LOGGING = "logging.googleapis.com/"
_STORAGE = "storage.googleapis.com/"
_BIGQUERY = "bigquery.googleapis.com/"
_DEFAULT = "_Default"


def vertex_endpoints(evidence: Evidence, parameters: Parameters) -> tuple[Sequence[InferenceEndpoint], Sequence[str]]:
    """Give every endpoint on which something is deployed, and a sentence for each of which that is not known."""
    found, problems = servings(evidence, parameters, (VERTEX_ENDPOINTS,))
    versions = VertexModels(evidence.snapshots(VERTEX_MODELS))
    return [_endpoint(serving, versions, evidence, parameters) for serving in found], problems


def _endpoint(
    serving: Serving, versions: VertexModels, evidence: Evidence, parameters: Parameters
) -> InferenceEndpoint:
    logging = serving.content.facet("request_response_logging") or {}
    detail: dict[str, Any] = {"logging": dict(logging)}
    store = parse_store(str(logging.get("destination") or ""))
    if store is not None and logging.get("enabled"):
        deliveries: tuple[Delivery, ...] = (Delivery(store),)
        faults = tuple(_share_faults(logging, parameters["min_sampling_percent"]))
    elif _prints(serving, versions, parameters):
        routes = Routes(evidence, serving.source)
        deliveries = tuple(Delivery(each, serving.id) for each in routes.stores(serving.id))
        faults = tuple(routes.faults(serving.id))
        detail["routed"] = [delivery.store.id for delivery in deliveries]
    else:
        deliveries, faults = (), (Fault("does not log its outputs: turn on its request-response logging"),)
    return InferenceEndpoint(serving.id, serving.source, serving.what, deliveries, faults, (serving.id,), detail)


def _share_faults(logging: Mapping[str, Any], least: int) -> Iterator[Fault]:
    share = logging.get("sampling")
    if share is None:
        yield Fault("logs a share of its outputs that is not known", certain=False)
    elif Decimal(share) * 100 < least:
        yield Fault(f"logs {Decimal(share) * 100:f} % of its outputs: log at least {least} %")


def _prints(serving: Serving, versions: VertexModels, parameters: Parameters) -> bool:
    """Tell whether each deployment runs an image that logs, and what it prints is taken up."""
    images = [versions.image(model.name) or "" for model in serving.models]
    taken = all(each["container_logging"] for each in serving.content.facet("deployed"))
    return taken and bool(images) and all(logs([image], parameters) for image in images)


class Routes:
    """Where the entries of a project's endpoints are routed to."""

    def __init__(self, evidence: Evidence, source: str) -> None:
        self._project = source.removeprefix("gcp:")
        self._sinks = _contents(evidence, SINKS, source)
        self._exclusions = _contents(evidence, EXCLUSIONS, source)

    def stores(self, endpoint: str) -> Sequence[LogStore]:
        """Give every store to which what an endpoint prints is, or may be, routed."""
        entry = entry_of(endpoint, self._project)
        found = (_store(str(sink.facet("destination"))) for sink in self._sinks if self._takes(sink, entry))
        return sorted({store for store in found if store is not None})

    def faults(self, endpoint: str) -> Iterator[Fault]:
        """Say why no sink keeps what an endpoint prints, or that it is not known whether one does."""
        entry = entry_of(endpoint, self._project)
        taken = some(self._takes(sink, entry) for sink in self._sinks)
        if taken is Truth.YES:
            return
        named = ", ".join(sorted(self._names_of_exclusions(entry)))
        if taken is Truth.UNKNOWN:
            why = f"exclusion {named}" if named else "the filter of a sink"
            yield Fault(f"prints its outputs, and whether {why} drops them is not decided", certain=False)
        elif named:
            yield Fault(f"prints its outputs, and exclusion {named} drops them: disable it, or except the endpoint")
        else:
            yield Fault("prints its outputs, and no sink routes them to a store: add one")

    def _takes(self, sink: Content, entry: Entry) -> Truth:
        """Tell whether a sink routes an entry on."""
        if sink.facet("disabled"):
            return Truth.NO
        dropped = some(matches(each["filter"], entry) for each in self._excluding(sink) if not each["disabled"])
        return min(matches(sink.facet("filter"), entry), dropped.negate())

    def _excluding(self, sink: Content) -> Iterator[Mapping[str, Any]]:
        yield from sink.facet("exclusions")
        if sink.facet("name") == _DEFAULT:
            # The exclusions of the project are those of its default sink.
            yield from (each.value for each in self._exclusions)

    def _names_of_exclusions(self, entry: Entry) -> Iterator[str]:
        for sink in self._sinks:
            for each in self._excluding(sink):
                if not each["disabled"] and matches(each["filter"], entry) is not Truth.NO:
                    yield f"{each['name']} of sink {sink.facet('name')}"


def entry_of(endpoint: str, project: str) -> Entry:
    """Give what is known of an entry that holds what a container of an endpoint prints.

    Args:
        endpoint: its resource name, `projects/…/locations/…/endpoints/…`, with the project's number.
        project: the project's id, which the names of logs have.

    """
    _, _, _, location, _, name = endpoint.split("/", 5)
    return {
        "logName": f"projects/{project}/logs/aiplatform.googleapis.com%2Fprediction_container",
        "resource.labels.endpoint_id": name,
        "resource.labels.location": location,
        "resource.type": "aiplatform.googleapis.com/Endpoint",
    }


def _store(destination: str) -> LogStore | None:
    if destination.startswith(_CLOUD_LOGGING):
        return LogStore(destination.removeprefix(_CLOUD_LOGGING), StoreKind.LOG_BUCKET)
    if destination.startswith(_BIGQUERY):
        return LogStore(f"bq://{destination.removeprefix(_BIGQUERY)}", StoreKind.TABLE)
    if destination.startswith(_STORAGE):
        return bucket(destination.removeprefix(_STORAGE), None, "gs")
    return None


def _contents(evidence: Evidence, population: str, source: str) -> Sequence[Content]:
    return [
        item.content() for snapshot in evidence.snapshots(population) if snapshot.source == source for item in snapshot
    ]
