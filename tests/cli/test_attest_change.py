"""`attest change` as users run it: what is recorded of an approval, and what is refused."""

import json
import subprocess

import pytest

IMAGE = f"registry.example.com/llm@sha256:{'0' * 64}"
VERSION = "mlflow:main/llm/7"
PACKAGE = "arn:aws:sagemaker:eu-central-1:123456789012:model-package/llm/7"
OPTIONS = ("--author", "engineer-1", "--approved-by", "owner-1", "--reason", "fewer wrong answers")
FILE = f"""\
approved_by: owner-1
author: engineer-1
names:
  - {IMAGE}
  - {PACKAGE}
reason: fewer wrong answers
"""


@pytest.fixture
def attest(initialised, controlproof, tmp_path):
    """Runs `attest change` on a new ledger."""
    initialised("http://127.0.0.1:1")
    return lambda *arguments: controlproof("attest", "change", *arguments)


@pytest.fixture
def attest_file(attest, tmp_path):
    """The same with the text of an approval file."""

    def run(text, *arguments):
        (tmp_path / "approval.yaml").write_bytes(text if isinstance(text, bytes) else text.encode())
        return attest("--file", "approval.yaml", *arguments)

    return run


@pytest.fixture
def recorded(controlproof):
    """Gives the body of a record, and the controls it is evidence of."""

    def show(seq):
        document = json.loads(controlproof("show", str(seq), "--json").stdout)
        assert document["header"]["subject"] == "attestation/change_approval"
        return document["body"], document["header"]["controls"]

    return show


def test_an_approval_by_options_is_recorded_for_the_controls_that_rest_on_it(attest, recorded):
    more = ("--reference", "CHANGE-7", "--serving", "kubernetes:prod/deployment/inference/llm")
    done = attest(
        "--name", IMAGE, "--name", VERSION, *OPTIONS, *more, "--approved", "2026-01-02T03:04:05+01:00", "--json"
    )
    assert (done.returncode, done.stderr) == (0, "")
    answer = json.loads(done.stdout)
    body, controls = recorded(answer["record"])
    assert controls == ["CHG-1", "CHG-4"]
    assert body == {
        "approved": "2026-01-02T02:04:05.000000Z",
        "approved_by": "owner-1",
        "author": "engineer-1",
        "names": [IMAGE, VERSION],
        "reason": "fewer wrong answers",
        "reference": "CHANGE-7",
        "serving": "kubernetes:prod/deployment/inference/llm",
        "signature": None,
        "type": "change_approval",
        "v": 1,
    }
    assert answer["signed"] is None


def test_an_approval_in_a_file_is_recorded_as_it_stands_there(attest_file, recorded):
    done = attest_file(FILE)
    assert (done.returncode, done.stderr) == (0, "")
    assert "record 0: owner-1 approved" in done.stdout
    assert "not signed" in done.stdout
    body, _ = recorded(0)
    assert body["names"] == [IMAGE, PACKAGE]
    assert {body[name] for name in ("approved", "reference", "serving", "signature")} == {None}


def test_what_is_refused_is_not_recorded_and_says_where_and_how_to_mend_it(attest, attest_file, controlproof):
    done = attest("--name", IMAGE, "--name", "registry.example.com/llm:1", *OPTIONS)
    assert (done.returncode, done.stdout) == (2, "")
    assert "--name: registry.example.com/llm:1 can come to mean something else later" in done.stderr
    assert "mend: name an image by its digest" in done.stderr
    done = attest_file(FILE.replace("by: owner-1", "by: engineer-1"))
    assert (done.returncode, done.stdout) == (2, "")
    assert "approval.yaml:1: approved_by: engineer-1 is the author: this would be self-approved" in done.stderr
    assert "controlproof.example.com/cli: 0 records" in controlproof("show").stdout


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (OPTIONS, "--names: is missing"),
        (("--name", IMAGE, *OPTIONS[:4]), "--reason: is missing"),
        (("--name", IMAGE, *OPTIONS, "--file", "it.yaml"), "--file and --approved-by exclude each other"),
        (("--name", IMAGE, *OPTIONS, "--signature", "it.sig"), "go together"),
        (
            ("--name", IMAGE, *OPTIONS, "--signature", "it.sig", "--allowed-signers", "it"),
            "give the approval with --file",
        ),
    ],
)
def test_options_that_do_not_make_an_approval_are_refused(attest, arguments, said):
    done = attest(*arguments)
    assert done.returncode == 2
    assert said.replace("--names", "--name") in done.stderr


@pytest.fixture
def signing(tmp_path):
    """Makes a key that owner-1 may sign with, and signs files with it."""

    def keygen(*arguments):
        subprocess.run(["ssh-keygen", *arguments], cwd=tmp_path, check=True, capture_output=True)

    keygen("-q", "-t", "ed25519", "-N", "", "-f", "owner")
    (tmp_path / "signers").write_text(f'owner-1 namespaces="controlproof" {(tmp_path / "owner.pub").read_text()}')

    def sign(text, namespace="controlproof"):
        (tmp_path / "approval.yaml").write_text(text)
        (tmp_path / "approval.yaml.sig").unlink(missing_ok=True)
        keygen("-Y", "sign", "-n", namespace, "-f", "owner", "approval.yaml")
        return "--signature", "approval.yaml.sig", "--allowed-signers", "signers"

    return sign


def test_a_signed_approval_is_recorded_with_what_anyone_can_verify(attest_file, signing, recorded, tmp_path):
    done = attest_file(FILE, *signing(FILE))
    assert (done.returncode, done.stderr) == (0, "")
    assert "signed with SHA256:" in done.stdout
    signature = recorded(0)[0]["signature"]
    assert (signature["packet"], signature["signer"]) == (FILE, "owner-1")
    (tmp_path / "again.sig").write_text(signature["signature"])
    command = ["ssh-keygen", "-Y", "verify", "-n", "controlproof", "-f", "signers", "-I", "owner-1", "-s", "again.sig"]
    again = subprocess.run(command, cwd=tmp_path, input=signature["packet"], capture_output=True, text=True, check=True)
    assert signature["key"] in again.stdout


def test_a_signature_over_other_bytes_or_of_somebody_else_or_for_another_purpose_is_refused(
    attest_file, signing, controlproof
):
    for altered in (FILE + "\n", FILE.replace("0000", "0001", 1), FILE.replace("owner-1", "owner-2")):
        done = attest_file(altered, *signing(FILE))
        assert (done.returncode, done.stdout) == (2, "")
        assert "is no signature by owner-" in done.stderr
    assert attest_file(FILE, *signing(FILE, namespace="file")).returncode == 2
    assert "controlproof.example.com/cli: 0 records" in controlproof("show").stdout
