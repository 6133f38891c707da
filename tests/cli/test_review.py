"""`review`, as a reviewer runs it: what it writes, what it takes, what it refuses, and its exit codes."""

import json
import resource
import shutil
import subprocess
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import pytest
from support.estate import ACCOUNT, AUDITOR, LOCATION, access_review, allow, gap, good, judge, reader, role
from support.reviewed import NAME, collected, logs_collected, logs_collected_again, records
from support.reviews import edited, entry

from collector.cli.review import write_packet
from collector.model.errors import ConfigurationError
from collector.model.instant import now
from collector.model.outcome import Outcome
from collector.review.packet import Packet
from controls.log5 import LOG_5

FIRST = f"arn:aws:iam::{ACCOUNT}:role/first"
"""Of the two readers, first and second."""
UNDECIDED, KEEP, REVOKE = 'decision: ""', "decision: keep", "decision: revoke"


@pytest.fixture(scope="session")
def collected_once(tmp_path_factory):
    """A ledger with one result about two readers."""
    folder = tmp_path_factory.mktemp("collected")
    return collected(folder, reader("first"), reader("second"))


@pytest.fixture
def ledger(collected_once, tmp_path):
    """A copy of it to work in."""
    for file in collected_once.iterdir():
        shutil.copy2(file, tmp_path)


@pytest.fixture
def packet(ledger, controlproof, tmp_path):
    """An open packet in YAML."""
    return tmp_path / json.loads(controlproof("review", "open", "--json").stdout)["files"][0]


@pytest.fixture
def filled(packet):
    return edited(packet, {UNDECIDED: KEEP})


@pytest.fixture
def submit(controlproof):
    def run(path, *arguments, reviewer="security-lead"):
        return controlproof("review", "submit", path, "--reviewer", reviewer, *arguments)

    return run


def test_open_writes_both_files_and_says_what_to_do(ledger, controlproof, tmp_path):
    done = controlproof("review", "open")
    assert (done.returncode, done.stderr) == (0, "")
    first, second, told = done.stdout.splitlines()
    assert (tmp_path / first).suffix == ".yaml"
    assert (tmp_path / second).suffix == ".csv"
    assert told.startswith("2 entries, from record ")
    assert "controlproof review submit FILE --reviewer NAME" in told
    for name in (first, second):
        assert (tmp_path / name).read_text().count(FIRST) == 1


def test_open_answers_in_json(ledger, controlproof, tmp_path):
    (tmp_path / "out").mkdir()
    document = json.loads(controlproof("review", "open", "--control", "ACC-3", "-o", "out", "--json").stdout)
    stem = f"out/review-ACC-3-{document['record']}"
    assert document == {
        "entries": 2, "files": [f"{stem}.yaml", f"{stem}.csv"], "not_covered": [], "record": document["record"],
    }  # fmt: skip
    assert {str(path.relative_to(tmp_path)) for path in (tmp_path / "out").iterdir()} == set(document["files"])


@pytest.mark.parametrize("kept", [".yaml", ".csv"])
def test_open_never_writes_over_a_file_and_leaves_nothing_beside_it(packet, controlproof, tmp_path, kept):
    for suffix in {".yaml", ".csv"} - {kept}:
        packet.with_suffix(suffix).unlink()
    packet.with_suffix(kept).write_text("decisions")
    done = controlproof("review", "open")
    assert (done.returncode, done.stdout) == (2, "")
    assert f"{packet.stem}{kept} is there already and may hold decisions" in done.stderr
    assert [path.name for path in tmp_path.glob("review-*")] == [f"{packet.stem}{kept}"]
    assert packet.with_suffix(kept).read_text() == "decisions"


def test_open_into_a_folder_that_is_not_there_names_it(ledger, controlproof):
    done = controlproof("review", "open", "-o", "absent")
    assert (done.returncode, "absent/review-ACC-3-" in done.stderr) == (2, True)


@contextmanager
def files_of_at_most(size: int):
    """As on a full disk: no file can grow beyond a size."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_full_disk_leaves_no_half_packet_and_is_named(tmp_path):
    many = tuple(entry(principal=str(number)) for number in range(1000))
    packet = Packet(NAME, "ACC-3", 7, "ab" * 32, now(), many)
    with files_of_at_most(10_000), pytest.raises(ConfigurationError) as refused:
        write_packet(packet, tmp_path)
    assert refused.value.message == f"{tmp_path / packet.name}.yaml cannot be written: File too large"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("control", ["ACC-2", "CC6.1", "", "\udcff", "ACC-3\n"])
def test_only_a_control_whose_readers_are_reviewed_is_opened(ledger, controlproof, control):
    done = controlproof("review", "open", "--control", control)
    assert done.returncode == 2
    assert "is not a control whose readers are reviewed" in done.stderr
    assert "one of: ACC-3, LOG-5" in done.stderr


def test_open_before_any_collect_says_to_collect(controlproof):
    arguments = ["--name", NAME, "--account", ACCOUNT, "--weights", LOCATION]
    assert controlproof("init", *arguments).returncode == 0
    done = controlproof("review", "open")
    assert done.returncode == 2
    assert "controlproof collect --control ACC-3" in done.stderr


@pytest.mark.parametrize(
    ("iam", "words"),
    [
        ((role("writer", allow("s3:PutObject")),), "lists nobody who can read"),
        (gap("iam.authorization_details"), f"gaps: aws:{ACCOUNT}/iam.authorization_details (record 1)"),
    ],
    ids=["nobody", "a gap"],
)
def test_open_of_no_readers_or_of_half_of_them_writes_nothing(tmp_path, controlproof, iam, words):
    collected(tmp_path, *iam) if isinstance(iam, tuple) else collected(tmp_path, iam=iam)
    done = controlproof("review", "open")
    assert (done.returncode, words in done.stderr) == (2, True)
    assert not list(tmp_path.glob("review-*"))


def test_open_says_what_the_packet_does_not_cover(tmp_path, controlproof):
    collected(tmp_path, reader(), weights=(LOCATION, "s3://absent/"))
    done = controlproof("review", "open")
    assert done.returncode == 0
    assert "not covered: " in done.stderr
    assert "s3://absent/" in done.stderr
    (written,) = tmp_path.glob("review-*.yaml")
    assert "# Not covered: " in written.read_text()


def test_submit_says_what_it_recorded_and_that_it_is_not_signed(filled, submit, tmp_path):
    before = records(tmp_path)
    done = submit(filled.name)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == (
        f"record {before}: 2 keep, 0 revoke, 0 undecided; not signed: who reviewed rests on this command's caller\n"
    )
    assert records(tmp_path) == before + 1


def test_submit_takes_the_csv_and_answers_in_json(packet, submit, tmp_path):
    path = packet.with_suffix(".csv")
    first, second = ((",,\r\n", f",{decision},why\r\n") for decision in ("Keep", "REVOKE"))
    head, one, two, _ = path.read_bytes().decode().split("\r\n")
    path.write_bytes("\r\n".join([head, (one + "\r\n").replace(*first) + (two + "\r\n").replace(*second)]).encode())
    document = json.loads(submit(path.name, "--json").stdout)
    assert document == {
        "keep": 1, "record": records(tmp_path) - 1, "revoke": 1, "signed": None, "undecided": 0,
    }  # fmt: skip


def test_submit_refuses_open_decisions_with_their_lines_and_takes_them_as_partial(packet, submit, tmp_path):
    before = records(tmp_path)
    done = submit(packet.name)
    assert done.returncode == 2
    assert "incomplete: 2 of 2 entries have no decision (--partial takes it so)" in done.stderr
    assert f"line 10: {FIRST} at {LOCATION}: no decision" in done.stderr
    assert records(tmp_path) == before
    assert "0 keep, 0 revoke, 2 undecided" in submit(packet.name, "--partial").stdout


def test_a_packet_submitted_twice_is_recorded_twice(filled, submit, tmp_path):
    before = records(tmp_path)
    assert [submit(filled.name).returncode for _ in range(2)] == [0, 0]
    assert records(tmp_path) == before + 2


REFUSED = {
    "a misspelt decision": ({UNDECIDED: "decision: kep"}, "the decision 'kep' is neither keep nor revoke"),
    "an edited fact": ({UNDECIDED: KEEP, 'access: "yes"': 'access: "no"'}, "altered, it is not as record"),
    "an added principal": ({UNDECIDED: KEEP, "role/first": "role/third"}, "unknown principal"),
    "a changed digest": ({UNDECIDED: KEEP, 'body: "': 'body: "0'}, "opened on another snapshot"),
    "another ledger": ({UNDECIDED: KEEP, f'ledger: "{NAME}"': 'ledger: "example.com/x"'}, "on the ledger example.com/x"),
    "another control": ({UNDECIDED: KEEP, "control: ACC-3": "control: ACC-2"}, "ACC-2 is not a control whose readers"),
    "a record that is no result": ({UNDECIDED: KEEP, "\nrecord: ": "\nrecord: 0 #"}, "record 0 of"),
    "a record that is not there": ({UNDECIDED: KEEP, "\nrecord: ": "\nrecord: 9999"}, "is no result of ACC-3"),
    "a record beyond every ledger": (
        {UNDECIDED: KEEP, "\nrecord: ": "\nrecord: 999999999999999 #"}, "is no result of ACC-3",
    ),
    "broken YAML": ({UNDECIDED: 'decision: "'}, "not YAML"),
    "text that steers a terminal": ({UNDECIDED: KEEP, "role/first": "role/\\e[2J\\e]0;x\\a"}, "role/\\x1b[2J\\x1b]0;x\\x07"),
}  # fmt: skip


@pytest.mark.parametrize(("changes", "words"), REFUSED.values(), ids=REFUSED.keys())
def test_what_is_not_the_packet_that_was_opened_is_refused_and_not_recorded(packet, submit, tmp_path, changes, words):
    before = records(tmp_path)
    done = submit(edited(packet, changes).name)
    assert (done.returncode, done.stdout) == (2, "")
    assert words in done.stderr
    assert "\x1b" not in done.stderr
    assert records(tmp_path) == before


@pytest.mark.parametrize("name", ["", "  ", "x" * 201, "a\nb", "\x1b[2J", "\udcff", "a\u202eb"])
def test_a_reviewer_has_a_printable_name(filled, submit, tmp_path, name):
    before = records(tmp_path)
    done = submit(filled.name, reviewer=name)
    assert (done.returncode, "1 to 200 printable characters" in done.stderr) == (2, True)
    assert records(tmp_path) == before


def test_what_submit_needs_is_asked_for(filled, submit, controlproof):
    assert controlproof("review", "submit", filled.name).returncode == 2
    assert submit("absent.yaml").returncode == 2
    for option in ("--signature", "--allowed-signers"):
        done = submit(filled.name, option, "x")
        assert (done.returncode, "go together" in done.stderr) == (2, True)


def test_submit_verifies_a_signature_and_records_its_key(filled, submit, controlproof, tmp_path):
    for name in ("lead", "other"):
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", tmp_path / name], check=True)
    (tmp_path / "allowed").write_text(f"lead@example.com {(tmp_path / 'lead.pub').read_text()}")
    sign = ["ssh-keygen", "-q", "-Y", "sign", "-n", "controlproof", "-f"]
    signature = f"{filled.name}.sig"
    options = ["--signature", signature, "--allowed-signers", "allowed"]
    subprocess.run([*sign, tmp_path / "other", filled], check=True)
    before = records(tmp_path)
    done = submit(filled.name, *options, reviewer="lead@example.com")
    assert (done.returncode, "is no signature by lead@example.com" in done.stderr) == (2, True)
    assert records(tmp_path) == before
    (tmp_path / signature).unlink()
    subprocess.run([*sign, tmp_path / "lead", filled], check=True)
    done = submit(filled.name, *options, "--json", reviewer="lead@example.com")
    assert json.loads(done.stdout)["signed"].startswith("SHA256:")
    edited(filled, {KEEP: REVOKE})
    assert submit(filled.name, *options, reviewer="lead@example.com").returncode == 2
    assert json.loads(controlproof("review", "status", "--json").stdout)[0]["signed"] is True


def test_status_of_what_was_never_reviewed_is_overdue(ledger, controlproof):
    done = controlproof("review", "status")
    assert done.returncode == 0
    assert [word for word in ("ACC-3", "never", "overdue") if word in done.stdout] == ["ACC-3", "never", "overdue"]
    documents = json.loads(controlproof("review", "status", "--json").stdout)
    assert [document.pop("control") for document in documents] == ["ACC-3", "LOG-5"]
    document, other = documents
    assert document == other
    assert document.pop("open_revocations") == []
    assert set(document.values()) == {None}


def test_status_says_who_reviewed_when_it_is_due_and_what_is_still_to_revoke(packet, submit, controlproof):
    text = packet.read_text().replace(UNDECIDED, REVOKE, 1).replace(UNDECIDED, KEEP)
    packet.write_text(text)
    assert submit(packet.name).returncode == 0
    document, _ = json.loads(controlproof("review", "status", "--json").stdout)
    counts = {name: document[name] for name in ("keep", "revoke", "undecided", "age_days", "overdue", "reviewer")}
    assert counts == {
        "keep": 1, "revoke": 1, "undecided": 0, "age_days": 0, "overdue": False, "reviewer": "security-lead",
    }  # fmt: skip
    made, due = (datetime.fromisoformat(document[name]) for name in ("last_review", "due"))
    assert due - made == timedelta(days=92)
    (revocation,) = document["open_revocations"]
    assert (revocation["location"], revocation["principal"]) == (LOCATION, FIRST)
    assert datetime.fromisoformat(revocation["due"]) - made == timedelta(days=7)
    told = controlproof("review", "status").stdout
    assert f"ACC-3: take away {FIRST}'s access to {LOCATION} by " in told
    assert due.date().isoformat() in told


def test_from_collect_to_a_pass_to_a_replayed_bundle(initialised, controlproof, submit, clean, tmp_path):
    initialised(clean)
    assert controlproof("collect", "--control", "ACC-3").returncode == 1
    (path,) = (tmp_path / name for name in json.loads(controlproof("review", "open", "--json").stdout)["files"][:1])
    assert submit(edited(path, {UNDECIDED: KEEP}).name).returncode == 0
    assert controlproof("collect", "--control", "ACC-3", "--control", "ACC-4").returncode == 0
    today = datetime.now(UTC).date()
    period = f"{today - timedelta(days=1)}..{today + timedelta(days=2)}"
    key = json.loads(controlproof("key", "show", "--json").stdout)["fingerprint"]
    assert controlproof("export", "--period", period, "-o", "bundle.zip").returncode == 0
    assert controlproof("verify", "bundle.zip", "--key", key).returncode == 0
    done = controlproof("replay", "bundle.zip", "--key", key)
    assert (done.returncode, "3 results reproduced" in done.stdout) == (0, True)


def test_readers_of_logs_are_reviewed_in_a_packet_of_their_own(tmp_path, controlproof, submit):
    """From a result of LOG-5 to a packet, to a review, to a pass; another control's review is not this one's."""
    given = good(attestations=(access_review({AUDITOR: "keep"}),))
    first = judge(LOG_5, given)
    assert {each.reason.partition(": ")[0] for each in first.deviations} >= {"overdue"}
    logs_collected(tmp_path, given)
    opened = json.loads(controlproof("review", "open", "--control", "LOG-5", "--json").stdout)
    path = tmp_path / opened["files"][0]
    assert (path.name.startswith("review-LOG-5-"), opened["entries"]) == (True, 2)
    assert submit(edited(path, {UNDECIDED: KEEP}).name).returncode == 0
    documents = json.loads(controlproof("review", "status", "--json").stdout)
    assert [(each["control"], each["keep"]) for each in documents] == [("ACC-3", None), ("LOG-5", 2)]
    assert logs_collected_again(tmp_path, given).outcome is Outcome.PASS


def test_submit_leaves_no_file_behind(filled, submit, tmp_path):
    before = {path.name for path in tmp_path.iterdir()}
    submit(filled.name)
    assert {path.name for path in tmp_path.iterdir()} - {"controlproof.db-wal", "controlproof.db-shm"} <= before
