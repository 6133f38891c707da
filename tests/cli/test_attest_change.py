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


@pytest.fixture
def nothing_recorded(controlproof):
    """Checks that the ledger stayed empty."""
    yield
    assert "controlproof.example.com/cli: 0 records" in controlproof("show").stdout


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


def test_an_approval_is_in_the_ledger_that_verifies(attest, controlproof):
    assert attest("--name", IMAGE, *OPTIONS).returncode == 0
    assert controlproof("verify").returncode == 0


EXACT = (
    IMAGE,
    f"registry.example.com/llm:1@sha256:{'0' * 64}",
    f"sha256:{'0' * 64}",
    "0" * 64,
    PACKAGE,
    VERSION,
    "models:/llm/7",
    "llm-config-7",
    "acme/serving#12",
    "s3://acme-weights/llm/7/model.tar.gz",
    "kubernetes:prod/deployment/inference/llm",
)


def test_names_that_cannot_be_moved_are_taken(attest, recorded):
    done = attest(*(part for name in EXACT for part in ("--name", name)), *OPTIONS)
    assert (done.returncode, done.stderr) == (0, "")
    assert recorded(0)[0]["names"] == list(EXACT)


MOVABLE = (
    "registry.example.com/llm:1",
    "registry.example.com:5000/llm:latest",
    "registry.example.com/llm",
    "acme/llm",
    "llm:latest",
    f"registry.example.com/llm@sha256:{'0' * 63}",
    f"registry.example.com/llm@sha256:{'A' * 64}",
    f"registry.example.com/llm@SHA256:{'0' * 64}",
    f"@sha256:{'0' * 64}",
    "models:/llm@champion",
    "models:/llm/Production",
    "mlflow:main/llm@champion",
    "mlflow:main/llm",
)


@pytest.mark.parametrize("name", MOVABLE)
@pytest.mark.usefixtures("nothing_recorded")
def test_a_name_that_can_be_moved_is_refused_with_the_mend(attest, name):
    done = attest("--name", IMAGE, "--name", name, *OPTIONS)
    assert (done.returncode, done.stdout) == (2, "")
    assert f"--name: {name} can come to mean something else later" in done.stderr
    assert "IMAGE@sha256:" in done.stderr


@pytest.mark.parametrize(
    ("author", "approver"),
    [
        ("owner-1", "owner-1"),
        ("Owner-1", " owner-1 "),
        ("arn:aws:iam::123456789012:user/owner-1", "owner-1"),
        ("owner-1", "arn:aws:iam::123456789012:user/owner-1"),
    ],
)
@pytest.mark.usefixtures("nothing_recorded")
def test_a_change_that_its_author_approves_is_refused(attest, author, approver):
    done = attest("--name", IMAGE, "--author", author, "--approved-by", approver, "--reason", "it")
    assert done.returncode == 2
    assert "self-approved" in done.stderr


FAULTS = {
    "no names": (FILE.replace(f"  - {IMAGE}\n  - {PACKAGE}\n", "  []\n"), 3, "must list what is approved"),
    "one name instead of a list": (
        FILE.split("names:", maxsplit=1)[0] + f"names: {IMAGE}\nreason: it\n",
        3,
        "must list",
    ),
    "an empty name": (FILE.replace(PACKAGE, '" "'), 5, "names[1]: is empty"),
    "a movable name": (
        FILE.replace(IMAGE, "registry.example.com/llm:1"),
        4,
        "names[0]: registry.example.com/llm:1 can",
    ),
    "a control character": (
        FILE.replace("fewer wrong", '"fewer\\u001b[2J"  # '),
        6,
        "reason: holds a control character",
    ),
    "text that turns around": (
        FILE.replace("fewer wrong answers", '"\\u202eit"'),
        6,
        "reason: holds a control character",
    ),
    "a name with a line end": (FILE.replace(PACKAGE, '"llm\\nconfig"'), 5, "names[1]: holds a control character"),
    "a number": (FILE + "reference: 12\n", 7, "reference: must be text"),
    "nothing for an author": (FILE.replace("author: engineer-1", "author:"), 2, "author: must be text"),
    "an unknown key": (FILE + "refrence: it\n", 7, "did you mean 'reference'?"),
    "a key twice": (FILE + "reason: it\n", 7, "'reason' stands here and on line 6"),
    "an alias": (FILE + "reference: &a it\n", 7, "anchors and aliases are not allowed"),
    "no reason": (FILE.replace("reason: fewer wrong answers\n", ""), 1, "reason: is missing"),
    "a text too long": (FILE + f"reference: {'x' * 2001}\n", 7, "longer than 2000 characters"),
    "the author approves": (FILE.replace("by: owner-1", "by: engineer-1"), 1, "self-approved"),
    "a time without a zone": (FILE + 'approved: "2026-01-02T03:04:05"\n', 7, "is no time with a time zone"),
    "a time that YAML changes": (FILE + "approved: 2026-01-02T03:04:05Z\n", 7, "quote it"),
    "a time to come": (FILE + 'approved: "9998-01-02T03:04:05Z"\n', 7, "lies in the future"),
    "a time of no calendar": (FILE + 'approved: "9999-12-31T23:59:59-12:00"\n', 7, "is no time"),
    "101 names": (FILE.replace(f"  - {PACKAGE}\n", "".join(f"  - c-{n}\n" for n in range(100))), 3, "101 things"),
    "a list": ("- it\n", 1, "not an approval"),
    "not UTF-8": (FILE.encode() + b"reference: \xff\n", 7, "not UTF-8"),
}


@pytest.mark.parametrize(("text", "line", "said"), FAULTS.values(), ids=FAULTS)
@pytest.mark.usefixtures("nothing_recorded")
def test_a_file_with_a_fault_is_refused_with_its_line_and_mend(attest_file, text, line, said):
    done = attest_file(text)
    assert (done.returncode, done.stdout) == (2, "")
    assert f"approval.yaml:{line}: " in done.stderr
    assert said in done.stderr
    assert "mend: " in done.stderr


def test_every_problem_of_a_file_is_named_at_once(attest_file):
    done = attest_file("approved_by: it\nnames: []\nother: it\nreason: ''\n")
    assert "approval.yaml has 4 problems" in done.stderr
    for line, name in ((1, "author"), (2, "names"), (3, "other"), (4, "reason")):
        assert f"approval.yaml:{line}: {name}: " in done.stderr


@pytest.mark.usefixtures("nothing_recorded")
def test_a_file_that_is_absent_empty_or_too_large_is_refused(attest, attest_file):
    assert "none.yaml cannot be read: No such file" in attest("--file", "none.yaml").stderr
    assert "it must hold approved_by" in attest_file("# nothing\n").stderr
    assert "larger than 1048576 bytes" in attest_file("#" * (1024 * 1024 + 1)).stderr


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
@pytest.mark.usefixtures("nothing_recorded")
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


@pytest.mark.parametrize(
    "altered",
    [FILE + "\n", FILE.replace("0000", "0001", 1), FILE.replace("owner-1", "owner-2")],
    ids=["a byte more", "another image", "another approver"],
)
@pytest.mark.usefixtures("nothing_recorded")
def test_a_signature_over_other_bytes_or_of_somebody_else_is_refused(attest_file, signing, altered):
    done = attest_file(altered, *signing(FILE))
    assert (done.returncode, done.stdout) == (2, "")
    assert "is no signature by owner-" in done.stderr


@pytest.mark.usefixtures("nothing_recorded")
def test_a_signature_made_for_another_purpose_is_refused(attest_file, signing):
    assert attest_file(FILE, *signing(FILE, namespace="file")).returncode == 2
