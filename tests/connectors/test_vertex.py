"""Vertex AI's models and endpoints, read over HTTP: whole, or a gap that says why."""

import json
import re
from datetime import timedelta

import pytest
import yaml
from support.proxy import Answer
from support.vertex import (
    EMAIL,
    LOCATION,
    NUMBER,
    PARENT,
    PROJECT,
    TOKEN,
    answer,
    at,
    endpoint,
    key_file,
    model,
    refusal,
    settings,
    vertex,
)

from collector.cli.permissions import policy
from collector.model import instant
from collector.model.errors import ConfigurationError
from collector.model.snapshot import FailureClass, Gap, Snapshot
from connectors.gcp import paging
from connectors.gcp import session as session_module
from connectors.registry import connect

MODELS, ENDPOINTS = "vertex.models", "vertex.endpoints"
AT = "2026-01-01T10:00:00.123456Z"


@pytest.fixture
def project(monkeypatch):
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.delenv("GOOGLE_APPLICATION_CREDENTIALS", raising=False)
    with vertex() as state:
        yield state


@pytest.fixture
def read(project, tmp_path):
    """Reads the project; whatever comes of it holds neither the token nor a container's environment."""

    def read_once(population=MODELS, **changes):
        told = settings(project.url, key_file(tmp_path, project.url), **changes)
        outcome = connect(told, clock=instant.now, progress=lambda *_: None).read(population)
        assert TOKEN not in repr(outcome)
        assert "CANARY" not in repr(outcome)
        return outcome

    return read_once


def contents(snapshot):
    assert isinstance(snapshot, Snapshot), snapshot
    return {item.id: json.loads(item.body) for item in snapshot}


def calls(snapshot):
    return {operation.name: operation.calls for operation in snapshot.provenance.operations}


def test_every_version_of_a_model_is_read_with_its_aliases_image_and_artifact(project, read):
    first = model(version="1", versionAliases=["default", "champion"], labels={"approval": "approved"})
    second = model(
        version="2",
        versionAliases=[],
        pipelineJob=f"{PARENT}/pipelineJobs/5",
        encryptionSpec={"kmsKeyName": "projects/acme-prod/locations/europe-west4/keyRings/it/cryptoKeys/it"},
        modelSourceInfo={"sourceType": "CUSTOM"},
    )
    garden = {"modelGardenSource": {"publicModelName": "publishers/google/models/gemma3"}}
    tuned = {"genieSource": {"baseModelUri": "publishers/google/models/gemini-2.5-flash"}}
    third = model(version="3", versionAliases=[], baseModelSource=garden)
    fourth = model(version="4", versionAliases=[], baseModelSource=tuned)
    project.models = [first, second, third, fourth]
    found = contents(read())
    assert found.keys() == {f"{PARENT}/models/1@{number}" for number in (1, 2, 3, 4)}
    assert found[f"{PARENT}/models/1@1"] == {
        "aliases": ["champion", "default"],
        "artifact": "gs://weights/llm-1/1/",
        "base_model": None,
        "copied_from": None,
        "created": AT,
        "display_name": "llm-1",
        "image": "europe-docker.example.com/serving/llm:1",
        "key": None,
        "labels": {"approval": "approved"},
        "made_by": None,
        "name": f"{PARENT}/models/1",
        "source_type": None,
        "updated": AT,
        "version": "1",
    }
    assert found[f"{PARENT}/models/1@3"]["base_model"] == "publishers/google/models/gemma3"
    assert found[f"{PARENT}/models/1@4"]["base_model"] == "publishers/google/models/gemini-2.5-flash"
    later = found[f"{PARENT}/models/1@2"]
    assert (later["made_by"], later["source_type"]) == (f"{PARENT}/pipelineJobs/5", "CUSTOM")
    assert later["key"].endswith("/cryptoKeys/it")


def test_an_endpoint_is_read_with_the_version_that_runs_not_the_alias_that_was_asked_for(project, read):
    logging = {"enabled": True, "samplingRate": 0.1, "bigqueryDestination": {"outputUri": "bq://acme-prod.logs.chat"}}
    project.endpoints = [endpoint(predictRequestResponseLoggingConfig=logging, network=f"projects/{NUMBER}/it")]
    ((name, content),) = contents(read(ENDPOINTS)).items()
    assert name == f"{PARENT}/endpoints/7"
    assert content["deployed"] == [
        {
            "access_logging": False,
            "container_logging": True,
            "id": "11",
            "machine_type": "g2-standard-12",
            "max_replicas": 4,
            "min_replicas": 2,
            "model": f"{PARENT}/models/1",
            "pool": None,
            "service_account": None,
            "version": "2",
        }
    ]
    assert content["request_response_logging"] == {
        "destination": "bq://acme-prod.logs.chat",
        "enabled": True,
        "sampling": "0.1",
    }
    assert (content["traffic"], content["network"]) == ({"11": 100}, f"projects/{NUMBER}/it")


@pytest.mark.parametrize(
    ("resources", "bounds"),
    [
        ({"dedicatedResources": {"machineSpec": {}, "maxReplicaCount": 3}}, (0, 3, None)),
        ({"dedicatedResources": {"machineSpec": {}, "minReplicaCount": 2}}, (2, 2, None)),
        ({"automaticResources": {}}, (None, None, None)),
        (
            {"sharedResources": "projects/1/deploymentResourcePools/it"},
            (None, None, "projects/1/deploymentResourcePools/it"),
        ),
    ],
    ids=["down to none", "a fixed number", "chosen by Vertex AI", "a pool"],
)
def test_replicas_that_json_leaves_out_are_what_leaving_them_out_means(project, read, resources, bounds):
    deployed = {"id": "11", "model": f"{PARENT}/models/1", "modelVersionId": "1", **resources}
    project.endpoints = [endpoint(deployedModels=[deployed])]
    ((only,),) = (content["deployed"] for content in contents(read(ENDPOINTS)).values())
    assert (only["min_replicas"], only["max_replicas"], only["pool"]) == bounds


def test_long_lists_are_read_to_their_end(project, read):
    project.page = 2
    project.models = [model(n, v, versionAliases=["default"] if v == "1" else []) for n in range(1, 6) for v in "123"]
    project.endpoints = [endpoint(n) for n in range(1, 6)]
    snapshot = read()
    assert len(contents(snapshot)) == 15
    assert calls(snapshot) == {"aiplatform:models.list": 3, "aiplatform:models.listVersions": 10}
    assert len(contents(read(ENDPOINTS))) == 5


def test_an_empty_project_is_an_empty_list_and_no_gap(read):
    assert contents(read()) == contents(read(ENDPOINTS)) == {}


def test_the_provenance_says_who_asked_and_whose_clock_differs(project, read):
    project.clock = lambda: instant.now() + timedelta(seconds=90)
    provenance = read().provenance
    assert (provenance.caller, provenance.endpoint) == (EMAIL, project.url)
    assert 88 <= provenance.clock_skew <= 91


def test_every_location_is_read_and_a_fault_in_one_leaves_the_other_in_the_gap(project, read):
    project.endpoints = [endpoint(7), endpoint(8, "us-central1")]
    assert len(contents(read(ENDPOINTS, more_locations=("us-central1",)))) == 2
    project.rules.append(at("endpoints", refusal(503, "UNAVAILABLE", "it")))
    gap = read(ENDPOINTS, more_locations=("us-central1",))
    assert gap.reason.startswith(f"aiplatform:endpoints.list: in {LOCATION}") or f"in {LOCATION}: it" in gap.reason
    assert [item.id.split("/")[3] for item in gap.partial] == ["us-central1"]


def test_a_token_is_used_until_it_runs_out_and_then_renewed(project, read):
    project.models = [model()]
    contents(read())
    assert [request.path for request in project.requests].count("/token") == 1
    project.requests.clear()
    project.lifetime = 1
    contents(read())
    assert [request.path for request in project.requests].count("/token") == 2


def test_a_password_in_netrc_is_never_sent(project, read, tmp_path, monkeypatch):
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login it password it\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    contents(read())
    assert not any("Basic" in request.headers.get("Authorization", "") for request in project.requests)


def test_application_default_credentials_are_used_where_no_file_is_configured(project, read, tmp_path, monkeypatch):
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(key_file(tmp_path, project.url)))
    assert read(credentials=None).provenance.caller == EMAIL


def test_no_identity_at_all_is_a_gap(read, tmp_path, monkeypatch):
    monkeypatch.setenv("NO_GCE_CHECK", "true")
    monkeypatch.setenv("CLOUDSDK_CONFIG", str(tmp_path))
    gap = read(credentials=None)
    assert (gap.failure_class, "no Application Default Credentials" in gap.reason) == (FailureClass.DENIED, True)


@pytest.mark.parametrize("text", [None, "{", '{"type": "authorized_user"}', '{"private_key": "CANARY"}'])
def test_a_file_without_a_service_accounts_key_is_an_error_of_the_configuration(project, tmp_path, text):
    path = tmp_path / "other.json"
    if text is not None:
        path.write_text(text)
    with pytest.raises(ConfigurationError, match="holds no key of a service account") as caught:
        connect(settings(project.url, path), clock=instant.now, progress=lambda *_: None)
    assert "CANARY" not in f"{caught.value.message}{caught.value.mend}"
    assert project.requests == []


DENIED = refusal(
    403, "PERMISSION_DENIED", "Permission 'aiplatform.models.list' denied on resource (or it may not exist)."
)
FAULTS = {
    "a key that was revoked": (
        "/token",
        answer({"error": "invalid_grant", "error_description": "Invalid JWT Signature."}, 400),
        FailureClass.DENIED,
        "invalid_grant: Invalid JWT Signature",
    ),
    "a token that is none": (
        "models",
        refusal(401, "UNAUTHENTICATED", f"no {TOKEN}"),
        FailureClass.DENIED,
        r"no \(token\)",
    ),
    "a missing permission": ("models", DENIED, FailureClass.DENIED, "PERMISSION_DENIED.*aiplatform.models.list"),
    "an API that is not enabled": (
        "models",
        refusal(403, "PERMISSION_DENIED", "Vertex AI API has not been used in project acme-prod before"),
        FailureClass.DENIED,
        "has not been used in project",
    ),
    "a place that is none": ("models", Answer(404, b"<html>"), FailureClass.DENIED, "is the Vertex AI API enabled"),
    "the limit": (
        "models",
        refusal(429, "RESOURCE_EXHAUSTED", "Quota exceeded"),
        FailureClass.THROTTLED,
        "Quota exceeded",
    ),
    "a server that fails": ("models", refusal(503, "UNAVAILABLE", "it"), FailureClass.UNREACHABLE, "UNAVAILABLE"),
    "a bad request": ("models", refusal(400, "INVALID_ARGUMENT", "it"), FailureClass.MALFORMED, "INVALID_ARGUMENT"),
    "a redirect": (
        "models",
        Answer(302, b"", {"Location": "/elsewhere"}),
        FailureClass.MISIDENTIFIED,
        "leads elsewhere",
    ),
    "a page for people": ("models", Answer(200, b"<html>sign in"), FailureClass.MALFORMED, "json_invalid"),
    "an error with the status of success": (
        "models",
        answer({"error": {"code": 403}}),
        FailureClass.MALFORMED,
        "at error",
    ),
    "a list of something else": ("models", answer({"models": [{"name": 1}]}), FailureClass.MALFORMED, "at models.name"),
    "an answer that breaks off": (
        "models",
        Answer(200, b"{", {"Content-Length": "100"}),
        FailureClass.UNREACHABLE,
        "broke off",
    ),
    "another project": (
        "models",
        answer({"models": [model(name=f"projects/other-prod/locations/{LOCATION}/models/1")]}),
        FailureClass.MISIDENTIFIED,
        "WrongProject",
    ),
    "another location": (
        "models",
        answer({"models": [model(name=f"projects/{NUMBER}/locations/us-central1/models/1")]}),
        FailureClass.MISIDENTIFIED,
        "WrongProject",
    ),
    "a name of no model": (
        "models",
        answer({"models": [model(name="models/1")]}),
        FailureClass.MALFORMED,
        "a name is not",
    ),
}


@pytest.mark.parametrize(("path", "given", "failure_class", "said"), FAULTS.values(), ids=FAULTS)
def test_a_fault_is_a_gap_of_its_class_and_never_an_empty_list(project, read, path, given, failure_class, said):
    project.rules.append(at(path, given))
    gap = read()
    assert isinstance(gap, Gap)
    assert gap.failure_class is failure_class
    assert re.search(said, gap.reason), gap.reason
    assert gap.partial is None


def test_a_model_whose_versions_are_refused_is_a_gap_with_the_other_models_read(project, read):
    project.models = [model(1), model(2)]
    project.rules.append(at("models/1:listVersions", DENIED))
    gap = read()
    assert gap.failure_class is FailureClass.DENIED
    assert [item.id for item in gap.partial] == [f"{PARENT}/models/2@1"]


def test_a_limit_midway_ends_the_reading(project, read):
    project.models = [model(n) for n in range(1, 6)]
    project.rules.append(at("models/3:listVersions", refusal(429, "RESOURCE_EXHAUSTED", "it")))
    assert len(read().partial.items) == 2
    assert project.requests[-1].path.endswith("models/3:listVersions")


def test_versions_without_the_default_one_or_of_another_model_are_not_taken_for_the_list(project, read):
    project.models = [model(1, "1"), model(2, "1")]
    project.rules[:] = [at("models/1:listVersions", answer({}))]
    assert "UnlistedVersion" in read().reason
    project.rules[:] = [at("models/1:listVersions", answer({"models": [model(2)]}))]
    assert "WrongModel" in read().reason


def test_pages_that_go_round_or_on_without_end_are_a_gap(project, read, monkeypatch):
    project.rules[:] = [at("endpoints", answer({"nextPageToken": "1"}))]
    assert "RepeatedPage" in read(ENDPOINTS).reason
    project.rules[:] = [at("endpoints", lambda _: answer({"nextPageToken": str(len(project.requests))}))]
    monkeypatch.setattr(paging, "MAX_PAGES", 5)
    assert "TooManyPages" in read(ENDPOINTS).reason


def test_an_answer_that_is_too_large_is_a_gap(project, read, monkeypatch):
    monkeypatch.setattr(session_module, "MAX_ANSWER", 10)
    project.endpoints = [endpoint()]
    assert "TooLarge" in read(ENDPOINTS).reason


def test_what_fails_for_a_moment_is_tried_again_and_then_given_up(project, read):
    failing = [refusal(429, "RESOURCE_EXHAUSTED", "it"), refusal(503, "UNAVAILABLE", "it")]
    project.rules.append(at("endpoints", lambda _: failing.pop() if failing else None))
    assert contents(read(ENDPOINTS, max_attempts=3)) == {}
    failing += [refusal(503, "UNAVAILABLE", "it")] * 3
    assert "UNAVAILABLE" in read(ENDPOINTS, max_attempts=3).reason
    assert failing == []


def test_nobody_who_listens_is_unreachable(read):
    assert read(api_url="http://127.0.0.1:1").failure_class is FailureClass.UNREACHABLE


def test_a_location_is_asked_at_its_own_host_and_the_global_one_without_a_prefix(project, tmp_path, monkeypatch):
    asked = []
    monkeypatch.setattr(session_module.requests.Session, "get", lambda _, url, **__: asked.append(url) or 1 / 0)
    told = settings(project.url, key_file(tmp_path, project.url), api_url=None, more_locations=("global",))
    gap = connect(told, clock=instant.now, progress=lambda *_: None).read(ENDPOINTS)
    assert gap.failure_class is FailureClass.CRASHED
    assert asked == [
        f"https://{LOCATION}-aiplatform.googleapis.com/v1/projects/{PROJECT}/locations/{LOCATION}/endpoints?pageSize=100"
    ]


def test_the_custom_role_reads_settings_and_policies_and_no_data():
    role = policy("gcp")
    assert {"aiplatform.endpoints.list", "aiplatform.models.get", "aiplatform.models.list"} <= set(
        role["includedPermissions"]
    )
    forbidden = ("storage.objects.", "secretmanager.", "useToDecrypt", "getAccessToken")
    assert not any(word in permission for permission in role["includedPermissions"] for word in forbidden)
    assert yaml.safe_load(yaml.safe_dump(role))["stage"] == "GA"
