"""Buckets, policies, roles, service accounts and keys of Google Cloud, read over HTTP: whole, or a gap that says why."""

import json

import pytest
from support.estate import judge
from support.google_api import CHAIN, FINE_GRAINED, KEY, NOT_ALLOWED, VIEWER, bind, bucket, policy, whole
from support.vertex import NUMBER, PROJECT, TOKEN, answer, at, key_file, refusal, running, settings

from collector.model import instant
from collector.model.evidence import Evidence
from collector.model.outcome import Outcome
from collector.model.snapshot import FailureClass, Gap, Snapshot
from connectors.registry import connect
from controls.acc2 import ACC_2
from controls.acc5 import ACC_5
from controls.acc6 import ACC_6

BUCKETS, IAM, ROLES = "gcp.buckets", "gcp.iam", "gcp.roles"
ACCOUNTS, KEYS = "gcp.service_accounts", "gcp.kms_keys"
ALL = (BUCKETS, IAM, ROLES, ACCOUNTS, KEYS)
CI = f"serviceAccount:ci@{PROJECT}.iam.gserviceaccount.com"


@pytest.fixture
def project(monkeypatch):
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.delenv("GOOGLE_APPLICATION_CREDENTIALS", raising=False)
    with running(whole()) as state:
        yield state


@pytest.fixture
def read(project, tmp_path):
    """Reads the project; whatever comes of it holds neither the token nor what is none of a collector's business."""

    def read_once(population, **changes):
        told = settings(project.url, key_file(tmp_path, project.url), **changes)
        outcome = connect(told, clock=instant.now, progress=lambda *_: None).read(population)
        assert TOKEN not in repr(outcome)
        reading = outcome.partial if isinstance(outcome, Gap) else outcome
        assert not any(b"CANARY" in item.body for item in reading or ())
        return outcome

    return read_once


def contents(outcome):
    assert isinstance(outcome, Snapshot), outcome
    return {item.id: json.loads(item.body) for item in outcome}


def partial(outcome):
    assert isinstance(outcome, Gap), outcome
    assert outcome.partial.listed
    return {item.id: json.loads(item.body) for item in outcome.partial}


def calls(outcome):
    return {operation.name: operation.calls for operation in outcome.provenance.operations}


def test_a_bucket_is_read_with_its_policy_and_how_it_keeps_what_it_holds(project, read):
    project.buckets = [
        bucket(
            retentionPolicy={"retentionPeriod": "86400", "isLocked": True, "effectiveTime": "2026-01-01T00:00:00Z"},
            lifecycle={"rule": [{"action": {"type": "Delete"}, "condition": {"age": 30}}]},
            logging={"logBucket": "logs", "logObjectPrefix": "weights"},
        )
    ]
    assert contents(read(BUCKETS)) == {
        "projects/_/buckets/weights": {
            "acl": None,
            "default_key": KEY,
            "default_object_acl": None,
            "lifecycle": [{"action": {"type": "Delete"}, "condition": {"age": 30}}],
            "location": "EUROPE-WEST4",
            "logging": {"bucket": "logs", "prefix": "weights"},
            "name": "weights",
            "policy": [
                {
                    "condition": {
                        "expression": 'resource.name.startsWith("projects/_/buckets/weights")',
                        "title": "it",
                    },
                    "members": [CI],
                    "role": VIEWER,
                }
            ],
            "project_number": NUMBER,
            "public_access_prevention": "enforced",
            "retention": {"locked": True, "seconds": 86400},
            "soft_delete_seconds": 604800,
            "uniform_access": True,
            "versioning": True,
        }
    }


def test_a_bucket_with_acls_is_read_with_them_and_one_without_them_is_not_asked(project, read):
    everyone = {"kind": "storage#objectAccessControl", "entity": "allUsers", "role": "READER", "etag": "CAE="}
    project.buckets.append(bucket("shared", iamConfiguration=FINE_GRAINED))
    project.acls = {"shared/defaultObjectAcl": [everyone], "shared/acl": [{**everyone, "entity": "user-a@it"}]}
    snapshot = read(BUCKETS)
    shared = contents(snapshot)["projects/_/buckets/shared"]
    assert shared["default_object_acl"] == [{"entity": "allUsers", "role": "READER"}]
    assert shared["acl"] == [{"entity": "user-a@it", "role": "READER"}]
    assert calls(snapshot)["storage:defaultObjectAcl.list"] == calls(snapshot)["storage:acl.list"] == 1


def test_a_new_bucket_with_nothing_set_has_what_leaving_it_out_means(project, read):
    project.buckets = [{"name": "plain", "projectNumber": NUMBER, "location": "US", "iamConfiguration": {}}]
    (content,) = contents(read(BUCKETS)).values()
    assert (content["uniform_access"], content["public_access_prevention"]) == (False, "inherited")
    assert (content["versioning"], content["default_key"], content["retention"]) == (False, None, None)
    assert (content["policy"], content["default_object_acl"]) == ([], [])


@pytest.mark.parametrize(
    ("part", "facet"), [("iam", "policy"), ("acl", "acl"), ("defaultObjectAcl", "default_object_acl")]
)
def test_what_one_bucket_refuses_is_unknown_of_that_bucket_alone(project, read, part, facet):
    project.buckets = [bucket("other", iamConfiguration=FINE_GRAINED), bucket("weights", iamConfiguration=FINE_GRAINED)]
    project.rules.append(at(f"/storage/v1/b/weights/{part}", NOT_ALLOWED))
    found = partial(read(BUCKETS))
    assert found["projects/_/buckets/weights"]["unreadable"][facet]["class"] == "denied"
    assert facet not in found["projects/_/buckets/weights"]
    assert "unreadable" not in found["projects/_/buckets/other"]


def test_the_project_and_all_above_it_are_read_with_their_policies(project, read):
    found = contents(read(IAM))
    assert found.keys() == CHAIN.keys()
    own = found[f"projects/{NUMBER}"]
    assert (own["project"], own["parent"], own["type"]) == (PROJECT, "folders/12", "project")
    assert own["policy"] == [{"condition": None, "members": ["user:a@it", "user:b@it"], "role": "roles/viewer"}]
    logs = [{"exempted": ["user:a@it", "user:b@it"], "type": "DATA_READ"}]
    assert own["audit"] == [{"logs": logs, "service": "storage.googleapis.com"}]
    assert (found["folders/12"]["display_name"], found["folders/12"]["parent"]) == ("ml", "organizations/3")
    assert found["organizations/3"]["parent"] is None
    assert found["organizations/3"]["deny"] == [
        {
            "name": "no-reading",
            "rules": [
                {
                    "condition": None,
                    "denied": ["principalSet://goog/public:all"],
                    "excepted_permissions": [],
                    "exceptions": ["principalSet://goog/group/ml@acme.example"],
                    "permissions": ["storage.googleapis.com/objects.get"],
                }
            ],
        }
    ]


REFUSALS = {
    "a folder's policy": ("/v3/folders/12:getIamPolicy", "folders/12", {"audit", "policy"}),
    "an organization's policy": ("/v3/organizations/3:getIamPolicy", "organizations/3", {"audit", "policy"}),
    "an organization's name": ("/v3/organizations/3", "organizations/3", {"display_name"}),
    "the project's policy": (f"/v3/projects/{NUMBER}:getIamPolicy", f"projects/{NUMBER}", {"audit", "policy"}),
    "deny policies": (
        "/v2/policies/cloudresourcemanager.googleapis.com%2Ffolders%2F12/denypolicies",
        "folders/12",
        {"deny"},
    ),
}


@pytest.mark.parametrize(("path", "item", "facets"), REFUSALS.values(), ids=REFUSALS)
def test_what_an_ancestor_refuses_is_unknown_of_it_alone(project, read, path, item, facets):
    project.rules.append(at(path, NOT_ALLOWED))
    found = partial(read(IAM))
    assert found.keys() == CHAIN.keys()
    assert {name: set(each["unreadable"]) for name, each in found.items() if "unreadable" in each} == {item: facets}


def test_a_folder_that_may_not_be_described_hides_what_is_above_it(project, read):
    project.rules.append(at("/v3/folders/12", NOT_ALLOWED))
    found = partial(read(IAM))
    assert found.keys() == {f"projects/{NUMBER}", "folders/12"}
    assert found["folders/12"]["unreadable"].keys() == {"display_name", "parent"}


def test_another_project_than_the_configured_one_is_a_gap(project, read):
    other = {"name": "projects/1", "projectId": "other-prod"}
    project.rules.append(at(f"/v3/projects/{PROJECT}", answer(other)))
    assert read(IAM).failure_class is FailureClass.MISIDENTIFIED
    project.buckets = [bucket(), bucket("other", projectNumber="1")]
    assert read(BUCKETS).failure_class is FailureClass.MISIDENTIFIED
    stranger = {**project.accounts[0], "projectId": "other-prod"}
    project.accounts = [stranger]
    assert read(ACCOUNTS).failure_class is FailureClass.MISIDENTIFIED


def test_only_the_roles_that_policies_name_are_read_with_the_permissions_that_matter(project, read):
    found = contents(read(ROLES))
    assert found.keys() == project.roles.keys()
    assert found[VIEWER]["permissions"] == ["storage.objects.get"]
    assert project.roles[VIEWER]["includedPermissions"] == ["storage.objects.get", "compute.it.get"]
    assert [request.path for request in project.requests].count(f"/v1/{VIEWER}") == 1


def test_a_role_that_is_refused_or_gone_is_unknown_and_the_others_are_read(project, read):
    del project.roles["organizations/3/roles/reader"]
    project.rules.append(at("/v1/roles/viewer", NOT_ALLOWED))
    found = partial(read(ROLES))
    unknown = {name for name, role in found.items() if "unreadable" in role}
    assert unknown == {"organizations/3/roles/reader", "roles/viewer"}
    assert found[VIEWER]["permissions"]


@pytest.mark.parametrize("name", ["roles/../projects", "owner", "roles/a?x=1", "roles/" + "x" * 200])
def test_a_role_of_another_form_is_never_asked_for(project, read, name):
    project.policies["b/weights"] = policy(bind(name, CI))
    assert partial(read(ROLES))[name]["unreadable"]["permissions"]["code"] == "UnexpectedName"
    assert not any("x=1" in str(request.query) or ".." in request.path for request in project.requests)


def test_roles_are_read_as_far_as_policies_may_be_read(project, read):
    project.rules.append(at(f"/v1/projects/{PROJECT}/serviceAccounts", NOT_ALLOWED))
    project.rules.append(at("/v3/organizations/3:getIamPolicy", NOT_ALLOWED))
    assert contents(read(ROLES)).keys() == {VIEWER, "roles/cloudkms.cryptoKeyDecrypter", "roles/viewer"}


def test_a_service_account_is_read_with_who_may_use_it_and_the_keys_that_people_hold(project, read):
    found = contents(read(ACCOUNTS))
    ci = found[f"projects/{PROJECT}/serviceAccounts/ci@{PROJECT}.iam.gserviceaccount.com"]
    assert ci["policy"][0]["members"] == ["user:a@it"]
    assert ci["keys"] == [
        {
            "created": "2026-01-01T10:00:00.000000Z",
            "disabled": False,
            "expires": "9999-12-31T23:59:59.000000Z",
            "id": "abc",
            "origin": "GOOGLE_PROVIDED",
        }
    ]
    assert [each["disabled"] for each in found.values()] == [False, True]


def test_what_one_service_account_refuses_is_unknown_of_it_alone(project, read):
    name = project.accounts[0]["name"]
    project.rules.append(at(f"/v1/{name}:getIamPolicy", NOT_ALLOWED))
    project.rules.append(at(f"/v1/{name}/keys", NOT_ALLOWED))
    found = partial(read(ACCOUNTS))
    assert found[name]["unreadable"].keys() == {"keys", "policy"}
    assert len(found) == 2


def test_the_keys_that_buckets_name_are_read_once_each_with_their_rings_policy(project, read):
    project.buckets = [bucket(), bucket("other"), bucket("plain", encryption={})]
    snapshot = read(KEYS)
    assert contents(snapshot)[KEY] == {
        "name": KEY,
        "policy": [],
        "protection": "HSM",
        "purpose": "ENCRYPT_DECRYPT",
        "ring_policy": [{"condition": None, "members": [CI], "role": "roles/cloudkms.cryptoKeyDecrypter"}],
        "rotation_seconds": 7776000,
        "state": "ENABLED",
    }
    assert calls(snapshot)["cloudkms:cryptoKeys.get"] == 1


def test_a_key_of_another_project_that_may_not_be_read_is_unknown_and_stands_in_the_list(project, read):
    elsewhere = KEY.replace(PROJECT, "acme-keys")
    project.buckets = [bucket(), bucket("other", encryption={"defaultKmsKeyName": elsewhere})]
    found = partial(read(KEYS))
    assert found[elsewhere]["unreadable"].keys() == {"protection", "purpose", "rotation_seconds", "state"}
    assert found[KEY]["state"] == "ENABLED"


def test_long_lists_are_read_to_their_end(project, read):
    project.page = 2
    project.buckets = [bucket(f"bucket-{n}") for n in range(5)]
    project.accounts = [
        {**project.accounts[0], "name": f"projects/{PROJECT}/serviceAccounts/a{n}@it", "email": f"a{n}@it"}
        for n in range(5)
    ]
    snapshot = read(BUCKETS)
    assert len(contents(snapshot)) == calls(snapshot)["storage:buckets.getIamPolicy"] == 5
    assert calls(snapshot)["storage:buckets.list"] == 3
    assert len(contents(read(ACCOUNTS))) == 5


LISTS = {
    BUCKETS: "/storage/v1/b",
    IAM: f"/v3/projects/{PROJECT}",
    ACCOUNTS: f"/v1/projects/{PROJECT}/serviceAccounts",
    KEYS: "/storage/v1/b",
}
FAULTS = {
    "a missing permission": (NOT_ALLOWED, FailureClass.DENIED),
    "the limit": (refusal(429, "RESOURCE_EXHAUSTED", "it"), FailureClass.THROTTLED),
    "a server that fails": (refusal(503, "UNAVAILABLE", "it"), FailureClass.UNREACHABLE),
    "an API that is not enabled": (refusal(404, "NOT_FOUND", "it"), FailureClass.DENIED),
    "an error with the status of success": (answer({"error": {"code": 403}}), FailureClass.MALFORMED),
    "a list of something else": (answer({"items": [{}], "accounts": [{}]}), FailureClass.MALFORMED),
}


@pytest.mark.parametrize("population", LISTS)
@pytest.mark.parametrize(("given", "failure_class"), FAULTS.values(), ids=FAULTS)
def test_a_fault_of_a_list_is_a_gap_of_its_class_and_never_an_empty_list(
    project, read, population, given, failure_class
):
    project.rules.append(at(LISTS[population], given))
    gap = read(population)
    assert isinstance(gap, Gap)
    assert (gap.failure_class, gap.partial) == (failure_class, None)


@pytest.mark.parametrize("population", [BUCKETS, ACCOUNTS])
def test_pages_that_go_round_are_a_gap(project, read, population):
    project.rules.append(at(LISTS[population], answer({"nextPageToken": "1"})))
    assert "RepeatedPage" in read(population).reason


@pytest.mark.parametrize(
    ("population", "path"),
    [
        (BUCKETS, "/storage/v1/b/weights/iam"),
        (IAM, "/v3/folders/12:getIamPolicy"),
        (ROLES, f"/v1/{VIEWER}"),
        (KEYS, f"/v1/{KEY}:getIamPolicy"),
    ],
)
def test_a_limit_midway_ends_the_reading_and_leaves_the_list_short(project, read, population, path):
    project.rules.append(at(path, refusal(429, "RESOURCE_EXHAUSTED", "it")))
    gap = read(population)
    assert gap.failure_class is FailureClass.THROTTLED
    assert gap.partial is None or not gap.partial.listed
    project.rules.clear()
    assert isinstance(read(population), Snapshot)


@pytest.mark.parametrize(
    "given", [answer({}), answer({"error": {"code": 403}}), answer({"etag": "x", "bindings": [{}]})]
)
def test_a_policy_of_another_form_is_unknown_and_never_an_empty_one(project, read, given):
    project.rules.append(at("/storage/v1/b/weights/iam", given))
    project.rules.append(at("/v3/organizations/3:getIamPolicy", given))
    assert partial(read(BUCKETS))["projects/_/buckets/weights"]["unreadable"]["policy"]["class"] == "malformed"
    assert partial(read(IAM))["organizations/3"]["unreadable"]["policy"]["class"] == "malformed"


def test_a_post_that_fails_for_a_moment_is_tried_again(project, read):
    failing = [refusal(503, "UNAVAILABLE", "it")]
    project.rules.append(at("/v3/folders/12:getIamPolicy", lambda _: failing.pop() if failing else None))
    assert contents(read(IAM, max_attempts=3)).keys() == CHAIN.keys()


def test_an_unchanged_project_gives_the_same_items_however_its_answers_are_ordered(project, read):
    first = {population: contents(read(population)) for population in ALL}
    for told in project.policies.values():
        told["bindings"] = [{**each, "members": each["members"][::-1]} for each in told.get("bindings", [])[::-1]]
    project.buckets[0]["metageneration"] = "8"
    assert {population: contents(read(population)) for population in ALL} == first


@pytest.fixture
def judged(read):
    """Reads everything, and gives what judges it."""

    def read_all():
        given = Evidence(tuple(read(population) for population in ALL))
        return lambda control, **parameters: judge(control, given, weights=["gs://weights/llm/"], **parameters)

    return read_all


def test_what_is_read_is_what_the_controls_take(project, judged):
    # Everyone but the group is denied; it is not known whether the pipeline's account is in the group.
    denied = judged()(ACC_2, allowed_domains=["acme.example", "it"])
    assert [each.detail["principal"] for each in denied.assessments] == ["group:ml@acme.example", CI]
    assert denied.assessments[1].detail["access"] == "conditional"
    project.denies.clear()
    free = judged()
    result = free(ACC_2, allowed_domains=["acme.example", "it"])
    assert result.outcome is Outcome.PASS, result.reason
    assert result.assessments[1].detail["reachable_from"] == [f"user:a@it → {CI}"]
    assert free(ACC_2, allowed_domains=["acme.example"]).deviations
    assert free(ACC_5).outcome is Outcome.PASS
    # People are exempted from the log who may be in the group that reads.
    assert free(ACC_6).outcome is Outcome.INCONCLUSIVE
    project.rules.append(at("/v3/organizations/3:getIamPolicy", NOT_ALLOWED))
    refused = judged()(ACC_2, allowed_domains=["acme.example", "it"])
    assert refused.outcome is Outcome.INCONCLUSIVE
    assert "organization 3 (acme.example)" in refused.reason
