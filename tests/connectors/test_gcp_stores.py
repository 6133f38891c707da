"""Log views of Google Cloud, read over HTTP: whole, or a gap that says why."""

import json

import pytest
from support.google_api import NOT_ALLOWED, bind, policy, whole
from support.vertex import NUMBER, PROJECT, TOKEN, answer, at, key_file, running, settings

from collector.model import instant
from collector.model.snapshot import FailureClass, Gap, Snapshot
from connectors.registry import connect

VIEWS, ROLES = "gcp.log_views", "gcp.roles"
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
