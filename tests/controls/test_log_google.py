"""LOG-2, LOG-4 and LOG-5 on stores in Google Cloud: how they are kept, locked, and who can read them."""

import pytest
from support import google
from support.estate import AUDITOR, access_review, gap, good, judge, logs_review, replacing, snapshot
from support.google import GROUP, SOURCE, bind, folder, project
from support.logged import LOG_BUCKET, log_bucket, log_view, on_vertex, sink
from support.served import vertex_endpoint

from collector.model.outcome import Outcome
from controls.log2 import LOG_2
from controls.log4 import LOG_4
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


BUCKET = "gs://acme-logs/"
LOCKED = {"locked": True, "seconds": 200 * 86400}


def deleting(**condition):
    return {"action": {"type": "Delete"}, "condition": condition}


def in_bucket(*bindings, unreadable=(), parts=None, **facets):
    """An endpoint whose outputs go to a bucket of Cloud Storage that keeps them as it should."""
    kept = {"default_key": None, "lifecycle": [deleting(age=365)], "retention": LOCKED, "versioning": False}
    own = google.bucket("acme-logs", *bindings, unreadable=unreadable, **{**kept, **facets})
    given = on_vertex(sinks=(sink(destination="storage.googleapis.com/acme-logs"),))
    return replacing(given, *google.google(**{"buckets": (own,), **(parts or {})}))


def judged(control, given, store=BUCKET, **changed):
    (found,) = [
        each for each in judge(control, given, logging_images=IMAGES, **changed).assessments if each.id == store
    ]
    return found


def versioned(*rules):
    return in_bucket(lifecycle=list(rules), versioning=True)


OPEN = {"public_access_prevention": "inherited"}
EVERYONE = bind(google.VIEWER, "allUsers")
OF_BUCKETS = {
    "as it should be": (LOG_2, in_bucket(), PASS, ""),
    "public access that is prevented": (LOG_2, in_bucket(EVERYONE), PASS, ""),
    "public access": (LOG_2, in_bucket(EVERYONE, **OPEN), FAIL, "can be read by everyone (allUsers): remove allUsers from"),
    "public access by the project": (
        LOG_2,
        in_bucket(parts={"project": project(bind(google.VIEWER, "allAuthenticatedUsers"))}, **OPEN),
        FAIL,
        "can be read by everyone (allAuthenticatedUsers)",
    ),
    "public access under a condition": (
        LOG_2, in_bucket(bind(google.VIEWER, "allUsers", condition="resource.matchTag('1/e', 'p')"), **OPEN), INCONCLUSIVE, "by everyone"
    ),
    "public access that may be inherited": (
        LOG_2, in_bucket(parts={"folder": folder(unreadable=("policy",))}, **OPEN), INCONCLUSIVE, "may be open to the public, as"
    ),
    "openness without the project's policies": (
        LOG_2, in_bucket(parts={"iam": google.lost(google.IAM)}, **OPEN), INCONCLUSIVE, "may be open to the public"
    ),
    "a policy that is refused, where public access is prevented": (LOG_2, in_bucket(unreadable=("policy",)), PASS, ""),
    "a key that is off": (
        LOG_2, in_bucket(default_key=google.KEY, parts={"keys": (google.key(state="DISABLED"),)}), FAIL, "is DISABLED: enable it"
    ),
    "nothing that ends it": (LOG_2, in_bucket(lifecycle=[]), FAIL, "is kept for ever: set the age of a deleting"),
    "an end that is too early": (
        LOG_2, in_bucket(lifecycle=[deleting(age=30)], retention=None), FAIL, "is kept for 30 days, less than 180"
    ),
    "an end that a retention policy puts off": (LOG_2, in_bucket(lifecycle=[deleting(age=30)]), PASS, ""),
    "a retention policy that is too long": (
        LOG_2, in_bucket(retention={"locked": True, "seconds": 2000 * 86400}), FAIL, "is kept for 2000 days, more than 1095"
    ),
    "a rule that only makes versions noncurrent": (LOG_2, versioned(deleting(age=365, isLive=True)), FAIL, "is kept for ever"),
    "a rule for noncurrent versions alone": (LOG_2, versioned(deleting(daysSinceNoncurrentTime=30)), FAIL, "is kept for ever"),
    "two rules that end both": (
        LOG_2, versioned(deleting(age=365, isLive=True), deleting(daysSinceNoncurrentTime=800)), FAIL, "is kept for 1165 days"
    ),
    "one rule that ends both": (LOG_2, versioned(deleting(age=365)), PASS, ""),
    "a rule for some of it": (LOG_2, in_bucket(lifecycle=[deleting(age=365, matchesSuffix=[".json"])]), FAIL, "is kept for ever"),
    "a part that ends early": (
        LOG_2,
        in_bucket(lifecycle=[deleting(age=365), deleting(age=7, matchesPrefix=["chat/"])], retention=None),
        INCONCLUSIVE,
        "may be deleted after 7 days by a rule with matchesPrefix",
    ),
    "an end by a date": (LOG_2, in_bucket(lifecycle=[deleting(createdBefore="2027-01-01")]), INCONCLUSIVE, "by a date"),
    "rules of another kind": (
        LOG_2, in_bucket(lifecycle=[{"action": {"type": "SetStorageClass"}, "condition": {"age": 9}}]), FAIL, "for ever"
    ),
    "rules of no documented form": (LOG_2, in_bucket(lifecycle=[{"action": "Delete"}]), INCONCLUSIVE, "lifecycle of bucket"),
    "rules that are refused": (LOG_2, in_bucket(unreadable=("lifecycle",)), INCONCLUSIVE, "is kept is not known"),
    "locked": (LOG_4, in_bucket(), PASS, ""),
    "not retained": (LOG_4, in_bucket(retention=None), FAIL, "can be deleted: set a retention policy of 180 days"),
    "retained and not locked": (
        LOG_4, in_bucket(retention={**LOCKED, "locked": False}), FAIL, "can be deleted once its retention policy is taken away"
    ),
    "locked for a month": (LOG_4, in_bucket(retention={**LOCKED, "seconds": 30 * 86400}), FAIL, "is locked for 30 days"),
}  # fmt: skip


@pytest.mark.parametrize(("control", "given", "outcome", "words"), OF_BUCKETS.values(), ids=OF_BUCKETS.keys())
def test_a_bucket_of_cloud_storage_is_a_store_too(control, given, outcome, words):
    found = judged(control, given)
    assert found.outcome is outcome, found.reason
    assert words in found.reason


def test_a_key_of_googles_own_deviates_only_where_the_configuration_wants_customers():
    assert "a key of Google's own" in judged(LOG_2, in_bucket(), customer_keys=True).reason
    assert judged(LOG_2, in_bucket(default_key=google.KEY), customer_keys=True).outcome is PASS


def test_whoever_can_read_a_bucket_of_cloud_storage_is_reviewed_and_its_masking_declared():
    given = in_bucket(bind(google.VIEWER, READER))
    found = of(read_log(given), BUCKET)
    assert found.keys() == {READER}
    assert "is not in the review" in found[READER].reason
    result = read_log(
        reviewed(given, BUCKET, **{READER: "keep"}), redacted_stores=["s3://captures/*", "gs://acme-logs/*"]
    )
    assert result.outcome is PASS, result.reason
    unmasked = read_log(reviewed(given, BUCKET, **{READER: "keep"}))
    assert [each.id for each in unmasked.deviations] == [f"{BUCKET} masking"]


def test_an_ancestor_that_is_refused_leaves_the_readers_of_a_bucket_unknown():
    given = in_bucket(bind(google.VIEWER, READER), parts={"organization": google.organization(unreadable=("policy",))})
    found = of(read_log(reviewed(given, BUCKET, **{READER: "keep"})), BUCKET)
    assert (found[READER].outcome, found[""].outcome) == (PASS, INCONCLUSIVE)


@pytest.mark.parametrize("control", [LOG_2, LOG_4, LOG_5], ids=lambda control: control.id)
def test_a_bucket_in_no_list_that_was_read_is_inconclusive(control):
    assert judged(control, in_bucket(parts={"buckets": ()})).outcome is INCONCLUSIVE


TABLE = "bq://acme-prod.logs.outputs"
SINK = "bq://projects/acme-prod/datasets/logs"
DATA, OWNS = "roles/bigquery.dataViewer", "roles/bigquery.dataOwner"
DAYS = 86_400_000


def dataset(*bindings, unreadable=(), **facets):
    content = {
        "dataset": "logs",
        "default_key": None,
        "location": "EU",
        "name": "projects/acme-prod/datasets/logs",
        "partition_expiration_ms": 365 * DAYS,
        "policy": list(bindings),
        "project": "acme-prod",
        "shared": [],
        "table_expiration_ms": None,
        "type": "DEFAULT",
        **facets,
    }
    return google.item(content["name"], content, *unreadable)


def in_table(*bindings, store=TABLE, parts=None, **facets):
    """An endpoint whose requests and responses go to a table of BigQuery, kept as it should be."""
    logging = {"destination": store, "enabled": True, "sampling": "1"}
    told = vertex_endpoint(request_response_logging=logging)
    own = google.taken("gcp.datasets", dataset(*bindings, **facets))
    return replacing(good(), snapshot("vertex.endpoints", told, source=SOURCE), own, *google.google(**(parts or {})))


OF_TABLES = {
    "as it should be": (in_table(), PASS, ""),
    "the whole data set": (in_table(store="bq://acme-prod.logs"), PASS, ""),
    "nothing that ends it": (in_table(partition_expiration_ms=None), FAIL, "is kept for ever: set the default partition"),
    "partitions that end too early": (in_table(partition_expiration_ms=30 * DAYS), FAIL, "is kept for 30 days, less"),
    "partitions that end too late": (in_table(partition_expiration_ms=2000 * DAYS), FAIL, "is kept for 2000 days"),
    "tables that end too early": (
        in_table(partition_expiration_ms=None, table_expiration_ms=30 * DAYS), FAIL, "is kept for 30 days"
    ),
    "tables that end as a whole": (
        in_table(partition_expiration_ms=None, table_expiration_ms=365 * DAYS), INCONCLUSIVE, "however new its entries"
    ),
    "partitions before tables": (in_table(table_expiration_ms=30 * DAYS), PASS, ""),
    "an entry for everyone": (in_table(bind(DATA, "allUsers")), FAIL, "can be read by everyone (allUsers): remove"),
    "an entry for whoever signs in": (
        in_table(bind(DATA, "allAuthenticatedUsers")), FAIL, "can be read by everyone (allAuthenticatedUsers)"
    ),
    "an entry for everyone on the project": (
        in_table(parts={"project": project(bind(DATA, "allAuthenticatedUsers"))}), FAIL, "can be read by everyone"
    ),
    "an entry for everyone with a condition": (
        in_table(bind(DATA, "allUsers", condition="resource.matchTag('1/e', 'p')")), INCONCLUSIVE, "by everyone"
    ),
    "an entry for everyone in a role that reads nothing": (in_table(bind("roles/viewer", "allUsers")), PASS, ""),
    "entries that are refused": (in_table(unreadable=("policy", "shared")), INCONCLUSIVE, "may be open to the public, as"),
    "a folder that is refused": (
        in_table(parts={"folder": folder(unreadable=("policy",))}), INCONCLUSIVE, "may be open to the public"
    ),
    "policies that were not read": (in_table(parts={"iam": google.lost(google.IAM)}), INCONCLUSIVE, "may be open"),
    "settings that are refused": (
        in_table(unreadable=("partition_expiration_ms",)), INCONCLUSIVE, f"how {TABLE} is kept is not known"
    ),
    "a data set that keeps nothing itself": (in_table(type="LINKED"), INCONCLUSIVE, "LINKED"),
    "a key that is off": (
        in_table(default_key=google.KEY, parts={"keys": (google.key(state="DESTROYED"),)}), FAIL, "is DESTROYED: enable it"
    ),
}  # fmt: skip


@pytest.mark.parametrize(("given", "outcome", "words"), OF_TABLES.values(), ids=OF_TABLES.keys())
def test_a_table_of_bigquery_is_a_store_too(given, outcome, words):
    (found,) = [each for each in judge(LOG_2, given).assessments if each.id.startswith("bq://")]
    assert found.outcome is outcome, found.reason
    assert words in found.reason


def test_a_key_of_googles_own_on_a_data_set_deviates_only_where_the_configuration_wants_customers():
    assert "a key of Google's own" in judged(LOG_2, in_table(), TABLE, customer_keys=True).reason
    assert judged(LOG_2, in_table(default_key=google.KEY), TABLE, customer_keys=True).outcome is PASS


def test_bigquery_has_no_lock_which_is_a_deviation_and_no_gap():
    found = judged(LOG_4, in_table(), TABLE)
    assert found.outcome is FAIL
    assert "can be deleted, as BigQuery locks nothing" in found.reason


NAMES_NOTHING = {"a project alone": "bq://acme-prod", "another data set": "bq://acme-prod.others.outputs"}


@pytest.mark.parametrize("control", [LOG_2, LOG_4, LOG_5], ids=lambda control: control.id)
@pytest.mark.parametrize("store", NAMES_NOTHING.values(), ids=NAMES_NOTHING.keys())
def test_a_table_in_no_list_that_was_read_is_inconclusive(control, store):
    assert judged(control, in_table(store=store), store).outcome is INCONCLUSIVE


def test_a_sink_to_bigquery_is_the_data_set_that_it_names():
    given = replacing(
        on_vertex(sinks=(sink(destination="bigquery.googleapis.com/projects/acme-prod/datasets/logs"),)),
        google.taken("gcp.datasets", dataset(bind(DATA, READER))),
    )
    assert judged(LOG_2, given, SINK).outcome is PASS
    assert of(read_log(given), SINK).keys() == {READER}


READS_TABLES = {
    "an entry": (in_table(bind(DATA, READER)), "yes"),
    "an owner": (in_table(bind(OWNS, READER)), "yes"),
    "a role on the project": (in_table(parts={"project": project(bind(DATA, READER))}), "yes"),
    "a role on the organization": (in_table(parts={"organization": google.organization(bind(DATA, READER))}), "yes"),
    "whoever views the project": (
        in_table(bind(DATA, "projectViewer:acme-prod"), parts={"project": project(bind("roles/viewer", READER))}), "yes"
    ),
    "a condition on the data set": (
        in_table(parts={"project": project(bind(DATA, READER, condition='resource.name == "projects/acme-prod/datasets/logs"'))}),
        "yes",
    ),
    "a condition on the table": (
        in_table(
            parts={"project": project(bind(DATA, READER, condition='resource.name.endsWith("/datasets/logs/tables/outputs")'))}
        ),
        "yes",
    ),
    "a condition that is not decided": (in_table(bind(DATA, READER, condition="request.auth.x == 1")), "conditional"),
}  # fmt: skip


@pytest.mark.parametrize(("given", "access"), READS_TABLES.values(), ids=READS_TABLES.keys())
def test_whoever_can_read_a_table_and_was_not_reviewed_deviates(given, access):
    found = of(read_log(given), TABLE)
    assert found.keys() == {READER}
    assert (found[READER].outcome, found[READER].detail["access"]) == (FAIL, access)


def test_whoever_can_read_other_tables_alone_is_no_reader():
    other = 'resource.name.startsWith("projects/acme-prod/datasets/others")'
    assert of(read_log(in_table(parts={"project": project(bind(DATA, READER, condition=other))})), TABLE) == {}


def test_an_authorized_view_is_a_reader_that_is_reviewed():
    given = in_table(bind(DATA, GROUP), shared=[{"kind": "view", "name": "acme-prod.reports.daily"}])
    found = of(read_log(given), TABLE)
    assert "view acme-prod.reports.daily can read" in found["acme-prod.reports.daily"].reason
    kept = reviewed(given, TABLE, **{GROUP: "keep", "acme-prod.reports.daily": "keep"})
    assert read_log(kept, redacted_stores=["s3://captures/*", "bq://*"]).outcome is PASS


TABLE_NOT_KNOWN = {
    "entries that are refused": in_table(unreadable=("policy", "shared")),
    "a folder that is refused": in_table(parts={"folder": folder(unreadable=("policy",))}),
    "accounts that were not read": in_table(parts={"accounts": google.lost(google.ACCOUNTS)}),
    "roles that were not read": in_table(parts={"roles": google.lost(google.ROLES)}),
    "policies that were not read": in_table(parts={"iam": google.lost(google.IAM)}),
}


@pytest.mark.parametrize("given", TABLE_NOT_KNOWN.values(), ids=TABLE_NOT_KNOWN.keys())
def test_what_is_not_known_of_the_readers_of_a_table_is_inconclusive(given):
    assert of(read_log(reviewed(given, TABLE)), TABLE)[""].outcome is INCONCLUSIVE


OF_LOG_BUCKETS = {
    "as it should be": ({}, PASS, ""),
    "readers of its own": ({"project": project(bind(VIEW, READER))}, PASS, ""),
    "everyone who signs in": (
        {"project": project(bind(VIEW, "allAuthenticatedUsers"))}, FAIL, "can be read by everyone (allAuthenticatedUsers)"
    ),
    "everyone, by a view": ({"views": (log_view(bind(VIEW, "allUsers"), bucket=OWN),)}, FAIL, "by everyone (allUsers)"),
    "a folder that is refused": ({"folder": folder(unreadable=("policy",))}, INCONCLUSIVE, "may be open to the public, as"),
    "views that were not read": ({"views": gap("gcp.log_views")}, INCONCLUSIVE, "may be open to the public, as"),
}  # fmt: skip


@pytest.mark.parametrize(("parts", "outcome", "words"), OF_LOG_BUCKETS.values(), ids=OF_LOG_BUCKETS.keys())
def test_a_log_bucket_that_everyone_can_read_is_public(parts, outcome, words):
    found = judged(LOG_2, routed(OWN, **parts), OWN)
    assert found.outcome is outcome, found.reason
    assert words in found.reason
