"""The whole job on a project of Google Cloud alone: who can read, the review of them, and what is approved later."""

import json

import pytest
from support.google_api import VIEWER, bind, whole
from support.reviews import edited
from support.vertex import NUMBER, PROJECT, key_file, running

from collector.cli.main import main

CI = f"serviceAccount:ci@{PROJECT}.iam.gserviceaccount.com"
GROUP, NEWCOMER = "group:ml@acme.example", "group:research@acme.example"
CONFIGURATION = """\
ledger: {{name: controlproof.example.com/it, database: "sqlite:///controlproof.db", key: file:controlproof.key, collector: it}}
sources:
  - gcp: {{project: acme-prod, location: europe-west4, api_url: "{url}", credentials: key.json, max_attempts: 1}}
weights: [gs://weights/llm/]
controls:
  ACC-2: {{allowed_domains: [acme.example, it]}}
"""


@pytest.fixture
def run(tmp_path, monkeypatch, capsys):
    """Runs commands in a folder, in this process, which has loaded all that they need; gives code and output."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("collector.cli.console.set_up_logging", lambda: None)

    def run_one(*arguments):
        with pytest.raises(SystemExit) as ended:
            main([str(argument) for argument in arguments])
        shown = capsys.readouterr()
        return int(ended.value.code or 0), shown.out + shown.err

    return run_one


@pytest.fixture
def project(tmp_path, run, monkeypatch):
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    state = whole()
    state.denies.clear()
    with running(state):
        code, said = run("init", "--name", "controlproof.example.com/it", "--account", "123456789012")
        assert code == 0, said
        (tmp_path / "controlproof.yaml").write_text(CONFIGURATION.format(url=state.url))
        key_file(tmp_path, state.url)
        yield state


def test_readers_in_google_cloud_are_listed_reviewed_and_later_ones_approved(project, run, tmp_path):
    _, listed = run("collect", "--control", "ACC-2")
    assert f"organization 3 (acme.example) → role organizations/3/roles/reader → {GROUP}" in "".join(listed.split("\n"))
    assert f"user:a@it → {CI}" in listed
    run("collect", "--control", "ACC-3")
    packet = tmp_path / json.loads(run("review", "open", "--json")[1])["files"][0]
    text = packet.read_text()
    assert GROUP in text
    assert CI in text
    kept = edited(packet, {'decision: ""': "decision: keep"})
    assert run("review", "submit", kept, "--reviewer", "lead")[0] == 0
    assert run("collect", "--control", "ACC-3")[0] == 0

    project.policies[f"projects/{NUMBER}"]["bindings"].append(bind(VIEWER, NEWCOMER))
    code, gained = run("collect", "--control", "ACC-4")
    assert code == 1, gained
    assert f"remove {NEWCOMER} from {VIEWER} on project acme-prod" in " ".join(gained.split())
    told = ("--location", "gs://weights/llm/", "--requested-by", "a", "--approved-by", "b", "--reason", "it")
    assert run("attest", "access", "--principal", NEWCOMER, *told)[0] == 0
    assert run("collect", "--control", "ACC-4")[0] == 0
