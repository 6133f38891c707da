"""What must hold on the ledger of a year: coverage, verification across keys, replay."""

import shutil
import zipfile
from datetime import timedelta
from itertools import groupby

import pytest
import zstandard
from support.attacker import Attacker
from support.ledgers import raw
from support.year import EVERY, NAME, PERIOD, POLLS, TESTED

from collector.bundle.export import export_bundle
from collector.bundle.manifest import CHECKPOINTS, EARLIER, OBJECTS, RECORDS
from collector.bundle.reader import open_bundle
from collector.bundle.replay import replay
from collector.bundle.verify import verify_bundle
from collector.demo.year import DENIED, OUTAGE, START
from collector.demo.year_estate import LAB
from collector.ledger.checkpoint import Checkpoint
from collector.ledger.keys import load_key_file
from collector.ledger.merkle import Frontier, leaf_hash
from collector.ledger.store import Ledger
from collector.ledger.verify import Trust, verify
from collector.model.canonical import digest, encode
from collector.model.errors import Exit
from collector.model.record import Header, Kind
from collector.period.coverage import State, coverage
from controls.registry import CONTROLS
from controls.source import source_files

MISSED = (OUTAGE[1] - OUTAGE[0]) // EVERY
INSTALLED = {control.id: control for control in CONTROLS}


@pytest.fixture(scope="session")
def bundle(year, tmp_path_factory):
    """The bundle of the year."""
    path = tmp_path_factory.mktemp("bundle") / "year.zip"
    with year.ledger.read() as reader:
        export_bundle(reader, PERIOD, None, path)
    return path


@pytest.fixture
def pin(year):
    """The fingerprint of the key that the year began with."""
    return load_key_file(year.folder / "first", NAME).key.fingerprint


def days(span):
    return (span.start - START) / timedelta(days=1), (span.end - START) / timedelta(days=1)


def results_of(year):
    with year.ledger.read() as reader:
        return [h for seq, data in reader.headers() if (h := Header.decode(data, str(seq))).kind is Kind.RESULT]


@pytest.fixture(scope="session")
def covered(year):
    """The coverage of the year."""
    with year.ledger.read() as reader:
        return coverage(reader, PERIOD, PERIOD.end)


def test_records_and_objects_take_little_more_than_as_one_zstd_stream(bundle):
    names = (RECORDS, CHECKPOINTS, EARLIER, OBJECTS)
    with zipfile.ZipFile(bundle) as archive:
        held = b"".join(archive.read(name) for name in names)
        packed = sum(archive.getinfo(name).compress_size for name in names)
    assert packed < 1.3 * len(zstandard.ZstdCompressor(level=9).compress(held))


def test_every_window_of_the_year_is_accounted_for(covered):
    assert {each.control for each in covered.controls} == {control.id for control in TESTED}
    for control in covered.controls:
        assert control.count() == POLLS
        assert control.count(State.MISSED) == MISSED
        assert control.count(State.OPEN) == 0


def test_days_of_outage_are_a_gap_although_nothing_recorded_them(covered):
    for control in covered.controls:
        (missed,) = [gap for gap in control.gaps if gap.state is State.MISSED]
        assert days(missed) == tuple(edge / timedelta(days=1) for edge in OUTAGE)
        assert [lack.cause for lack in missed.lacks] == ["not_recorded"]


def test_days_of_denials_are_incomplete_for_who_needs_what_was_denied_and_for_nobody_else(covered):
    found = {each.control: each for each in covered.controls}
    for control in ("ACC-3", "ACC-4"):
        (denied,) = [gap for gap in found[control].gaps if gap.state is State.INCOMPLETE]
        assert days(denied) == tuple(edge / timedelta(days=1) for edge in DENIED)
        assert {(lack.cause, lack.subject.partition("/")[0]) for lack in denied.lacks} == {("denied", f"aws:{LAB}")}
    assert found["CHG-1"].count(State.INCOMPLETE) == 0


def test_the_year_s_verdicts_follow_what_happened(year):
    results = {}
    for header in results_of(year):
        results.setdefault(header.subject, []).append(header)
    told = {c: [outcome for outcome, _ in groupby(h.outcome.value for h in each)] for c, each in results.items()}
    assert told["ACC-4"] == ["inconclusive", "pass", "fail", "pass", "inconclusive", "pass"]
    assert told["CHG-2"] == ["pass", "fail", "pass"]
    # Of six changes, the fourth was not approved, and the fifth was by who made it.
    assert [told for told in told["CHG-1"] if told != "not_applicable"] == [*["pass"] * 3, *["fail"] * 2, "pass"]
    # Not reviewed yet, gained and not reviewed, not revoked in time, overdue, gained again, and nothing seen for days.
    assert told["ACC-3"] == [*["fail", "pass"] * 5, "inconclusive", "pass"]
    # A report until the end of May 2025, its bridge letter two weeks after a year, and the next report in time.
    assert told["VEN-2"] == ["pass", "fail", "pass"]
    expired = [header.time for header in results["VEN-2"] if header.outcome.value == "fail"]
    assert (expired[0] - START).days == 151
    assert (expired[-1] - START).days == 165


def test_every_result_of_the_year_is_reproduced_from_the_bundle_under_the_first_key(bundle, pin):
    with open_bundle(bundle) as reader:
        verification = verify_bundle(reader, Trust((pin,)))
        found = replay(reader, INSTALLED, source_files())
    assert verification.exit is Exit.PASS
    assert (found.reproduced, found.exit) == ((POLLS - MISSED) * len(TESTED), Exit.PASS)


def test_equal_inputs_are_evaluated_once_and_each_says_the_same(year, monkeypatch):
    from collector.bundle import replay as module

    made = []

    class Counted(module.Evaluations):
        def __init__(self, **options):
            super().__init__(**options)
            made.append(self)

    monkeypatch.setattr(module, "Evaluations", Counted)
    # The others look at the time, or at when something was read: these are evaluated at each poll.
    timeless = {header.seq for header in results_of(year) if header.subject in ("ACC-4", "CHG-2")}
    with year.ledger.read() as reader:
        once = replay(reader, INSTALLED, source_files(), only=timeless)
        each = replay(reader, INSTALLED, source_files(), only=timeless, each=True)
    assert once == each
    assert made[1].evaluated == once.reproduced == len(timeless)
    assert made[0].evaluated < 0.2 * made[1].evaluated


@pytest.fixture
def forged(year, tmp_path):
    """A copy of the ledger in whose middle a result was altered, and everything after it signed anew."""
    shutil.copy(year.folder / "ledger.db", tmp_path / "ledger.db")
    database = f"sqlite:///{tmp_path}/ledger.db"
    with raw(database).begin() as connection:
        attacker = Attacker(connection, tmp_path, load_key_file(year.folder / "first", NAME))
        rotated = next(s for s in range(attacker.size()) if attacker.header(s)["kind"] == "key")
        victim = next(
            h for h in results_of(year) if h.subject == "ACC-3" and h.outcome.value == "fail" and h.seq > rotated
        )
        changed = {**attacker.body(victim.seq), "outcome": "pass", "deviations": 0, "reason": "all 4 conform"}
        body = encode(changed)
        attacker.add_object(body)
        attacker.alter_header(victim.seq, body=digest(body), outcome="pass")
        attacker.rebuild_chain(victim.seq + 1)
        second = load_key_file(year.folder / "second", NAME)
        attacker.resign_from(victim.seq, lambda size: [attacker.signer] if size <= rotated else [second])
    return Ledger.open(database), victim


def test_a_result_that_was_forged_under_the_real_keys_is_found_and_named(forged, pin):
    ledger, victim = forged
    with ledger.read() as reader:
        assert verify(reader, Trust((pin,))).exit is Exit.PASS
        around = set(range(victim.seq - 100, victim.seq + 100))
        found = replay(reader, INSTALLED, source_files(), only=around)
    assert found.exit is Exit.INTEGRITY
    assert {(each.seq, each.control) for each in found.differences} == {(victim.seq, "ACC-3")}
    assert any("outcome: recorded 'pass', replayed 'fail'" in each.message for each in found.differences)


def test_the_checkpoints_of_a_run_are_two(year):
    with year.ledger.read() as reader:
        sizes = sum(1 for _ in reader.checkpoints())
    assert sizes < 2 * POLLS + 40
    tree = Frontier()
    with year.ledger.read() as reader:
        for _, data in reader.headers():
            tree.append(leaf_hash(data))
        last = Checkpoint(NAME, reader.size, tree.root())
        assert last.text().encode() in b"".join(reader.checkpoints())
