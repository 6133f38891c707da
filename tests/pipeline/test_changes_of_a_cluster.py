"""CHG on recordings of a real cluster at three instants, read by the real client and recorded in a real ledger."""

import shutil
from datetime import UTC, datetime, timedelta

import pytest
from support.kubernetes import RECORDINGS, REDACTION, api_server, cluster
from support.ledgers import NAME, signer

from collector.ledger.bodies import attestation_entry
from collector.ledger.store import Ledger
from collector.model.attestation import CHANGE_APPROVAL
from collector.model.outcome import Outcome
from collector.pipeline.run import Plan, run
from connectors.kubernetes.source import KubernetesSource
from controls.registry import CONTROLS
from controls.source import source_files

T0, T1, T2 = (
    datetime(2026, 11, 23, 16, 20, second, microsecond, tzinfo=UTC)
    for second, microsecond in ((39, 700_000), (48, 0), (55, 0))
)
NEW_IMAGE = "registry.example.com/vllm@sha256:e622a2cef0bedb6668d9e9a1013e83dd1e9513ea5dc282fa6b69b7d6755299fa"
CHAT = "kubernetes:it/deployment/inference/llm-chat"
FRAUD = "kubernetes:it/inferenceservice/inference/fraud-model"


class Polled:
    """A cluster that is polled at the times at which it was recorded."""

    def __init__(self, server, folder, controls):
        self.server = server
        self.now = T0 - timedelta(seconds=10)
        self.ledger = Ledger.create(f"sqlite:///{folder}/ledger.db", "test", signer(folder), self.clock)
        shutil.copy(RECORDINGS / "audit.jsonl", folder)
        settings = cluster(server.url, folder, audit_log=str(folder / "audit.jsonl"))
        self.source = KubernetesSource(settings, self.clock, lambda *_: None, REDACTION)
        told = {
            "sources": [self.source.id],
            "serving_namespaces": ["inference"],
            "deployers": ["serviceaccount mlops/*"],
        }
        parameters = {
            c.id: {**c.defaults, **{name: value for name, value in told.items() if name in c.defaults}}
            for c in controls
        }
        self.plan = Plan(controls, parameters, {"ledger": NAME, "v": 1}, source_files())

    def clock(self):
        self.now += timedelta(milliseconds=1)
        return self.now

    def poll(self, instant, now):
        self.server.instant, self.now = instant, now
        report = run(self.ledger, [self.source], self.plan, self.clock)
        return {tested.control.id: tested.result for tested in report.tested}

    def attest(self, now, **content):
        self.now = now
        told = {"approved_by": "release-lead", "author": "engineer-1", "names": [], "reason": "it", "serving": None}
        self.ledger.append([attestation_entry(CHANGE_APPROVAL, {**told, **content}, ("CHG-1", "CHG-4"))])


@pytest.fixture
def polled(tmp_path):
    with api_server() as server:
        yield Polled(server, tmp_path, tuple(c for c in CONTROLS if c.id.startswith("CHG-")))


def of(result, serving):
    return [each for each in result.assessments if each.id.startswith(f"{serving} ")]


def test_the_first_poll_has_nothing_to_compare_with_and_says_so(polled):
    results = polled.poll("t0", T0)
    assert results["CHG-1"].outcome is Outcome.NOT_APPLICABLE
    assert results["CHG-1"].reason == "there is no earlier snapshot to compare with yet"


def test_rollouts_without_an_approval_are_found_with_what_they_began_to_serve(polled):
    polled.poll("t0", T0)
    result = polled.poll("t1", T1 + timedelta(seconds=1))["CHG-1"]
    assert result.outcome is Outcome.FAIL
    (chat,) = of(result, CHAT)
    assert chat.detail["added"] == [NEW_IMAGE, "s3://acme-models/llm-chat/4/"]
    assert "without an approval" in chat.reason
    assert f"attest change --name {NEW_IMAGE}" in chat.reason
    (fraud,) = of(result, FRAUD)
    assert fraud.detail["made_by"] == ["system:serviceaccount:mlops:ci-deployer"]


def test_a_model_behind_an_unchanged_mutable_tag_is_a_change(polled):
    polled.poll("t0", T0)
    (found,) = of(polled.poll("t1", T1 + timedelta(seconds=1))["CHG-1"], "kubernetes:it/deployment/inference/embedder")
    assert found.detail["added"] == ["s3://acme-models/embed/8/"]


def test_a_rollback_is_a_change_too(polled):
    polled.poll("t0", T0)
    polled.poll("t1", T1 + timedelta(seconds=1))
    (first, second) = of(polled.poll("t2", T2)["CHG-1"], CHAT)
    assert second.detail["removed"] == first.detail["added"]


def test_an_approval_from_before_that_names_what_is_served_lets_the_change_pass(polled):
    polled.poll("t0", T0)
    polled.attest(T0 + timedelta(seconds=1), names=["s3://acme-models/fraud/13/"])
    (fraud,) = of(polled.poll("t1", T1 + timedelta(seconds=1))["CHG-1"], FRAUD)
    assert fraud.outcome is Outcome.PASS
    assert fraud.detail["approved_by"] == ["release-lead"]


@pytest.mark.parametrize(
    ("content", "when", "said"),
    [
        ({"names": ["s3://acme-models/fraud/12/"]}, T0, "without an approval"),
        ({"names": ["s3://acme-models/fraud/13/"], "author": "release-lead"}, T0, "self-approved"),
        (
            {"names": ["s3://acme-models/fraud/13/"], "approved_by": "system:serviceaccount:mlops:ci-deployer"},
            T0,
            "self-approved",
        ),
        ({"names": ["s3://acme-models/fraud/13/"]}, T1 + timedelta(milliseconds=900), "after it"),
    ],
    ids=["names another version", "by its author", "by who rolled it out", "after the change"],
)
def test_an_approval_that_does_not_count_is_said_to_be_what_it_is(polled, content, when, said):
    polled.poll("t0", T0)
    polled.attest(when + timedelta(milliseconds=50), **content)
    (fraud,) = of(polled.poll("t1", T1 + timedelta(seconds=1))["CHG-1"], FRAUD)
    assert fraud.outcome is Outcome.FAIL
    assert said in fraud.reason


def test_two_rollouts_between_two_polls_are_not_taken_for_one(polled):
    polled.poll("t0", T0)
    result = polled.poll("t1", T1 + timedelta(seconds=1))["CHG-5"]
    (chat,) = of(result, CHAT)
    assert chat.outcome is Outcome.INCONCLUSIVE
    assert "writes of it since the snapshot before" in chat.reason


def test_changes_that_the_audit_log_holds_are_complete(polled):
    polled.poll("t0", T0)
    (fraud,) = of(polled.poll("t1", T1 + timedelta(seconds=1))["CHG-5"], FRAUD)
    assert fraud.outcome is Outcome.PASS


def test_a_change_that_the_audit_log_lacks_is_a_deviation(polled, tmp_path):
    log = tmp_path / "audit.jsonl"
    lines = log.read_text().splitlines(keepends=True)
    log.write_text("".join(line for line in lines if "fraud-model" not in line))
    polled.poll("t0", T0)
    (fraud,) = of(polled.poll("t1", T1 + timedelta(seconds=1))["CHG-5"], FRAUD)
    assert fraud.outcome is Outcome.FAIL
    assert "no audit log holds it" in fraud.reason


def test_images_by_tag_are_deviations_and_images_by_digest_are_not(polled):
    result = polled.poll("t2", T2)["CHG-3"]
    assert {each.detail["image"] for each in result.deviations} == {
        "registry.example.com/embedder:latest",
        "registry.example.com/summarizer:1.4.2",
        "registry.example.com/t:1",
    }


def test_who_can_change_a_workload_and_is_no_declared_deployer_is_named_with_the_rule(polled):
    result = polled.poll("t2", T2)["CHG-4"]
    names = {each.detail["principal"]: each.reason for each in of(result, CHAT) if each.outcome is Outcome.FAIL}
    assert set(names) == {"group platform-admins", "group system:masters", "user break-glass"}
    assert "rule 1 (patch deployments.apps llm-chat) of clusterrole everything" in names["user break-glass"]
    assert names["group system:masters"].endswith("no declared deployer: declare it")


def test_models_that_no_registry_has_are_deviations_and_a_path_in_a_container_is_open(polled):
    result = polled.poll("t2", T2)["CHG-2"]
    paths = {each.detail["model"]: each.outcome for each in result.assessments}
    assert paths["s3://acme-models/fraud/13/"] is Outcome.FAIL
    assert paths["/weights/llm-chat/3"] is Outcome.INCONCLUSIVE


def test_without_a_configured_audit_log_completeness_is_open(tmp_path):
    with api_server() as server:
        polled = Polled(server, tmp_path, tuple(c for c in CONTROLS if c.id == "CHG-5"))
        polled.source = KubernetesSource(cluster(server.url, tmp_path), polled.clock, lambda *_: None, REDACTION)
        result = polled.poll("t0", T0)["CHG-5"]
    assert result.outcome is Outcome.INCONCLUSIVE
    assert "no audit log of kubernetes:it is configured" in result.reason
