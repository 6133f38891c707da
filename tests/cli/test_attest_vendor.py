"""`attest vendor` as users run it: what is recorded of a register, and what is refused."""

import hashlib
import json
import subprocess

import pytest

REPORT = b"%PDF-1.7 a report that is confidential"
DIGEST = hashlib.sha256(REPORT).hexdigest()


@pytest.fixture
def attest(initialised, controlproof, tmp_path):
    """Runs `attest vendor` on a new ledger, with a register and a report beside it."""
    initialised("http://127.0.0.1:1")
    example = controlproof("attest", "vendor", "--example").stdout
    (tmp_path / "vendors.yaml").write_text(example.replace("0" * 64, DIGEST))
    (tmp_path / "report.pdf").write_bytes(REPORT)
    return lambda *arguments: controlproof("attest", "vendor", *arguments)


def test_a_register_is_recorded_for_the_controls_that_rest_on_it_and_its_report_is_not_kept(
    attest, controlproof, tmp_path
):
    done = attest("vendors.yaml", "--document", "openai=report.pdf", "--json")
    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(done.stdout) == {"commit": None, "compared": ["openai"], "records": {"openai": 0}, "signed": None}
    shown = json.loads(controlproof("show", "0", "--json").stdout)
    assert shown["header"]["subject"] == "attestation/vendor_assessment"
    assert shown["header"]["controls"] == [f"VEN-{number}" for number in range(1, 7)]
    body = shown["body"]
    assert body["document"] == {"digest": DIGEST, "size": len(REPORT)}
    assert (body["vendor"], body["assessed_by"], body["report"]["digest"]) == ("openai", "vendor-risk-lead", DIGEST)
    for path in tmp_path.glob("controlproof.db*"):
        assert b"confidential" not in path.read_bytes()


def test_another_report_than_the_stated_one_is_refused_and_nothing_is_recorded(attest, controlproof, tmp_path):
    (tmp_path / "report.pdf").write_bytes(REPORT + b" ")
    done = attest("vendors.yaml", "--document", "openai=report.pdf")
    assert (done.returncode, done.stdout) == (2, "")
    assert "report.pdf is not the report that vendors.yaml states of openai: its SHA-256 is" in done.stderr
    assert "0 records" in controlproof("show").stdout


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "which register? give its file"),
        (("none.yaml",), "none.yaml cannot be read"),
        (("vendors.yaml", "--document", "report.pdf"), "write --document VENDOR=FILE"),
        (("vendors.yaml", "--document", "openai=none.pdf"), "there is no file none.pdf"),
        (("vendors.yaml", "--document", "openia=report.pdf"), "its vendors: openai"),
        (("vendors.yaml", "--document", "openai=report.pdf", "--document", "openai=report.pdf"), "names openai twice"),
        (("vendors.yaml", "--signature", "it.sig"), "go together"),
    ],
)
def test_what_does_not_go_together_is_refused_with_its_mend(attest, arguments, said):
    done = attest(*arguments)
    assert done.returncode == 2
    assert said in done.stderr


def test_a_register_in_git_is_recorded_with_its_commit_and_a_signature_with_its_key(attest, controlproof, tmp_path):
    def run(*command):
        subprocess.run(command, cwd=tmp_path, check=True, capture_output=True)

    run("git", "init", "-q")
    run("git", "add", "vendors.yaml")
    run("git", "-c", "user.name=Risk", "-c", "user.email=risk@example.com", "commit", "-qm", "it")
    run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", "key")
    (tmp_path / "signers").write_text(
        f'vendor-risk-lead namespaces="controlproof" {(tmp_path / "key.pub").read_text()}'
    )
    run("ssh-keygen", "-Y", "sign", "-n", "controlproof", "-f", "key", "vendors.yaml")
    signed = ("--signature", "vendors.yaml.sig", "--allowed-signers", "signers")
    done = attest("vendors.yaml", *signed)
    assert (done.returncode, done.stderr) == (0, "")
    assert "no report was compared (--document)" in done.stdout
    assert "signed with SHA256:" in done.stdout
    body = json.loads(controlproof("show", "0", "--json").stdout)["body"]
    assert (body["commit"]["author"], body["commit"]["dirty"]) == ("Risk <risk@example.com>", False)
    assert body["signature"]["packet"] == (tmp_path / "vendors.yaml").read_text()
    with (tmp_path / "vendors.yaml").open("a") as file:
        file.write("# changed\n")
    done = attest("vendors.yaml", *signed)
    assert (done.returncode, "is no signature by vendor-risk-lead" in done.stderr) == (2, True)
    assert "changed since" in attest("vendors.yaml").stdout
