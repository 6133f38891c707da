"""Who can read a log bucket of Cloud Logging: through its views, or, for those a project comes with, all its logs.

Entries are read through views, each with a policy of its own beside those of its project and what is above it. The logs
in _Default and _Required are also read with a permission on the project itself, through no view of theirs by name.

Source: Cloud Logging documentation, "Configure log views on a log bucket" and "Access control with IAM".
"""

from collections.abc import Iterator

from collector.model.evidence import Evidence
from collector.model.snapshot import UnreadableError
from controls.access.gcp.access import Access, Asked, union
from controls.access.gcp.cloud import GoogleCloud
from controls.access.gcp.condition import Request
from controls.access.gcp.policy import Level, bindings_of
from controls.logging.log_bucket import LoggedLogBucket

VIEWS = "gcp.log_views"
ACCESS = "logging.views.access"
OF_PROJECT = ("logging.logEntries.list", "logging.privateLogEntries.list")
"""What reads the logs of a project without naming a view: those in _Default and _Required."""

_SERVICE = "logging.googleapis.com"
_RESOURCES = "cloudresourcemanager.googleapis.com"
_BUILT_IN = ("_Default", "_Required")
_LINKED = "its entries can be queried as a data set too, and whether one is linked to it is not read"


def access_to_entries(bucket: LoggedLogBucket, evidence: Evidence, cloud: GoogleCloud) -> Access:
    """Give who can read what a log bucket keeps.

    Raises:
        MalformedError: a policy has another form than the recorded one.
        UnreadableError: what kind of bucket it is was not given.

    """
    asked = [Asked(ACCESS, _viewing(bucket, name)) for name in _spellings(bucket, cloud)]
    if bucket.store.id.rpartition("/")[2] in _BUILT_IN:
        whole = Request(f"{_RESOURCES}/Project", _RESOURCES, bucket.read)
        asked += [Asked(permission, whole) for permission in OF_PROJECT]
    missing = (*evidence.missing(VIEWS), *((_LINKED,) if bucket.content.facet("analytics") else ()))
    inherited = cloud.allowed(bucket.source, asked)
    return union(Access({}, missing), inherited, *_by_views(bucket, evidence, cloud))


def _by_views(bucket: LoggedLogBucket, evidence: Evidence, cloud: GoogleCloud) -> Iterator[Access]:
    """Give whom the policies of single views let in."""
    project = cloud.projects.get(bucket.source)
    snapshots = [snapshot for snapshot in evidence.snapshots(VIEWS) if snapshot.source == bucket.source]
    if not snapshots or project is None:
        yield Access({}, (f"the views of {bucket.store.what} were not read",))
        return
    of_bucket = {f"{name}/views/" for name in _spellings(bucket, cloud)}
    for view in (item for snapshot in snapshots for item in snapshot):
        start, views, name = view.id.rpartition("/views/")
        if f"{start}{views}" not in of_bucket:
            continue
        where = f"log view {name}"
        try:
            level = Level(where, bindings_of(view.content().facet("policy"), where))
        except UnreadableError as error:
            yield Access({}, (f"who has access by {where} is not known: {error}",))
            continue
        request = Request(f"{_SERVICE}/LogView", _SERVICE, bucket.read, view.id)
        yield cloud.allowed(bucket.source, [Asked(ACCESS, request)], (level,))


def _viewing(bucket: LoggedLogBucket, name: str) -> Request:
    return Request(f"{_SERVICE}/LogView", _SERVICE, bucket.read, f"{name}/views/", open=True)


def _spellings(bucket: LoggedLogBucket, cloud: GoogleCloud) -> list[str]:
    """Give the names of a bucket, with its project's id and number: conditions may have either."""
    _, _, rest = bucket.store.id.split("/", 2)
    project = cloud.projects.get(bucket.source)
    names = project.names if project is not None else (bucket.store.id.split("/")[1],)
    return [f"projects/{name}/{rest}" for name in sorted(names)]
