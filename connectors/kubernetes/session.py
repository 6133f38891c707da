"""Lists of one cluster for one snapshot: paged to the end, of one state, every call counted."""

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any, TypeVar

import orjson

import collector
from collector.model.canonical import Json
from collector.model.snapshot import Provenance
from connectors.base import SourceError
from connectors.calls import CallLog
from connectors.documented import written
from connectors.kubernetes.cluster import Answer, Cluster
from connectors.kubernetes.discovery import is_served
from connectors.kubernetes.errors import EXPIRED, malformed, refused
from connectors.kubernetes.resource import Resource
from connectors.redaction import Redaction

PAGE_SIZE = 250
"""Objects in a page. The API server holds a page in memory as we do; kubectl asks for 500."""

_JSON = "application/json"
_METADATA_ONLY = "application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io"

A = TypeVar("A")
Object = Mapping[str, Any]


class KubernetesSession:
    """One cluster and one reading. Make a new one for each population."""

    def __init__(
        self, cluster: Cluster, redaction: Redaction, clock: Callable[[], datetime], audit_log: str | None = None
    ) -> None:
        self.redaction = redaction
        self.audit_log = audit_log
        self.log = CallLog()
        self._cluster = cluster
        self._clock = clock

    def check(self) -> None:
        """Sign in, and make sure that the right cluster answers.

        Raises:
            SourceError: it does not.

        """
        self._cluster.check(self.log)

    def now(self) -> datetime:
        """Give the collector's time."""
        return self._clock()

    def provenance(self) -> Provenance:
        """Say how the population was read."""
        return Provenance(
            connector=f"kubernetes/{collector.__version__}",
            caller=self._cluster.caller,
            endpoint=self._cluster.endpoint,
            operations=self.log.operations(),
            first_request=self.log.first_request,
            last_request=self.log.last_request,
            clock_skew=self.log.clock_skew,
        )

    def list(self, resource: Resource, write: Callable[[Object], A], *, metadata_only: bool = False) -> Iterator[A]:
        """Read a list over all namespaces to its end and yield what `write` makes of each object.

        Args:
            resource: what is listed. A cluster that does not serve an extension has none of its objects.
            write: takes one object; one that lacks the documented form is a fault of the whole list.
            metadata_only: whether the server should leave out all but the objects' metadata.

        Raises:
            SourceError: a page did not come or has not the documented form, the pages do not lead to an end, or
                they are not of one state (code `Expired`: the list must be read again from its first page).

        """
        operation = resource.permission
        kind = "PartialObjectMetadataList" if metadata_only else f"{resource.kind}List"
        token, seen, state = "", set[str](), ""
        while True:
            answer = self._page(resource, token, metadata_only=metadata_only)
            if answer is None:
                return
            page = _page_of(kind, answer.body, operation)
            del answer
            state = _same_state(state, page["metadata"], operation)
            for entry in page["items"] or ():
                yield written(operation, lambda value: write(_checked(value)), entry)
            token = page["metadata"].get("continue") or ""
            if not token:
                return
            if token in seen:
                raise SourceError(
                    malformed(
                        "RepeatedToken", "a page leads back to one that was read: the list is not whole", operation
                    )
                )
            seen.add(token)

    def _page(self, resource: Resource, token: str, *, metadata_only: bool) -> Answer | None:
        """Read one page; None for an extension that the cluster does not serve."""
        operation = resource.permission
        size = min(PAGE_SIZE, resource.page or PAGE_SIZE)
        stated: dict[str, Json] = {"limit": size, "version": resource.version}
        self.log.note(operation, {**stated, "metadata_only": True} if metadata_only else stated)
        query = {"limit": str(size)} | ({"continue": token} if token else {})
        accept = _METADATA_ONLY if metadata_only else _JSON
        answer = self._cluster.get(resource.path, query, accept, operation, self.log)
        if answer.status == 200:
            return answer
        if answer.status == 404 and resource.extension and not token and not is_served(resource, self._document):
            return None
        raise SourceError(refused(answer.status, answer.body, operation))

    def _document(self, path: str) -> Object:
        """Read one document of discovery.

        Raises:
            SourceError: it did not come, or is no JSON object.

        """
        operation = f"get {path}"
        self.log.note(operation, {})
        answer = self._cluster.get(path, {}, _JSON, operation, self.log)
        if answer.status != 200:
            raise SourceError(refused(answer.status, answer.body, operation))
        return _object(answer.body, operation)


def _page_of(kind: str, body: bytes, operation: str) -> dict[str, Any]:
    page = _object(body, operation)
    # `null` is what the server itself writes for an empty list of metadata.
    if (
        page.get("kind") != kind
        or not isinstance(page.get("metadata"), dict)
        or "items" not in page
        or not isinstance(page["items"], (list, type(None)))
    ):
        raise SourceError(malformed("UnexpectedAnswer", f"the answer is no {kind}", operation))
    return page


def _object(body: bytes, operation: str) -> dict[str, Any]:
    try:
        value = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise SourceError(malformed("NotJson", "the answer is not JSON", operation)) from error
    if not isinstance(value, dict):
        raise SourceError(malformed("UnexpectedAnswer", "the answer is no JSON object", operation))
    return value


def _same_state(state: str, metadata: Object, operation: str) -> str:
    """Give the state (resource version) that all pages of a list share.

    Source: Kubernetes API concepts, "Retrieving large results sets in chunks".

    Raises:
        SourceError: this page is of another one.

    """
    found = str(metadata.get("resourceVersion") or "")
    if state and found != state:
        raise SourceError(malformed(EXPIRED, "the pages are of different states: the list is not whole", operation))
    return found


def _checked(value: Any) -> Object:
    """Give an object whose name can be relied on.

    Raises:
        LookupError, TypeError, ValueError: it has none.

    """
    metadata = value["metadata"]
    names = (metadata["name"], metadata.get("namespace", ""))
    if not all(isinstance(name, str) for name in names) or not names[0]:
        raise ValueError("an object has no name")
    return dict(value)
