"""`gcp.log_sinks`: where the project's log entries are routed, `_Default` and `_Required` included.

Content: `name`, `parent` (the project), `destination`, `filter`, `disabled`, `exclusions` (`name`, `filter`,
`disabled`), `writer_identity` (None where the destination needs none), `include_children`, `created`, `updated`.
The times are None for sinks that the project came with.

Sinks of a folder or the organization above, which may route a copy of the project's entries too, are not listed: a
project's list does not have them, and reading theirs needs permissions there.

Source: Cloud Logging API reference, `ConfigServiceV2.ListSinks`, LogSink.
"""

from collections.abc import Iterator
from typing import Any

from google.cloud.logging_v2.types import ListSinksRequest, ListSinksResponse

from connectors.base import Draft, Population
from connectors.gcp.log_facets import exclusion, local_name, moment, read
from connectors.gcp.session import GcpSession

_LIST = "logging:sinks.list"


def log_sinks(gcp: GcpSession) -> Iterator[Draft]:
    """Yield every sink of the project.

    Raises:
        SourceError: the list is not whole.

    """
    service = gcp.logging
    request = ListSinksRequest(parent=service.parent)
    for page in service.pages(_LIST, service.config.list_sinks, request):
        for sink in ListSinksResponse.pb(page).sinks:
            yield read(_LIST, lambda each: _draft(service.parent, each), sink)


def _draft(parent: str, sink: Any) -> Draft:
    return Draft(
        f"{parent}/sinks/{local_name(sink)}",
        {
            "created": moment(sink.create_time),
            "destination": sink.destination,
            "disabled": sink.disabled,
            "exclusions": [exclusion(each) for each in sorted(sink.exclusions, key=lambda each: str(each.name))],
            "filter": sink.filter,
            "include_children": sink.include_children,
            "name": sink.name,
            "parent": parent,
            "updated": moment(sink.update_time),
            "writer_identity": sink.writer_identity or None,
        },
    )


LOG_SINKS = Population("gcp.log_sinks", ("logging.sinks.list",), log_sinks)
