"""What is read of MLflow's registry, from a real server with its own authentication."""

import json
from collections import Counter

import pytest
from support.mlflow import BULK, BULK_RUNS, PASSWORD, VARIABLE, Administrator, mlflow_server, seed, settings
from support.proxy import Answer, proxy

from collector.cli.permissions import words
from collector.model import instant
from collector.model.snapshot import FailureClass, Gap, Snapshot
from connectors.mlflow import session as session_module
from connectors.mlflow.redaction import without_credentials
from connectors.mlflow.runs import MAX_SINGLE
from connectors.mlflow.source import POPULATIONS
from connectors.registry import connect

MODELS = "/api/2.0/mlflow/registered-models/search"
VERSIONS = "/api/2.0/mlflow/model-versions/search"
RUNS = "/api/2.0/mlflow/runs/search"
EXPERIMENTS = "/api/2.0/mlflow/experiments/search"
JSON = {"Content-Type": "application/json"}


@pytest.fixture(scope="session")
def registry(tmp_path_factory):
    """A server with a registry that tests do not change, and the ids of its runs."""
    folder = tmp_path_factory.mktemp("mlflow")
    with mlflow_server(folder) as url:
        yield url, seed(url, folder)


@pytest.fixture
def runs(registry):
    return registry[1]


@pytest.fixture
def mlflow(registry, monkeypatch):
    monkeypatch.setenv(VARIABLE, PASSWORD)
    with proxy(registry[0]) as faulty:
        yield faulty


@pytest.fixture
def read(mlflow):
    """Reads a population through the proxy."""

    def read_one(population="mlflow.models", user="reader", **changes):
        source = connect(settings(changes.pop("url", mlflow.url), user, **changes), clock=instant.now, progress=ignore)
        return source.read(population)

    return read_one


def ignore(*_):
    """Show no progress."""


def content(snapshot, item):
    return snapshot.get(item).content().value


def at(path, answer, when=lambda _: True):
    """Answers one method."""
    return lambda request: answer if request.path == path and when(request) else None


def given(value, status=200):
    return Answer(status, json.dumps(value).encode(), JSON)


def changed(state, path, change):
    """Lets the real answer of one method come with a change."""

    def rule(request):
        if request.path != path:
            return None
        target = f"{request.path}?{'&'.join(f'{k}={v}' for k, values in request.query.items() for v in values)}"
        answer = state.forward(request, target.replace(" ", "+"), request.headers)
        value = json.loads(answer.body)
        change(value)
        return given(value)

    return rule


# What is read


def test_a_model_tells_its_aliases_and_tags_and_a_prompt_is_no_model(read):
    snapshot = read("mlflow.models")
    assert isinstance(snapshot, Snapshot)
    assert [item.id for item in snapshot] == ["model/bulk", "model/llm"]
    model = content(snapshot, "model/llm")
    assert model.pop("created") <= model.pop("updated")
    assert model == {
        "aliases": {"approved": "2", "candidate": "3", "champion": "2"},
        "name": "llm",
        "tags": {"team": "search"},
    }


def test_a_version_tells_what_the_controls_need(read, runs):
    version = content(read("mlflow.versions").partial, "llm/2")
    assert version.pop("created") < version.pop("updated")
    dataset = {"context": "training", "digest": "1", "name": "tickets", "source": "s3://training/tickets"}
    assert version == {
        "aliases": ["approved", "champion"],
        "author": None,
        "name": "llm",
        "registry": "mlflow",
        "run": {"dataset_inputs": [{**dataset, "source_type": "s3"}], "deleted": False, "user": "scientist"},
        "run_id": runs["kept"],
        "source": "s3://weights/llm/2",
        "stage": "Production",
        "status": "READY",
        "tags": {"approved_by": "risk@example.com"},
        "version": "2",
    }


def test_a_version_that_no_run_made_has_none(read):
    version = content(read("mlflow.versions").partial, "llm/1")
    assert (version["run"], version["run_id"], version["aliases"]) == (None, None, [])


def test_a_run_that_was_deleted_is_read_and_said_to_be_deleted(read):
    run = content(read("mlflow.versions").partial, "llm/3")["run"]
    assert run["deleted"] is True
    (dataset,) = run["dataset_inputs"]
    assert dataset["source"] == "https://redacted@data.example.com/t?sig=redacted"


@pytest.mark.parametrize(
    ("user", "code", "kind"),
    [
        # MLflow denies a user what it cannot find, and tells an administrator.
        ("reader", "HTTP403", FailureClass.DENIED),
        ("admin", "RESOURCE_DOES_NOT_EXIST", FailureClass.MALFORMED),
    ],
)
def test_a_run_that_is_gone_leaves_one_facet_of_one_version_unknown(read, user, code, kind):
    gap = read("mlflow.versions", user)
    assert [(failure.item, failure.facet, failure.code) for failure in gap.failures] == [("llm/4", "run", code)]
    assert gap.failure_class is kind
    assert gap.partial.listed
    assert "run" not in content(gap.partial, "llm/4")


def test_many_versions_are_read_whole_with_calls_by_the_page_and_not_by_the_version(mlflow, read):
    partial = read("mlflow.versions").partial
    versions = [item.content().value for item in partial]
    assert Counter(version["name"] for version in versions) == {"bulk": BULK, "llm": 4}
    assert len({version["run_id"] for version in versions if version["name"] == "bulk"}) == BULK_RUNS
    assert all(version["run"] for version in versions if version["name"] == "bulk")
    asked = Counter(request.path.rpartition("mlflow/")[2] for request in mlflow.requests)
    assert asked.pop("runs/search") <= BULK_RUNS / 100 + 2
    # The second of models and the third of versions make sure that the list ended.
    assert asked == {
        "/version": 1, "registered-models/search": 2, "model-versions/search": 3, "experiments/search": 1, "runs/get": 1
    }  # fmt: skip


def test_an_unchanged_registry_gives_the_same_items(read):
    assert read("mlflow.versions").partial.items == read("mlflow.versions").partial.items


def test_the_provenance_says_who_asked_what_where(mlflow, read):
    provenance = read("mlflow.models").provenance
    assert (provenance.caller, provenance.endpoint, provenance.clock_skew) == ("reader", mlflow.url, 0)
    assert provenance.connector.startswith("mlflow/")
    assert {operation.name for operation in provenance.operations} == {
        "mlflow:registered-models/search", "mlflow:version"
    }  # fmt: skip


# What is kept back


REGISTRY = [population for population in POPULATIONS if population.name != "mlflow.gateway_models"]


@pytest.mark.parametrize("population", REGISTRY, ids=lambda p: p.name)
@pytest.mark.parametrize(("user", "code"), [("one-model", "Withheld"), ("nobody", "NothingShown")])
def test_models_that_the_server_leaves_out_of_its_lists_are_a_gap(read, population, user, code):
    gap = read(population.name, user)
    assert isinstance(gap, Gap)
    assert (gap.failure_class, gap.failures[0].code) == (FailureClass.DENIED, code)
    assert not (gap.partial and gap.partial.listed)


def test_versions_that_are_left_out_are_found_even_when_all_models_are_shown(mlflow, read):
    # As an older server does, which filters the one list and not the other.
    def as_partial(request):
        if request.path != VERSIONS:
            return None
        answer = Administrator.headers("one-model")
        query = "&".join(f"{k}={v}" for k, values in request.query.items() for v in values).replace(" ", "+")
        return mlflow.forward(request, f"{VERSIONS}?{query}", {**request.headers, **answer})

    mlflow.rules.append(as_partial)
    gap = read("mlflow.versions")
    assert (gap.failure_class, gap.failures[0].code) == (FailureClass.DENIED, "Withheld")
    assert gap.failures[0].operation == "mlflow:model-versions/search"


def test_without_experiments_no_run_is_known_the_list_is_whole_and_few_are_asked_for_one_by_one(mlflow, read):
    gap = read("mlflow.versions", "no-experiments")
    assert gap.partial.listed
    assert "Permission denied" in gap.reason
    assert {failure.failure_class for failure in gap.failures} == {FailureClass.DENIED, FailureClass.NOT_ATTEMPTED}
    assert {failure.facet for failure in gap.failures} == {"run"}
    assert sum(request.path.endswith("runs/get") for request in mlflow.requests) == MAX_SINGLE
    assert len(gap.failures) == BULK + 3
    assert "run" in content(gap.partial, "llm/1")


def test_a_run_that_the_server_keeps_back_is_not_taken_for_none(read):
    gap = read("mlflow.versions", "no-runs")
    assert gap.partial.listed
    assert {failure.code for failure in gap.failures} == {"WithheldRun"}
    assert content(gap.partial, "llm/2")["unreadable"].keys() == {"run", "run_id"}
    assert content(gap.partial, "llm/1")["run"] is None


def test_an_empty_registry_is_empty_for_an_administrator_or_where_there_are_no_users(mlflow, read):
    mlflow.rules.append(at(MODELS, given({})))
    assert read(user="admin").items == ()
    mlflow.rules.append(at("/api/2.0/mlflow/users/current", Answer(404, b"<html>")))
    assert read(user="reader").items == ()
    assert isinstance(read("mlflow.versions"), Gap)


def test_the_published_permission_is_that_of_the_user_who_reads_everything():
    said = [line.split() for line in words("mlflow").splitlines()]
    for kind in ("experiment", "gateway_endpoint", "gateway_model_definition", "registered_model"):
        assert ["READ", kind, "*"] in said


# Faults


FAULTS = {
    "unauthorized": (Answer(401, b"You are not authenticated"), FailureClass.DENIED, "HTTP401", "not authenticated"),
    "denied": (given({"error_code": "PERMISSION_DENIED", "message": "no"}, 403), FailureClass.DENIED, "PERMISSION_DENIED", "no"),
    "throttled": (given({"error_code": "REQUEST_LIMIT_EXCEEDED", "message": "slow"}, 429), FailureClass.THROTTLED, "REQUEST_LIMIT_EXCEEDED", "slow"),
    "failing": (Answer(500, b"<html>sorry"), FailureClass.UNREACHABLE, "HTTP500", "a page for people"),
    "moved": (Answer(302, b"", {"Location": "/signin"}), FailureClass.MALFORMED, "HTTP302", "is not followed"),
    "not found": (Answer(404, b"{", JSON), FailureClass.MALFORMED, "HTTP404", "no message"),
    "cut": (Answer(200, b"{}", JSON, cut=True), FailureClass.UNREACHABLE, "ProtocolError|IncompleteRead", "broke off"),
    "garbage": (Answer(200, b"\xff\xfe{"), FailureClass.MALFORMED, "UnexpectedAnswer", "json_invalid"),
    "a page for people": (Answer(200, b"<html>sign in"), FailureClass.MALFORMED, "UnexpectedAnswer", "json_invalid"),
    "a stranger's object": (given({"status": "ok"}), FailureClass.MALFORMED, "UnexpectedAnswer", "form"),
    "a list": (given([]), FailureClass.MALFORMED, "UnexpectedAnswer", "form"),
    "a model without a name": (given({"registered_models": [{}]}), FailureClass.MALFORMED, "UnexpectedAnswer", "name"),
    "the same model twice": (
        given({"registered_models": [{"name": "x", "creation_timestamp": 1, "last_updated_timestamp": 1}] * 2}),
        FailureClass.MALFORMED, "RepeatedEntry", "comes twice",
    ),
    "nothing but a token": (given({"next_page_token": "x"}), FailureClass.DENIED, "Withheld", "more than it shows"),
}  # fmt: skip


@pytest.mark.parametrize(("answer", "kind", "code", "reason"), FAULTS.values(), ids=FAULTS.keys())
def test_an_answer_that_is_none_is_a_gap_of_its_class(mlflow, read, answer, kind, code, reason):
    mlflow.rules.append(at(MODELS, answer))
    for population in REGISTRY:
        gap = read(population.name)
        assert isinstance(gap, Gap)
        assert gap.failure_class is kind
        assert gap.failures[0].code in code.split("|")
        assert reason in gap.failures[0].reason
        assert gap.failures[0].operation == "mlflow:registered-models/search"
        assert not (gap.partial and gap.partial.listed)
        assert gap.reason == read(population.name).reason


@pytest.mark.parametrize("milliseconds", [10**18, -(10**18)])
def test_a_time_beyond_the_calendar_is_malformed(mlflow, read, milliseconds):
    model = {"name": "x", "creation_timestamp": milliseconds, "last_updated_timestamp": 1}
    mlflow.rules.append(at(MODELS, given({"registered_models": [model]})))
    gap = read()
    assert gap.failure_class is FailureClass.MALFORMED
    assert "no calendar" in gap.reason


@pytest.mark.parametrize("path", [RUNS, EXPERIMENTS])
def test_runs_that_cannot_be_searched_leave_facets_unknown_and_the_list_whole(mlflow, read, path):
    mlflow.rules.append(at(path, Answer(503, b"busy")))
    gap = read("mlflow.versions")
    assert gap.partial.listed
    assert {(f.facet, f.failure_class) for f in gap.failures} == {("run", FailureClass.UNREACHABLE)}
    assert content(gap.partial, "llm/2")["unreadable"]["run"]["class"] == "unreachable"


def full_page(number, count=1000):
    names = [f"m{number}-{index}" for index in range(count)]
    return [{"name": name, "creation_timestamp": 1, "last_updated_timestamp": 1} for name in names]


def test_pages_that_lead_back_are_a_gap(mlflow, read):
    numbers = iter(range(100))
    mlflow.rules.append(
        lambda r: (
            given({"registered_models": full_page(next(numbers)), "next_page_token": "x"}) if r.path == MODELS else None
        )
    )
    assert read().failures[0].code == "RepeatedToken"
    assert next(numbers) == 2


def test_pages_that_repeat_under_ever_new_tokens_are_a_gap(mlflow, read):
    numbers = iter(range(100))
    mlflow.rules.append(
        lambda r: (
            given({"registered_models": full_page(0), "next_page_token": f"x{next(numbers)}"})
            if r.path == MODELS
            else None
        )
    )
    assert read().failures[0].code == "RepeatedEntry"
    assert next(numbers) == 2


def test_pages_without_end_are_a_gap(mlflow, read, monkeypatch):
    monkeypatch.setattr("connectors.mlflow.lists.MAX_PAGES", 3)
    numbers = iter(range(100))

    def page(request):
        if request.path != MODELS:
            return None
        number = next(numbers)
        return given({"registered_models": full_page(number), "next_page_token": f"x{number}"})

    mlflow.rules.append(page)
    gap = read()
    assert gap.failures[0].code == "EndlessList"
    assert len(gap.partial.items) == 3000


def test_a_page_that_fails_midway_leaves_what_came_before_and_no_whole_list(mlflow, read):
    mlflow.rules.append(at(VERSIONS, Answer(429, b"slow"), lambda request: "page_token" in request.query))
    gap = read("mlflow.versions")
    assert gap.failure_class is FailureClass.THROTTLED
    assert len(gap.partial.items) == 1000
    assert not gap.partial.listed


def test_a_list_that_ends_otherwise_when_it_is_asked_again_is_a_gap(mlflow, read):
    mlflow.rules.append(
        at(MODELS, given({"registered_models": full_page(0, 2)}), lambda r: r.query["max_results"] == ["2"])
    )
    assert read().failures[0].code == "ChangedList"


def test_an_empty_list_of_versions_beside_models_that_have_some_is_a_gap(mlflow, read):
    mlflow.rules.append(at(VERSIONS, given({})))
    gap = read("mlflow.versions", "admin")
    assert (gap.failure_class, gap.failures[0].code) == (FailureClass.MALFORMED, "UnlistedVersion")
    assert "bulk/1000" in gap.failures[0].reason


def test_a_version_whose_model_is_not_listed_has_unknown_aliases(mlflow, read):
    def drop(value):
        value["registered_models"] = [m for m in value["registered_models"] if m["name"] != "llm"]
        value.pop("next_page_token", None)

    mlflow.rules.append(changed(mlflow, MODELS, drop))
    gap = read("mlflow.versions")
    unknown = {failure.item for failure in gap.failures if failure.facet == "aliases"}
    assert unknown == {"llm/1", "llm/2", "llm/3", "llm/4"}


def test_an_answer_without_bound_is_not_read_to_its_end(mlflow, read, monkeypatch):
    monkeypatch.setattr(session_module, "MAX_ANSWER", 100)
    assert read().failures[0].code == "TooLarge"


def test_what_is_no_mlflow_server_is_misidentified(mlflow, read):
    mlflow.rules.append(at("/version", Answer(200, b"<html>3.17</html>")))
    gap = read()
    assert gap.failure_class is FailureClass.MISIDENTIFIED
    assert len(mlflow.requests) == 1


def test_a_host_name_that_the_server_does_not_expect_is_denied(mlflow, read):
    strange = {"Host": "registry.example.com"}
    mlflow.rules.append(lambda r: mlflow.forward(r, r.path, {**r.headers, **strange}) if r.path == MODELS else None)
    gap = read()
    assert gap.failure_class is FailureClass.DENIED
    assert "Host" in gap.failures[0].reason


def test_no_server_is_unreachable_in_words_that_stay_the_same(read):
    gap = read(url="http://127.0.0.1:1")
    assert gap.failure_class is FailureClass.UNREACHABLE
    assert gap.reason == read(url="http://127.0.0.1:1").reason


def test_throttled_calls_are_tried_again_as_often_as_configured(mlflow, read):
    refusals = iter([True, True])
    mlflow.rules.append(at(MODELS, Answer(429, b"slow"), lambda _: next(refusals, False)))
    assert isinstance(read(max_attempts=3), Snapshot)
    refusals = iter([True, True])
    assert read(max_attempts=2).failure_class is FailureClass.THROTTLED


# Signing in


def test_a_wrong_password_is_denied(read, monkeypatch):
    monkeypatch.setenv(VARIABLE, "another")
    assert read().failure_class is FailureClass.DENIED


@pytest.mark.parametrize("value", ["", " \n", "a\nb", "é"])
def test_without_a_token_nothing_is_asked(mlflow, read, monkeypatch, value):
    monkeypatch.setenv(VARIABLE, value)
    gap = read()
    assert (gap.failure_class, gap.failures[0].code) == (FailureClass.DENIED, "NoCredentials")
    assert VARIABLE in gap.reason
    assert mlflow.requests == []


def test_without_a_user_the_token_is_a_bearer_token_and_without_both_there_is_none(mlflow, read):
    # MLflow's own authentication knows no such tokens; a gateway in front of it may.
    assert isinstance(read(user=None), Gap)
    assert mlflow.requests[-1].headers["Authorization"] == f"Bearer {PASSWORD}"
    assert read(user=None, token_variable=None).failure_class is FailureClass.DENIED
    assert "Authorization" not in mlflow.requests[-1].headers


def test_a_token_does_not_follow_to_where_an_answer_leads(mlflow, read):
    with proxy(mlflow.url) as elsewhere:
        mlflow.rules.append(at(MODELS, Answer(307, b"", {"Location": f"{elsewhere.url}{MODELS}"})))
        assert read().failure_class is FailureClass.MALFORMED
        assert elsewhere.requests == []


@pytest.mark.parametrize("user", ["reader", "one-model", "nobody"])
def test_no_secret_is_in_what_is_recorded(read, user):
    for population in POPULATIONS:
        reading = read(population.name, user)
        snapshot = reading.partial if isinstance(reading, Gap) else reading
        written = [item.body for item in snapshot] if snapshot else []
        written.append(repr((reading, snapshot and snapshot.provenance)).encode())
        assert b"canary" not in b"".join(written)


ADDRESSES = {
    "s3://weights/llm": "s3://weights/llm",
    "models:/m-1": "models:/m-1",
    "s3://key:secret@weights/llm": "s3://redacted@weights/llm",
    "https://token@example.com/x": "https://redacted@example.com/x",
    "https://me:pa@ss@example.com/x": "https://redacted@example.com/x",
    "https://me:pa/ss@example.com/x": "https://redacted@example.com/x",
    "https://example.com:8443/team@example.com": "https://example.com:8443/team@example.com",
    "https://[::1]:8443/a@b": "https://[::1]:8443/a@b",
    "s3://weights/team@example.com": "s3://weights/team@example.com",
    "s3://weights/x?versionId=3": "s3://weights/x?versionId=3",
    "https://x.example.com/b?sv=2026&sig=abc": "https://x.example.com/b?sv=redacted&sig=redacted",
    "https://x.example.com/b#access_token=abc": "https://x.example.com/b#access_token=redacted",
    "abfss://models@acme.example.com/llm": "abfss://models@acme.example.com/llm",
    "abfss://me:secret@acme.example.com/llm": "abfss://redacted@acme.example.com/llm",
    "see https://me:secret@example.com, approved by a@b.com": "see https://redacted@example.com, approved by a@b.com",
}


@pytest.mark.parametrize(("address", "expected"), ADDRESSES.items())
def test_credentials_leave_an_address_and_nothing_else_does(address, expected):
    assert without_credentials(address) == expected
    assert without_credentials(expected) == expected


GATEWAY_MODELS = "/api/3.0/mlflow/gateway/model-definitions/list"
GATEWAY_ENDPOINTS = "/api/3.0/mlflow/gateway/endpoints/list"


@pytest.mark.parametrize("user", ["reader", "admin"])
def test_the_gateway_tells_each_vendors_model_and_the_endpoints_that_lead_to_it_and_no_key(read, user):
    snapshot = read("mlflow.gateway_models", user)
    assert isinstance(snapshot, Snapshot)
    found = {item.content().value["name"]: item.content().value for item in snapshot}
    assert found["chat"] == {
        "endpoints": ["search", "support"],
        "model": "claude-sonnet-4-5",
        "name": "chat",
        "provider": "anthropic",
    }
    assert (found["idle"]["provider"], found["idle"]["endpoints"]) == ("openai", [])
    assert b"canary" not in b"".join(item.body for item in snapshot)
    assert b"secret" not in b"".join(item.body for item in snapshot)


@pytest.mark.parametrize("user", ["nobody", "no-runs"])
def test_a_user_from_whom_models_of_the_gateway_may_be_kept_gets_a_gap_and_no_empty_list(read, user):
    gap = read("mlflow.gateway_models", user)
    assert isinstance(gap, Gap)
    assert gap.failure_class is FailureClass.DENIED
    assert "grant READ on gateway_endpoint *" in gap.reason


@pytest.mark.parametrize("status", [404, 501])
def test_a_server_without_a_gateway_leads_to_no_vendors_model(read, mlflow, status):
    mlflow.rules.append(at(GATEWAY_MODELS, given({"error_code": "NOT_FOUND", "message": "no"}, status)))
    snapshot = read("mlflow.gateway_models")
    assert isinstance(snapshot, Snapshot)
    assert not snapshot.items


@pytest.mark.parametrize(
    "endpoints",
    [
        [{"endpoint_id": "e-1", "name": "x", "model_mappings": [{"mapping_id": "m-1"}]}],
        [{"endpoint_id": "e-1", "name": "x", "model_mappings": [{"model_definition": {
            "model_definition_id": "d-9", "name": "x", "provider": "openai", "model_name": "x"}}]}],
    ],
    ids=["without its definition", "not in the list"],
)  # fmt: skip
def test_an_endpoint_that_leads_to_a_model_which_is_not_shown_is_a_gap(read, mlflow, endpoints):
    mlflow.rules.append(at(GATEWAY_ENDPOINTS, given({"endpoints": endpoints})))
    gap = read("mlflow.gateway_models")
    assert isinstance(gap, Gap)
    assert gap.failures[0].code == "Withheld"


@pytest.mark.parametrize("path", [GATEWAY_MODELS, GATEWAY_ENDPOINTS])
@pytest.mark.parametrize("answer", [{"other": []}, {"model_definitions": "x"}, []])
def test_an_answer_about_the_gateway_of_another_form_is_malformed(read, mlflow, path, answer):
    mlflow.rules.append(at(path, given(answer)))
    gap = read("mlflow.gateway_models")
    assert isinstance(gap, Gap)
    assert gap.failure_class is FailureClass.MALFORMED
