"""The commands as users run them: what they print where, what they leave, and their exit codes."""

import base64
import json
import re
import stat
from datetime import UTC, datetime, timedelta

import pytest
import yaml

from collector.ledger.checkpoint import SignedCheckpoint
from collector.ledger.merkle import leaf_hash, verify_inclusion
from collector.ledger.note import VerifierKey
from controls.needs import connector_of
from controls.registry import CONTROLS, select

TESTED = select("CC6.1")
READ = {name for control in TESTED for name in control.reads if connector_of(name) == "aws"}
"""The configuration that init writes has an AWS account alone."""
SIZE = 1 + len(READ) + len(TESTED)
"""Records of one run: the configuration, the populations, the results."""


def period():
    today = datetime.now(UTC).date()
    return f"{today - timedelta(days=1)}..{today + timedelta(days=2)}"


def test_init_writes_a_configuration_a_key_and_an_empty_ledger(initialised, controlproof, tmp_path):
    done = initialised("http://127.0.0.1:1")
    assert {path.name for path in tmp_path.iterdir()} >= {"controlproof.yaml", "controlproof.key", "controlproof.db"}
    for key in ("controlproof.key", "controlproof.redaction.key"):
        assert stat.S_IMODE((tmp_path / key).stat().st_mode) == 0o600
    assert re.search(r"sha256:[0-9a-f]{64}", done.stdout)
    assert controlproof("verify").returncode == 0
    assert "controlproof.example.com/cli: 0 records" in controlproof("show").stdout


@pytest.mark.parametrize(
    "existing", ["controlproof.yaml", "controlproof.key", "controlproof.redaction.key", "controlproof.db"]
)
def test_init_overwrites_nothing_and_leaves_nothing_half_made(initialised, controlproof, tmp_path, existing):
    initialised("http://127.0.0.1:1")
    for path in tmp_path.iterdir():
        if path.name != existing:
            path.unlink()
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    done = controlproof("init", "--name", "controlproof.example.com/cli", "--account", "123456789012")
    assert done.returncode == 2
    assert "error:" in done.stderr
    after = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    assert after.keys() - {"controlproof.db-wal", "controlproof.db-shm"} == before.keys()
    assert after[existing] == before[existing]


def test_init_with_a_wrong_account_says_so_and_leaves_nothing(controlproof, tmp_path):
    done = controlproof("init", "--name", "controlproof.example.com/cli", "--account", "12")
    assert done.returncode == 2
    assert "sources[0].aws.account" in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_init_can_put_the_ledger_elsewhere_and_answer_in_json(controlproof, tmp_path):
    arguments = ["--name", "controlproof.example.com/cli", "--account", "123456789012"]
    done = controlproof("init", *arguments, "--database", "sqlite:///other.db", "--json")
    document = json.loads(done.stdout)
    assert (tmp_path / "other.db").exists()
    assert json.loads(controlproof("key", "show", "--json").stdout)["fingerprint"] == document["fingerprint"]


def test_collect_finds_the_flaws_and_exits_with_1_or_3(initialised, controlproof, flawed):
    initialised(flawed)
    done = controlproof("--control", "ACC-5", program="collect")
    assert (done.returncode, done.stderr) == (1, "")
    assert "bucket acme-weights-research encrypts with AES256" in done.stdout
    done = controlproof("collect", "--control", "CC6.1")
    assert done.returncode == 3
    assert "account arn:aws:iam::999988887777:root can read s3://acme-weights-research/" in done.stdout
    assert "Who can read the model weights, and why" in done.stdout
    assert "role inference-llm → policy arn:aws:iam::123456789012:policy/acme-read-prod-weights" in done.stdout


def test_collect_passes_on_a_clean_account_with_0(initialised, controlproof, clean):
    initialised(clean)
    done = controlproof("collect", "--control", "CC6.1")
    assert (done.returncode, done.stderr) == (0, "")


def test_collect_prints_one_json_document_and_nothing_else(initialised, controlproof, flawed):
    initialised(flawed)
    done = controlproof("collect", "--json", "--control", "ACC-2", "--control", "ACC-5")
    document = json.loads(done.stdout)
    assert document["exit"] == done.returncode == 3
    assert {r["control"]: r["outcome"] for r in document["results"]} == {"ACC-2": "inconclusive", "ACC-5": "fail"}
    assert {p["subject"].split("/")[1]: p["complete"] for p in document["populations"]} == {
        "iam.authorization_details": True,
        "kms.keys": True,
        "organizations.policies": True,
        "s3.buckets": True,
    }
    assert SignedCheckpoint.decode(document["checkpoint"].encode(), "it").size == 7


def test_an_endpoint_that_is_not_there_exits_with_3_and_names_the_gaps(initialised, controlproof):
    initialised("http://127.0.0.1:1")
    done = controlproof("collect", "--control", "CC6.1")
    assert done.returncode == 3
    assert done.stdout.count("(unreachable)") == len(READ)


def test_an_unknown_control_exits_with_2_and_lists_what_there_is(initialised, controlproof):
    initialised("http://127.0.0.1:1")
    done = controlproof("collect", "--control", "CC66.1")
    assert done.returncode == 2
    assert "there is no control or criterion 'CC66.1'" in done.stderr
    assert "CC6.1" in done.stderr
    done = controlproof("collect", "--control", "cc1.1")
    assert (done.returncode, "no control tests CC1.1 (integrity" in done.stderr) == (2, True)


def test_without_a_configuration_every_command_says_how_to_make_one(controlproof):
    for arguments in (["collect"], ["verify"], ["show"], ["export", "--period", period(), "-o", "b.zip"]):
        done = controlproof(*arguments)
        assert done.returncode == 2
        assert "controlproof init" in done.stderr


def test_an_unknown_option_exits_with_2(controlproof):
    assert controlproof("collect", "--nonsense").returncode == 2


def test_an_exported_bundle_verifies_and_replays(exported, controlproof):
    done = controlproof("verify", "bundle.zip", "--key", exported)
    assert (done.returncode, done.stderr) == (0, "")
    for word in ("1. ✓ Files", "Intact: proven", "Signed: proven", "Timestamped: unproven", "Witnessed: unproven"):
        assert word in done.stdout
    done = controlproof("replay", "bundle.zip", "--key", exported)
    assert (done.returncode, f"{len(TESTED)} results reproduced" in done.stdout) == (0, True)


def test_the_key_may_be_a_verifier_key_or_a_file(exported, controlproof, tmp_path):
    _, vkey = controlproof("key", "show").stdout.split()
    (tmp_path / "key.txt").write_text(vkey + "\n")
    for key in (vkey, "key.txt"):
        assert controlproof("verify", "bundle.zip", "--key", key).returncode == 0


def test_without_a_pinned_key_verify_says_so_and_exits_with_3(exported, controlproof):
    done = controlproof("verify", "bundle.zip")
    assert done.returncode == 3
    assert "Signed: unproven" in done.stdout


def test_another_key_exits_with_4(exported, controlproof):
    done = controlproof("verify", "bundle.zip", "--key", "sha256:" + "0" * 64)
    assert done.returncode == 4
    assert "none of the keys is the pinned one" in done.stdout


def test_a_malformed_key_exits_with_2(exported, controlproof):
    for key in ("sha256:123", "a+b", "none.txt"):
        done = controlproof("verify", "bundle.zip", "--key", key)
        assert done.returncode == 2, key


def test_a_tampered_bundle_is_not_replayed(exported, controlproof, tmp_path):
    data = (tmp_path / "bundle.zip").read_bytes()
    (tmp_path / "bundle.zip").write_bytes(data[: len(data) // 2] + b"\x00" + data[len(data) // 2 + 1 :])
    for command in ("verify", "replay"):
        assert controlproof(command, "bundle.zip", "--key", exported).returncode == 4


def test_a_known_checkpoint_is_compared(exported, controlproof, tmp_path):
    (tmp_path / "known").write_text(json.loads(controlproof("collect", "--json").stdout)["checkpoint"])
    done = controlproof("verify", "--since", "known")
    assert (done.returncode, "Current: proven" in done.stdout) == (0, True)
    done = controlproof("verify", "bundle.zip", "--key", exported, "--since", "known")
    assert (done.returncode, "rolled back" in done.stdout) == (4, True)
    (tmp_path / "known").write_text("nonsense")
    assert controlproof("verify", "--since", "known").returncode == 2


def test_json_answers_carry_the_exit_code(exported, controlproof):
    for command in ("verify", "replay"):
        done = controlproof(command, "bundle.zip", "--key", exported, "--json")
        assert json.loads(done.stdout)["exit"] == done.returncode == 0
    document = json.loads(controlproof("export", "--period", period(), "-o", "c.zip", "--json").stdout)
    assert (document["first"], document["size"], document["key"]) == (0, SIZE, exported)


def test_a_narrowed_export_says_what_it_withholds(exported, controlproof):
    assert controlproof("export", "--period", period(), "--control", "ACC-5", "-o", "n.zip").returncode == 0
    done = controlproof("verify", "n.zip", "--key", exported)
    assert (done.returncode, f"narrowed to ACC-5: all {SIZE} headers" in done.stdout) == (0, True)


def test_an_export_that_fails_leaves_no_file(exported, controlproof, tmp_path):
    before = sorted(path.name for path in tmp_path.iterdir())
    assert controlproof("export", "--period", "2020-01-01..2020-02-01", "-o", "old.zip").returncode == 2
    assert controlproof("export", "--period", "2020-01-01", "-o", "old.zip").returncode == 2
    assert sorted(path.name for path in tmp_path.iterdir()) == before


def test_a_shown_record_comes_with_a_proof_that_verifies(exported, controlproof):
    header = json.loads(controlproof("show", "3").stdout)["header"]
    assert header["seq"] == 3
    text = controlproof("show", "3", "--proof").stdout
    head, note = text.split("\n\n", 1)
    first, extra, index, *proof = head.split("\n")
    assert (first, index) == ("c2sp.org/tlog-proof@v1", "index 3")
    signed = SignedCheckpoint.decode(note.encode(), "it")
    leaf = leaf_hash(base64.b64decode(extra.removeprefix("extra ")))
    verify_inclusion(leaf, 3, signed.size, [base64.b64decode(line) for line in proof], signed.checkpoint.root)
    signed.note.verify([VerifierKey.decode(controlproof("key", "show").stdout.split()[1])], "it")
    assert controlproof("show", "99").returncode == 2


def test_a_rotated_key_goes_on_and_the_old_one_signs_no_more(exported, controlproof, tmp_path, flawed):
    done = controlproof("key", "rotate", "--to", "new.key")
    assert (done.returncode, stat.S_IMODE((tmp_path / "new.key").stat().st_mode)) == (0, 0o600)
    refused = controlproof("collect")
    assert (refused.returncode, "not the ledger's current key" in refused.stderr) == (2, True)
    path = tmp_path / "controlproof.yaml"
    path.write_text(path.read_text().replace("file:controlproof.key", "file:new.key"))
    assert controlproof("collect", "--control", "ACC-5").returncode == 1
    # Who pinned the old key follows the handover to the new one.
    assert controlproof("verify", "--key", exported).returncode == 0
    controlproof("export", "--period", period(), "-o", "later.zip")
    assert controlproof("verify", "later.zip", "--key", exported).returncode == 0


def test_controls_are_listed_with_what_they_do_not_show(controlproof):
    done = controlproof("controls", "--control", "C1.1")
    assert done.returncode == 0
    assert "ACC-2" in done.stdout
    assert "does not show" in done.stdout
    assert [c["id"] for c in json.loads(controlproof("controls", "--json").stdout)] == [
        control.id for control in CONTROLS
    ]


def test_no_secret_is_in_anything_that_is_written_or_said(exported, controlproof, tmp_path):
    pem = (tmp_path / "controlproof.key").read_text().splitlines()[1]
    seed = base64.b64decode(pem)[-32:]
    for path in tmp_path.iterdir():
        if path.name != "controlproof.key":
            assert pem.encode() not in path.read_bytes()
            assert seed not in path.read_bytes()


def test_the_version_is_printed(controlproof):
    assert re.fullmatch(r"controlproof \d+\.\d+\.\d+\n", controlproof("--version").stdout)


def test_piped_tables_shorten_nothing(exported, controlproof):
    listed = controlproof("show").stdout
    assert "…" not in listed
    assert "aws:123456789012/iam.authorization_details" in listed


def test_the_cluster_role_is_printed_as_a_manifest(controlproof):
    done = controlproof("permissions", "kubernetes")
    assert (done.returncode, done.stderr) == (0, "")
    assert yaml.safe_load(done.stdout)["kind"] == "ClusterRole"
    assert json.loads(controlproof("permissions").stdout)["Version"] == "2012-10-17"
