"""Retention drops content that nothing retained names, and says so; nothing else may be gone."""

import json
from datetime import timedelta

import pytest
from sqlalchemy import func, select
from support.commands import runner
from support.estate import year
from support.ledgers import NAME, START, Clock, buckets, configuration, entry, fill, raw, signer

from collector.bundle.export import export_bundle
from collector.bundle.reader import open_bundle
from collector.bundle.replay import replay
from collector.bundle.verify import verify_bundle
from collector.ledger import schema
from collector.ledger.entry import Entry, Object
from collector.ledger.retention import prunings
from collector.ledger.store import Ledger
from collector.ledger.verification import INTACT, Verdict
from collector.ledger.verify import Trust, verify
from collector.model.canonical import encode
from collector.model.errors import Exit, ExportError, SigningError
from collector.model.period import Period
from collector.model.record import Kind
from controls.registry import CONTROLS
from controls.source import source_files


def checked(ledger, key):
    with ledger.read() as reader:
        found = verify(reader, Trust((key.key.encode(),)))
    return found, next(each for each in found.statements if each.name == INTACT)


def objects(database):
    with raw(database).connect() as connection:
        return connection.scalar(select(func.count()).select_from(schema.objects))


@pytest.fixture
def pruned(ledger, key):
    """Eight records, of which the content of those before the sixth is past retention."""
    fill(ledger, 8)
    with ledger.read() as reader:
        cutoff = reader.header(5).time
    plan = ledger.prune(cutoff)
    assert (plan.before, plan.records) == (5, 3)
    return ledger


@pytest.fixture
def key(tmp_path):
    return signer(tmp_path)


def test_a_pruned_ledger_verifies_and_says_what_was_dropped_and_when(pruned, key):
    found, statement = checked(pruned, key)
    assert (found.exit, statement.verdict) == (Exit.PASS, Verdict.PROVEN)
    with pruned.read() as reader:
        (pruning,) = prunings(reader)
        assert pruning.seq == reader.size - 1 == 8
    assert "The bodies of 3 old records are gone, past retention: record 8 of 2026-" in statement.sentence
    assert "3 bodies dropped by retention" in found.steps[1].detail


def test_the_configuration_and_the_newest_complete_snapshot_of_a_population_stay(pruned, key):
    with pruned.read() as reader:
        held = [seq for seq in range(9) if reader.object(reader.header(seq).body) is not None]
    assert held == [0, 4, 5, 6, 7, 8]


def test_what_is_still_named_by_a_retained_record_is_kept(ledger, database, key):
    ledger.append([configuration()])
    ledger.append([entry(buckets(5), population="s3.buckets")])
    ledger.append([entry(buckets(5, n1="other"), population="s3.buckets")])
    ledger.append([entry(buckets(5), population="s3.buckets")])
    with ledger.read() as reader:
        cutoff = reader.header(3).time
    before = objects(database)
    plan = ledger.prune(cutoff)
    # Of the first snapshot only its body goes: its items are those of the last one too.
    assert (plan.records, len(plan.objects)) == (1, 1)
    assert objects(database) == before
    assert checked(ledger, key)[0].exit is Exit.PASS


def test_a_second_pruning_goes_on_where_the_first_one_ended(pruned, key):
    with pruned.read() as reader:
        cutoff = reader.header(7).time
    assert pruned.prune(cutoff).records == 2
    found, statement = checked(pruned, key)
    assert (found.exit, statement.verdict) == (Exit.PASS, Verdict.PROVEN)
    assert "5 old records are gone" in statement.sentence


def test_what_another_process_dropped_is_stored_again_by_one_that_remembers_having_stored_it(ledger, database, key):
    """The first list is dropped, and then read again as it was."""
    other = Ledger.open(database, "other", key, Clock(START + timedelta(days=1)))
    ledger.append([configuration()])
    for items in (buckets(5, n1="first"), buckets(5, n1="second"), buckets(5, n1="third")):
        ledger.append([entry(items, population="s3.buckets")])
    with other.read() as reader:
        cutoff = reader.header(3).time
    assert other.prune(cutoff).objects
    ledger._clock = Clock(START + timedelta(days=2))
    ledger.append([entry(buckets(5, n1="first"), population="s3.buckets")])
    assert checked(ledger, key)[1].verdict is Verdict.PROVEN


def test_where_nothing_is_past_retention_nothing_is_appended(ledger, key):
    fill(ledger, 3)
    assert not ledger.prune(START).objects
    with ledger.read() as reader:
        assert reader.size == 3


def test_a_dry_run_drops_nothing(ledger, database):
    fill(ledger, 8)
    before = objects(database)
    assert ledger.prune(START + timedelta(days=9), dry=True).objects
    with ledger.read() as reader:
        assert (reader.size, objects(database)) == (8, before)


def test_what_was_dropped_is_not_left_in_the_file(ledger, database, tmp_path):
    if not database.startswith("sqlite"):
        pytest.skip("PostgreSQL's vacuum is the operator's")
    fill(ledger, 8)
    with ledger.read() as reader:
        cutoff, data = reader.header(5).time, reader._rows([bytes.fromhex(reader.header(1).body)])
    ((_, compressed),) = data.values()
    path = tmp_path / database.rpartition("/")[2]
    ledger.prune(cutoff)
    assert compressed not in path.read_bytes()


def test_a_body_that_is_gone_although_it_is_not_past_retention_is_found(pruned, database, key, tmp_path):
    with raw(database).begin() as connection:
        header = connection.scalar(select(schema.records.c.header).where(schema.records.c.seq == 6))
        address = bytes.fromhex(json.loads(bytes(header))["body"])
        connection.execute(schema.objects.delete().where(schema.objects.c.digest == address))
    found, statement = checked(pruned, key)
    assert (found.exit, statement.verdict) == (Exit.INTEGRITY, Verdict.REFUTED)
    assert "the body of record 6" in statement.sentence


def test_a_body_that_is_gone_without_a_pruning_is_found(ledger, database, key):
    fill(ledger, 8)
    with raw(database).begin() as connection:
        connection.execute(schema.objects.delete())
    assert checked(ledger, key)[0].exit is Exit.INTEGRITY


@pytest.mark.parametrize("body", [{"before": 99}, {"before": -1}, {"before": True}, {}, {"cutoff": "soon"}])
def test_a_pruning_that_says_more_than_it_can_is_refused(ledger, key, body):
    fill(ledger, 3)
    good = {"before": 1, "cutoff": "2026-01-01T00:00:00.000000Z", "objects": 1, "records": 1, "v": 1}
    ledger.append([Entry(Kind.PRUNE, NAME, Object(encode({**good, **body} if body else {})))])
    assert checked(ledger, key)[0].exit is Exit.INTEGRITY


def test_a_failing_signature_drops_nothing(ledger, database, key):
    fill(ledger, 8)

    class Broken:
        key = ledger._signer.key

        def sign(self, message):
            raise SigningError("the service is down")

    before = objects(database)
    ledger._signer = Broken()
    with pytest.raises(SigningError):
        ledger.prune(START + timedelta(days=9))
    with ledger.read() as reader:
        assert (reader.size, objects(database)) == (8, before)


class TestAYearOfRuns:
    """A ledger with results that rest on snapshots, attestations and earlier snapshots."""

    @pytest.fixture
    def ledger(self, tmp_path):
        made = year(tmp_path)
        with made.read() as reader:
            times = [reader.header(seq).time for seq in range(reader.size)]
        made.prune(times[len(times) // 2])
        return made

    def test_retained_results_replay(self, ledger, tmp_path):
        with ledger.read() as reader:
            (pruning,) = prunings(reader)
            assert pruning.records
            period = Period(reader.header(pruning.before).time, reader.header(reader.size - 1).time + timedelta(days=1))
            export_bundle(reader, period, None, tmp_path / "b.zip")
        with open_bundle(tmp_path / "b.zip") as bundle:
            assert verify_bundle(bundle, Trust((bundle.key,))).exit is Exit.PASS
            found = replay(bundle, {control.id: control for control in CONTROLS}, source_files())
        assert (found.differences, found.unknown) == ([], {})
        assert found.reproduced

    def test_the_ledger_itself_replays_what_is_left(self, ledger):
        with ledger.read() as reader:
            found = replay(reader, {control.id: control for control in CONTROLS}, source_files())
        assert found.differences == []
        assert found.pruned
        assert found.reproduced

    def test_a_period_whose_content_is_gone_is_not_exported_half(self, ledger, tmp_path):
        with ledger.read() as reader, pytest.raises(ExportError, match="dropped by retention") as caught:
            export_bundle(reader, Period.parse("2025-01-01..2028-01-01"), None, tmp_path / "b.zip")
        assert "exported before" in caught.value.mend
        assert not (tmp_path / "b.zip").exists()


class TestCommand:
    @pytest.fixture
    def run(self, tmp_path):
        made = Ledger.create(
            f"sqlite:///{tmp_path}/ledger.db", "test-1", signer(tmp_path), Clock(START - timedelta(days=700))
        )
        fill(made, 6)

        def configure(more=""):
            (tmp_path / "controlproof.yaml").write_text(
                f"ledger:\n  name: {NAME}\n  database: sqlite:///ledger.db\n  key: file:key\n  collector: test-1\n{more}"
                'sources: [{aws: {account: "123456789012", region: eu-central-1}}]\n'
            )
            return runner(tmp_path)

        return configure

    def test_without_retention_nothing_is_dropped(self, run):
        done = run()("prune")
        assert (done.returncode, "set ledger.retention_days" in done.stderr) == (2, True)

    def test_a_retention_shorter_than_an_audits_year_is_refused(self, run):
        done = run("  retention_days: 90\n")("prune")
        assert (done.returncode, "retention_days" in done.stderr) == (2, True)

    def test_what_would_be_dropped_is_said_before_it_is(self, run):
        command = run("  retention_days: 400\n")
        assert "would drop the content of 4 records" in command("prune", "--dry-run").stdout
        assert "dropped the content of 4 records" in command("prune").stdout
        assert "dropped the content of 0 records" in command("prune").stdout
        verified = command("verify")
        assert verified.returncode == 0, verified.stdout
        assert "4 old records are gone" in verified.stdout
        gone = command("show", "2")
        assert (gone.returncode, "dropped by retention" in gone.stderr) == (2, True)
