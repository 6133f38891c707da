"""`gcp.log_buckets`: the project's log buckets in all locations, which keep its log entries.

Content: `name` (the full resource name), `location`, `retention_days`, `locked` (the retention can no more be changed,
and the bucket not be deleted before it is empty), `lifecycle` (such as ACTIVE or DELETE_REQUESTED), `key` (the
customer's, None for Google's own), `analytics` (whether SQL queries are on), `restricted_fields` (which fields of
entries are only shown to whom that is granted), `created`, `updated`. Descriptions are not read. The times are None
for buckets that the project came with.

Source: Cloud Logging API reference, `ConfigServiceV2.ListBuckets`, LogBucket.
"""

import re
from collections.abc import Iterator
from typing import Any

from google.cloud.logging_v2.types import LifecycleState, ListBucketsRequest, ListBucketsResponse

from connectors.base import Draft, Population
from connectors.gcp.log_facets import check_own, moment, read
from connectors.gcp.session import GcpSession

_LIST = "logging:buckets.list"
_NAME = re.compile(r"projects/[^/]+/locations/([^/]+)/buckets/[^/]+")


def log_buckets(gcp: GcpSession) -> Iterator[Draft]:
    """Yield every log bucket of the project.

    Raises:
        SourceError: the list is not whole.

    """
    service = gcp.logging
    request = ListBucketsRequest(parent=f"{service.parent}/locations/-")
    for page in service.pages(_LIST, service.config.list_buckets, request):
        for bucket in ListBucketsResponse.pb(page).buckets:
            check_own(gcp, _LIST, bucket.name)
            yield read(_LIST, _draft, bucket)


def _draft(bucket: Any) -> Draft:
    found = _NAME.fullmatch(bucket.name)
    if found is None:
        raise ValueError("a name is not of the documented form of log buckets")
    return Draft(
        bucket.name,
        {
            "analytics": bucket.analytics_enabled,
            "created": moment(bucket.create_time),
            "key": bucket.cmek_settings.kms_key_name or None,
            "lifecycle": LifecycleState(bucket.lifecycle_state).name,
            "location": found[1],
            "locked": bucket.locked,
            "name": bucket.name,
            "restricted_fields": sorted(bucket.restricted_fields),
            "retention_days": bucket.retention_days,
            "updated": moment(bucket.update_time),
        },
    )


LOG_BUCKETS = Population("gcp.log_buckets", ("logging.buckets.list",), log_buckets)
