"""Cloud Logging, read over gRPC through Google's library: whole, or a gap that says why."""

import json
import re
from datetime import UTC, datetime, timedelta
from threading import Event

import grpc
import pytest
from google.cloud.logging_v2 import types
from google.protobuf.any_pb2 import Any
from support.gcp_logging import (
    ACTIVITY,
    ENDPOINT_SERVICE,
    Refusal,
    bucket,
    certificate,
    entry,
    logging_service,
    on,
    sink,
)
from support.vertex import EMAIL, NUMBER, PROJECT, TOKEN, at, key_file, refusal, settings, vertex

from collector.config import GcpProject
from collector.model.snapshot import FailureClass, Gap, Snapshot
from connectors.gcp import log_service, paging
from connectors.registry import connect

NOW = datetime(2026, 1, 2, 12, tzinfo=UTC)
SINKS, BUCKETS, EXCLUSIONS, METRICS = "gcp.log_sinks", "gcp.log_buckets", "gcp.log_exclusions", "gcp.log_metrics"
AUDIT = "gcp.audit"
CREATED = datetime(2026, 1, 1, 10, tzinfo=UTC)
AT = "2026-01-01T10:00:00.000000Z"
KEY = "projects/acme-prod/locations/europe-west4/keyRings/it/cryptoKeys/it"


@pytest.fixture(scope="module")
def services():
    """A project's sign-in and its Cloud Logging, shared by the tests of this file."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("GRPC_DEFAULT_SSL_ROOTS_FILE_PATH", str(certificate()[2]))
        patched.setenv("NO_PROXY", "127.0.0.1")
        patched.setenv("no_proxy", "127.0.0.1")
        patched.delenv("GOOGLE_APPLICATION_CREDENTIALS", raising=False)
        with vertex() as signin, logging_service() as logging:
            yield signin, logging


@pytest.fixture
def project(services):
    signin, logging = services
    signin.rules.clear()
    for held in (logging.sinks, logging.buckets, logging.exclusions, logging.metrics, logging.entries):
        held.clear()
    logging.rules.clear()
    logging.calls.clear()
    logging.page = 100
    return logging


@pytest.fixture
def read(services, project, tmp_path):
    """Reads the project; whatever comes of it holds neither the token nor what entries and descriptions say."""

    def read_once(population=SINKS, **changes):
        signin, _ = services
        told = settings(signin.url, key_file(tmp_path, signin.url), **{"logging_url": project.url, **changes})
        outcome = connect(told, clock=lambda: NOW, progress=lambda *_: None).read(population)
        assert TOKEN not in repr(outcome)
        assert "CANARY" not in repr(outcome)
        return outcome

    return read_once


def contents(snapshot):
    assert isinstance(snapshot, Snapshot), snapshot
    return {item.id: json.loads(item.body) for item in snapshot}


def test_every_sink_is_read_with_what_it_leaves_out(project, read):
    own = sink(
        "archive",
        destination="storage.googleapis.com/acme-logs",
        filter="severity>=ERROR",
        description="CANARY",
        disabled=True,
        exclusions=[{"name": "noise", "filter": "severity<ERROR", "description": "CANARY"}],
        writer_identity="serviceAccount:it@example.com",
        include_children=True,
        create_time=CREATED,
        update_time=CREATED,
    )
    project.sinks += [own, sink(), sink("_Required")]
    found = contents(read())
    parent = f"projects/{PROJECT}"
    assert found.keys() == {f"{parent}/sinks/{name}" for name in ("_Default", "_Required", "archive")}
    assert found[f"{parent}/sinks/archive"] == {
        "created": AT,
        "destination": "storage.googleapis.com/acme-logs",
        "disabled": True,
        "exclusions": [{"disabled": False, "filter": "severity<ERROR", "name": "noise"}],
        "filter": "severity>=ERROR",
        "include_children": True,
        "name": "archive",
        "parent": parent,
        "updated": AT,
        "writer_identity": "serviceAccount:it@example.com",
    }
    builtin = found[f"{parent}/sinks/_Default"]
    assert (builtin["created"], builtin["writer_identity"], builtin["exclusions"]) == (None, None, [])


def test_log_buckets_of_all_locations_are_read_with_key_retention_and_lock(project, read):
    own = bucket(
        "audit",
        "europe-west4",
        retention_days=400,
        locked=True,
        analytics_enabled=True,
        restricted_fields=["jsonPayload.prompt", "httpRequest"],
        cmek_settings={"kms_key_name": KEY},
        create_time=CREATED,
        update_time=CREATED,
    )
    project.buckets += [own, bucket(lifecycle_state=types.LifecycleState.DELETE_REQUESTED, project=NUMBER)]
    found = contents(read(BUCKETS))
    name = f"projects/{PROJECT}/locations/europe-west4/buckets/audit"
    assert found[name] == {
        "analytics": True,
        "created": AT,
        "key": KEY,
        "lifecycle": "ACTIVE",
        "location": "europe-west4",
        "locked": True,
        "name": name,
        "restricted_fields": ["httpRequest", "jsonPayload.prompt"],
        "retention_days": 400,
        "updated": AT,
    }
    other = found[f"projects/{NUMBER}/locations/global/buckets/_Default"]
    assert (other["lifecycle"], other["key"], other["created"]) == ("DELETE_REQUESTED", None, None)


def test_exclusions_and_log_based_metrics_are_read_without_how_values_are_taken(project, read):
    project.exclusions.append(types.LogExclusion({"name": "noise", "filter": "it", "disabled": True}))
    project.metrics += [
        types.LogMetric({"name": "errors", "filter": "severity>=ERROR", "description": "CANARY"}),
        types.LogMetric(
            {
                "name": "chat/latency",
                "filter": "it",
                "value_extractor": "EXTRACT(jsonPayload.CANARY)",
                "label_extractors": {"tenant": "EXTRACT(jsonPayload.CANARY)"},
                "bucket_name": "projects/acme-prod/locations/global/buckets/audit",
            }
        ),
    ]
    assert contents(read(EXCLUSIONS)) == {
        f"projects/{PROJECT}/exclusions/noise": {
            "created": None,
            "disabled": True,
            "filter": "it",
            "name": "noise",
            "updated": None,
        }
    }
    found = contents(read(METRICS))
    latency = found[f"projects/{PROJECT}/metrics/chat/latency"]
    assert (latency["labels"], latency["measures"]) == (["tenant"], True)
    assert latency["bucket_name"].endswith("/buckets/audit")
    errors = found[f"projects/{PROJECT}/metrics/errors"]
    assert (errors["measures"], errors["bucket_name"], errors["disabled"]) == (False, None, False)


def test_an_audit_entry_says_who_did_what_to_which_endpoint_and_nothing_of_what_was_sent(project, read):
    project.entries += [
        entry(NOW - timedelta(hours=2), "1", operation={"id": "op-1", "producer": "it", "first": True}),
        entry(
            NOW - timedelta(hours=1),
            "2",
            {"id": "op-1", "last": True},
            status={"code": 7, "message": "CANARY"},
            authenticationInfo={
                "principalEmail": "deployer@acme-prod.iam.gserviceaccount.com",
                "serviceAccountDelegationInfo": [{"firstPartyPrincipal": {"principalEmail": "engineer-1@example.com"}}],
            },
        ),
        entry(NOW - timedelta(days=9), "too old"),
        entry(NOW, "not yet"),
    ]
    first, last = contents(read(AUDIT)).items()
    assert first == (
        "2026-01-02T10:00:00.000000Z/1",
        {
            "delegated_by": [],
            "method": f"{ENDPOINT_SERVICE}.DeployModel",
            "operation": {"first": True, "id": "op-1", "last": False},
            "principal": "engineer-1@example.com",
            "principal_kind": "user",
            "resource": f"projects/{PROJECT}/locations/europe-west4/endpoints/7",
            "service": "aiplatform.googleapis.com",
            "status_code": 0,
            "time": "2026-01-02T10:00:00.000000Z",
        },
    )
    told = last[1]
    assert (told["status_code"], told["operation"]["last"]) == (7, True)
    assert (told["principal_kind"], told["delegated_by"]) == ("service_account", ["engineer-1@example.com"])


def test_the_audit_log_is_asked_for_the_changes_of_eight_days_alone(project, read):
    contents(read(AUDIT))
    (call,) = project.calls
    assert call.request.resource_names == [f"projects/{PROJECT}"]
    assert call.request.filter.startswith(f'logName="{ACTIVITY}" AND timestamp>="2025-12-25T12:00:00.000000Z" AND ')
    for part in ("aiplatform.googleapis.com", "storage[.]buckets", "logging.googleapis.com", "setiamp"):
        assert part in call.request.filter


@pytest.mark.parametrize(
    ("audit", "resource"),
    [
        ({"response": {"name": f"projects/{NUMBER}/locations/europe-west4/endpoints/8"}}, "endpoints/8"),
        ({"request": {"endpoint": f"projects/{NUMBER}/locations/europe-west4/endpoints/9"}}, "endpoints/9"),
        ({"request": {"endpoint": {"name": f"projects/{NUMBER}/locations/europe-west4/endpoints/9"}}}, "endpoints/9"),
        ({"response": {"name": "CANARY"}, "request": {"name": "CANARY", "endpoint": "CANARY"}}, "europe-west4"),
    ],
    ids=["in the answer", "in the request", "inside the request", "nowhere"],
)
def test_a_resource_that_only_request_or_answer_name_is_found_there(project, read, audit, resource):
    parent = f"projects/{PROJECT}/locations/europe-west4"
    project.entries.append(entry(CREATED, resourceName=parent, **audit))
    ((_, content),) = contents(read(AUDIT)).items()
    assert content["resource"].endswith(resource)


@pytest.mark.parametrize(
    ("info", "principal", "kind"),
    [
        ({}, None, None),
        (
            {"principalSubject": "principal://iam.googleapis.com/x/subject/it"},
            "principal://iam.googleapis.com/x/subject/it",
            "federated",
        ),
        ({"principalSubject": "serviceAccount:it@example.com"}, "serviceAccount:it@example.com", "service_account"),
    ],
    ids=["nobody", "a federated identity", "a service account by subject"],
)
def test_who_did_it_is_said_as_far_as_the_log_says_it(project, read, info, principal, kind):
    project.entries.append(entry(CREATED, authenticationInfo=info))
    ((_, content),) = contents(read(AUDIT)).items()
    assert (content["principal"], content["principal_kind"]) == (principal, kind)


def test_long_lists_are_read_to_their_end_and_an_empty_page_is_not_the_end(project, read):
    project.page = 2
    project.sinks += [sink(f"s{number}") for number in range(5)]
    project.entries += [entry(CREATED + timedelta(seconds=n), str(n)) for n in range(5)]
    snapshot = read()
    assert len(contents(snapshot)) == 5
    assert [(op.name, op.calls) for op in snapshot.provenance.operations] == [("logging:sinks.list", 3)]
    empty = [types.ListLogEntriesResponse({"next_page_token": "2"})]
    project.rules.append(on("ListLogEntries", lambda _: empty.pop() if empty else None))
    assert len(contents(read(AUDIT))) == 3


def test_an_empty_project_is_an_empty_list_and_no_gap(read):
    for population in (SINKS, BUCKETS, EXCLUSIONS, METRICS, AUDIT):
        assert contents(read(population)) == {}


def test_the_provenance_says_who_asked_whom_for_what(project, read):
    provenance = read(BUCKETS).provenance
    assert (provenance.caller, provenance.endpoint) == (EMAIL, project.url)
    ((operation,),) = (provenance.operations,)
    assert operation.parameters == {"page_size": 200, "parent": f"projects/{PROJECT}/locations/-"}


def test_calls_are_signed_in_and_say_who_makes_them(project, read):
    contents(read())
    (call,) = project.calls
    assert call.metadata["authorization"] == f"Bearer {TOKEN}"
    assert call.metadata["user-agent"].startswith("controlproof/")


def test_nothing_of_calls_and_answers_is_logged_at_any_level(project, read, caplog, capfd):
    caplog.set_level("DEBUG")
    project.entries.append(entry(CREATED))
    contents(read(AUDIT))
    logged = f"{caplog.text}{''.join(capfd.readouterr())}"
    assert not any(secret in logged for secret in (TOKEN, "CANARY"))


def test_without_tls_it_is_read_as_well(services, project, read):
    with logging_service(tls=False) as plain:
        plain.sinks.append(sink())
        assert len(contents(read(logging_url=plain.url))) == 1


DENIED = Refusal(grpc.StatusCode.PERMISSION_DENIED, "Permission 'logging.sinks.list' denied on resource.")
EXHAUSTED = Refusal(grpc.StatusCode.RESOURCE_EXHAUSTED, "Quota exceeded for quota metric 'Read requests'")
UNAVAILABLE = Refusal(grpc.StatusCode.UNAVAILABLE, "The service is currently unavailable.")
FAULTS = {
    "a missing permission": (DENIED, FailureClass.DENIED, "PERMISSION_DENIED.*logging.sinks.list"),
    "a token that is none": (
        Refusal(grpc.StatusCode.UNAUTHENTICATED, f"no {TOKEN}"),
        FailureClass.DENIED,
        r"no \(token\)",
    ),
    "an API that is not enabled": (
        Refusal(grpc.StatusCode.NOT_FOUND),
        FailureClass.DENIED,
        "is the Cloud Logging API enabled",
    ),
    "the limit": (EXHAUSTED, FailureClass.THROTTLED, "Quota exceeded"),
    "a server that fails": (UNAVAILABLE, FailureClass.UNREACHABLE, "UNAVAILABLE"),
    "a server that fails inside": (Refusal(grpc.StatusCode.INTERNAL), FailureClass.UNREACHABLE, "INTERNAL"),
    "a bad request": (Refusal(grpc.StatusCode.INVALID_ARGUMENT), FailureClass.MALFORMED, "INVALID_ARGUMENT"),
    "a service that is none": (Refusal(grpc.StatusCode.UNIMPLEMENTED), FailureClass.MALFORMED, "UNIMPLEMENTED"),
    "an answer that is no message": (b"\xff\xff\xff", FailureClass.MALFORMED, "is no such message"),
    "a sink without a name": (
        types.ListSinksResponse({"sinks": [sink("")]}),
        FailureClass.MALFORMED,
        "UnexpectedAnswer",
    ),
}


@pytest.mark.parametrize(("given", "failure_class", "said"), FAULTS.values(), ids=FAULTS)
def test_a_fault_is_a_gap_of_its_class_and_never_an_empty_list(project, read, given, failure_class, said):
    project.rules.append(on("ListSinks", given))
    gap = read()
    assert isinstance(gap, Gap)
    assert gap.failure_class is failure_class
    assert re.search(said, gap.reason), gap.reason
    assert gap.partial is None


def test_a_second_page_that_is_refused_is_a_gap_with_what_was_read(project, read):
    project.page = 2
    project.sinks += [sink(f"s{number}") for number in range(4)]
    project.rules.append(on("ListSinks", lambda call: DENIED if call.request.page_token else None))
    gap = read()
    assert (gap.failure_class, len(gap.partial.items)) == (FailureClass.DENIED, 2)


@pytest.mark.parametrize("passing", [EXHAUSTED, UNAVAILABLE, Refusal(grpc.StatusCode.DEADLINE_EXCEEDED)])
def test_what_fails_for_a_moment_is_tried_again(project, read, passing):
    failing = [passing, passing]
    project.rules.append(on("ListSinks", lambda _: failing.pop() if failing else None))
    assert contents(read(max_attempts=3)) == {}
    assert len(project.calls) == 3


def test_what_fails_for_ever_is_given_up_after_as_many_attempts_as_are_configured(project, read):
    project.rules.append(on("ListSinks", UNAVAILABLE))
    assert read(max_attempts=2).failure_class is FailureClass.UNREACHABLE
    assert len(project.calls) == 2


def test_what_is_refused_is_not_asked_for_again(project, read):
    project.rules.append(on("ListSinks", DENIED))
    read(max_attempts=5)
    assert len(project.calls) == 1


def test_an_answer_that_does_not_come_is_unreachable(project, read):
    over = Event()
    project.rules.append(on("ListSinks", lambda _: over.wait(10) and None))
    gap = read(read_timeout=1)
    over.set()
    assert gap.failure_class is FailureClass.UNREACHABLE
    assert gap.reason == "logging:sinks.list: DEADLINE_EXCEEDED: no answer in time"


def test_nobody_who_listens_is_unreachable(read):
    gap = read(logging_url="http://127.0.0.1:1")
    assert (gap.failure_class, "127.0.0.1" in gap.reason) == (FailureClass.UNREACHABLE, False)


def test_a_server_without_tls_is_unreachable_at_an_address_with_it(read):
    with logging_service(tls=False) as plain:
        gap = read(logging_url=plain.url.replace("http:", "https:"))
        assert (gap.failure_class, plain.calls) == (FailureClass.UNREACHABLE, [])


def test_a_certificate_of_another_host_is_unreachable_and_gets_no_token(project, read):
    gap = read(logging_url=project.url.replace("127.0.0.1", "localhost"))
    assert (gap.failure_class, project.calls) == (FailureClass.UNREACHABLE, [])


def test_pages_that_go_round_or_on_without_end_are_a_gap(project, read, monkeypatch):
    project.rules[:] = [on("ListSinks", types.ListSinksResponse({"next_page_token": "1"}))]
    assert "RepeatedPage" in read().reason
    project.rules[:] = [
        on("ListSinks", lambda _: types.ListSinksResponse({"next_page_token": str(len(project.calls))}))
    ]
    monkeypatch.setattr(paging, "MAX_PAGES", 5)
    assert "TooManyPages" in read().reason


def test_an_answer_that_is_too_large_is_a_gap_and_no_throttling(project, read, monkeypatch):
    monkeypatch.setattr(log_service, "MAX_ANSWER", 100)
    project.sinks.append(sink(filter="it" * 100))
    gap = read()
    assert (gap.failure_class, "TooLarge" in repr(gap)) == (FailureClass.MALFORMED, True)


@pytest.mark.parametrize(
    ("population", "method", "answer"),
    [
        (BUCKETS, "ListBuckets", types.ListBucketsResponse({"buckets": [bucket(project="other-prod")]})),
        (
            AUDIT,
            "ListLogEntries",
            types.ListLogEntriesResponse({"entries": [{"log_name": "projects/other-prod/logs/it"}]}),
        ),
    ],
    ids=["a log bucket", "an entry"],
)
def test_what_is_of_another_project_is_not_taken_for_ones_own(project, read, population, method, answer):
    project.rules.append(on(method, answer))
    assert read(population).failure_class is FailureClass.MISIDENTIFIED


@pytest.mark.parametrize("name", ["", "it", "folders/1/locations/global/buckets/it", "projects/acme-prod/buckets/it"])
def test_a_bucket_of_no_documented_name_is_malformed(project, read, name):
    project.rules.append(on("ListBuckets", types.ListBucketsResponse({"buckets": [{"name": name}]})))
    assert read(BUCKETS).failure_class is FailureClass.MALFORMED


@pytest.mark.parametrize("payload", ["none", "another", "broken"])
def test_an_audit_entry_without_an_audit_log_is_malformed(project, read, payload):
    made = entry(CREATED)
    packed = types.LogEntry.pb(made).proto_payload
    if payload == "none":
        packed.Clear()
    elif payload == "another":
        packed.CopyFrom(Any(type_url="type.googleapis.com/google.protobuf.Empty"))
    else:
        packed.value = b"\xffCANARY"
    project.entries.append(made)
    assert read(AUDIT).failure_class is FailureClass.MALFORMED


def test_no_identity_is_a_gap_of_the_sign_in_and_calls_nothing(services, project, read):
    signin, _ = services
    signin.rules.append(at("/token", refusal(400, "invalid_grant", "it")))
    assert read().failure_class is FailureClass.DENIED
    assert project.calls == []


@pytest.mark.parametrize(
    "url", ["logging.googleapis.com", "ftp://it", "https://user@it", "https://it/v2", "https://it?x", "https://"]
)
def test_an_address_that_is_none_is_an_error_of_the_configuration(url):
    with pytest.raises(ValueError, match="must be a URL"):
        GcpProject(project=PROJECT, location="europe-west4", logging_url=url)
