"""The commands that a person anchors with."""

import json
import sqlite3

import pytest
from support.commands import runner
from support.ledgers import NAME, buckets, entry
from support.witness import Witness, served


@pytest.fixture
def run(tmp_path, ledger):
    return runner(tmp_path)


@pytest.fixture
def witness(tmp_path, key):
    made = Witness(tmp_path, "witness.example.com/w1")
    made.logs[NAME] = key.key
    with served(made) as found:
        yield found


def anchors(tsa, witness):
    return (
        f"anchors:\n  tsas: [{{url: '{tsa.url}', root: '{tsa.root}'}}]\n"
        f"  witnesses: [{{url: '{witness.url}', key: '{witness.vkey}'}}]"
    )


def test_anchoring_status_and_verification_tell_one_story(run, configured, ledger, tsa, witness):
    configured(anchors(tsa, witness))
    before = run("anchor", "status")
    assert before.stdout.count("nothing yet") == 2
    assert "Records 0 to 5 rest on the key alone." in before.stdout
    done = run("anchor")
    assert (done.returncode, done.stdout.count("✓")) == (0, 2)
    ledger.append([entry(buckets(7))])
    status = run("anchor", "status", "--json")
    assert {(each["kind"], each["size"]) for each in json.loads(status.stdout)["anchors"]} == {
        ("timestamp", 6),
        ("cosignature", 6),
    }
    verified = run("verify")
    assert verified.returncode == 0
    assert "Timestamped: partly proven. Records 0 to 5 existed before" in verified.stdout
    assert "Witnessed: partly proven." in verified.stdout
    document = json.loads(run("verify", "--json").stdout)
    ranges = next(each["ranges"] for each in document["statements"] if each["name"] == "Timestamped")
    assert [(each["first"], each["last"]) for each in ranges] == [(0, 5)]


def test_a_gap_is_inconclusive_and_a_rollback_is_an_integrity_failure(run, configured, tsa, witness):
    configured(anchors(tsa, witness))
    tsa.status = 503
    gap = run("anchor", "--json")
    assert gap.returncode == 3
    assert {each["state"] for each in json.loads(gap.stdout)["outcomes"]} == {"gap", "done"}
    tsa.status = 200
    witness.override = (409, "text/x.tlog.size", b"99\n")
    assert run("anchor").returncode == 0, "the witness has this checkpoint already"


def test_a_period_is_anchored_at_its_last_checkpoint(run, configured, ledger, tsa, witness):
    configured(anchors(tsa, witness))
    with ledger.read() as reader:
        end = reader.header(4).time.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    done = run("anchor", "--period", f"2025-01-01..{end}", "--json")
    assert done.returncode == 0, done.stderr
    # Witnesses go forward only.
    assert [(each["kind"], each["size"]) for each in json.loads(done.stdout)["outcomes"]] == [("timestamp", 4)]


def test_where_nothing_is_configured_the_command_says_so(run, configured):
    configured()
    done = run("anchor")
    assert (done.returncode, "name tsas, witnesses or object_lock" in done.stderr) == (2, True)


def test_a_pinned_file_that_is_no_certificate_is_the_callers_mistake(run, configured, tmp_path):
    configured()
    (tmp_path / "no.pem").write_text("no")
    done = run("verify", "--tsa", "no.pem")
    assert (done.returncode, "no certificate in PEM form" in done.stderr) == (2, True)


def test_a_restored_older_copy_is_found_by_the_kept_checkpoint_and_by_the_first_witness(
    run, configured, ledger, tsa, witness, tmp_path
):
    """As deploy/BACKUP.md describes it."""
    configured(anchors(tsa, witness))
    with sqlite3.connect(tmp_path / "ledger.db") as source, sqlite3.connect(tmp_path / "copy.db") as target:
        source.backup(target)
    ledger.append([entry(buckets(7))])
    (tmp_path / "kept.txt").write_text(run("anchor", "request").stdout)
    assert run("anchor").returncode == 0
    (tmp_path / "controlproof.yaml").write_text(
        (tmp_path / "controlproof.yaml").read_text().replace("ledger.db", "copy.db")
    )
    sound = run("verify")
    assert sound.returncode == 0, sound.stdout
    found = run("verify", "--since", "kept.txt")
    assert (found.returncode, "rolled back" in found.stdout) == (4, True)
    refused = run("anchor")
    assert (refused.returncode, "this ledger was rolled back" in refused.stdout) == (4, True)
