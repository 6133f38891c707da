import json
from datetime import timedelta

import pytest
from sqlalchemy import event, text
from sqlalchemy.exc import InvalidRequestError
from support.attacker import Attacker
from support.ledgers import NAME, START, Clock, buckets, configuration, entry, fill, raw, signer

from collector.ledger import migrations, schema
from collector.ledger.anchors import Anchor, AnchorKind
from collector.ledger.checkpoint import SignedCheckpoint
from collector.ledger.entry import Entry, Object
from collector.ledger.merkle import leaf_hash, root_hash
from collector.ledger.reader import MAX_OBJECT
from collector.ledger.store import Ledger
from collector.ledger.verify import Trust, verify
from collector.model.errors import (
    ClockError,
    ConfigurationError,
    Exit,
    IntegrityError,
    LedgerBusyError,
    LedgerError,
    MalformedError,
)
from collector.model.record import NO_PREVIOUS, Header, Kind


class FaultError(Exception):
    """The injected fault."""


STATEMENTS = ["INSERT INTO objects", "INSERT INTO records", "INSERT INTO checkpoints", "UPDATE head"]


def verified(ledger, key):
    with ledger.read() as reader:
        return verify(reader, Trust((key.key.encode(),)))


def headers_of(ledger):
    with ledger.read() as reader:
        return [Header.decode(data, "it") for _, data in reader.headers()]


def test_an_empty_ledger_is_signed_and_verifies(ledger, key):
    assert verified(ledger, key).exit is Exit.PASS
    with ledger.read() as reader:
        assert len(list(reader.checkpoints())) == 1


def test_every_append_chains_and_is_signed(ledger, key):
    fill(ledger, 5)
    with ledger.read() as reader:
        data = [header for _, header in reader.headers()]
        checkpoints = [SignedCheckpoint.decode(note, "it") for note in reader.checkpoints()]
    headers = [Header.decode(header, "it") for header in data]
    assert [header.seq for header in headers] == [0, 1, 2, 3, 4]
    assert [header.prev for header in headers] == [NO_PREVIOUS, *(leaf_hash(d).hex() for d in data[:-1])]
    assert [signed.size for signed in checkpoints] == [0, 1, 2, 3, 4, 5]
    for signed in checkpoints:
        assert signed.checkpoint.root == root_hash([leaf_hash(d) for d in data[: signed.size]])
        signed.note.verify([key.key], "it")


def test_entries_of_one_append_share_one_time_and_one_checkpoint(ledger, key):
    ledger.append([configuration(), entry(buckets(2)), entry(buckets(3))])
    headers = headers_of(ledger)
    assert len({header.time for header in headers}) == 1
    with ledger.read() as reader:
        assert [SignedCheckpoint.decode(note, "it").size for note in reader.checkpoints()] == [0, 3]
    assert verified(ledger, key).exit is Exit.PASS


def test_nothing_to_append_appends_nothing(ledger):
    assert ledger.append([]) == ()
    assert headers_of(ledger) == []


def test_an_item_is_stored_once_however_often_it_recurs(ledger, database):
    ledger.append([configuration()])
    for _ in range(3):
        ledger.append([entry(buckets(5))])
    with raw(database).connect() as connection:
        count = connection.scalar(text("SELECT count(*) FROM objects"))
    # The configuration, three bodies, and once each: the index, its chunk or chunks, five items.
    assert count == 1 + 3 + 1 + 1 + 5


def test_a_clock_behind_the_last_record_is_refused_and_says_by_how_much(database, key):
    ahead = Ledger.create(database, "test-1", key, Clock(START))
    fill(ahead, 3)
    behind = Ledger.open(database, "test-2", key, Clock(START - timedelta(seconds=60)))
    with pytest.raises(ClockError, match=r"6\d\.\d{6} s behind"):
        behind.append([configuration()])
    assert len(headers_of(ahead)) == 3


def test_the_same_time_again_is_no_clock_error(database, key):
    stopped = Ledger.create(database, "test-1", key, lambda: START)
    stopped.append([configuration()])
    stopped.append([entry(buckets(1))])
    assert verified(stopped, key).exit is Exit.PASS


def test_a_second_ledger_is_never_made_over_the_first(ledger, database, key):
    fill(ledger, 2)
    with pytest.raises(ConfigurationError, match="never overwritten"):
        Ledger.create(database, "test-1", key, Clock())
    assert len(headers_of(ledger)) == 2


def test_another_key_cannot_append(ledger, database, tmp_path):
    other = Ledger.open(database, "test-1", signer(tmp_path, file="other"), Clock())
    with pytest.raises(ConfigurationError, match="not the ledger's current key"):
        other.append([configuration()])


def test_another_name_cannot_open(ledger, database, tmp_path):
    with pytest.raises(ConfigurationError, match=f"is called {NAME}, not other.example.com"):
        Ledger.open(database, "test-1", signer(tmp_path, "other.example.com"), Clock())


def test_a_ledger_opened_without_a_key_can_only_be_read(ledger, database):
    with pytest.raises(LedgerError, match="for reading"):
        Ledger.open(database).append([configuration()])


def test_a_missing_file_is_not_made_by_opening(tmp_path):
    with pytest.raises(ConfigurationError, match="there is no ledger"):
        Ledger.open(f"sqlite:///{tmp_path}/none.db")
    assert not (tmp_path / "none.db").exists()


def test_a_file_that_is_no_database_is_a_clear_error(tmp_path):
    (tmp_path / "x.db").write_bytes(b"not a database at all" * 100)
    with pytest.raises(LedgerError, match="not a database"):
        Ledger.open(f"sqlite:///{tmp_path}/x.db")


@pytest.mark.parametrize("url", ["mysql://x/y", "nonsense", "sqlite://", "postgresql+psycopg2://x/y"])
def test_another_database_is_refused(url):
    with pytest.raises(ConfigurationError):
        Ledger.open(url)


def test_a_database_that_is_not_there_is_a_clear_error_without_its_password():
    with pytest.raises(LedgerError) as caught:
        Ledger.open("postgresql+psycopg://user:CANARY@127.0.0.1:1/x")
    assert "failed" in caught.value.message
    assert "CANARY" not in caught.value.message


def test_a_ledger_of_another_schema_version_is_refused(ledger, database):
    with raw(database).begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(ConfigurationError, match="version 9999"):
        Ledger.open(database)


@pytest.mark.filterwarnings("ignore:Skipped unsupported reflection of expression-based index")
def test_the_migrated_schema_is_the_declared_one(ledger, database):
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext

    def without_index(_, name, kind, *__):
        # An index on an expression cannot be compared; test_subjects shows that it is there and used.
        return (kind, name) != ("index", "records_subject")

    with raw(database).connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "include_object": without_index})
        assert compare_metadata(context, schema.metadata) == []
        assert context.get_current_revision() == migrations.REVISION


@pytest.mark.parametrize("table", ["records", "checkpoints", "anchors"])
@pytest.mark.parametrize(
    "statement", ["UPDATE {table} SET {column} = {column}", "DELETE FROM {table}", "TRUNCATE {table}"]
)
def test_the_database_refuses_to_change_what_was_appended(ledger, database, table, statement):
    if "TRUNCATE" in statement and database.startswith("sqlite"):
        pytest.skip("SQLite has no TRUNCATE")
    fill(ledger, 2)
    ledger.anchor([Anchor(2, AnchorKind.COPY, "it", START, b"it")])
    column = {"records": "header", "checkpoints": "note", "anchors": "data"}[table]
    with pytest.raises(Exception, match="append-only"), raw(database).begin() as connection:
        connection.execute(text(statement.format(table=table, column=column)))


def test_the_database_refuses_to_change_an_object(ledger, database):
    fill(ledger, 2)
    with pytest.raises(Exception, match="append-only"), raw(database).begin() as connection:
        connection.execute(text("UPDATE objects SET size = size"))


def test_a_reader_sees_one_state_while_another_appends(ledger):
    fill(ledger, 2)
    with ledger.read() as reader:
        before = reader.size
        ledger.append([entry(buckets(9))])
        assert len(list(reader.headers())) == before
        assert len(list(reader.checkpoints())) == before + 1


def test_a_writer_that_never_ends_is_named_to_those_that_wait_for_it(ledger, monkeypatch):
    monkeypatch.setattr("collector.ledger.database.BUSY_SECONDS", 0.2)

    def begins_another(_):
        ledger.append([entry(buckets(1))])

    with pytest.raises(LedgerBusyError, match=r"another process held the ledger for more than 0\.2 s"):
        ledger.fenced(begins_another).append([entry(buckets(2))])
    with ledger.read() as reader:
        assert reader.size == 0


def test_a_head_that_its_checkpoint_contradicts_is_not_built_on(ledger, database):
    fill(ledger, 3)
    with raw(database).begin() as connection:
        connection.execute(text("UPDATE head SET size = 2"))
    with pytest.raises(IntegrityError):
        ledger.append([configuration()])


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        ("DELETE FROM checkpoints WHERE size = 3", "is missing"),
        ("UPDATE checkpoints SET note = x'78'", "is not a signed note"),
    ],
)
def test_a_checkpoint_that_was_altered_since_this_very_writer_signed_it_is_not_built_on(tmp_path, key, fault, said):
    database = f"sqlite:///{tmp_path}/altered.db"
    ledger = Ledger.create(database, "test-1", key, Clock())
    fill(ledger, 3)
    with raw(database).begin() as connection:
        Attacker(connection, tmp_path, key)
        connection.execute(text(fault))
    with pytest.raises((IntegrityError, MalformedError), match=said):
        ledger.append([configuration()])
    assert len(headers_of(ledger)) == 3


def test_appends_together_read_what_they_wrote_and_others_see_all_of_it_or_nothing(ledger, database, key):
    ledger.append([configuration()])
    seen = []
    with ledger.together() as held:
        for number in range(3):
            held.append([entry(buckets(number)), entry(buckets(5))])
            with held.read() as reader, Ledger.open(database).read() as other:
                seen.append((reader.size, len(list(reader.headers())), other.size))
    assert seen == [(3, 3, 1), (5, 5, 1), (7, 7, 1)]
    assert [header.seq for header in headers_of(ledger)] == list(range(7))
    ledger.append([entry(buckets(4))])
    with ledger.read() as reader:
        assert [SignedCheckpoint.decode(note, "it").size for note in reader.checkpoints()] == [0, 1, 3, 5, 7, 8]
    assert verified(ledger, key).exit is Exit.PASS


def test_appends_together_build_on_what_another_writer_appended_before(ledger, database, key):
    fill(ledger, 2)
    Ledger.open(database, "test-2", key, Clock(START + timedelta(hours=1))).append([entry(buckets(3))])
    ledger._clock = Clock(START + timedelta(hours=2))
    with ledger.together() as held:
        held.append([entry(buckets(4))])
        held.append([entry(buckets(5))])
    assert [header.collector for header in headers_of(ledger)] == ["test-1"] * 2 + ["test-2"] + ["test-1"] * 2
    assert verified(ledger, key).exit is Exit.PASS


@pytest.mark.parametrize("statement", STATEMENTS[:-1])
def test_one_append_that_fails_undoes_all_that_were_together_even_where_its_fault_is_swallowed(ledger, key, statement):
    fill(ledger, 2)
    engine, swallowed = ledger._engine, []

    def fail(_connection, _cursor, executed, *_rest):
        if executed.startswith(statement):
            raise FaultError

    def fails(held):
        try:
            held.append([entry(buckets(7))])
        except FaultError as fault:
            swallowed.append(fault)

    def appends_and_goes_on():
        with ledger.together() as held:
            held.append([entry(buckets(6))])
            event.listen(engine, "after_cursor_execute", fail)
            fails(held)
            event.remove(engine, "after_cursor_execute", fail)
            with pytest.raises(InvalidRequestError):
                held.append([entry(buckets(8))])

    with pytest.raises(LedgerError, match="an append failed"):
        appends_and_goes_on()
    assert swallowed
    assert len(headers_of(ledger)) == 2
    ledger.append([entry(buckets(7))])
    assert verified(ledger, key).exit is Exit.PASS


def test_a_fault_where_appends_together_move_the_head_undoes_all(ledger, key):
    fill(ledger, 2)
    engine = ledger._engine

    def fail(_connection, _cursor, executed, *_rest):
        if executed.startswith("UPDATE head"):
            raise FaultError

    def append_together():
        with ledger.together() as held:
            held.append([entry(buckets(6))])
            held.append([entry(buckets(7))])

    event.listen(engine, "after_cursor_execute", fail)
    with pytest.raises(FaultError):
        append_together()
    event.remove(engine, "after_cursor_execute", fail)
    assert len(headers_of(ledger)) == 2
    append_together()
    assert len(headers_of(ledger)) == 4
    assert verified(ledger, key).exit is Exit.PASS


def test_a_handover_that_is_undone_together_with_others_leaves_the_key_as_it_was(ledger, key, tmp_path):
    fill(ledger, 2)
    successor = signer(tmp_path, file="successor")

    def hand_over_and_fail():
        with ledger.together() as held:
            held.rotate(successor)
            held.append([entry(buckets(6))])
            raise FaultError

    with pytest.raises(FaultError):
        hand_over_and_fail()
    ledger.append([entry(buckets(7))])
    assert verified(ledger, key).exit is Exit.PASS
    with ledger.together() as held:
        held.rotate(successor)
        held.append([entry(buckets(6))])
    ledger.append([entry(buckets(7))])
    assert verified(ledger, successor).exit is Exit.PASS


def test_another_writer_waits_until_appends_together_have_ended(ledger, database, key, monkeypatch):
    monkeypatch.setattr("collector.ledger.database.BUSY_SECONDS", 0.2)
    other = Ledger.open(database, "test-2", key, Clock(START + timedelta(hours=1)))
    with ledger.together() as held:
        held.append([entry(buckets(1))])
        with pytest.raises(LedgerBusyError):
            other.append([entry(buckets(2))])
    assert len(headers_of(ledger)) == 1


def test_an_object_larger_than_the_ledger_keeps_is_refused_whole(ledger, key):
    fill(ledger, 2)
    with pytest.raises(LedgerError, match="larger than the ledger keeps"):
        ledger.append([Entry(Kind.CONFIG, NAME, Object(b'"' + b"x" * MAX_OBJECT + b'"'))])
    assert len(headers_of(ledger)) == 2
    assert verified(ledger, key).exit is Exit.PASS


@pytest.mark.parametrize("when", ["before_cursor_execute", "after_cursor_execute"])
@pytest.mark.parametrize("statement", STATEMENTS)
def test_a_fault_at_any_write_leaves_the_ledger_as_it_was(ledger, database, key, statement, when):
    fill(ledger, 3)
    engine = ledger._engine

    def fail(_connection, _cursor, executed, *_rest):
        if executed.startswith(statement):
            raise FaultError

    event.listen(engine, when, fail)
    with pytest.raises(FaultError):
        ledger.append([entry(buckets(7))])
    event.remove(engine, when, fail)
    reopened = Ledger.open(database, "test-1", key, Clock(START + timedelta(hours=1)))
    assert len(headers_of(reopened)) == 3
    reopened.append([entry(buckets(7))])
    assert verified(reopened, key).exit is Exit.PASS


def test_a_fault_after_the_commit_loses_nothing(ledger, database, key):
    fill(ledger, 3)

    def fail(_connection):
        raise FaultError

    engine = ledger._engine
    commit = engine.dialect.do_commit

    def commit_then_fail(connection):
        commit(connection)
        fail(connection)

    engine.dialect.do_commit = commit_then_fail
    with pytest.raises(FaultError):
        ledger.append([entry(buckets(7))])
    engine.dialect.do_commit = commit
    reopened = Ledger.open(database, "test-1", key, Clock(START + timedelta(hours=1)))
    assert len(headers_of(reopened)) == 4
    reopened.append([entry(buckets(8))])
    assert verified(reopened, key).exit is Exit.PASS


def test_a_signer_that_fails_leaves_nothing_unsigned(ledger, key):
    fill(ledger, 2)

    class Failing:
        key = ledger._signer.key

        def sign(self, message):
            raise FaultError

    working, ledger._signer = ledger._signer, Failing()
    with pytest.raises(FaultError):
        ledger.append([entry(buckets(3))])
    ledger._signer = working
    assert len(headers_of(ledger)) == 2
    assert verified(ledger, key).exit is Exit.PASS


def test_no_private_key_is_in_the_database(ledger, database, key, tmp_path):
    fill(ledger, 3)
    secret = key._private.private_bytes_raw()
    with raw(database).connect() as connection:
        for table in schema.metadata.sorted_tables:
            for row in connection.execute(table.select()):
                stored = json.dumps([v.hex() if isinstance(v, (bytes, memoryview)) else v for v in row])
                assert secret.hex() not in stored
