"""Each way of changing a recorded ledger, and the words in which verification names it."""

import re
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text
from support.attacker import Attacker
from support.ledgers import NAME, START, Clock, buckets, entry, fill, raw, signer

from collector.ledger.anchors import Anchor, AnchorKind
from collector.ledger.checkpoint import Checkpoint, SignedCheckpoint
from collector.ledger.store import Ledger
from collector.ledger.verification import SIGNED, Verdict
from collector.ledger.verify import Trust, verify
from collector.model.canonical import encode
from collector.model.errors import ControlproofError, Exit

CHAIN, CONTENTS, SIGNATURES, EARLIER = 0, 1, 2, 3


@dataclass(frozen=True)
class Case:
    tamper: Callable[[Attacker], None]
    step: int
    message: str
    record: int | None = None
    needs: str = field(default="")


def other_key(attacker):
    return signer(attacker.folder, file="other")


def other_ledger(attacker, name=NAME):
    """Another ledger under the same key, as a test system's would be."""
    database = f"sqlite:///{attacker.folder}/other.db"
    other = Ledger.create(database, "test-2", signer(attacker.folder, name), Clock())
    fill(other, 8)
    return other


def headers(ledger):
    with ledger.read() as reader:
        return [data for _, data in reader.headers()]


def alter_and_rebuild(attacker):
    attacker.alter_header(3, subject="aws:000000000000/s3.buckets")
    attacker.rebuild_chain(4)


def insert(attacker):
    forged = {**attacker.header(4), "subject": "aws:000000000000/s3.buckets"}
    attacker.insert_record(4, encode(forged))


def graft(attacker):
    for seq, data in enumerate(headers(other_ledger(attacker))):
        if seq >= 5:
            attacker.set_header(seq, data)


def cut_records(attacker):
    for seq in (6, 7):
        attacker.delete_record(seq)


def swap_bodies(attacker):
    one, other = attacker.header(3)["body"], attacker.header(5)["body"]
    first, second = attacker.object(one), attacker.object(other)
    attacker.set_object(one, second)
    attacker.set_object(other, first)


def alter_body(attacker):
    address = attacker.header(3)["body"]
    attacker.set_object(address, encode({**attacker.body(3), "count": 4}))


def alter_item(attacker):
    attacker.set_object(attacker.item_of(3)[1], encode({"name": "bucket-000000", "policy": "none"}))


def alter_chunk(attacker):
    chunk = attacker.chunk_of(3)
    attacker.set_object(chunk, attacker.object(chunk).replace(b"bucket-000000", b"bucket-999999"))


def bomb(attacker):
    attacker.set_object(attacker.item_of(3)[1], b"0" * 100_000_000, size=40)


def alter_old_checkpoint(attacker):
    root = SignedCheckpoint.decode(attacker.checkpoint(4), "it").checkpoint.root
    note = SignedCheckpoint.decode(attacker.checkpoint(3), "it").note
    forged = Checkpoint(NAME, 3, root).text()
    attacker.set_checkpoint(3, forged.encode() + b"\n" + "".join(line.encode() for line in note.signatures).encode())


def resign_old_checkpoint(attacker):
    root = SignedCheckpoint.decode(attacker.checkpoint(4), "it").checkpoint.root
    attacker.set_checkpoint(3, attacker.sign(Checkpoint(NAME, 3, root)))


def flip_signature(attacker):
    note = attacker.checkpoint(5)
    line = note.rstrip(b"\n").rsplit(b" ", 1)[1]
    flipped = line[:20] + (b"A" if line[20:21] != b"A" else b"B") + line[21:]
    attacker.set_checkpoint(5, note.replace(line, flipped))


def remove_signature(attacker):
    attacker.set_checkpoint(5, attacker.checkpoint(5).split(b"\n\n")[0] + b"\n")


def swap_checkpoints(attacker):
    first, second = attacker.checkpoint(3), attacker.checkpoint(5)
    attacker.set_checkpoint(3, second)
    attacker.set_checkpoint(5, first)


def foreign_checkpoint(attacker):
    root = SignedCheckpoint.decode(attacker.checkpoint(5), "it").checkpoint.root
    name = "controlproof.example.com/other"
    attacker.set_checkpoint(5, attacker.sign(Checkpoint(name, 5, root), signer(attacker.folder, name)))


def rewrite_history(attacker):
    """With database and key: another last record, chained and signed as if it had always been there."""
    attacker.rewind(7)
    attacker.connection.commit()
    again = Ledger.open(f"sqlite:///{attacker.folder}/ledger.db", "test-1", attacker.signer, Clock())
    again._clock = lambda: Clock().time.replace(year=2027)
    again.append([entry(buckets(5, n1="another history"))])


CASES = {
    "alter a header": Case(
        lambda a: a.alter_header(3, outcome="pass"), CHAIN, "record 3 was altered: record 4 continues", 3
    ),
    "alter the last header": Case(
        lambda a: a.alter_header(7, outcome="pass"), CHAIN, "record 7 was altered: the records do not give the root", 7
    ),
    "make a header unreadable": Case(
        lambda a: a.set_header(3, b"{}"), CHAIN, "the header of record 3 has version None", 3
    ),
    "alter a header and rebuild the chain after it": Case(
        alter_and_rebuild,
        CHAIN,
        "record 3 was altered and the chain rebuilt over it: the records do not give the root",
        3,
    ),
    "date a record back": Case(
        lambda a: (a.alter_header(3, time="2020-01-01T00:00:00.000000Z"), a.rebuild_chain(4)),
        CHAIN,
        "record 3 is dated 2020-01-01T00:00:00.000000Z, before the record",
        3,
    ),
    "delete a record": Case(
        lambda a: a.delete_record(3), CHAIN, r"record 3 is missing: it was deleted \(record 4 follows\)", 3
    ),
    "delete the first record": Case(lambda a: a.delete_record(0), CHAIN, "record 0 is missing: it was deleted", 0),
    "insert a record": Case(insert, CHAIN, "a record was inserted: two records say that they are record 4", 4),
    "reorder two records": Case(
        lambda a: a.swap_records(3, 4), CHAIN, "records were reordered: where record 3 should stand is record 4", 3
    ),
    "truncate the tail": Case(cut_records, CHAIN, "the tail is cut: 8 records were signed, but only 6 are left", 6),
    "graft records of another ledger": Case(
        graft, CHAIN, "record 5 does not continue this ledger: .* grafted from another ledger", 5
    ),
    "remove the last checkpoint": Case(
        lambda a: a.delete_checkpoints_from(8), CHAIN, "no checkpoint covers records 7 to 7: they are unsigned", 7
    ),
    "swap two bodies": Case(
        swap_bodies, CONTENTS, r"the body of record 3 \(.*\) was swapped: what is stored is the body of record 5", 3
    ),
    "alter a body": Case(alter_body, CONTENTS, r"the body of record 3 \(.*\) was altered: its digest is", 3),
    "remove a body": Case(
        lambda a: a.delete_object(a.header(3)["body"]), CONTENTS, r"the body of record 3 \(.*\) is missing", 3
    ),
    "alter an item": Case(
        alter_item, CONTENTS, r"item arn:aws:s3:::bucket-000000 of record 1 \(.*\) was altered: its digest", 1
    ),
    "remove an item": Case(
        lambda a: a.delete_object(a.item_of(3)[1]),
        CONTENTS,
        "item arn:aws:s3:::bucket-000000 of record 1 .* is missing",
        1,
    ),
    "alter a chunk": Case(alter_chunk, CONTENTS, r"the list of items of record 3 \(.*\) was altered", 3),
    "remove an index": Case(
        lambda a: a.delete_object(a.body(3)["items"]),
        CONTENTS,
        r"a part of the list of items of record 3 \(.*\) is missing",
        3,
    ),
    "put a decompression bomb in an item's place": Case(bomb, CONTENTS, "cannot be decompressed: it was altered", 1),
    "re-sign with another key": Case(
        lambda a: a.resign_everything(other_key(a)),
        SIGNATURES,
        "none of the keys is the pinned one .*: it is signed by sha256:",
    ),
    "alter an old checkpoint": Case(
        alter_old_checkpoint,
        SIGNATURES,
        "signature of .* on the checkpoint of size 3 does not verify: its text was altered",
    ),
    "re-sign an old checkpoint over another root": Case(
        resign_old_checkpoint,
        CHAIN,
        "record 2 was altered and the chain rebuilt over it: .* the checkpoint of size 3",
        2,
    ),
    "flip a bit of a signature": Case(
        flip_signature, SIGNATURES, "signature of .* on the checkpoint of size 5 does not verify"
    ),
    "remove a signature": Case(remove_signature, SIGNATURES, "checkpoint number 5 is not a signed note"),
    "sign one checkpoint with another key": Case(
        lambda a: a.set_checkpoint(5, a.sign(SignedCheckpoint.decode(a.checkpoint(5), "it").checkpoint, other_key(a))),
        SIGNATURES,
        "the checkpoint of size 5 is not signed by a trusted key",
    ),
    "swap two checkpoints": Case(swap_checkpoints, SIGNATURES, "the checkpoint of size 4 stands after that of 5"),
    "put in a checkpoint of another ledger": Case(
        foreign_checkpoint, SIGNATURES, "the checkpoint of size 5 is of another ledger, controlproof.example.com/other"
    ),
    "roll back to an older copy": Case(
        lambda a: a.rewind(6),
        EARLIER,
        "rolled back: the checkpoint known from earlier covers 8 records",
        6,
        needs="since",
    ),
    "rewrite history with the key": Case(
        rewrite_history, EARLIER, "another history: the first 8 records are not those", needs="since"
    ),
}


def check(database, key, since=None):
    with Ledger.open(database).read() as reader:
        return verify(reader, Trust((key.key.fingerprint,), since))


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_tampering_is_found_and_named(ledger, database, key, tmp_path, case):
    with ledger.read() as reader:
        since = reader.checkpoint(reader.size)
    assert check(database, key, since).exit is Exit.PASS
    with raw(database).connect() as connection:
        case.tamper(Attacker(connection, tmp_path, key))
        connection.commit()
    found = check(database, key, since if case.needs else None)
    assert found.exit is Exit.INTEGRITY
    problem = found.steps[case.step].problem
    assert problem is not None
    assert re.search(case.message, problem.message)
    assert problem.seq == case.record


def test_each_fault_has_words_of_its_own():
    messages = [case.message for case in CASES.values()]
    assert len(set(messages)) == len(messages)


@pytest.mark.parametrize("name", ["roll back to an older copy", "rewrite history with the key"])
def test_who_holds_key_and_database_is_only_found_by_a_checkpoint_known_from_earlier(
    ledger, database, key, tmp_path, name
):
    with raw(database).connect() as connection:
        CASES[name].tamper(Attacker(connection, tmp_path, key))
        connection.commit()
    found = check(database, key)
    assert found.exit is Exit.PASS
    unproven = {statement.name for statement in found.statements if statement.verdict is Verdict.UNPROVEN}
    assert unproven == {"Timestamped", "Witnessed"}


def test_without_a_pinned_key_the_signatures_prove_nothing_and_it_says_so(ledger, database, key, tmp_path):
    with raw(database).connect() as connection:
        attacker = Attacker(connection, tmp_path, key)
        attacker.resign_everything(other_key(attacker))
        connection.commit()
    with Ledger.open(database).read() as reader:
        found = verify(reader, Trust())
    assert found.exit is Exit.INCONCLUSIVE
    signed = next(statement for statement in found.statements if statement.name == SIGNED)
    assert signed.verdict is Verdict.UNPROVEN
    assert "came with the records and no key was pinned" in signed.sentence


@pytest.fixture(scope="module")
def prepared(tmp_path_factory):
    """A folder with a small ledger and its key, to be copied."""
    folder = tmp_path_factory.mktemp("prepared")
    ledger = Ledger.create(f"sqlite:///{folder}/ledger.db", "test-1", signer(folder), Clock())
    fill(ledger, 4)
    ledger.anchor([Anchor(4, AnchorKind.COPY, "s3://copies", START, b"{}")])
    return folder


FIELDS = [("records", "header"), ("checkpoints", "note"), ("objects", "data")]


def flip(connection, table, column, number, bit):
    """Flip one bit of one row; tell whether what is stored there still reads the same."""
    rows = connection.execute(text(f"SELECT rowid, {column} FROM {table} ORDER BY rowid")).all()
    row, stored = rows[number % len(rows)]
    at = bit // 8 % len(stored)
    flipped = stored[:at] + bytes([stored[at] ^ (1 << bit % 8)]) + stored[at + 1 :]
    query = text(f"UPDATE {table} SET {column} = :data WHERE rowid = :row")
    connection.execute(query, {"data": flipped, "row": row})
    return table == "objects" and expand(flipped) == expand(stored)


def expand(data):
    try:
        return zstandard.ZstdDecompressor().decompress(data, max_output_size=1 << 20)
    except zstandard.ZstdError:
        return None


@given(field=st.sampled_from(FIELDS), number=st.integers(0, 10**6), bit=st.integers(0, 10**6))
def test_a_flipped_bit_anywhere_in_the_evidence_is_found(prepared, field, number, bit):
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder)
        for file in prepared.iterdir():
            shutil.copy2(file, copy)
        key, database = signer(copy), f"sqlite:///{copy}/ledger.db"
        with raw(database).connect() as connection:
            Attacker(connection, copy, key)
            # A bit of the compression that changes nothing of the content changes no evidence.
            harmless = flip(connection, *field, number, bit)
            connection.commit()
        try:
            found = check(database, key)
        except ControlproofError:
            return
        assert found.exit is (Exit.PASS if harmless else Exit.INTEGRITY)


@pytest.mark.parametrize("value", ["'text'", "7", "x''"])
@pytest.mark.parametrize("field", ["records.header", "checkpoints.note", "objects.data", "objects.size"])
def test_a_value_of_another_type_is_found_as_tampering(prepared, tmp_path, field, value):
    table, column = field.split(".")
    key, database = tampered_copy(prepared, tmp_path, f"UPDATE {table} SET {column} = {value}")
    found = check(database, key)
    assert found.exit is Exit.INTEGRITY
    assert found.problems


COLUMNS = ("origin", "key", "size", "frontier", "leaf", "time")
HEAD = [f"{column} = {value}" for column in COLUMNS for value in ("'text'", "7", "x'00'")]


FAULTS = [*(f"UPDATE head SET {each}" for each in HEAD), "DELETE FROM records WHERE seq = 3"]


@pytest.mark.parametrize("fault", FAULTS)
def test_nothing_is_built_on_a_head_that_does_not_stand_for_the_last_record(prepared, tmp_path, fault):
    key, database = tampered_copy(prepared, tmp_path, fault)

    def open_and_append():
        Ledger.open(database, "test-1", key, Clock(START + timedelta(days=1))).append([entry(buckets(2))])

    with pytest.raises(ControlproofError):
        open_and_append()
    with raw(database).connect() as connection:
        assert connection.scalar(text("SELECT max(seq) FROM records")) <= 3


@pytest.mark.parametrize("column", ["size", "kind", "name", "time"])
def test_an_anchor_of_which_a_part_is_of_another_type_is_refused_with_words(prepared, tmp_path, column):
    key, database = tampered_copy(prepared, tmp_path, f"UPDATE anchors SET {column} = x'00'")
    assert check(database, key).exit is Exit.INTEGRITY


def tampered_copy(prepared, folder, statement):
    for file in prepared.iterdir():
        shutil.copy2(file, folder)
    key, database = signer(folder), f"sqlite:///{folder}/ledger.db"
    with raw(database).begin() as connection:
        Attacker(connection, folder, key)
        connection.execute(text(statement))
    return key, database
