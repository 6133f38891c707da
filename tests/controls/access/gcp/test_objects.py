"""ACC-2 to ACC-4 for weights in Cloud Storage: who can read them, by which path, and what is not known of it."""

import pytest
from support.estate import access_request, access_review, judge, only
from support.google import (
    ACCOUNTS,
    ALLOWED,
    BUCKET,
    FOLDER,
    GROUP,
    IAM,
    INFERENCE,
    LOCATION,
    NUMBER,
    ORGANIZATION,
    PROJECT,
    ROLES,
    TOKENS,
    VIEWER,
    account,
    bind,
    bucket,
    deny,
    evidence,
    folder,
    lost,
    organization,
    project,
    role,
    without,
)

from collector.model.outcome import Outcome
from controls.acc2 import ACC_2
from controls.acc3 import ACC_3
from controls.acc4 import ACC_4

PASS, FAIL, INCONCLUSIVE = Outcome.PASS, Outcome.FAIL, Outcome.INCONCLUSIVE
STRANGER = "user:mallory@other.example"
POOL = "principalSet://iam.googleapis.com/projects/1/locations/global/workloadIdentityPools"
OBJECTS = "projects/_/buckets/weights/objects/llm/"


def outsiders(**parts):
    """What ACC-2 says of the project, with the domain of its people allowed."""
    return judge(ACC_2, evidence(**parts), **ALLOWED)


def readers(result):
    """Whom ACC-2 lists, each with how sure that is and its path."""
    return {
        each.detail["principal"]: (each.detail["access"], [" -> ".join(path) for path in each.detail["path"]])
        for each in result.assessments
        if "principal" in each.detail
    }


def test_a_project_whose_own_accounts_read_passes_and_every_reader_has_its_path():
    result = outsiders(organization=organization(bind(VIEWER, GROUP)))
    assert result.outcome is PASS
    assert readers(result) == {
        INFERENCE: ("yes", [f"bucket weights -> role {VIEWER} -> {INFERENCE}"]),
        GROUP: ("yes", [f"organization 3 (acme.example) -> role {VIEWER} -> {GROUP}"]),
    }


@pytest.mark.parametrize(
    ("parts", "where"),
    [
        ({"buckets": (bucket("weights", bind(VIEWER, STRANGER)),)}, "bucket weights"),
        ({"project": project(bind(VIEWER, STRANGER))}, "project acme-prod"),
        ({"folder": folder(bind(VIEWER, STRANGER))}, "folder 12 (ml)"),
        ({"organization": organization(bind(VIEWER, STRANGER))}, "organization 3 (acme.example)"),
        ({"project": project(bind(f"projects/{PROJECT}/roles/reader", STRANGER))}, "project acme-prod"),
    ],
    ids=["on the bucket", "on the project", "on a folder", "on the organization", "by a custom role"],
)
def test_someone_of_another_domain_who_reads_is_a_deviation_that_says_what_to_remove(parts, where):
    found = only(outsiders(**parts), FAIL)
    assert found.id == f"{LOCATION} <- {STRANGER}"
    assert f"remove {STRANGER} from " in found.reason
    assert f" on {where}, or allow other.example in ACC-2 (allowed_domains)" in found.reason


@pytest.mark.parametrize(
    ("member", "allowed"),
    [
        ("user:ml@acme.example", {}),
        ("domain:acme.example", {}),
        (f"serviceAccount:x-trainer@{PROJECT}.iam.gserviceaccount.com", {}),
        (f"serviceAccount:{NUMBER}-compute@developer.gserviceaccount.com", {}),
        (f"serviceAccount:service-{NUMBER}@gcp-sa-aiplatform.iam.gserviceaccount.com", {}),
        (f"serviceAccount:{PROJECT}.svc.id.goog[serving/llm]", {}),
        ("serviceAccount:trainer@acme-data.iam.gserviceaccount.com", {"allowed_projects": ["acme-data"]}),
        (
            f"principalSet://iam.googleapis.com/projects/{NUMBER}/locations/global/workloadIdentityPools/ci/attribute.r/x",
            {},
        ),
        (
            "principal://iam.googleapis.com/locations/global/workforcePools/staff/subject/ml",
            {"allowed_identity_providers": ["locations/global/workforcePools/staff"]},
        ),
    ],
)
def test_who_is_inside_passes(member, allowed):
    given = evidence(buckets=(bucket("weights", bind(VIEWER, member)),))
    assert judge(ACC_2, given, **{**ALLOWED, **allowed}).outcome is PASS


@pytest.mark.parametrize(
    "member",
    [
        "user:ml@sub.acme.example",
        "user:ml@acme.example@other.example",
        "group:all@other.example",
        "serviceAccount:trainer@acme-data.iam.gserviceaccount.com",
        f"serviceAccount:service-{NUMBER}@other-prod.iam.gserviceaccount.com",
        "serviceAccount:1-compute@developer.gserviceaccount.com",
        "principal://iam.googleapis.com/locations/global/workforcePools/staff/subject/ml",
        f"{POOL}/x/attribute.r/projects/{NUMBER}/locations/global/workloadIdentityPools/ci/x",
        "projectViewer:other-prod",
        "somethingNew:x",
    ],
)
def test_who_is_outside_is_a_deviation(member):
    assert member in only(outsiders(buckets=(bucket("weights", bind(VIEWER, member)),)), FAIL).reason


@pytest.mark.parametrize("everyone", ["allUsers", "allAuthenticatedUsers"])
def test_weights_open_to_everyone_are_a_deviation_unless_public_access_is_prevented(everyone):
    public = bind(VIEWER, everyone)
    opened = bucket("weights", public, public_access_prevention="inherited")
    found = only(outsiders(buckets=(opened,)), FAIL)
    assert found.reason.startswith(f"everyone ({everyone}) can read {LOCATION}: remove {everyone} from {VIEWER}")
    closed = bucket("weights", public, bind(VIEWER, INFERENCE))
    assert readers(outsiders(buckets=(closed,))).keys() == {INFERENCE}


def test_a_role_without_reading_of_objects_makes_no_reader():
    lister = bind("roles/storage.legacyBucketReader", STRANGER)
    assert readers(outsiders(buckets=(bucket("weights", lister),))) == {}


def test_a_deleted_member_and_a_deleted_role_give_nothing():
    gone = bind(VIEWER, "deleted:user:mallory@other.example?uid=1", INFERENCE)
    held = bind("roles/it", STRANGER)
    given = outsiders(
        buckets=(bucket("weights", gone, held),),
        roles=(role(VIEWER, "storage.objects.get"), role("roles/it", deleted=True)),
    )
    assert readers(given).keys() == {INFERENCE}


def test_convenience_members_stand_for_those_who_hold_the_basic_role():
    legacy = bind("roles/storage.legacyObjectReader", f"projectViewer:{PROJECT}", "projectOwner:acme-prod")
    result = outsiders(
        buckets=(bucket("weights", legacy),),
        project=project(bind("roles/viewer", STRANGER), bind("roles/owner", "user:owner@acme.example")),
    )
    assert set(readers(result)) == {STRANGER, "user:owner@acme.example"}
    reason = only(result, FAIL).reason
    assert f"remove projectViewer:{PROJECT} from roles/storage.legacyObjectReader on bucket weights" in reason
    assert f"or {STRANGER} from roles/viewer on project acme-prod" in reason


def test_a_basic_role_that_is_inherited_makes_a_convenience_member_conditional():
    legacy = bind("roles/storage.legacyObjectReader", f"projectViewer:{NUMBER}")
    parts = {"buckets": (bucket("weights", legacy),), "folder": folder(bind("roles/viewer", STRANGER))}
    assert "not documented" in only(outsiders(**parts), INCONCLUSIVE).reason
    refused = outsiders(**parts, project=project(unreadable=["policy", "audit"]))
    assert not refused.deviations


@pytest.mark.parametrize(
    ("condition", "outcome"),
    [
        (f'resource.name.startsWith("{OBJECTS}")', FAIL),
        (f'resource.name.startsWith("{OBJECTS}v2/")', FAIL),
        ('resource.name.startsWith("projects/_/buckets/weights/objects/public/")', PASS),
        ('request.time < timestamp("2025-01-01T00:00:00Z")', PASS),
        ('request.time < timestamp("2035-01-01T00:00:00Z")', FAIL),
        ('resource.matchTag("1/env", "prod")', INCONCLUSIVE),
    ],
)
def test_a_condition_counts_as_far_as_it_is_decided(condition, outcome):
    bindings = (bind(VIEWER, INFERENCE), bind(VIEWER, STRANGER, condition=condition))
    result = outsiders(buckets=(bucket("weights", *bindings),))
    assert result.outcome is outcome
    if outcome is INCONCLUSIVE:
        assert condition in only(result, INCONCLUSIVE).reason


@pytest.mark.parametrize(
    ("policy", "outcome"),
    [
        (deny("principal://goog/subject/mallory@other.example"), PASS),
        (deny("principalSet://goog/public:all"), PASS),
        (deny("principalSet://goog/public:all", exceptions=["principal://goog/subject/mallory@other.example"]), FAIL),
        (
            deny("principalSet://goog/public:all", exceptions=["principalSet://goog/group/x@other.example"]),
            INCONCLUSIVE,
        ),
        (deny("principalSet://goog/group/all@other.example"), INCONCLUSIVE),
        (deny("principal://goog/subject/someone@other.example"), FAIL),
        (deny("principalSet://goog/public:all", condition='resource.matchTag("1/a", "b")'), INCONCLUSIVE),
    ],
)
def test_a_deny_takes_access_away_as_far_as_it_is_known_whom_it_means(policy, outcome):
    given = bucket("weights", bind(VIEWER, STRANGER))
    result = outsiders(buckets=(given,), organization=organization(deny=[policy]))
    assert (result.outcome is FAIL) is (outcome is FAIL)
    assert (f"{LOCATION} <- {STRANGER}" in {each.id for each in result.undecided}) is (outcome is INCONCLUSIVE)


def test_denied_reading_of_deny_policies_only_leaves_more_readers():
    given = bucket("weights", bind(VIEWER, STRANGER))
    result = outsiders(buckets=(given,), organization=organization(unreadable=["deny"]))
    assert result.outcome is FAIL


@pytest.mark.parametrize(
    ("parts", "said"),
    [
        ({"organization": organization(unreadable=["policy", "audit"])}, "policy of organizations/3"),
        ({"folder": folder(unreadable=["policy", "audit"])}, "policy of folders/12"),
        ({"folder": folder(unreadable=["parent"])}, "what is above folder 12 (ml) is not known"),
        ({"organization": None}, f"is in {ORGANIZATION}, which was not read"),
        ({"folder": None}, f"is in {FOLDER}, which was not read"),
        ({"project": project(unreadable=["policy", "audit"])}, "who has access by project acme-prod is not known"),
        ({"buckets": (bucket(unreadable=["policy"]),)}, "who has access by bucket weights is not known"),
        ({"roles": ()}, f"what {VIEWER} permits, which {INFERENCE} has on bucket weights, was not read"),
        ({"accounts": (account(unreadable=["policy"]),)}, f"who can become {INFERENCE} is not known"),
        ({"buckets": (bucket(project_number="1"),)}, "the bucket is of project 1"),
    ],
)
@pytest.mark.parametrize("control", [ACC_2, ACC_3, ACC_4], ids=lambda control: control.id)
def test_what_was_refused_is_no_verdict_and_is_named(control, parts, said):
    review = access_review({}, entries=[{"decision": "keep", "location": LOCATION, "note": "", "principal": INFERENCE}])
    result = judge(
        control, evidence(review, **parts), weights=[LOCATION], **({"allowed_domains": []} if control is ACC_2 else {})
    )
    assert result.outcome is INCONCLUSIVE
    assert said in next(each for each in result.undecided if each.id == LOCATION).reason
    assert not result.deviations


def test_an_outsider_stays_listed_beside_an_ancestor_that_was_refused():
    result = outsiders(
        buckets=(bucket("weights", bind(VIEWER, STRANGER)),), organization=organization(unreadable=["policy"])
    )
    assert result.outcome is INCONCLUSIVE
    assert STRANGER in only(result, FAIL).reason


@pytest.mark.parametrize("population", [BUCKET, IAM, ROLES, ACCOUNTS])
def test_a_list_that_was_refused_or_never_read_is_no_verdict(population):
    names = {BUCKET: "buckets", IAM: "iam", ROLES: "roles", ACCOUNTS: "accounts"}
    assert outsiders(**{names[population]: lost(population)}).outcome is INCONCLUSIVE
    assert judge(ACC_2, without(evidence(), population), **ALLOWED).outcome is INCONCLUSIVE


def test_a_bucket_in_no_list_is_inconclusive():
    assert "configure its project as a source" in only(outsiders(buckets=()), INCONCLUSIVE).reason


def test_folders_that_lead_back_to_one_another_are_no_verdict():
    assert outsiders(folder=folder(parent=FOLDER)).outcome is INCONCLUSIVE


@pytest.mark.parametrize("prevented", ["enforced", "inherited"])
def test_objects_with_acls_of_their_own_are_undecided(prevented):
    acl = [{"entity": "user-mallory@other.example", "role": "READER"}, {"entity": "allUsers", "role": "READER"}]
    given = bucket(uniform_access=False, default_object_acl=acl, public_access_prevention=prevented)
    result = outsiders(buckets=(given,))
    assert result.outcome is INCONCLUSIVE
    assert not result.deviations
    undecided = {each.id: each.reason for each in result.undecided}
    assert "turn on uniform bucket-level access of bucket weights" in undecided[f"{LOCATION} <- {STRANGER}"]
    assert (f"{LOCATION} <- allUsers" in undecided) is (prevented == "inherited")
    assert f"{LOCATION} object ACLs" in undecided


def test_a_default_acl_for_the_projects_people_stands_for_them():
    acl = [{"entity": f"project-viewers-{NUMBER}", "role": "READER"}]
    given = bucket(uniform_access=False, default_object_acl=acl)
    result = outsiders(buckets=(given,), project=project(bind("roles/viewer", STRANGER)))
    assert readers(result)[STRANGER][0] == "conditional"


@pytest.mark.parametrize("entity", ["robot-1", None, 7])
def test_an_acl_of_another_form_is_no_verdict(entity):
    given = bucket(uniform_access=False, default_object_acl=[{"entity": entity, "role": "READER"}])
    assert outsiders(buckets=(given,)).outcome is INCONCLUSIVE


CHAINS = {
    "on the account": ({"accounts": (account("inference", bind(TOKENS, STRANGER)),)}, FAIL),
    "on the project": ({"project": project(bind(TOKENS, STRANGER))}, FAIL),
    "through another account": (
        {
            "accounts": (
                account("inference", bind(TOKENS, f"serviceAccount:ci@{PROJECT}.iam.gserviceaccount.com")),
                account("ci", bind(TOKENS, STRANGER)),
            )
        },
        FAIL,
    ),
    "through an account that passes requests on": (
        {
            "accounts": (
                account("inference", bind(TOKENS, f"serviceAccount:ci@{PROJECT}.iam.gserviceaccount.com")),
                account("ci", bind("organizations/3/roles/relay", STRANGER)),
            )
        },
        FAIL,
    ),
    "passing requests on with nobody to pass them to": (
        {"accounts": (account("inference", bind("organizations/3/roles/relay", STRANGER)),)},
        PASS,
    ),
    "by what it can start": (
        {"accounts": (account("inference", bind("roles/iam.serviceAccountUser", STRANGER)),)},
        INCONCLUSIVE,
    ),
}


@pytest.mark.parametrize(("parts", "outcome"), CHAINS.values(), ids=CHAINS)
def test_an_outsider_who_can_become_a_reader_is_a_deviation(parts, outcome):
    result = outsiders(**parts)
    assert result.outcome is outcome
    if outcome is not PASS:
        found = only(result, outcome)
        assert f"{STRANGER} can become serviceAccount:" in found.reason
        assert f"remove {STRANGER} from " in found.reason
        assert any(each.startswith(STRANGER) for each in found.detail["reachable_from"])


def reviewed(principal, decision, **more):
    entry = {"decision": decision, "location": LOCATION, "note": "", "principal": principal}
    return access_review({}, entries=[entry], **more)


def test_readers_are_reviewed_under_the_names_that_google_has_for_them():
    given = {"buckets": (bucket("weights", bind(VIEWER, GROUP)),)}
    told = {"weights": [LOCATION]}
    assert judge(ACC_3, evidence(reviewed(GROUP, "keep"), **given), **told).outcome is PASS
    found = only(judge(ACC_3, evidence(reviewed(INFERENCE, "keep"), **given), **told), FAIL)
    assert found.reason.startswith(f"{GROUP} can read {LOCATION} and is not in the review")
    assert found.reason.endswith(f"or remove {GROUP} from {VIEWER} on bucket weights")


def test_a_reviewer_who_keeps_their_own_access_is_named():
    given = {"buckets": (bucket("weights", bind(VIEWER, "user:ml@acme.example")),)}
    review = reviewed("user:ml@acme.example", "keep", reviewer="ml@acme.example")
    result = judge(ACC_3, evidence(review, **given), weights=[LOCATION])
    assert any("self-approved" in each.reason for each in result.deviations)


def test_access_gained_without_a_request_is_a_deviation_and_with_one_it_is_not():
    given = {"project": project(bind(VIEWER, GROUP))}
    review = reviewed(INFERENCE, "keep")
    found = only(judge(ACC_4, evidence(review, **given), weights=[LOCATION]), FAIL)
    assert f"or remove {GROUP} from {VIEWER} on project acme-prod" in found.reason
    asked = access_request(GROUP, location=LOCATION)
    assert judge(ACC_4, evidence(review, asked, **given), weights=[LOCATION]).outcome is PASS
