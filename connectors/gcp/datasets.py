"""`gcp.datasets`: the project's data sets in BigQuery: how their tables are kept, and who is let in. No table is read.

Content: `name` (the resource name), `project`, `dataset`, `location`, `type` (such as DEFAULT or LINKED), `default_key`
(the customer's key of new tables, None for Google's own), `table_expiration_ms` and `partition_expiration_ms` (those of
new tables, None for never), `policy` (the access entries as bindings), `shared` (views, routines and data sets that may
read it whoever asks them). Descriptions and labels are not read.

The list leaves out what the identity may not read, and says which locations did not answer: it is not whole then.

Source: BigQuery REST reference v2, `datasets.list`, `datasets.get` (DatasetView, accessPolicyVersion) and Dataset.
"""

from collections.abc import Iterator, Sequence
from functools import partial
from typing import Annotated
from urllib.parse import quote

from pydantic import Field, TypeAdapter

from collector.model.canonical import Json, JsonObject
from collector.model.snapshot import Failure, FailureClass
from connectors.base import Draft, Population, SourceError
from connectors.gcp.answers import Page
from connectors.gcp.facets import Facets
from connectors.gcp.policies import Answer, Condition, recorded_condition
from connectors.gcp.session import GcpSession
from connectors.rest import malformed

_HOST = "bigquery.googleapis.com"
_LIST, _GET, _ACCESS = "bigquery:datasets.list", "bigquery:datasets.get", "bigquery:datasets.get ACL"
_MILLISECONDS = r"^[0-9]{1,18}$"
_DESCRIBED = ("default_key", "location", "partition_expiration_ms", "table_expiration_ms", "type")
_ROLES = {
    "OWNER": "roles/bigquery.dataOwner",
    "READER": "roles/bigquery.dataViewer",
    "WRITER": "roles/bigquery.dataEditor",
}
_GROUPS = {"projectOwners": "projectOwner", "projectReaders": "projectViewer", "projectWriters": "projectEditor"}


class _Reference(Answer):
    project_id: str
    dataset_id: Annotated[str, Field(pattern=r"^[A-Za-z0-9_]{1,1024}$")]


class _Listed(Answer):
    dataset_reference: _Reference


class _DatasetPage(Page):
    kind: str = ""
    etag: str = ""
    datasets: tuple[_Listed, ...] = ()
    unreachable: tuple[str, ...] = ()


class _Encryption(Answer):
    kms_key_name: str = ""


class _Dataset(Answer):
    dataset_reference: _Reference
    location: str
    type: str = "DEFAULT"
    default_encryption_configuration: _Encryption = _Encryption()
    default_table_expiration_ms: Annotated[str, Field(pattern=_MILLISECONDS)] | None = None
    default_partition_expiration_ms: Annotated[str, Field(pattern=_MILLISECONDS)] | None = None


class _Table(Answer):
    project_id: str
    dataset_id: str
    table_id: str


class _Routine(Answer):
    project_id: str
    dataset_id: str
    routine_id: str


class _Authorized(Answer):
    dataset: _Reference


class _Entry(Answer):
    role: str = ""
    user_by_email: str = ""
    group_by_email: str = ""
    domain: str = ""
    special_group: str = ""
    iam_member: str = ""
    view: _Table | None = None
    routine: _Routine | None = None
    dataset: _Authorized | None = None
    condition: Condition | None = None


class _Access(Answer):
    dataset_reference: _Reference
    access: tuple[_Entry, ...] = ()


_PAGE, _DATASET, _ENTRIES = TypeAdapter(_DatasetPage), TypeAdapter(_Dataset), TypeAdapter(_Access)


def datasets(gcp: GcpSession) -> Iterator[Draft]:
    """Yield every data set of the project that the identity may read, hidden ones too.

    Raises:
        SourceError: the list is not whole.

    """
    project = gcp.settings.project
    path = f"bigquery/v2/projects/{project}/datasets"
    for page in gcp.listed(_LIST, _HOST, path, _PAGE, {"all": "true", "maxResults": "100"}):
        if page.unreachable:
            reason = f"the data sets in {', '.join(page.unreachable)} could not be listed"
            raise SourceError(Failure(FailureClass.UNREACHABLE, _LIST, "UnreachableLocations", reason))
        for each in page.datasets:
            if each.dataset_reference.project_id != project:
                reason = f"a data set of {each.dataset_reference.project_id} was listed, {project} was asked for"
                raise SourceError(Failure(FailureClass.MISIDENTIFIED, _LIST, "WrongProject", reason))
            yield _draft(gcp, each.dataset_reference)


def _draft(gcp: GcpSession, reference: _Reference) -> Draft:
    name = f"projects/{reference.project_id}/datasets/{reference.dataset_id}"
    found = Facets(name, {"dataset": reference.dataset_id, "name": name, "project": reference.project_id})
    found.read(_DESCRIBED, partial(_described, gcp, reference))
    found.read(("policy", "shared"), partial(_access, gcp, reference))
    return found.draft


def _described(gcp: GcpSession, reference: _Reference) -> JsonObject:
    found = gcp.answer(_GET, _HOST, _path(reference), _DATASET, {"datasetView": "METADATA"})
    _check(_GET, reference, found.dataset_reference)
    return {
        "default_key": found.default_encryption_configuration.kms_key_name or None,
        "location": found.location,
        "partition_expiration_ms": _lasting(found.default_partition_expiration_ms),
        "table_expiration_ms": _lasting(found.default_table_expiration_ms),
        "type": found.type,
    }


def _access(gcp: GcpSession, reference: _Reference) -> JsonObject:
    # Without the version, conditions come as a suffix of the role.
    query = {"accessPolicyVersion": "3", "datasetView": "ACL"}
    found = gcp.answer(_ACCESS, _HOST, _path(reference), _ENTRIES, query)
    _check(_ACCESS, reference, found.dataset_reference)
    shared = [each for each in found.access if each.view or each.routine or each.dataset]
    return {
        "policy": _bindings(reference, [each for each in found.access if each not in shared]),
        "shared": [dict(each) for each in sorted(sorted(_shared(each).items()) for each in shared)],
    }


def _path(reference: _Reference) -> str:
    return f"bigquery/v2/projects/{quote(reference.project_id, safe=':')}/datasets/{reference.dataset_id}"


def _check(operation: str, asked: _Reference, given: _Reference) -> None:
    if given != asked:
        reason = f"{given.project_id}.{given.dataset_id} was given, {asked.project_id}.{asked.dataset_id} was asked for"
        raise SourceError(Failure(FailureClass.MISIDENTIFIED, operation, "WrongDataset", reason))


def _lasting(milliseconds: str | None) -> int | None:
    """Give a lifetime; none is set where it is 0."""
    return int(milliseconds or "0") or None


def _bindings(reference: _Reference, entries: Sequence[_Entry]) -> Json:
    bindings: list[dict[str, Json]] = [
        {
            "condition": recorded_condition(each.condition),
            "members": [_member(reference, each)],
            "role": _ROLES.get(each.role, each.role),
        }
        for each in entries
    ]
    return sorted(bindings, key=lambda each: (str(each["role"]), str(each["members"]), str(each["condition"])))


def _member(reference: _Reference, entry: _Entry) -> str:
    """Write whom an entry lets in as bindings write it."""
    if not entry.role:
        raise malformed(_ACCESS, "UnexpectedEntry", "an access entry names no role")
    if entry.user_by_email:
        is_account = entry.user_by_email.endswith(".gserviceaccount.com")
        return f"{'serviceAccount' if is_account else 'user'}:{entry.user_by_email}"
    if entry.group_by_email or entry.domain:
        return f"group:{entry.group_by_email}" if entry.group_by_email else f"domain:{entry.domain}"
    if entry.special_group in _GROUPS:
        return f"{_GROUPS[entry.special_group]}:{reference.project_id}"
    member = entry.special_group or entry.iam_member
    if not member:
        raise malformed(_ACCESS, "UnexpectedEntry", "an access entry names nobody")
    return member


def _shared(entry: _Entry) -> dict[str, str]:
    if entry.view is not None:
        return {"kind": "view", "name": f"{entry.view.project_id}.{entry.view.dataset_id}.{entry.view.table_id}"}
    if entry.routine is not None:
        routine = entry.routine
        return {"kind": "routine", "name": f"{routine.project_id}.{routine.dataset_id}.{routine.routine_id}"}
    if entry.dataset is None:
        raise malformed(_ACCESS, "UnexpectedEntry", "an access entry names nobody")
    return {"kind": "dataset", "name": f"{entry.dataset.dataset.project_id}.{entry.dataset.dataset.dataset_id}"}


DATASETS = Population("gcp.datasets", ("bigquery.datasets.get", "bigquery.datasets.getIamPolicy"), datasets)
