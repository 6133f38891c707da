"""Log views and data sets of Google Cloud, read over HTTP: whole, or a gap that says why."""

import json

import pytest
from support.google_api import KEY, NOT_ALLOWED, bind, dataset, policy, whole
from support.vertex import NUMBER, PROJECT, TOKEN, answer, at, key_file, running, settings

from collector.model import instant
from collector.model.snapshot import FailureClass, Gap, Snapshot
from connectors.registry import connect

VIEWS, DATASETS, ROLES = "gcp.log_views", "gcp.datasets", "gcp.roles"
BUCKET = f"projects/{PROJECT}/locations/global/buckets/_Default"
VIEW = f"{BUCKET}/views/_AllLogs"


@pytest.fixture
def project(monkeypatch):
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.delenv("GOOGLE_APPLICATION_CREDENTIALS", raising=False)
    with running(whole()) as state:
        yield state


@pytest.fixture
def read(project, tmp_path):
    """Reads the project; whatever comes of it holds neither the token nor what is none of a collector's business."""

    def read_once(population):
        told = settings(project.url, key_file(tmp_path, project.url))
        outcome = connect(told, clock=instant.now, progress=lambda *_: None).read(population)
        assert TOKEN not in repr(outcome)
        reading = outcome.partial if isinstance(outcome, Gap) else outcome
        assert not any(b"CANARY" in item.body for item in reading or ())
        return outcome

    return read_once


def contents(outcome):
    reading = outcome if isinstance(outcome, Snapshot) else outcome.partial
    return {item.id: json.loads(item.body) for item in reading}


def test_the_views_of_every_log_bucket_are_read_with_their_policies(project, read):
    other = f"projects/{PROJECT}/locations/europe-west4/buckets/outputs"
    project.page = 1
    project.views = [VIEW, f"{BUCKET}/views/_Default", f"{other}/views/ours"]
    project.policies[VIEW] = policy(bind("roles/logging.viewAccessor", "user:b@it", "user:a@it", condition="true"))
    outcome = read(VIEWS)
    assert isinstance(outcome, Snapshot), outcome
    found = contents(outcome)
    assert found.keys() == set(project.views)
    assert found[VIEW] == {
        "bucket": BUCKET,
        "filter": "it",
        "name": VIEW,
        "policy": [
            {
                "condition": {"expression": "true", "title": "it"},
                "members": ["user:a@it", "user:b@it"],
                "role": "roles/logging.viewAccessor",
            }
        ],
    }
    assert found[f"{other}/views/ours"]["policy"] == []


def test_a_view_whose_policy_is_refused_is_unknown_and_the_others_are_read(project, read):
    project.views = [VIEW, f"{BUCKET}/views/_Default"]
    project.rules.append(at(f"/v2/{VIEW}:getIamPolicy", NOT_ALLOWED))
    outcome = read(VIEWS)
    assert isinstance(outcome, Gap)
    assert outcome.partial.listed
    found = contents(outcome)
    assert found[VIEW]["unreadable"]["policy"]["class"] == "denied"
    assert found[f"{BUCKET}/views/_Default"]["policy"] == []


REFUSED = {
    "the list of buckets": ("-/buckets", NOT_ALLOWED, FailureClass.DENIED),
    "the views of a bucket": ("global/buckets/_Default/views", NOT_ALLOWED, FailureClass.DENIED),
    "a view of another bucket": (
        "global/buckets/_Default/views",
        answer({"views": [{"name": f"{BUCKET}-2/views/it"}]}),
        FailureClass.MALFORMED,
    ),
    "a bucket of another project": (
        "-/buckets",
        answer({"buckets": [{"name": BUCKET.replace(PROJECT, "other")}]}),
        FailureClass.MISIDENTIFIED,
    ),
    "a name that leads elsewhere": (
        "-/buckets",
        answer({"buckets": [{"name": f"{BUCKET}?x"}]}),
        FailureClass.MALFORMED,
    ),
}


@pytest.mark.parametrize(("path", "given", "failure"), REFUSED.values(), ids=REFUSED.keys())
def test_a_list_of_views_that_is_not_whole_is_a_gap(project, read, path, given, failure):
    project.views = [VIEW]
    project.rules.append(at(f"/v2/projects/{PROJECT}/locations/{path}", given))
    outcome = read(VIEWS)
    assert isinstance(outcome, Gap)
    assert not (outcome.partial and outcome.partial.listed)
    assert outcome.failures[0].failure_class is failure


def test_a_bucket_whose_project_is_spelled_by_its_number_is_the_projects_own(project, read):
    own = BUCKET.replace(PROJECT, NUMBER)
    project.rules += [
        at(f"/v2/projects/{PROJECT}/locations/-/buckets", answer({"buckets": [{"name": own}]})),
        at(f"/v2/{own}/views", answer({"views": [{"name": f"{own}/views/it"}]})),
        at(f"/v2/{own}/views/it:getIamPolicy", answer(policy())),
    ]
    assert contents(read(VIEWS)).keys() == {f"{own}/views/it"}


def test_the_roles_that_a_view_names_are_read(project, read):
    project.views = [VIEW]
    project.policies[VIEW] = policy(bind("roles/logging.viewAccessor", "user:a@it"))
    permissions = ["logging.views.access"]
    project.roles["roles/logging.viewAccessor"] = {
        "name": "roles/logging.viewAccessor",
        "includedPermissions": permissions,
    }
    assert contents(read(ROLES))["roles/logging.viewAccessor"]["permissions"] == permissions


LOGS = f"projects/{PROJECT}/datasets/logs"
AT = f"/bigquery/v2/{LOGS}"


def test_data_sets_are_read_with_what_their_tables_get_and_nothing_of_a_table(project, read):
    project.page = 1
    project.datasets = [
        dataset(
            defaultTableExpirationMs="3600000",
            defaultPartitionExpirationMs="31536000000",
            defaultEncryptionConfiguration={"kmsKeyName": KEY},
        ),
        dataset("_hidden", type="LINKED", defaultTableExpirationMs="0"),
    ]
    outcome = read(DATASETS)
    assert isinstance(outcome, Snapshot), outcome
    found = contents(outcome)
    assert found[LOGS] == {
        "dataset": "logs",
        "default_key": KEY,
        "location": "EU",
        "name": LOGS,
        "partition_expiration_ms": 31536000000,
        "policy": [],
        "project": PROJECT,
        "shared": [],
        "table_expiration_ms": 3600000,
        "type": "DEFAULT",
    }
    hidden = found[f"projects/{PROJECT}/datasets/_hidden"]
    assert (hidden["type"], hidden["default_key"]) == ("LINKED", None)
    assert (hidden["table_expiration_ms"], hidden["partition_expiration_ms"]) == (None, None)
    assert not any("/tables" in request.path for request in project.requests)


MEMBERS = {
    "a user": ({"userByEmail": "a@it"}, "user:a@it"),
    "a service account": (
        {"userByEmail": f"ci@{PROJECT}.iam.gserviceaccount.com"},
        f"serviceAccount:ci@{PROJECT}.iam.gserviceaccount.com",
    ),
    "a group": ({"groupByEmail": "ml@it"}, "group:ml@it"),
    "a domain": ({"domain": "acme.example"}, "domain:acme.example"),
    "the project's viewers": ({"specialGroup": "projectReaders"}, f"projectViewer:{PROJECT}"),
    "the project's editors": ({"specialGroup": "projectWriters"}, f"projectEditor:{PROJECT}"),
    "the project's owners": ({"specialGroup": "projectOwners"}, f"projectOwner:{PROJECT}"),
    "whoever signs in": ({"specialGroup": "allAuthenticatedUsers"}, "allAuthenticatedUsers"),
    "everyone": ({"iamMember": "allUsers"}, "allUsers"),
}


@pytest.mark.parametrize(("entry", "member"), MEMBERS.values(), ids=MEMBERS.keys())
def test_an_access_entry_is_recorded_as_a_binding(project, read, entry, member):
    project.datasets = [dataset("logs", {"role": "READER", **entry})]
    binding = {"condition": None, "members": [member], "role": "roles/bigquery.dataViewer"}
    assert contents(read(DATASETS))[LOGS]["policy"] == [binding]


def test_the_old_names_of_roles_and_those_of_iam_are_recorded_with_conditions(project, read):
    told = {"userByEmail": "a@it"}
    condition = {"expression": 'resource.name == "it"', "title": "it"}
    roles = ("OWNER", "WRITER", "roles/bigquery.metadataViewer", f"projects/{PROJECT}/roles/ours")
    project.datasets = [dataset("logs", *({"role": role, "condition": condition, **told} for role in roles))]
    found = contents(read(DATASETS))[LOGS]["policy"]
    assert all(each["condition"] == condition for each in found)
    assert {each["role"] for each in found} == {
        "roles/bigquery.dataOwner",
        "roles/bigquery.dataEditor",
        "roles/bigquery.metadataViewer",
        f"projects/{PROJECT}/roles/ours",
    }


def test_views_routines_and_data_sets_that_may_read_it_are_recorded_apart(project, read):
    other = {"projectId": "other", "datasetId": "reports"}
    project.datasets = [
        dataset(
            "logs",
            {"view": {**other, "tableId": "daily"}},
            {"routine": {**other, "routineId": "sum"}},
            {"dataset": {"dataset": other, "targetTypes": ["VIEWS"]}},
        )
    ]
    found = contents(read(DATASETS))[LOGS]
    assert found["policy"] == []
    assert found["shared"] == [
        {"kind": "dataset", "name": "other.reports"},
        {"kind": "routine", "name": "other.reports.sum"},
        {"kind": "view", "name": "other.reports.daily"},
    ]


UNKNOWN = {
    "its settings": ("METADATA", NOT_ALLOWED, "denied", "partition_expiration_ms"),
    "its entries": ("ACL", NOT_ALLOWED, "denied", "policy"),
    "another data set": ("ACL", answer(dataset("others")), "misidentified", "shared"),
    "an entry that names nobody": ("ACL", answer(dataset("logs", {"role": "READER"})), "malformed", "policy"),
    "an entry without a role": ("ACL", answer(dataset("logs", {"userByEmail": "a@it"})), "malformed", "policy"),
    "an expiration that is no number": (
        "METADATA",
        answer(dataset(defaultTableExpirationMs="soon")),
        "malformed",
        "table_expiration_ms",
    ),
}


@pytest.mark.parametrize(("view", "given", "failure", "facet"), UNKNOWN.values(), ids=UNKNOWN.keys())
def test_what_a_data_set_refuses_is_unknown_of_it_alone(project, read, view, given, failure, facet):
    project.datasets = [dataset(), dataset("more")]
    project.rules.append(at(AT, lambda request: given if request.query["datasetView"] == [view] else None))
    outcome = read(DATASETS)
    assert isinstance(outcome, Gap)
    assert outcome.partial.listed
    found = contents(outcome)
    assert found[LOGS]["unreadable"][facet]["class"] == failure
    assert "unreadable" not in found[f"projects/{PROJECT}/datasets/more"]


NOT_WHOLE = {
    "a refusal": (NOT_ALLOWED, FailureClass.DENIED),
    "a location that did not answer": (
        answer({"kind": "bigquery#datasetList", "datasets": [], "unreachable": ["us"]}),
        FailureClass.UNREACHABLE,
    ),
    "a data set of another project": (
        answer({"datasets": [{"datasetReference": {"projectId": "other", "datasetId": "logs"}}]}),
        FailureClass.MISIDENTIFIED,
    ),
    "a name that leads elsewhere": (
        answer({"datasets": [{"datasetReference": {"projectId": PROJECT, "datasetId": "../logs"}}]}),
        FailureClass.MALFORMED,
    ),
    "another document": (answer({"tables": []}), FailureClass.MALFORMED),
}


@pytest.mark.parametrize(("given", "failure"), NOT_WHOLE.values(), ids=NOT_WHOLE.keys())
def test_a_list_of_data_sets_that_is_not_whole_is_a_gap(project, read, given, failure):
    project.rules.append(at(f"/bigquery/v2/projects/{PROJECT}/datasets", given))
    outcome = read(DATASETS)
    assert isinstance(outcome, Gap)
    assert not (outcome.partial and outcome.partial.listed)
    assert outcome.failures[0].failure_class is failure


def test_the_roles_that_a_data_set_names_are_read_with_what_they_permit_in_bigquery(project, read):
    project.datasets = [dataset("logs", {"role": "READER", "groupByEmail": "ml@it"})]
    name, permissions = "roles/bigquery.dataViewer", ["bigquery.tables.getData"]
    project.roles[name] = {"name": name, "includedPermissions": permissions}
    assert contents(read(ROLES))[name]["permissions"] == permissions
