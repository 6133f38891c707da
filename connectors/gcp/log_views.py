"""`gcp.log_views`: the views of the project's log buckets, each with its policy: who is let in by it alone.

Content: `name` (the full resource name), `bucket` (that of the bucket), `filter` (which entries it shows), `policy`.

Source: Cloud Logging REST reference v2, `projects.locations.buckets` and `projects.locations.buckets.views`
(`getIamPolicy`).
"""

from collections.abc import Iterator
from functools import partial
from typing import Annotated

from pydantic import Field, TypeAdapter

from collector.model.canonical import JsonObject
from connectors.base import Draft, Population
from connectors.gcp.answers import Page
from connectors.gcp.facets import Facets
from connectors.gcp.log_facets import check_own
from connectors.gcp.policies import VERSION, Answer, policy_of
from connectors.gcp.session import GcpSession
from connectors.rest import malformed

_HOST = "logging.googleapis.com"
_BUCKETS, _VIEWS = "logging:buckets.list", "logging:views.list"
_POLICY = "logging:views.getIamPolicy"
_BUCKET = r"^projects/[^/\s?#]+/locations/[^/\s?#]+/buckets/[^/\s?#]+$"
_VIEW = r"^projects/[^/\s?#]+/locations/[^/\s?#]+/buckets/[^/\s?#]+/views/[^/\s?#]+$"


class _Bucket(Answer):
    name: Annotated[str, Field(pattern=_BUCKET)]


class _BucketPage(Page):
    buckets: tuple[_Bucket, ...] = ()


class _View(Answer):
    name: Annotated[str, Field(pattern=_VIEW)]
    filter: str = ""


class _ViewPage(Page):
    views: tuple[_View, ...] = ()


_BUCKET_PAGE, _VIEW_PAGE = TypeAdapter(_BucketPage), TypeAdapter(_ViewPage)


def log_views(gcp: GcpSession) -> Iterator[Draft]:
    """Yield every view of every log bucket of the project.

    Raises:
        SourceError: a list is not whole.

    """
    everywhere = f"v2/projects/{gcp.settings.project}/locations/-/buckets"
    for page in gcp.listed(_BUCKETS, _HOST, everywhere, _BUCKET_PAGE):
        for bucket in page.buckets:
            check_own(gcp, _BUCKETS, bucket.name)
            yield from _views(gcp, bucket.name)


def _views(gcp: GcpSession, bucket: str) -> Iterator[Draft]:
    for page in gcp.listed(_VIEWS, _HOST, f"v2/{bucket}/views", _VIEW_PAGE):
        for view in page.views:
            if not view.name.startswith(f"{bucket}/views/"):
                raise malformed(_VIEWS, "WrongBucket", f"{view.name} was listed as a view of {bucket}")
            found = Facets(view.name, {"bucket": bucket, "filter": view.filter, "name": view.name})
            found.read(("policy",), partial(_policy, gcp, view.name))
            yield found.draft


def _policy(gcp: GcpSession, view: str) -> JsonObject:
    return {"policy": policy_of(gcp, _POLICY, _HOST, f"v2/{view}:getIamPolicy", body=dict(VERSION)).recorded}


LOG_VIEWS = Population(
    "gcp.log_views", ("logging.buckets.list", "logging.views.getIamPolicy", "logging.views.list"), log_views
)
