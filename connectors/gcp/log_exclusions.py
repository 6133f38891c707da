"""`gcp.log_exclusions`: which of the project's log entries `_Default` leaves out.

Content: `name`, `filter`, `disabled`, `created`, `updated`. Exclusions of single sinks are with the sinks.

Source: Cloud Logging API reference, `ConfigServiceV2.ListExclusions`, LogExclusion.
"""

from collections.abc import Iterator
from typing import Any

from google.cloud.logging_v2.types import ListExclusionsRequest, ListExclusionsResponse

from connectors.base import Draft, Population
from connectors.gcp.log_facets import local_name, moment, read
from connectors.gcp.session import GcpSession

_LIST = "logging:exclusions.list"


def log_exclusions(gcp: GcpSession) -> Iterator[Draft]:
    """Yield every exclusion of the project.

    Raises:
        SourceError: the list is not whole.

    """
    service = gcp.logging
    request = ListExclusionsRequest(parent=service.parent)
    for page in service.pages(_LIST, service.config.list_exclusions, request):
        for each in ListExclusionsResponse.pb(page).exclusions:
            yield read(_LIST, lambda exclusion: _draft(service.parent, exclusion), each)


def _draft(parent: str, exclusion: Any) -> Draft:
    return Draft(
        f"{parent}/exclusions/{local_name(exclusion)}",
        {
            "created": moment(exclusion.create_time),
            "disabled": exclusion.disabled,
            "filter": exclusion.filter,
            "name": exclusion.name,
            "updated": moment(exclusion.update_time),
        },
    )


LOG_EXCLUSIONS = Population("gcp.log_exclusions", ("logging.exclusions.list",), log_exclusions)
