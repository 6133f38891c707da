"""`doctor`: what it names, and that it leaves the ledger alone."""

import json

import pytest
from support.proxy import error_xml, proxy, s3

from collector.demo.estate import LOCATIONS
from collector.ledger.store import Ledger

DENIED = error_xml(403, "AccessDenied", "not authorized")
SMALL = ("--control", "ACC-2", "--control", "ACC-5")
BUCKETS = sorted({location.removeprefix("s3://").partition("/")[0] for location in LOCATIONS})


def size(folder):
    with Ledger.open(f"sqlite:///{folder}/controlproof.db").read() as reader:
        return reader.size


@pytest.fixture
def denied(clean, initialised):
    """An account that refuses what is set of two buckets."""
    with proxy(clean) as aws:
        aws.rules = [s3(BUCKETS[0], "encryption", DENIED), s3(BUCKETS[1], "encryption", DENIED)]
        initialised(aws.url)
        yield aws


def test_where_nothing_is_refused_it_says_what_can_be_read_and_records_nothing(
    initialised, controlproof, clean, tmp_path
):
    initialised(clean)
    before = size(tmp_path)
    done = controlproof("doctor", *SMALL)
    assert (done.returncode, done.stderr) == (0, "")
    assert "✓ ledger  controlproof.example.com/cli holds" in done.stdout
    assert "✓ aws:123456789012  4 of 4 populations can be read whole" in done.stdout
    assert size(tmp_path) == before


def test_a_denied_operation_is_named_once_with_its_permission_and_who_is_undecided_without_it(denied, controlproof):
    done = controlproof("doctor", *SMALL)
    assert done.returncode == 3
    assert done.stdout.count("AccessDenied") == 1
    assert f"for 2 items, such as arn:aws:s3:::{BUCKETS[0]}: not authorized" in done.stdout
    assert "without it undecided: ACC-2, ACC-5" in done.stdout
    # The operation is called otherwise than the permission of it.
    assert "  s3:GetBucketEncryption: denied (AccessDenied)" in done.stdout
    assert (
        "mend: grant s3:GetEncryptionConfiguration; controlproof permissions aws prints all that is needed"
        in done.stdout
    )


def test_it_answers_in_one_json_document(denied, controlproof):
    document = json.loads(controlproof("doctor", *SMALL, "--json").stdout)
    (lack,) = document["lacks"]
    assert (document["exit"], lack["items"], lack["class"], lack["controls"]) == (3, 2, "denied", ["ACC-2", "ACC-5"])
    assert [each["name"] for each in document["populations"] if not each["complete"]] == ["s3.buckets"]


def test_a_key_that_others_can_read_does_not_hide_what_else_is_wrong(denied, controlproof, tmp_path):
    (tmp_path / "controlproof.key").chmod(0o644)
    done = controlproof("doctor", *SMALL)
    assert done.returncode == 2
    assert "✗ key  " in done.stdout
    assert "mend: chmod 600" in done.stdout
    assert "3 of 4 populations can be read whole" in done.stdout


def test_a_redaction_key_that_others_can_read_is_one_check_and_not_a_fault_of_every_source(
    initialised, controlproof, clean, tmp_path
):
    initialised(clean)
    configuration = tmp_path / "controlproof.yaml"
    text = configuration.read_text("utf-8")
    assert "\nsources:\n" in text
    cluster = "  - kubernetes:\n      name: prod\n      in_cluster: true\n"
    configuration.write_text(text.replace("\nsources:\n", f"\nsources:\n{cluster}"), "utf-8")
    (tmp_path / "controlproof.redaction.key").chmod(0o644)
    done = controlproof("doctor", *SMALL)
    assert done.returncode == 2
    assert done.stdout.count("chmod 600") == 1
    assert "✗ redaction key  " in done.stdout
    assert "✗ kubernetes:prod  not tried: it is not read without the redaction key" in done.stdout
    assert "✓ aws:123456789012  4 of 4 populations can be read whole" in done.stdout
