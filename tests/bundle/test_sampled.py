"""A bundle that holds in full only what was sampled, and of everything else the digests."""

import json
import zipfile

import pytest
from support.commands import runner
from support.tampering import OBJECTS, edit_manifest, lines_of, read, without, write

from collector.bundle.export import export_bundle
from collector.bundle.manifest import Items
from collector.bundle.reader import open_bundle
from collector.bundle.replay import replay
from collector.bundle.verify import verify_bundle
from collector.ledger.verify import Trust
from collector.model.errors import Exit, ExportError
from collector.model.record import Kind
from collector.period.sample import sample_entry, sample_of, sample_of_changes
from collector.period.state import newest
from controls.registry import CONTROLS
from controls.source import source_files

BUCKETS = "aws:123456789012/s3.buckets"
ROLES = b"arn:aws:iam::123456789012:role/"
INSTALLED = {control.id: control for control in CONTROLS}


@pytest.fixture
def sampled(ledger, export):
    """A bundle after one of the two buckets was drawn, with that bucket's id and digest."""
    with ledger.read() as reader:
        header = newest(reader, BUCKETS, (Kind.SNAPSHOT,))
        drawn = sample_of(reader, header, "2026", 1)
    ledger.append([sample_entry(drawn, header.controls)])
    (item,) = drawn.items
    return export("sampled.zip", items=Items.SAMPLED), item


def judged(path, key):
    with open_bundle(path) as bundle:
        return verify_bundle(bundle, Trust((key.key.fingerprint,)))


def test_what_was_sampled_is_there_in_full_and_the_rest_as_digests_and_both_verify(sampled, export, key):
    path, item = sampled
    found = judged(path, key)
    assert found.exit is Exit.PASS
    assert "items only the digests are here" in found.statements[0].sentence
    assert "items withheld: only their digests are here" in found.steps[2].detail
    with open_bundle(path) as bundle, open_bundle(export("whole.zip")) as whole:
        assert bundle.object(item.digest) == whole.object(item.digest)
        assert whole.objects > bundle.objects
    assert ROLES in read(export("whole.zip"))[OBJECTS]
    assert not any(line.startswith(b'{"arn":') for line in lines_of(read(path), OBJECTS))


def test_the_same_sample_is_drawn_again_from_the_digests(sampled, ledger):
    path, item = sampled
    with open_bundle(path) as bundle:
        header = newest(bundle, BUCKETS, (Kind.SNAPSHOT,))
        assert sample_of(bundle, header, "2026", 1).items == (item,)


def test_results_whose_items_are_withheld_are_neither_reproduced_nor_contradicted(sampled):
    path, _ = sampled
    with open_bundle(path) as bundle:
        found = replay(bundle, INSTALLED, source_files())
    assert (found.reproduced, found.without_items, found.differences) == (0, 6, [])
    assert found.exit is Exit.INCONCLUSIVE


def test_a_whole_bundle_without_an_item_is_refuted_and_not_called_withheld(sampled, export, key, tmp_path):
    _, item = sampled
    path = write(tmp_path / "b.zip", without(read(export("whole.zip")), item.digest))
    assert judged(path, key).exit is Exit.INTEGRITY


def test_items_left_out_under_a_claim_of_sampling_are_found_by_the_text_that_says_so(sampled, export, key, tmp_path):
    files = read(export("whole.zip"))
    kept = set(lines_of(read(sampled[0]), OBJECTS))
    fewer = b"".join(line + b"\n" for line in lines_of(files, OBJECTS) if line in kept)
    path = write(tmp_path / "b.zip", edit_manifest({**files, OBJECTS: fewer}, items="sampled"))
    found = judged(path, key)
    assert found.exit is Exit.INTEGRITY
    assert "README.txt does not follow" in found.problems[0].message


def test_an_export_of_samples_without_any_on_record_is_refused(export, tmp_path):
    with pytest.raises(ExportError, match="no sample of this period's records is on record"):
        export("none.zip", items=Items.SAMPLED)
    assert not (tmp_path / "none.zip").exists()


def test_of_a_sampled_change_what_was_and_what_became_are_there_in_full(ledger, export, key):
    with ledger.read() as reader:
        drawn = sample_of_changes(reader, BUCKETS, "s", 25, 0, reader.size)
    ledger.append([sample_entry(drawn, ("ACC-2",))])
    path = export("changes.zip", items=Items.SAMPLED)
    assert judged(path, key).exit is Exit.PASS
    with open_bundle(path) as bundle:
        (each,) = drawn.items
        assert bundle.object(each.change.was)
        assert bundle.object(each.change.became)
        assert sample_of_changes(bundle, BUCKETS, "s", 25, 0, bundle.size).items == drawn.items
    with zipfile.ZipFile(path) as archive:
        assert json.loads(archive.read("bundle.json"))["items"] == "sampled"


def test_a_sampled_item_that_was_removed_is_named(ledger, tmp_path, key, sampled):
    from collector.model.period import Period

    with ledger.read() as reader:
        export_bundle(reader, Period.parse("2026-01-02..2026-03-01"), None, tmp_path / "b.zip", items=Items.SAMPLED)
    files = read(tmp_path / "b.zip")
    assert judged(tmp_path / "b.zip", key).exit is Exit.PASS
    found = judged(write(tmp_path / "c.zip", without(files, sampled[1].digest)), key)
    assert found.exit is Exit.INTEGRITY
    assert f"item {sampled[1].id}, which record" in found.problems[0].message


@pytest.fixture
def command(tmp_path):
    return runner(tmp_path)


def test_changes_are_drawn_by_command_from_a_bundle_as_from_its_ledger(ledger, export, command):
    path = export()
    options = ("--population", f"changes:{BUCKETS}", "--seed", "s", "--json")
    done = command("sample", path, *options, "--since", "2026-01-03", "--at", "2026-02-01")
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    with ledger.read() as reader:
        drawn = sample_of_changes(reader, BUCKETS, "s", 25, told["first"], told["record"] + 1)
    assert told["items"] == [each.to_json() for each in drawn.items]
    assert (told["count"], told["subject"]) == (1, f"changes:{BUCKETS}")
    said = command("sample", path, *options[:-1]).stdout
    assert "1 of the 1 changes of aws:123456789012/s3.buckets between complete snapshots" in said


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--population", "changes:aws:1/none"), "there are not two complete snapshots"),
        (("--population", f"changes:{BUCKETS}", "--at", "2026-01-02T12:00:00Z"), "there are not two complete"),
        (("--population", BUCKETS, "--since", "2026-01-02"), "--since is for changes"),
    ],
)
def test_changes_of_nothing_are_refused(export, command, options, message):
    done = command("sample", export(), "--seed", "s", *options)
    assert (done.returncode, message in done.stderr) == (2, True)


def test_replay_by_command_says_what_cannot_be_replayed_and_does_not_pass(sampled, command, key):
    done = command("replay", sampled[0], "--key", key.key.fingerprint)
    assert done.returncode == Exit.INCONCLUSIVE
    assert "6 results cannot be replayed: the export withholds items that their tests need" in done.stdout
