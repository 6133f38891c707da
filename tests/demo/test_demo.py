"""The demo, as `make demo` runs it, and its parts."""

import json
import re
import subprocess
import sys
from contextlib import ExitStack

import pytest

from collector.cli.demo import _registry
from collector.demo import server
from collector.demo.estate import LOCATIONS, WEIGHT_BUCKETS, _Client, seed
from collector.demo.server import moto_server
from collector.model.errors import ControlproofError
from controls.registry import CONTROLS


def run(*arguments, cwd):
    command = [sys.executable, "-c", "from collector.cli.main import main; main()", *arguments]
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)


def demo(*arguments, cwd):
    return run("demo", *arguments, cwd=cwd)


@pytest.fixture(scope="module")
def flawed(tmp_path_factory):
    """One run with flaws, and its folder; all tests of what is found share it."""
    folder = tmp_path_factory.mktemp("flawed")
    return demo(cwd=folder), folder / "demo"


@pytest.fixture(scope="module")
def flawless(tmp_path_factory):
    """One run without flaws, and its folder."""
    folder = tmp_path_factory.mktemp("flawless")
    return demo("--no-flaws", cwd=folder), folder / "demo"


def outcomes(done):
    """Give the outcome of each control in the table."""
    return dict(re.findall(r"^([A-Z]{3}-\d) +([a-z_]+) +\d+ +\d+ +\d+ +\d+$", done.stdout, re.MULTILINE))


def details(done, control):
    """Give what is printed of one control below the table."""
    return done.stdout.partition(f"\n\n{control}  ")[2].partition("\n\n")[0]


def test_the_demo_finds_each_planted_flaw_and_ends_with_what_to_open(flawed):
    done, folder = flawed
    assert (done.returncode, done.stderr) == (0, "")
    for flaw in (
        "999988887777:root can read s3://acme-weights-research/",
        "555566667777:root can assume role vendor-monitoring",
        "everyone can read s3://acme-weights-edge/ under a condition",
        "versioning of bucket acme-weights-edge is off",
        "bucket acme-weights-research encrypts with AES256",
        "public access to bucket acme-weights-edge is not blocked",
        # ACC-1: weights that nobody declared.
        "keeps its weights at s3://acme-build-artifacts/llm-experimental/model.tar.gz, which is in no declared location",
        # ACC-3: a revoked reader who still has access; ACC-4: a contractor with s3:* through a group.
        "user/research-3 can read s3://acme-weights-research/, although the review of",
        "user/contractor-3 gained access to s3://acme-weights-prod/llm/ since the review of",
        "statement 1 (AllStorage) of inline policy storage of group contractors-legacy of user contractor-3",
        # ACC-6
        "reads of s3://acme-weights-edge/ are not logged",
        # SEG-1, SEG-2, SEG-3
        "green's identity arn:aws:iam::123456789012:role/training-tenant-green can read blue's data",
        "finetune-support-bot used the data of blue and green",
        "role/training-tenant-green can decrypt with blue's key",
        "Whose identities can read whose training data",
        # SEG-4: a tenant's namespace with no network policy.
        "namespace tenant-globex of green in kubernetes:demo has no network policy that denies ingress",
        # CHG-1: a rollout that nobody approved, and one that its own author did.
        "deployment inference/llm-chat began to serve registry.example.com/vllm@sha256:e622",
        "embed/8/ before 20",
        "which is self-approved: admin made it and approved it in record",
        # CHG-2 to CHG-5
        "model-package/llm/3), which is not approved: its approval status is PendingManualApproval",
        "endpoint llm-embed runs 123456789012.dkr.ecr.eu-central-1.amazonaws.com/llm:experimental, a tag",
        "deployment inference/embedder runs registry.example.com/embedder:latest, a tag that can be moved",
        "user break-glass can change deployment inference/llm-chat and is no declared deployer",
        "and the audit log holds 2 writes of it since the snapshot before",
        # OPS-1 to OPS-4
        "variant a of endpoint llm-embed has 1 instance",
        "no alarm watches the latency of variant a of endpoint llm-embed",
        "monitoring schedule llm-embed-data-quality ended as Failed",
        "variant a of endpoint llm-embed gives out what no validator is known to check",
        "Amazon Bedrock in eu-central-1 has no guardrail that is ready and filters outputs",
        # A registry that was really asked, so these are mlflow's own versions.
        "A real MLflow server on http://127.0.0.1:",
        "serves llm-chat version 2 (mlflow:demo/llm-chat/2), which is not approved: it has tag approval=requested",
    ):
        assert flaw in done.stdout
    assert "Signed: proven" in done.stdout
    # One of ACC-3 and one of LOG-5 a month ago, five of CHG two hours ago, and all of today.
    assert f"{2 + 5 + len(CONTROLS)} results reproduced" in done.stdout
    last = done.stdout.rsplit("Look at", 1)[1]
    for name in ("bundle.zip", "index.html", "vendors.yaml", "controlproof.yaml", "controlproof.db"):
        assert f"demo/{name}" in last
        assert (folder / name).exists()


@pytest.mark.parametrize(
    ("control", "finding"),
    [
        ("LOG-1", "variant a of endpoint llm-embed does not log its outputs"),
        ("LOG-2", "log group /acme/bedrock/outputs is kept for ever"),
        ("LOG-3", ": 360 invocations, no log entries"),
        ("LOG-4", "s3://acme-bedrock-outputs/large/ can be deleted: set the default retention of Object Lock"),
        ("LOG-5", "user/contractor-3 can read s3://acme-inference-logs/captures/ and is not in the review of"),
        ("VEN-1", "api.cohere.com is in use behind ServiceEntry inference/cohere, and Cohere (cohere) is not in the"),
        ("VEN-2", "Mistral AI has a report whose period ended on"),
        ("VEN-3", "OpenAI is used for a service on trial, which its report does not cover"),
        ("VEN-4", "users of the service are reviewed each quarter, which has no owner and no evidence here"),
        ("VEN-5", "OpenAI relies on Example Cloud (hosting), which its report carves out and nobody reviewed"),
        ("VEN-6", "Mistral AI is not bound by contract to a new report each year"),
    ],
)
def test_a_flaw_of_output_logging_or_of_a_vendor_fails_its_control_and_no_other(flawed, control, finding):
    done, _ = flawed
    assert outcomes(done)[control] == "fail"
    assert finding in details(done, control)
    others = {each.id for each in CONTROLS} - {control}
    assert [other for other in others if finding in details(done, other)] == []


def test_the_vendor_register_says_that_it_is_made_up(flawed):
    done, folder = flawed
    assert "3 vendors assessed in demo/vendors.yaml, with reports that are made up for the demo" in done.stdout
    assert (folder / "vendors.yaml").read_text().startswith("# Made up for the demo: no report that is named here")
    for name in ("anthropic", "mistral", "openai"):
        assert (folder / f"report-{name}.txt").read_text().startswith("Made up for the demo.")


def test_the_demo_without_flaws_passes(flawless):
    done, _ = flawless
    assert (done.returncode, done.stderr) == (0, "")
    found = outcomes(done)
    assert found.keys() == {control.id for control in CONTROLS}
    # No cluster, so no tenant's namespaces and no rollouts.
    assert {name for name, outcome in found.items() if outcome != "pass"} == {"SEG-4", "CHG-1", "CHG-5"}
    assert "✗" not in done.stdout
    assert "inconclusive" not in done.stdout
    assert "\ngap " not in done.stdout


@pytest.mark.parametrize(("wanted", "why"), [(False, "--no-mlflow"), (True, "it is not installed")])
def test_the_demo_without_mlflow_says_so_and_configures_none(wanted, why, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(server.importlib.util, "find_spec", lambda _: None)
    with ExitStack() as running:
        assert _registry(running, tmp_path, wanted=wanted)() == ""
    assert f"No MLflow: {why}" in capsys.readouterr().out
    assert list(tmp_path.iterdir()) == []


def test_a_module_in_the_working_folder_is_not_taken_for_one_of_a_servers(tmp_path, monkeypatch):
    (tmp_path / "werkzeug.py").write_text("raise RuntimeError('a stranger')")
    monkeypatch.chdir(tmp_path)
    with server.moto_server() as url:
        assert url.startswith("http://127.0.0.1:")


def test_the_demo_replaces_an_earlier_demo_and_nothing_else(tmp_path):
    (tmp_path / "demo").mkdir()
    (tmp_path / "demo" / "thesis.txt").write_text("mine")
    done = demo(cwd=tmp_path)
    assert done.returncode == 2
    assert "is not an earlier demo" in done.stderr
    assert (tmp_path / "demo" / "thesis.txt").read_text() == "mine"


def test_a_month_is_played_for_the_controls_that_are_asked_for_and_expects_nothing_of_others(tmp_path):
    done = demo("--period", "1mo", "--control", "VEN-2", "--control", "ACC-4", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert "1440 results reproduced from their recorded evidence" in done.stdout
    configuration = str(tmp_path / "demo" / "controlproof.yaml")
    told = run("coverage", "--config", configuration, "--json", cwd=tmp_path)
    assert {each["control"] for each in json.loads(told.stdout)["controls"]} == {"ACC-4", "VEN-2"}


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (("--control", "ACC-3"), "add --period"),
        (("--period", "1mo", "--control", "ACC-99"), "ACC-99"),
        (("--period", "13mo"), "1mo to 12mo"),
    ],
)
def test_what_cannot_be_played_is_refused_and_nothing_is_made(arguments, why, tmp_path):
    done = demo(*arguments, cwd=tmp_path)
    assert done.returncode == 2
    assert why in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_the_estate_is_as_large_as_it_says():
    with moto_server() as url:
        estate = seed(url)
        make = _Client(url)
        users, roles = make("iam").list_users()["Users"], make("iam").list_roles()["Roles"]
        assert len(users) + len(roles) == estate.principals >= 30
        assert len(make("s3").list_buckets()["Buckets"]) == estate.buckets == 13
        assert len(WEIGHT_BUCKETS) == len(LOCATIONS) == 3
        versions = make("sagemaker").list_model_packages(ModelPackageGroupName="llm")["ModelPackageSummaryList"]
        assert {version["ModelApprovalStatus"] for version in versions} == {
            "Approved",
            "Rejected",
            "PendingManualApproval",
        }
        assert len(make("sagemaker").list_endpoints()["Endpoints"]) == 2


def test_the_server_is_gone_afterwards_also_when_something_fails(monkeypatch):
    started = []

    class Watched(subprocess.Popen):
        def __init__(self, *arguments, **options):
            super().__init__(*arguments, **options)
            started.append(self)

    monkeypatch.setattr(server.subprocess, "Popen", Watched)

    def use():
        with moto_server():
            assert started[0].poll() is None
            raise KeyError

    with pytest.raises(KeyError):
        use()
    assert started[0].poll() is not None


def test_a_server_that_does_not_start_says_why(monkeypatch):
    monkeypatch.setattr(sys, "executable", "/bin/false")
    with pytest.raises(ControlproofError, match="did not start: it said nothing"), moto_server():
        pass
