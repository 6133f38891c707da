"""What may be secret never reaches an item, and what names a model stays readable."""

import stat

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.kubernetes import INSTANTS, REDACTION

from collector.model.canonical import encode
from collector.model.errors import ConfigurationError
from connectors.kubernetes.credentials import reduced
from connectors.kubernetes.references import named, of_annotations, of_arguments, of_environment, reference
from connectors.kubernetes.source import POPULATIONS as ALL
from connectors.redaction import Redaction, create_redaction_key, load_redaction

CANARY = "CANARY-7f3A"

COMMAND_LINES = {
    "a flag with a value": [f"--token={CANARY}"],
    "a flag before its value": ["--api-key", CANARY],
    "a flag with underscores": ["--db_password", CANARY],
    "a flag whose value looks like a short flag": ["--password", f"-{CANARY}"],
    "an assignment": ["env", f"AWS_SECRET_ACCESS_KEY={CANARY}", "serve"],
    "a short flag": ["mysql", f"-p{CANARY}"],
    "a short flag before its value": ["curl", "-u", f"me:{CANARY}"],
    "a script": ["sh", "-c", f"export X={CANARY}; serve"],
    "a script of two lines": ["sh", "-c", f"login\n{CANARY}"],
    "a header": ["-H", f"Authorization: Bearer {CANARY}"],
    "a header without a blank": [f"X-Api-Key:{CANARY}"],
    "JSON": [f'--extra={{"x":"{CANARY}"}}'],
    "a URL with a password": [f"postgresql://me:{CANARY}@db.example.com/x"],
    "a URL with a password in a flag": [f"--backend=redis://:{CANARY}@cache.example.com"],
    "a signed URL": [f"https://acme.example.com/model?signature={CANARY}"],
    "a web token": [f"eyJhbGciOiJIUzI1NiJ9.{CANARY}.x"],
    "a known prefix": [f"sk-{CANARY}-0123456789abcdef"],
    "a flag for a model with a token": ["--model", f"hf_{CANARY.replace('-', '')}0123456789abcdef"],
    "a model's address with a user": ["--model", f"s3://me:{CANARY}@bucket/model"],
    "a model's address with a query": ["--model", f"https://models.example.com/llm?key={CANARY}"],
    "a password before a model": [f"--password={CANARY}", "s3://bucket/model"],
    "a short password before a model": [f"-p{CANARY}", "s3://bucket/model"],
    "a model's address with a user in a script": ["sh", "-c", f"get s3://me:{CANARY}@bucket/model"],
}

POPULATIONS = tuple(each for each in ALL if each.name != "kubernetes.audit")
"""What is asked of the API server; the audit log is a file."""


@pytest.mark.parametrize("line", COMMAND_LINES.values(), ids=COMMAND_LINES.keys())
def test_a_credential_in_a_command_line_is_replaced(line):
    told = [*reduced(line, REDACTION), *(str(model) for model in of_arguments("main", line))]
    assert CANARY not in " ".join(told)
    assert CANARY.replace("-", "") not in " ".join(told)
    assert "hmac-sha256:" in " ".join(told)


@pytest.mark.parametrize(
    "line",
    [
        ["--model", "/weights/llm-chat/3"],
        ["--data", "s3://acme-data/train/", "--out", "s3://acme-models/ft/1/"],
        ["python", "-m", "vllm.entrypoints.openai.api_server", "--max-tokens=4096", "--tokenizer", "llama"],
        ["serve", "-p", "8080", "--port=80", "-w", "4", "--verbose"],
        ["--image", "registry.example.com/llm:1.4.2"],
        ["--password-from-file", "--tls"],
        [""],
    ],
)
def test_what_is_no_credential_stays_as_it_is(line):
    assert reduced(line, REDACTION) == line


@given(st.lists(st.text(max_size=60), max_size=6))
def test_a_command_line_keeps_its_length_and_equal_lines_stay_equal(line):
    assert len(reduced(line, REDACTION)) == len(line)
    assert reduced(line, REDACTION) == reduced(list(line), REDACTION)


@given(st.sampled_from(sorted(COMMAND_LINES)), st.lists(st.sampled_from(["--verbose", "serve", "8080"]), max_size=3))
def test_what_stands_around_a_credential_does_not_uncover_it(case, around):
    line = [*around, *COMMAND_LINES[case], *around]
    assert CANARY not in " ".join(reduced(line, REDACTION))


@pytest.mark.parametrize(
    "uri",
    [
        "s3://acme-models/llm-chat/3/",
        "gs://other-bucket/vision/2/",
        "models:/llm-chat/3",
        "models:/llm-chat@champion",
        "pvc://weights-cache/llm",
        "hf://meta-llama/Llama-3-8B:main",
        "oci://registry.example.com/models/llm",
    ],
)
def test_a_reference_to_a_model_is_read_wherever_it_stands(uri):
    assert reference(uri) == named(uri) == uri
    assert list(of_environment("main", "ANY", uri)) == [{"from": "environment ANY of container main", "uri": uri}]
    assert list(of_arguments("main", ["--path", uri])) == [{"from": "--path of container main", "uri": uri}]
    assert list(of_arguments("main", [f"--model={uri}"])) == [{"from": "--model of container main", "uri": uri}]
    assert [model["uri"] for model in of_arguments("main", ["sh", "-c", f"fetch '{uri}' && serve"])] == [uri]


def test_a_model_without_a_scheme_is_read_only_where_a_model_is_named():
    name = "meta-llama/Llama-3.1-8B-Instruct"
    assert [m["uri"] for m in of_environment("main", "MODEL_ID", name)] == [name]
    assert [m["uri"] for m in of_arguments("main", ["--model", name])] == [name]
    assert not list(of_environment("main", "OTHER", name))
    assert not list(of_arguments("main", ["--other", name]))


@pytest.mark.parametrize(
    "value",
    [
        "s3://me:secret@bucket/x",
        "s3://me@bucket/x",
        "s3://bucket/x?key=secret",
        "https://me:secret@host/x",
        "ftp://host/x",
    ],
)
def test_a_reference_that_carries_a_credential_is_none(value):
    assert reference(value) is None
    assert named(value) is None
    assert not list(of_environment("main", "STORAGE_URI", value))


def test_equal_values_have_equal_digests_under_one_key_and_others_under_another():
    assert REDACTION.digest("x") == Redaction(b"k" * 32).digest("x") != Redaction(b"l" * 32).digest("x")
    assert REDACTION.digest("x") != REDACTION.digest("y")
    assert REDACTION.document({"a": 1, "b": [1.5]}) == REDACTION.document({"b": [1.5], "a": 1})


def test_a_new_key_is_the_owners_alone_and_an_existing_one_stays(tmp_path):
    path = tmp_path / "redaction.key"
    create_redaction_key(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert len(path.read_bytes()) == 32
    before = load_redaction(path).digest("x")
    with pytest.raises(ConfigurationError, match="never overwritten"):
        create_redaction_key(path)
    assert load_redaction(path).digest("x") == before
    path.chmod(0o640)
    with pytest.raises(ConfigurationError, match="can be read or changed by others"):
        load_redaction(path)


@pytest.mark.parametrize("data", [b"", b"k" * 31, b"k" * 33])
def test_a_key_of_another_length_is_refused_and_not_quoted(tmp_path, data):
    path = tmp_path / "redaction.key"
    path.write_bytes(data)
    path.chmod(0o600)
    with pytest.raises(ConfigurationError, match="is not 32 bytes") as caught:
        load_redaction(path)
    assert "kkk" not in f"{caught.value.message}{caught.value.mend}"


@pytest.mark.parametrize("instant", INSTANTS)
def test_no_canary_of_the_recordings_reaches_an_item_or_its_provenance(kubernetes, read_cluster, instant):
    kubernetes.instant = instant
    plant_canaries(kubernetes)
    count = 0
    for population in POPULATIONS:
        snapshot = read_cluster(population.name)
        assert snapshot.complete
        for item in snapshot:
            assert b"CANARY" not in item.body, item.id
            count += 1
        told = [operation.to_json() for operation in snapshot.provenance.operations]
        assert b"CANARY" not in encode(told)
    assert count > 200


def plant_canaries(kubernetes):
    """What the recordings have none of: secrets in every place of every kind of workload where text can stand."""
    container = {
        "name": "main",
        "image": "registry.example.com/x:1",
        "command": ["sh", "-c", "curl -u me:CANARY-1"],
        "args": ["--token", "CANARY-2", "--password=CANARY-3", "s3://me:CANARY-4@bucket/x"],
        "env": [{"name": "MODEL_ID", "value": "s3://me:CANARY-5@bucket/x"}, {"name": "X", "value": "CANARY-6"}],
    }
    container["env"] += [
        {"name": "OPENAI_API_KEY", "value": "sk-CANARY-12"},
        {"name": "OPENAI_BASE_URL", "value": "https://me:CANARY-13@api.openai.com/CANARY-14?key=CANARY-15"},
        {"name": "AZURE_OPENAI_ENDPOINT", "value": "https://CANARY-16.openai.azure.com"},
    ]
    template = {
        "metadata": {"annotations": {"x": "CANARY-7"}},
        "spec": {"containers": [container], "initContainers": [container]},
    }
    metadata = {
        "name": "canary",
        "namespace": "it",
        "creationTimestamp": "2026-11-23T16:20:34Z",
        "annotations": {"kubernetes.io/change-cause": "CANARY-8", "x": "CANARY-9"},
        "managedFields": [{"fieldsV1": {"CANARY-10": {}}}],
    }
    owner = {"kind": "Deployment", "name": "it", "controller": True}
    told = {"routes": "CANARY-17 https://me:CANARY-18@api.cohere.com/CANARY-19", "OPENAI_API_KEY": "CANARY-20"}
    kubernetes.plant("/api/v1/configmaps", {"metadata": metadata, "data": {**told, "other": "CANARY-21"}})
    for path in ("deployments", "statefulsets", "daemonsets"):
        kubernetes.plant(f"/apis/apps/v1/{path}", {"metadata": metadata, "spec": {"template": template}})
    kubernetes.plant("/apis/batch/v1/jobs", {"metadata": metadata, "spec": {"template": template}})
    kubernetes.plant("/apis/argoproj.io/v1alpha1/rollouts", {"metadata": metadata, "spec": {"template": template}})
    kubernetes.plant(
        "/apis/batch/v1/cronjobs", {"metadata": metadata, "spec": {"jobTemplate": {"spec": {"template": template}}}}
    )
    kubernetes.plant(
        "/apis/apps/v1/replicasets",
        {"metadata": {**metadata, "ownerReferences": [owner]}, "spec": {"template": template}},
    )
    served = {**container, "storageUri": "https://me:CANARY-11@host/x"}
    kubernetes.plant(
        "/apis/serving.kserve.io/v1beta1/inferenceservices",
        {"metadata": metadata, "spec": {"predictor": {"model": served}, "transformer": template["spec"]}},
        {"metadata": {**metadata, "name": "older"}, "spec": {"predictor": {"sklearn": served}}},
    )


def test_a_template_can_name_its_models_in_an_annotation_and_nothing_else_in_it_is_kept():
    given = {"controlproof.io/model": f"s3://weights/llm/3/, models:/llm/3, password {CANARY}!", "other": CANARY}
    assert [model["uri"] for model in of_annotations(given)] == ["s3://weights/llm/3/", "models:/llm/3"]
