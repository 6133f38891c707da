"""CHG-1 to CHG-5 on evidence with one fault at a time."""

from dataclasses import replace
from datetime import timedelta

import pytest
from support.estate import READER, allow, gap, good, judge, model_package, only, refused, role
from support.google import PROJECT as GOOGLE
from support.google import bind, folder, google, lost, organization, project
from support.ledgers import START
from support.served import (
    APPROVED,
    CHAT,
    EARLIER,
    HOUR,
    IMAGE,
    MODEL,
    OLD_IMAGE,
    PROJECT,
    REPOSITORY,
    audit,
    change_approval,
    cluster_role,
    cluster_role_binding,
    deployment,
    endpoint,
    event,
    pull_request,
    revision,
    sagemaker_model,
    serving,
    taken,
    version,
    vertex_endpoint,
    vertex_version,
    workload,
)

from collector.model.outcome import Outcome
from controls.acc1 import ACC_1
from controls.chg1 import CHG_1
from controls.chg2 import CHG_2
from controls.chg3 import CHG_3
from controls.chg4 import CHG_4
from controls.chg5 import CHG_5
from controls.ops1 import OPS_1
from controls.ops4 import OPS_4

ROLLOUT = EARLIER + HOUR / 2
ENDPOINT = endpoint().id
NEWER = "s3://weights/llm/2/"


def given(*attestations, **parts):
    return good(served=serving(**parts), attestations=attestations)


def test_a_rollout_that_was_approved_before_it_passes_with_who_approved_it():
    found = only(judge(CHG_1, given(APPROVED)), Outcome.PASS)
    assert found.detail["approved_by"] == ["release-lead"]
    assert found.id.startswith(f"{CHAT} at ")


def test_a_rollout_without_an_approval_is_a_deviation():
    assert "without an approval" in only(judge(CHG_1, given()), Outcome.FAIL).reason


def test_an_approval_of_another_digest_is_none():
    other = change_approval(OLD_IMAGE)
    assert "without an approval" in only(judge(CHG_1, given(other)), Outcome.FAIL).reason


def test_an_approval_between_the_poll_before_and_the_recorded_time_of_a_rollout_counts():
    late = change_approval(IMAGE, made=ROLLOUT - timedelta(seconds=1))
    assert judge(CHG_1, given(late)).outcome is Outcome.PASS


def test_an_approval_one_second_after_a_rollout_is_too_late():
    late = change_approval(IMAGE, made=ROLLOUT + timedelta(seconds=1))
    assert "after it" in only(judge(CHG_1, given(late)), Outcome.FAIL).reason


def test_without_a_recorded_time_an_approval_since_the_poll_before_is_undecided():
    late = change_approval(IMAGE, made=ROLLOUT)
    parts = {"kubernetes.revisions": (), "kubernetes.audit": ()}
    assert "not known" in only(judge(CHG_1, given(late, **parts)), Outcome.INCONCLUSIVE).reason


def test_a_single_write_in_the_audit_log_gives_the_change_its_time():
    before = change_approval(IMAGE, made=ROLLOUT - timedelta(minutes=1))
    assert judge(CHG_1, given(before, **{"kubernetes.revisions": ()})).outcome is Outcome.PASS


def test_the_author_of_a_rollout_in_the_audit_log_cannot_approve_it():
    own = change_approval(IMAGE, approved_by="Engineer-1", author="engineer-2")
    assert "self-approved" in only(judge(CHG_1, given(own)), Outcome.FAIL).reason


def test_two_rollouts_between_two_polls_are_two_changes():
    first = revision(EARLIER + HOUR / 4, 2, image=f"registry.example.com/server@sha256:{'2' * 64}")
    parts = {"kubernetes.revisions": (first, revision(ROLLOUT, 3))}
    result = judge(CHG_1, given(APPROVED, **parts))
    assert (len(result.assessments), len(result.deviations)) == (2, 1)


def test_a_rollout_that_was_rolled_back_before_the_next_poll_is_seen():
    rolled = revision(ROLLOUT, 2, image=f"registry.example.com/server@sha256:{'2' * 64}")
    parts = {"kubernetes.revisions": (rolled,), "kubernetes.workloads": (workload(image=OLD_IMAGE),)}
    result = judge(CHG_1, given(**parts))
    assert [a.detail["added"] for a in result.assessments] == [list(rolled.content().value["images"]), [OLD_IMAGE]]


def test_a_new_workload_and_one_that_is_gone_are_changes():
    parts = {"kubernetes.workloads": (workload("new"),), "kubernetes.revisions": ()}
    result = judge(CHG_1, given(change_approval(IMAGE, MODEL), **parts))
    assert [(a.detail["serving"].rpartition("/")[2], a.outcome) for a in result.assessments] == [
        ("chat", Outcome.FAIL),
        ("new", Outcome.PASS),
    ]


def test_other_arguments_alone_are_a_change_of_the_configuration():
    changed = dict(workload().content().value)
    changed["containers"] = [{**changed["containers"][0], "args": ["--temperature", "2"]}]
    after = workload(containers=changed["containers"])
    parts = {"before": (workload(),), "kubernetes.workloads": (after,), "kubernetes.revisions": ()}
    assert "the configuration of" in only(judge(CHG_1, given(**parts)), Outcome.FAIL).reason


def test_more_replicas_are_no_change_of_what_is_served():
    parts = {
        "before": (workload(),),
        "kubernetes.workloads": (workload(replicas=9),),
        "kubernetes.revisions": (),
        "kubernetes.audit": (),
    }
    assert judge(CHG_1, given(**parts)).outcome is Outcome.NOT_APPLICABLE


def new_model(registered=(), **facets):
    return {
        "before": (workload(),),
        "kubernetes.workloads": (workload(model=NEWER),),
        "kubernetes.revisions": (revision(ROLLOUT, 2, model=NEWER),),
        "mlflow.versions": (version(), version(number="2", source=NEWER, **facets)),
    }


def test_the_registrys_own_approval_counts_where_it_was_seen_before_the_rollout():
    approved = version(number="2", source=NEWER)
    parts = serving(**new_model())
    earlier = taken("mlflow:it", "mlflow.versions", EARLIER - HOUR, version(), approved)
    result = judge(CHG_1, good(served=(earlier, *parts), attestations=()))
    assert only(result, Outcome.PASS).detail["approved_by"] == ["release-lead"]


def test_a_version_that_was_approved_by_its_own_author_is_self_approved():
    tags = {"approval": "approved", "approved_by": "engineer-1"}
    assert "self-approved" in only(judge(CHG_1, given(**new_model(tags=tags))), Outcome.FAIL).reason


def test_an_approval_in_the_registry_first_seen_after_the_rollout_is_undecided():
    assert "not known" in only(judge(CHG_1, given(**new_model())), Outcome.INCONCLUSIVE).reason


def reviewed(request=None, annotation="acme/serving#7", **review):
    request = request or pull_request(review=review)
    annotations = {"controlproof.io/pull-request": annotation}
    parts = {
        "kubernetes.workloads": (workload(annotations=annotations),),
        "kubernetes.revisions": (revision(ROLLOUT, 2, annotations=annotations),),
    }
    reviews = taken(REPOSITORY, "github.pull_requests", START, request)
    return good(served=(*serving(**parts), reviews), attestations=())


def test_an_approving_review_of_the_merged_commit_approves_the_rollout_that_names_it():
    assert only(judge(CHG_1, reviewed()), Outcome.PASS).detail["approved_by"] == ["reviewer-1"]


@pytest.mark.parametrize(
    ("review", "said"),
    [
        ({"state": "COMMENTED"}, "without an approval"),
        ({"state": "DISMISSED"}, "without an approval"),
        ({"commit": "a" * 40}, "without an approval"),
        ({"reviewer": "engineer-1"}, "self-approved"),
        ({"reviewer": None}, "without an approval"),
        ({"reviewer": "merger[bot]"}, "without an approval"),
        ({"submitted_at": "2025-12-31T23:59:59.000000Z"}, "after it"),
    ],
    ids=[
        "a comment",
        "dismissed",
        "of another commit",
        "by the author",
        "by nobody who is known",
        "by a bot",
        "after the rollout",
    ],
)
def test_a_review_that_does_not_approve_what_was_rolled_out_does_not_count(review, said):
    assert said in only(judge(CHG_1, reviewed(**review)), Outcome.FAIL).reason


def test_an_approval_that_its_reviewer_withdrew_before_the_merge_does_not_count():
    given = pull_request().content().value
    (approved,) = given["reviews"]
    withdrawn = {**approved, "state": "CHANGES_REQUESTED"}
    for reviews, outcome in (
        ([approved, withdrawn], Outcome.FAIL),
        ([withdrawn, approved], Outcome.PASS),
        ([approved, {**withdrawn, "reviewer": "reviewer-2"}], Outcome.PASS),
        ([approved, {**withdrawn, "submitted_at": "2026-12-31T00:00:00.000000Z"}], Outcome.PASS),
    ):
        only(judge(CHG_1, reviewed(pull_request(reviews=reviews))), outcome)


def test_an_author_whose_account_was_deleted_is_not_taken_for_the_reviewer():
    only(judge(CHG_1, reviewed(pull_request(author=None))), Outcome.PASS)


def test_a_review_of_another_pull_request_does_not_count():
    assert "without an approval" in only(judge(CHG_1, reviewed(annotation="acme/serving#8")), Outcome.FAIL).reason


def test_an_endpoint_with_another_configuration_is_a_change():
    parts = {"sagemaker.endpoints": (endpoint(config="llm-2"),), "before": (workload(),), "kubernetes.revisions": ()}
    found = only(judge(CHG_1, given(**parts)), Outcome.FAIL)
    assert "attest change --name llm-2" in found.reason
    assert judge(CHG_1, given(change_approval("llm-2"), **parts)).outcome is Outcome.PASS


def test_a_malformed_approval_is_no_verdict():
    broken = change_approval(IMAGE, names=None)
    assert judge(CHG_1, given(broken)).outcome is Outcome.INCONCLUSIVE


@pytest.mark.parametrize(
    ("facets", "said"),
    [({"tags": {}}, "no approval"), ({"tags": {"approval": "rejected"}}, "tag approval=rejected")],
    ids=["no tag", "another tag"],
)
def test_a_served_version_that_is_not_approved_is_a_deviation(facets, said):
    found = only(judge(CHG_2, given(**{"mlflow.versions": (version(**facets),)})), Outcome.FAIL)
    assert said in found.reason
    assert found.detail["version"]["id"] == "mlflow:it/llm/1"


def test_an_alias_that_the_configuration_declares_is_an_approval():
    parts = {"mlflow.versions": (version(tags={}, aliases=["champion"]),)}
    assert judge(CHG_2, given(**parts)).outcome is Outcome.PASS


def test_a_package_that_waits_for_approval_is_a_deviation_where_it_is_served():

    pending = good(packages=(model_package(approval="PendingManualApproval"),))
    assert "PendingManualApproval" in only(judge(CHG_2, pending), Outcome.FAIL).reason


@pytest.mark.parametrize(
    "name",
    ["s3://weights/llm/1/model.safetensors", "s3://weights/llm/1", "models:/llm/1"],
    ids=["a file in it", "without the slash", "by its name in the registry"],
)
def test_a_model_is_resolved_to_its_version(name):
    parts = {"kubernetes.workloads": (workload(model=name),)}
    assert judge(CHG_2, given(**parts)).outcome is Outcome.PASS


@pytest.mark.parametrize("name", ["s3://weights/llm/12/", "models:/llm/12", "models:/llm@gone"])
def test_a_model_that_is_no_registered_version_is_a_deviation(name):
    parts = {"kubernetes.workloads": (workload(model=name),)}
    assert "no registry version" in only(judge(CHG_2, given(**parts)), Outcome.FAIL).reason


def test_a_model_that_could_be_two_versions_is_undecided():
    parts = {"mlflow.versions": (version(), version(number="2"))}
    assert "could be 2" in only(judge(CHG_2, given(**parts)), Outcome.INCONCLUSIVE).reason


def test_what_an_unreadable_endpoint_serves_is_undecided():
    parts = {"sagemaker.endpoints": (refused(endpoint(), "variants"),)}
    assert judge(CHG_2, given(**parts)).outcome is Outcome.INCONCLUSIVE


def test_a_workload_that_names_no_model_counts_only_in_a_declared_namespace():
    parts = {"kubernetes.workloads": (workload(), workload("proxy", image="proxy:1", model=None))}
    assert judge(CHG_3, given(**parts)).outcome is Outcome.PASS
    declared = judge(CHG_3, given(**parts), serving_namespaces=["inference"])
    assert only(declared, Outcome.FAIL).detail["image"] == "proxy:1"


@pytest.mark.parametrize(
    ("image", "mend"),
    [
        ("registry.example.com/server:1.2", "registry.example.com/server@sha256:…"),
        ("registry.example.com:5000/server", "registry.example.com:5000/server@sha256:…"),
        ("registry.example.com:5000/server:latest", "registry.example.com:5000/server@sha256:…"),
    ],
)
def test_an_image_by_tag_is_a_deviation_that_says_how_to_pin_it(image, mend):
    result = judge(CHG_3, given(**{"kubernetes.workloads": (workload(image=image),)}))
    assert mend in only(result, Outcome.FAIL).reason


def test_an_endpoints_image_by_tag_is_a_deviation():
    found = only(judge(CHG_3, good(models=(sagemaker_model(image="registry.example.com/x:1"),))), Outcome.FAIL)
    assert found.detail["serving"] == ENDPOINT


def test_somebody_undeclared_who_can_patch_a_workload_is_named_with_the_rule():
    parts = {"kubernetes.bindings": (cluster_role_binding(), cluster_role_binding("intern", kind="User"))}
    found = only(judge(CHG_4, given(APPROVED, **parts)), Outcome.FAIL)
    assert found.id == f"{CHAT} <- user intern"
    assert "rule 1 (patch deployments.apps chat) of clusterrole deployer" in found.reason


def test_who_can_only_read_a_workload_is_no_deployer():
    parts = {
        "kubernetes.roles": (cluster_role(), cluster_role("viewer", ("get", "list"))),
        "kubernetes.bindings": (cluster_role_binding(), cluster_role_binding("intern", "viewer", "User")),
    }
    assert judge(CHG_4, given(APPROVED, **parts)).outcome is Outcome.PASS


def test_a_role_that_can_update_an_endpoint_is_named_with_the_statement():

    admin = role("inference", allow("sagemaker:*", "*"))
    found = only(judge(CHG_4, good(iam=(admin,))), Outcome.FAIL)
    assert found.id == f"{ENDPOINT} <- {READER}"
    assert "statement 1 of inline policy inline" in found.reason


def test_a_change_that_a_deployer_alone_approved_is_a_deviation():
    own = change_approval(IMAGE, approved_by="serviceaccount ci/deployer")
    assert "alone, who can deploy it too" in only(judge(CHG_4, given(own)), Outcome.FAIL).reason


def test_without_declared_deployers_there_is_no_verdict():
    assert "no deployers are declared" in judge(CHG_4, good(), deployers=[]).reason


def test_a_change_that_no_audit_log_holds_is_a_deviation():
    found = only(judge(CHG_5, given(**{"kubernetes.audit": ()})), Outcome.FAIL)
    assert "no audit log holds it" in found.reason


@pytest.mark.parametrize(
    "facets",
    [{"subresource": "status"}, {"code": 403}, {"verb": "get"}, {"user": "system:kube-controller-manager"}],
    ids=["of its status", "refused", "no write", "by the control plane"],
)
def test_an_audit_entry_that_is_no_change_by_somebody_does_not_count(facets):
    parts = {"kubernetes.audit": (audit(ROLLOUT, **facets),)}
    assert judge(CHG_5, given(**parts)).outcome is Outcome.FAIL


@pytest.mark.parametrize("population", ["kubernetes.audit", "cloudtrail.events"])
def test_an_audit_log_that_was_not_read_whole_lacks_no_change(population):
    whole = given(**{"sagemaker.endpoints": (endpoint(config="llm-2"),), "cloudtrail.events": (event(ROLLOUT),)})
    source = next(reading.source for reading in whole.readings if reading.population == population)
    readings = [reading for reading in whole.readings if reading.population != population]
    result = judge(CHG_5, type(whole)((*readings, replace(gap(population), source=source)), ()))
    assert (result.outcome, result.deviations) == (Outcome.INCONCLUSIVE, ())
    assert f"{source}/{population} is incomplete" in result.reason


def test_an_update_of_an_endpoint_that_no_snapshot_shows_is_a_deviation():
    found = only(judge(CHG_5, given(**{"cloudtrail.events": (event(ROLLOUT),)})), Outcome.FAIL)
    assert "the snapshots do not show it" in found.reason
    assert found.detail["serving"] == ENDPOINT


def test_an_update_that_was_refused_or_made_before_the_first_snapshot_is_no_change():
    events = (event(ROLLOUT, error_code="AccessDenied"), event(EARLIER - HOUR, id="event-2"))
    assert judge(CHG_5, given(**{"cloudtrail.events": events})).outcome is Outcome.PASS


def test_an_endpoints_change_and_its_event_are_one():
    parts = {"sagemaker.endpoints": (endpoint(config="llm-2"),), "cloudtrail.events": (event(ROLLOUT),)}
    result = judge(CHG_5, given(**parts))
    assert (result.outcome, len(result.assessments)) == (Outcome.PASS, 2)


def test_two_updates_of_an_endpoint_between_two_polls_are_not_taken_for_one():
    events = (event(ROLLOUT), event(ROLLOUT + HOUR / 4, id="event-2"))
    parts = {"sagemaker.endpoints": (endpoint(config="llm-2"),), "cloudtrail.events": events}
    assert len(judge(CHG_5, given(**parts)).deviations) == 2


@pytest.mark.parametrize("control", [CHG_1, CHG_2, CHG_3, CHG_4, CHG_5], ids=lambda control: control.id)
def test_a_system_that_nobody_configured_is_not_missing(control):
    whole = given(APPROVED)
    only_cluster = [r for r in whole.readings if r.source in ("kubernetes:it", "mlflow:it")]
    evidence = type(whole)(tuple(only_cluster), whole.attestations)
    assert judge(control, evidence, sources=["kubernetes:it", "mlflow:it"]).outcome is Outcome.PASS


@pytest.mark.parametrize("control", [CHG_1, CHG_2, CHG_3, CHG_4, CHG_5], ids=lambda control: control.id)
def test_without_anything_that_serves_configured_the_control_does_not_apply(control):
    evidence = type(good())((), ())
    assert judge(control, evidence, sources=["mlflow:it"]).outcome is Outcome.NOT_APPLICABLE


@pytest.mark.parametrize("image", ["registry.example.com/server:2", "registry.example.com/server"])
def test_what_can_be_moved_is_not_proposed_for_approval(image):
    parts = {"kubernetes.workloads": (workload(image=image),), "kubernetes.revisions": ()}
    reason = only(judge(CHG_1, given(**parts)), Outcome.FAIL).reason
    (digest,) = (word for word in reason.split() if len(word) == 64)
    assert reason.endswith(f"attest change --name {digest}")
    assert judge(CHG_1, given(change_approval(digest), **parts)).outcome is Outcome.PASS


def test_a_rollout_of_a_tag_says_to_name_it_by_digest():
    image = "registry.example.com/server:2"
    parts = {
        "kubernetes.workloads": (workload(image=image),),
        "kubernetes.revisions": (revision(ROLLOUT, 2, image=image),),
    }
    assert "name it by digest or version" in only(judge(CHG_1, given(**parts)), Outcome.FAIL).reason


def on_vertex(*attestations, before=None, after=None, versions=None, **others):
    """A project alone, whose endpoint served version 1 and then what `after` says."""
    registered = versions or (vertex_version("1"), vertex_version("2"))
    earlier = taken(PROJECT, "vertex.endpoints", EARLIER, before or vertex_endpoint())
    known = taken(PROJECT, "vertex.models", EARLIER - HOUR, *registered)
    given = {"vertex.endpoints": after or vertex_endpoint(), **others}
    now = (taken(PROJECT, name, START, item) for name, item in given.items())
    readings = (known, earlier, taken(PROJECT, "vertex.models", START, *registered), *now)
    return type(good())(readings, attestations)


SECOND = vertex_endpoint(deployment("2"))
NEWEST = vertex_version("2").id


def judge_vertex(control, evidence, **changed):
    return judge(control, evidence, sources=[PROJECT], **changed)


@pytest.mark.parametrize(
    ("facets", "said"),
    [
        ({"labels": {}}, "no approval"),
        ({"labels": {"approval": "rejected"}}, "label approval=rejected"),
        ({"labels": {}, "aliases": ["default"]}, "no approval"),
    ],
    ids=["no label", "another label", "the alias that every model has"],
)
def test_a_served_version_of_vertex_that_is_not_approved_is_a_deviation(facets, said):
    found = only(judge_vertex(CHG_2, on_vertex(versions=(vertex_version(**facets),))), Outcome.FAIL)
    assert said in found.reason
    assert found.detail["version"]["id"] == vertex_version().id


def test_a_version_of_vertex_is_approved_by_its_label_or_a_declared_alias():
    assert judge_vertex(CHG_2, on_vertex()).outcome is Outcome.PASS
    aliased = (vertex_version(labels={}, aliases=["champion"]),)
    assert judge_vertex(CHG_2, on_vertex(versions=aliased)).outcome is Outcome.PASS


def test_a_deployment_that_gets_no_traffic_is_served_too():
    both = vertex_endpoint(deployment("1"), deployment("2", id="12"), traffic={"11": 100})
    versions = (vertex_version("1"), vertex_version("2", labels={}))
    assert only(judge_vertex(CHG_2, on_vertex(after=both, versions=versions)), Outcome.FAIL).detail["model"] == NEWEST


def test_a_model_on_vertex_that_no_registry_has_is_a_deviation_and_one_without_a_version_is_undecided():
    other = vertex_endpoint(deployment("9"))
    assert "no registry version" in only(judge_vertex(CHG_2, on_vertex(after=other)), Outcome.FAIL).reason
    unsaid = vertex_endpoint(deployment(None))
    assert "which version" in only(judge_vertex(CHG_2, on_vertex(after=unsaid)), Outcome.INCONCLUSIVE).reason


@pytest.mark.parametrize("population", ["vertex.endpoints", "vertex.models"])
@pytest.mark.parametrize("control", [CHG_1, CHG_2, CHG_3, CHG_4], ids=lambda control: control.id)
def test_a_gap_of_vertex_is_no_verdict(control, population):
    whole = on_vertex()
    readings = [r for r in whole.readings if r.population != population]
    evidence = type(whole)((*readings, replace(gap(population), source=PROJECT)), ())
    assert judge_vertex(control, evidence).outcome is Outcome.INCONCLUSIVE


def test_another_version_on_an_endpoint_of_vertex_is_a_change_that_the_registry_approved():
    found = only(judge_vertex(CHG_1, on_vertex(after=SECOND)), Outcome.PASS)
    assert (found.detail["added"], found.detail["approved_by"]) == ([NEWEST], ["release-lead"])


@pytest.mark.parametrize(
    ("labels", "said"),
    [
        ({"approval": "approved", "approved_by": "engineer-1", "author": "engineer-1"}, "self-approved"),
        ({"approval": "approved", "approved_by": "release-lead"}, "without an approval"),
        ({"approved_by": "release-lead", "author": "engineer-1"}, "without an approval"),
    ],
    ids=["by its author", "of nobody known", "not approved"],
)
def test_labels_that_name_no_other_approver_are_no_approval_of_a_change(labels, said):
    versions = (vertex_version("1"), vertex_version("2", labels=labels))
    assert said in only(judge_vertex(CHG_1, on_vertex(after=SECOND, versions=versions)), Outcome.FAIL).reason


def test_an_approving_label_first_seen_after_the_change_is_not_dated_back_to_the_last_update_of_the_version():
    late = on_vertex(after=SECOND, versions=(vertex_version("1"), vertex_version("2", labels={})))
    approved = taken(PROJECT, "vertex.models", START, vertex_version("1"), vertex_version("2"))
    readings = [r for r in late.readings if (r.population, r.finished) != ("vertex.models", START)]
    evidence = type(late)((*readings, approved), ())
    assert "not known" in only(judge_vertex(CHG_1, evidence), Outcome.INCONCLUSIVE).reason


@pytest.mark.parametrize(
    "after",
    [
        vertex_endpoint(deployment(id="12")),
        vertex_endpoint(traffic={"11": 50}),
        vertex_endpoint(request_response_logging={"destination": None, "enabled": False, "sampling": None}),
        vertex_endpoint(deployment(service_account="other@acme-prod.iam.gserviceaccount.com")),
    ],
    ids=["deployed again", "other traffic", "other logging", "another identity"],
)
def test_an_endpoint_of_vertex_that_is_set_up_otherwise_is_a_change(after):
    assert "the configuration of" in only(judge_vertex(CHG_1, on_vertex(after=after)), Outcome.FAIL).reason


def test_more_replicas_on_vertex_are_no_change_of_what_is_served():
    more = vertex_endpoint(deployment(max_replicas=9, min_replicas=3), updated="2026-02-01T00:00:00.000000Z")
    assert judge_vertex(CHG_1, on_vertex(after=more)).outcome is Outcome.NOT_APPLICABLE


def test_the_image_of_a_version_on_vertex_by_tag_is_a_deviation_and_an_unknown_one_is_undecided():
    tagged = (vertex_version(image="registry.example.com/server:1"),)
    assert only(judge_vertex(CHG_3, on_vertex(versions=tagged)), Outcome.FAIL).detail["image"].endswith(":1")
    unknown = on_vertex(after=vertex_endpoint(deployment("9")))
    assert "not known" in only(judge_vertex(CHG_3, unknown), Outcome.INCONCLUSIVE).reason


def deployed_by(*bindings, **parts):
    """Vertex AI's endpoint in a project with bindings of its own; parts of the project in place of others."""
    served = on_vertex()
    policies = google(project=project(*bindings), **parts)
    return type(served)((*served.readings, *policies), served.attestations)


ADMIN = "roles/aiplatform.admin"


def test_who_can_change_an_endpoint_of_vertex_is_a_declared_deployer_or_a_deviation():
    ci, ml = f"serviceAccount:ci@{GOOGLE}.iam.gserviceaccount.com", "group:ml@acme.example"
    declared = deployed_by(bind(ADMIN, ci))
    assert judge_vertex(CHG_4, declared, deployers=[ci]).outcome is Outcome.PASS
    inherited = deployed_by(bind(ADMIN, ci), folder=folder(bind(ADMIN, ml)))
    found = only(judge_vertex(CHG_4, inherited, deployers=[ci]), Outcome.FAIL)
    assert found.id.endswith(f"/endpoints/7 <- {ml}")
    assert f"remove {ml} from {ADMIN} on folder 12 (ml), or declare it" in found.reason
    agent = "serviceAccount:service-415104041262@gcp-sa-aiplatform.iam.gserviceaccount.com"
    assert judge_vertex(CHG_4, deployed_by(bind(ADMIN, ci, agent)), deployers=[ci]).outcome is Outcome.PASS


@pytest.mark.parametrize(
    ("parts", "said"),
    [
        ({"organization": organization(unreadable=["policy"])}, "who has access by organization 3"),
        ({"roles": ()}, f"what {ADMIN} permits"),
        ({"iam": lost("gcp.iam")}, "the policies of project acme-prod were not read"),
    ],
    ids=["an ancestor", "the roles", "everything"],
)
def test_who_can_change_an_endpoint_of_vertex_is_no_verdict_where_policies_were_refused(parts, said):
    ci = f"serviceAccount:ci@{GOOGLE}.iam.gserviceaccount.com"
    result = judge_vertex(CHG_4, deployed_by(bind(ADMIN, ci), **parts), deployers=[ci])
    assert said in only(result, Outcome.INCONCLUSIVE).reason
    never = judge_vertex(CHG_4, on_vertex(), deployers=[ci])
    assert "gcp.iam was never read from any source" in never.reason


@pytest.mark.parametrize(
    ("bounds", "outcome"),
    [
        ({"min_replicas": 2}, Outcome.PASS),
        ({"min_replicas": 1}, Outcome.FAIL),
        ({"min_replicas": 0}, Outcome.FAIL),
        ({"min_replicas": None, "pool": "it"}, Outcome.INCONCLUSIVE),
    ],
    ids=["two", "one", "none", "a pool"],
)
def test_replicas_on_vertex_that_may_be_too_few_are_a_deviation(bounds, outcome):
    evidence = on_vertex(after=vertex_endpoint(deployment(**bounds)))
    assert judge_vertex(OPS_1, evidence).outcome is outcome


@pytest.mark.parametrize(
    ("image", "outcome"),
    [(IMAGE, Outcome.PASS), ("registry.example.com/other:1", Outcome.FAIL), (None, Outcome.FAIL)],
    ids=["validates", "does not", "is Google's own"],
)
def test_every_version_on_an_endpoint_of_vertex_runs_in_an_image_that_validates(image, outcome):
    both = vertex_endpoint(deployment("1"), deployment("2", id="12"))
    versions = (vertex_version("1"), vertex_version("2", image=image))
    assert judge_vertex(OPS_4, on_vertex(after=both, versions=versions)).outcome is outcome


def test_an_artifact_in_vertex_outside_the_declared_locations_is_a_deviation():
    evidence = on_vertex(versions=(vertex_version(),))
    assert judge_vertex(ACC_1, evidence, weights=["gs://weights/llm"]).outcome is Outcome.PASS
    assert (
        "gs://weights/llm/1/"
        in only(judge_vertex(ACC_1, evidence, weights=["gs://weights/other"]), Outcome.FAIL).reason
    )


def test_an_annotation_that_names_an_attestation_of_something_else_is_said():
    annotations = {"controlproof.io/approval": "record 3"}
    parts = {"kubernetes.revisions": (revision(ROLLOUT, 2, annotations=annotations),)}
    other = change_approval(OLD_IMAGE)
    reason = only(judge(CHG_1, given(other, **parts)), Outcome.FAIL).reason
    assert "its annotation names record 3, which approves something else" in reason
