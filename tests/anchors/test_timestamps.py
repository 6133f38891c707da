"""Timestamps of a real authority: taken, kept, exported, checked; and each way in which one is not what it seems."""

import contextlib
import socket
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select, text, update
from support.attacker import Attacker
from support.ledgers import buckets, entry, raw
from support.tsa import authority

from collector.anchors.outcome import AnchorState
from collector.anchors.run import anchor_now
from collector.bundle.export import export_bundle
from collector.bundle.reader import open_bundle
from collector.bundle.verify import verify_bundle
from collector.ledger import migrations, schema
from collector.ledger.anchored import ranges
from collector.ledger.store import Ledger
from collector.ledger.timestamps import check_token, read_roots, timestamp_request, verify_token
from collector.ledger.verification import TIMESTAMPED, Verdict
from collector.ledger.verify import Trust, verify
from collector.model.errors import ConfigurationError, Exit, IntegrityError, MalformedError
from collector.model.period import Period

NOTE = b"a note"
ALL = Period.parse("2025-01-01..2027-01-01")


def section(*authorities):
    entries = "".join(f"\n    - {{url: '{each.url}', root: '{each.root}'}}" for each in authorities)
    return f"anchors:\n  tsas:{entries}"


def timestamped(found):
    return next(statement for statement in found.statements if statement.name == TIMESTAMPED)


def checked(ledger, key, *roots):
    trust = Trust((key.key.encode(),), tsas=tuple(root.read_bytes() for root in roots))
    with ledger.read() as reader:
        found = verify(reader, trust)
    return found, timestamped(found)


@pytest.fixture
def stamped(ledger, tsa, configured):
    """The ledger, its six records under a timestamp, and two more after it."""
    (outcome,) = anchor_now(ledger, configured(section(tsa)))
    assert (outcome.state, outcome.size) == (AnchorState.DONE, 6)
    ledger.append([entry(buckets(7))])
    ledger.append([entry(buckets(8))])
    return ledger


def test_records_before_a_timestamp_are_told_apart_from_those_that_rest_on_the_key_alone(stamped, key, tsa):
    found, statement = checked(stamped, key, tsa.root)
    assert (found.exit, statement.verdict) == (Exit.PASS, Verdict.PARTLY)
    (bound,) = statement.ranges
    assert (bound.first, bound.last) == (0, 5)
    assert f"Records 0 to 5 existed before {bound.before}; records 6 to 7 rest on the key alone." in statement.sentence
    # The authority states its accuracy, a second, and the bound admits it.
    assert abs(datetime.fromisoformat(bound.before) - datetime.now(UTC)) < timedelta(seconds=60)


def test_a_timestamp_over_everything_proves_everything(stamped, key, tsa, configured):
    anchor_now(stamped, configured(section(tsa)))
    _, statement = checked(stamped, key, tsa.root)
    assert statement.verdict is Verdict.PROVEN
    assert [(each.first, each.last) for each in statement.ranges][-1][1] == 7
    assert "alone" not in statement.sentence


def test_what_is_anchored_already_is_not_asked_for_again(stamped, tsa, configured):
    configuration = configured(section(tsa))
    anchor_now(stamped, configuration)
    asked = tsa.asked
    (outcome,) = anchor_now(stamped, configuration)
    assert (outcome.state, outcome.reason, tsa.asked) == (AnchorState.DONE, "it was there already", asked)


def test_without_a_pinned_authority_nobody_vouches_for_the_tokens(stamped, key, tsa):
    found, statement = checked(stamped, key)
    assert (found.exit, statement.verdict) == (Exit.PASS, Verdict.UNPROVEN)
    assert f"There is 1 timestamp, by {tsa.url}, but nobody vouches" in statement.sentence


def test_another_authority_than_the_pinned_one_proves_nothing_and_what_was_pinned_is_missed(stamped, key, tmp_path):
    with authority(tmp_path / "stranger") as stranger:
        found, statement = checked(stamped, key, stranger.root)
    assert (found.exit, statement.verdict) == (Exit.INCONCLUSIVE, Verdict.UNPROVEN)
    assert "lead to no pinned one" in statement.sentence


def test_a_certificate_that_had_run_out_when_it_stamped_proves_nothing(ledger, key, configured, tmp_path):
    with authority(tmp_path / "expired", days=(-100, -1)) as expired:
        (refused,) = anchor_now(ledger, configured(section(expired)))
        assert (refused.state, "not valid when it was made" in refused.reason) == (AnchorState.GAP, True)
        (kept,) = anchor_now(ledger, configured(f"anchors: {{tsas: [{{url: '{expired.url}'}}]}}"))
        assert kept.state is AnchorState.DONE
        found, statement = checked(ledger, key, expired.root)
    assert (found.exit, statement.verdict) == (Exit.INCONCLUSIVE, Verdict.UNPROVEN)


def tamper(database, tmp_path, key, change):
    with raw(database).connect() as connection:
        attacker = Attacker(connection, tmp_path, key)
        change(attacker)
        connection.commit()


def test_a_token_moved_to_another_checkpoint_is_refuted(stamped, database, key, tsa, tmp_path):
    tamper(database, tmp_path, key, lambda a: a.connection.execute(update(schema.anchors).values(size=8)))
    found, statement = checked(stamped, key, tsa.root)
    assert (found.exit, statement.verdict) == (Exit.INTEGRITY, Verdict.REFUTED)
    assert "the timestamp is over something else: it was replaced" in statement.sentence
    # Even where no authority is pinned, it is no token over this checkpoint.
    assert checked(stamped, key)[1].verdict is Verdict.REFUTED


def test_a_token_whose_time_was_altered_is_refuted(stamped, database, key, tsa, tmp_path):
    def backdate(attacker):
        token = bytes(attacker.connection.scalar(select(schema.anchors.c.data)))
        at = token.index(b"\x18\x0f") + 2 + len("20260101000000") - 1
        second = b"%d" % ((int(token[at : at + 1]) + 1) % 10)
        attacker.connection.execute(update(schema.anchors).values(data=token[:at] + second + token[at + 1 :]))

    tamper(database, tmp_path, key, backdate)
    found, statement = checked(stamped, key, tsa.root)
    assert (found.exit, statement.verdict) == (Exit.INTEGRITY, Verdict.REFUTED)
    assert "does not verify: it was altered" in statement.sentence


def test_an_anchor_that_is_garbage_is_refuted(stamped, database, key, tmp_path):
    tamper(database, tmp_path, key, lambda a: a.connection.execute(update(schema.anchors).values(data=b"\x30\x00")))
    assert checked(stamped, key)[1].verdict is Verdict.REFUTED


def test_an_anchor_over_more_records_than_there_are_says_that_the_ledger_was_rolled_back(
    stamped, database, key, tsa, tmp_path
):
    tamper(database, tmp_path, key, lambda a: a.rewind(4))
    _, statement = checked(stamped, key, tsa.root)
    assert statement.verdict is Verdict.REFUTED
    assert "rolled back: it is of a checkpoint over 6 records, and these end at 4" in statement.sentence


def test_records_rewritten_under_the_key_are_not_those_that_were_stamped(stamped, database, key, tsa, tmp_path):
    def rewrite(attacker):
        attacker.rewind(5)
        attacker.connection.commit()
        again = Ledger.open(database, "test-1", key)
        again.append([entry(buckets(5, n1="another history"))])

    tamper(database, tmp_path, key, rewrite)
    found, statement = checked(stamped, key, tsa.root)
    assert (found.exit, statement.verdict) == (Exit.INTEGRITY, Verdict.REFUTED)


@pytest.mark.parametrize("statement", ["UPDATE anchors SET size = 1", "DELETE FROM anchors"])
def test_the_database_refuses_to_change_an_anchor(stamped, database, statement):
    with pytest.raises(Exception, match="append-only"), raw(database).begin() as connection:
        connection.execute(text(statement))


BAD = {
    "an error": ({"status": 500, "body": b"no"}, "HTTP status 500"),
    "a redirect": ({"status": 302, "body": b""}, "HTTP status 302"),
    "a page of HTML": ({"body": b"<html>"}, "not in DER"),
    "nothing": ({"body": b""}, "not in DER"),
    "too much": ({"body": b"0" * 300_000}, "larger than"),
    "a refusal": ({"body": bytes.fromhex("30053003020102")}, "PKIStatus 2"),
}


@pytest.mark.parametrize(("how", "said"), BAD.values(), ids=BAD.keys())
def test_an_authority_that_answers_badly_is_a_gap_and_asked_again(ledger, tsa, configured, how, said):
    for name, value in how.items():
        setattr(tsa, name, value)
    configuration = configured(section(tsa))
    (outcome,) = anchor_now(ledger, configuration)
    assert outcome.state is AnchorState.GAP
    assert said in outcome.reason
    tsa.status, tsa.body = 200, None
    assert anchor_now(ledger, configuration)[0].state is AnchorState.DONE


def test_a_chain_in_an_order_that_is_not_der_is_a_bad_answer_or_a_good_token_but_never_a_crash(ledger, tsa, configured):
    tsa.chain = True
    (outcome,) = anchor_now(ledger, configured(section(tsa)))
    assert outcome.state is AnchorState.DONE or "not in DER" in outcome.reason


def test_an_old_answer_to_another_request_is_a_gap(ledger, tsa, configured):
    with ledger.read() as reader:
        tsa.body = tsa.reply(timestamp_request(reader.checkpoint(6)).data)
    (outcome,) = anchor_now(ledger, configured(section(tsa)))
    assert (outcome.state, "its nonce is another" in outcome.reason) == (AnchorState.GAP, True)


def test_an_authority_that_is_down_is_a_gap_and_the_others_are_asked_all_the_same(ledger, tsa, configured):
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        down = f"http://127.0.0.1:{unused.getsockname()[1]}/"
        anchors = section(tsa).replace("tsas:", f"tsas:\n    - {{url: '{down}'}}")
        outcomes = anchor_now(ledger, configured(anchors))
    assert [outcome.state for outcome in outcomes] == [AnchorState.GAP, AnchorState.DONE]
    assert "no answer" in outcomes[0].reason


def test_a_root_that_is_no_certificate_is_the_operators_mistake(ledger, tsa, configured, tmp_path):
    (tmp_path / "no.pem").write_text("nothing")
    with pytest.raises(ConfigurationError, match="no certificate in PEM form"):
        anchor_now(ledger, configured(f"anchors: {{tsas: [{{url: '{tsa.url}', root: no.pem}}]}}"))


def exported(ledger, path, period=ALL):
    with ledger.read() as reader:
        export_bundle(reader, period, None, path)
    return path


def test_a_bundle_carries_its_tokens(stamped, key, tsa, tmp_path):
    with open_bundle(exported(stamped, tmp_path / "b.zip")) as bundle:
        assert "ledger/timestamps.jsonl" in bundle.archive.names
        found = verify_bundle(bundle, Trust((key.key.encode(),), tsas=(tsa.root.read_bytes(),)))
    statement = timestamped(found)
    assert (found.exit, statement.verdict) == (Exit.PASS, Verdict.PARTLY)
    assert (statement.ranges[0].first, statement.ranges[0].last) == (0, 5)


def test_a_bundle_without_anchors_holds_no_file_for_them(ledger, tmp_path):
    with open_bundle(exported(ledger, tmp_path / "b.zip")) as bundle:
        assert {name for name in bundle.archive.names if name.startswith("ledger/")} == {
            "ledger/records.jsonl",
            "ledger/checkpoints.jsonl",
            "ledger/earlier.jsonl",
        }


def early(ledger):
    """A period that ends before the last record that was stamped."""
    with ledger.read() as reader:
        return Period(ALL.start, reader.header(4).time)


def test_a_timestamp_after_the_period_covers_the_period_too(stamped, key, tsa, tmp_path):
    with open_bundle(exported(stamped, tmp_path / "b.zip", early(stamped))) as bundle:
        assert bundle.size == 4
        found = verify_bundle(bundle, Trust((key.key.encode(),), tsas=(tsa.root.read_bytes(),)))
    statement = timestamped(found)
    assert (found.exit, statement.verdict) == (Exit.PASS, Verdict.PROVEN)
    assert (statement.ranges[0].first, statement.ranges[0].last) == (0, 3)


def test_a_later_checkpoint_that_does_not_extend_the_bundles_records_is_refuted(stamped, key, tsa, tmp_path):
    from support.zips import rewritten

    def other_proof(data):
        start = data.index(b'"proof":["') + 10
        return data[:start] + b"0" * 64 + data[start + 64 :]

    path = exported(stamped, tmp_path / "b.zip", early(stamped))
    with open_bundle(rewritten(path, "ledger/later.jsonl", other_proof)) as bundle:
        found = verify_bundle(bundle, Trust((key.key.encode(),), tsas=(tsa.root.read_bytes(),)))
    assert (found.exit, timestamped(found).verdict) == (Exit.INTEGRITY, Verdict.REFUTED)


def test_a_ledger_of_the_version_before_anchors_is_brought_up_to_date(ledger, database, key, tsa, configured):
    with raw(database).begin() as connection:
        connection.execute(text("DROP TABLE anchors"))
        connection.execute(text("UPDATE alembic_version SET version_num = '0001'"))
    with pytest.raises(ConfigurationError, match="version 0001") as caught:
        Ledger.open(database)
    assert "brings the schema up to date" in caught.value.mend
    again = Ledger.open(database, "test-1", key)
    assert migrations.REVISION == "0002"
    assert anchor_now(again, configured(section(tsa)))[0].state is AnchorState.DONE
    assert checked(again, key, tsa.root)[0].exit is Exit.PASS


def test_the_earliest_of_several_bounds_counts_for_each_record():
    day = [datetime(2026, 1, number, tzinfo=UTC) for number in range(1, 9)]
    found = ranges(2, [(5, day[3]), (9, day[5]), (7, day[6]), (2, day[0]), (9, day[7])])
    assert [(each.first, each.last, each.before[:10]) for each in found] == [
        (2, 4, "2026-01-04"),
        (5, 8, "2026-01-06"),
    ]


def test_a_token_that_is_too_large_is_not_read():
    with pytest.raises(MalformedError, match="larger than"):
        check_token(b"0" * 100_000, b"note")


@pytest.fixture(scope="session")
def token(tsa_server):
    """A good token over a note, its authority's root, and the time that it gives."""
    (root,) = read_roots(tsa_server.root.read_bytes(), "it")
    data = tsa_server.reply(timestamp_request(NOTE).data)
    return data, root, verify_token(data, NOTE, [root])


@given(data=st.data())
def test_a_token_with_any_byte_altered_never_gives_another_time_and_never_crashes(token, data):
    whole, root, right = token
    at, value = data.draw(st.integers(0, len(whole) - 1)), data.draw(st.integers(0, 255))
    with contextlib.suppress(IntegrityError, MalformedError):
        assert verify_token(whole[:at] + bytes([value]) + whole[at + 1 :], NOTE, [root]) == right
