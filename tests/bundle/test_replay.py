import pytest
from support.attacker import forge_last_result
from support.ledgers import raw

from collector.bundle.reader import open_bundle
from collector.bundle.replay import replay
from collector.ledger.verify import Trust, verify
from collector.model.canonical import encode
from collector.model.errors import Exit
from controls.registry import CONTROLS
from controls.source import source_files

INSTALLED = {control.id: control for control in CONTROLS}


def test_a_result_forged_under_the_real_key_is_found_and_named(ledger, tmp_path, key):
    last = forge_last_result(ledger, tmp_path, key, outcome="pass", deviations=0, reason="all 3 conform")
    with ledger.read() as reader:
        # The forgery is signed, so verification alone cannot see it.
        assert verify(reader, Trust((key.key.encode(),))).exit is Exit.PASS
        found = replay(reader, INSTALLED, source_files())
    assert found.exit is Exit.INTEGRITY
    assert {(d.seq, d.control) for d in found.differences} == {(last.seq, last.subject)}
    assert any("outcome: recorded 'pass', replayed 'fail'" in d.message for d in found.differences)


def test_a_deviation_hidden_from_the_list_is_named_by_its_item(ledger, tmp_path, key):
    from collector.ledger.bodies import assessment_json
    from collector.ledger.chunks import chunk

    with ledger.read() as reader:
        from collector.ledger.bodies import read_assessments
        from collector.ledger.reader import fetch
        from collector.model.canonical import decode_object

        last = reader.header(reader.size - 1)
        body = decode_object(fetch(reader, last.body), "it")
        kept = [a for a in read_assessments(reader, body["assessments"], "it") if not a.reason]
    index = chunk((a.id, encode(assessment_json(a))) for a in kept)
    with raw(f"sqlite:///{tmp_path}/ledger.db").begin() as connection:
        import zstandard
        from sqlalchemy import insert

        from collector.ledger import schema

        for node in (index, *index.children):
            packed = zstandard.ZstdCompressor(write_content_size=False).compress(node.data)
            row = {"digest": bytes.fromhex(node.address), "size": len(node.data), "data": packed}
            connection.execute(insert(schema.objects).values(**row))
    forge_last_result(ledger, tmp_path, key, assessments=index.address)
    with ledger.read() as reader:
        found = replay(reader, INSTALLED, source_files())
    hidden = [d for d in found.differences if d.item]
    assert [d.item for d in hidden] == ["s3://weights/llm/ encryption"]
    assert hidden[0].message == "the replay assesses it, the record does not"


def test_another_source_of_the_tests_is_said_and_is_no_difference(export):
    with open_bundle(export()) as bundle:
        found = replay(bundle, INSTALLED, {"controls/other.py": "pass"})
    assert (found.other_source, found.differences) == (6, [])


def test_a_control_that_is_not_installed_is_named_and_is_no_pass(export):
    with open_bundle(export()) as bundle:
        found = replay(bundle, {"ACC-5": INSTALLED["ACC-5"]}, source_files())
    assert found.unknown == {"ACC-2": 3}
    assert found.exit is Exit.INCONCLUSIVE


def test_a_test_that_crashes_on_replay_is_a_difference_not_a_traceback(export):
    from dataclasses import replace

    def crash(*_):
        raise ZeroDivisionError

    broken = {**INSTALLED, "ACC-2": replace(INSTALLED["ACC-2"], test=crash)}
    with open_bundle(export()) as bundle:
        found = replay(bundle, broken, source_files())
    assert found.exit is Exit.INTEGRITY
    assert {d.message for d in found.differences} == {"the test crashed: ZeroDivisionError()"}


@pytest.mark.parametrize("controls", [None, ["ACC-5"]])
def test_a_ledger_and_its_bundle_replay_alike(ledger, export, controls):
    with ledger.read() as reader:
        whole = replay(reader, INSTALLED, source_files())
    with open_bundle(export(controls=controls)) as bundle:
        part = replay(bundle, INSTALLED, source_files())
    assert whole.exit is part.exit is Exit.PASS
    assert whole.reproduced == 8


def test_where_no_records_are_nothing_is_replayed(ledger):
    with ledger.read() as reader:
        assert replay(reader, INSTALLED, source_files(), within=range(3, 3)).reproduced == 0
