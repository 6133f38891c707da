"""LOG-2, LOG-4 and LOG-5 on stores in Google Cloud: how they are kept, locked, and who can read them."""

import pytest
from support import google
from support.estate import AUDITOR, access_review, gap, judge, logs_review, replacing
from support.google import GROUP, bind, folder, project
from support.logged import LOG_BUCKET, log_bucket, log_view, on_vertex, sink

from collector.model.outcome import Outcome
from controls.log5 import LOG_5

PASS, FAIL, INCONCLUSIVE = Outcome.PASS, Outcome.FAIL, Outcome.INCONCLUSIVE
IMAGES = ["*/logger@*"]
VIEW, LIST = "roles/logging.viewAccessor", "roles/logging.viewer"
OWN = "projects/acme-prod/locations/europe-west4/buckets/outputs"
READER = "user:reader@acme.example"


def routed(bucket=LOG_BUCKET, views=(), **parts):
    """An endpoint whose outputs go to one log bucket of a project as it should be but for what is given."""
    given = on_vertex(
        sinks=(sink(destination=f"logging.googleapis.com/{bucket}"),),
        log_buckets=(log_bucket(bucket, **parts.pop("facets", {})),),
        log_views=views,
    )
    return replacing(given, *google.google(**parts))


def of(result, store):
    """The outcomes of the readers of a store, of what is not known of it, and no others."""
    own = [each for each in result.assessments if each.id == store or each.id.startswith(f"{store} <- ")]
    return {each.id.removeprefix(store).removeprefix(" <- "): each for each in own}


def read_log(given, **changed):
    return judge(LOG_5, given, logging_images=IMAGES, **changed)


VIEWS = f"{OWN}/views/"
LETS_IN = {
    "a role on the project": (OWN, {"project": project(bind(VIEW, READER))}, "yes"),
    "a role on a folder": (OWN, {"folder": folder(bind(VIEW, READER))}, "yes"),
    "a condition that names a view of it": (
        OWN, {"project": project(bind(VIEW, READER, condition=f'resource.name == "{VIEWS}_AllLogs"'))}, "yes"
    ),
    "a condition that names its project by number": (
        OWN,
        {"project": project(bind(VIEW, READER, condition=f'resource.name.startsWith("{VIEWS.replace("acme-prod", google.NUMBER)}")'))},
        "yes",
    ),
    "a condition that is not decided": (
        OWN, {"project": project(bind(VIEW, READER, condition='resource.matchTag("1/env", "prod")'))}, "conditional"
    ),
    "the policy of a view": (OWN, {"views": (log_view(bind(VIEW, READER), bucket=OWN),)}, "yes"),
    "a role on the logs of the project": (LOG_BUCKET, {"project": project(bind(LIST, READER))}, "yes"),
}  # fmt: skip


@pytest.mark.parametrize(("store", "parts", "access"), LETS_IN.values(), ids=LETS_IN.keys())
def test_whoever_can_read_a_log_bucket_and_was_not_reviewed_deviates(store, parts, access):
    found = of(read_log(routed(store, **parts)), store)
    assert found.keys() == {READER}
    assert (found[READER].outcome, found[READER].detail["access"]) == (FAIL, access)
    assert f"{READER} can read {store} and is not in the review" in found[READER].reason


LETS_NOBODY_IN = {
    "a condition that names another bucket": (
        OWN, {"project": project(bind(VIEW, READER, condition=f'resource.name.startsWith("{OWN}-2/views/")'))}
    ),
    "the policy of another bucket's view": (OWN, {"views": (log_view(bind(VIEW, READER), bucket=f"{OWN}-2"),)}),
    "a role on the project's own logs": (OWN, {"project": project(bind(LIST, READER))}),
    "a role that reads no logs": (LOG_BUCKET, {"project": project(bind("roles/viewer", READER))}),
}  # fmt: skip


@pytest.mark.parametrize(("store", "parts"), LETS_NOBODY_IN.values(), ids=LETS_NOBODY_IN.keys())
def test_whoever_can_read_nothing_of_a_log_bucket_is_no_reader(store, parts):
    assert of(read_log(routed(store, **parts)), store) == {}


def test_whoever_can_become_a_reader_is_in_the_details():
    account = google.account("logs", bind(google.TOKENS, READER))
    logs = f"serviceAccount:logs@{google.PROJECT}.iam.gserviceaccount.com"
    found = of(read_log(routed(OWN, project=project(bind(VIEW, logs)), accounts=(account,))), OWN)
    assert any(READER in chain for chain in found[logs].detail["reachable_from"])


def reviewed(given, store, **decisions):
    entries = [{"decision": each, "location": store, "note": "", "principal": who} for who, each in decisions.items()]
    both = logs_review({AUDITOR: "keep"}).content["entries"] + entries
    others = tuple(each for each in given.attestations if each.content.get("control") != "LOG-5")
    review = access_review({}, control="LOG-5", entries=both)
    return type(given)(given.readings, (*others, review))


def test_a_log_bucket_whose_readers_were_kept_passes_and_one_that_was_revoked_and_is_gone_does():
    given = routed(OWN, project=project(bind(VIEW, GROUP)))
    result = read_log(
        reviewed(given, OWN, **{GROUP: "keep", READER: "revoke"}),
        redacted_stores=["s3://captures/*", "projects/acme-prod/*"],
    )
    assert result.outcome is PASS, result.reason
    assert of(result, OWN)[READER].reason == "decided revoke, and has no access any more"


NOT_KNOWN = {
    "a folder that is refused": ({"folder": folder(unreadable=("policy",))}, "who has access by folder 12 (ml)"),
    "what is above, which is refused": ({"folder": folder(unreadable=("parent",))}, "what is above folder 12"),
    "a role that was not read": (
        {"project": project(bind(VIEW, READER)), "roles": ()}, f"what {VIEW} permits, which {READER} has on project"
    ),
    "policies that were not read": ({"iam": google.lost(google.IAM)}, "gcp:acme-prod/gcp.iam is incomplete"),
    "roles that were not read": ({"roles": google.lost(google.ROLES)}, "gcp:acme-prod/gcp.roles is incomplete"),
    "accounts that were not read": ({"accounts": google.lost(google.ACCOUNTS)}, "gcp.service_accounts is incomplete"),
    "a view that is refused": (
        {"views": (log_view(bucket=OWN, unreadable=("policy",)),)}, "who has access by log view _AllLogs is not known"
    ),
    "views that were not read": ({"views": gap("gcp.log_views")}, "gcp:acme-prod/gcp.log_views is incomplete"),
    "a data set that may be linked": ({"facets": {"analytics": True}}, "whether one is linked to it is not read"),
}  # fmt: skip


@pytest.mark.parametrize(("parts", "words"), NOT_KNOWN.values(), ids=NOT_KNOWN.keys())
def test_what_is_not_known_of_the_readers_of_a_log_bucket_is_inconclusive(parts, words):
    given = reviewed(routed(OWN, **parts), OWN, **{READER: "keep"})
    found = of(read_log(given), OWN)[""]
    assert found.outcome is INCONCLUSIVE
    assert any(words in sentence for sentence in found.detail["not_read"])


def test_a_log_bucket_of_a_project_that_is_no_source_is_inconclusive():
    elsewhere = "projects/other/locations/global/buckets/outputs"
    given = replacing(
        routed(OWN), *on_vertex(sinks=(sink(destination=f"logging.googleapis.com/{elsewhere}"),)).of("gcp.log_sinks")
    )
    assert of(read_log(given), elsewhere)[""].outcome is INCONCLUSIVE
