"""Handing a ledger to other keys, honestly and not."""

import pytest
from support.attacker import Attacker
from support.ledgers import NAME, Clock, buckets, configuration, entry, raw, signer

from collector.ledger.entry import Entry, Object
from collector.ledger.keys import sign_note
from collector.ledger.note import SignatureError
from collector.ledger.rotation import read_rotation, rotation_entry
from collector.ledger.store import Ledger
from collector.ledger.trust import key_history
from collector.ledger.verification import SIGNED, Verdict
from collector.ledger.verify import Trust, verify
from collector.model.canonical import decode_object, encode
from collector.model.errors import ConfigurationError, ControlproofError, Exit
from collector.model.record import Kind


@pytest.fixture
def keys(tmp_path):
    return [signer(tmp_path, file=name) for name in ("key", "second", "third")]


@pytest.fixture
def rotated(ledger, keys):
    """A ledger that went through three keys, with records under each."""
    ledger.append([configuration()])
    for number, successor in enumerate(keys[1:], 1):
        ledger.append([entry(buckets(number))])
        ledger.rotate(successor)
    ledger.append([entry(buckets(9))])
    return ledger


def signed(ledger, *pins):
    with ledger.read() as reader:
        found = verify(reader, Trust(pins))
    return found, next(statement for statement in found.statements if statement.name == SIGNED)


@pytest.mark.parametrize(("at", "older"), [(0, 0), (1, 3), (2, 5)], ids=["the first", "the second", "the last"])
def test_whichever_key_is_pinned_its_successors_are_trusted(rotated, keys, at, older):
    found, statement = signed(rotated, keys[at].key.fingerprint)
    assert (found.exit, statement.verdict) == (Exit.PASS, Verdict.PROVEN)
    assert (f"{older} older checkpoints are signed by an earlier key" in statement.sentence) == (older > 0)


def test_the_handover_is_signed_by_both_keys(rotated, keys):
    with rotated.read() as reader:
        at = next(seq for seq in range(reader.size) if reader.header(seq).kind is Kind.KEY)
        note = reader.checkpoint(at + 1).decode()
    assert note.count("\n— ") == 2


def test_the_old_key_signs_no_more(rotated, database, keys):
    with pytest.raises(ConfigurationError, match="not the ledger's current key"):
        Ledger.open(database, "test-1", keys[0], Clock()).append([configuration()])


def test_a_stranger_is_no_pin(rotated, tmp_path):
    found, statement = signed(rotated, signer(tmp_path, file="stranger").key.fingerprint)
    assert (found.exit, statement.verdict) == (Exit.INTEGRITY, Verdict.REFUTED)
    assert "none of the keys is the pinned one" in statement.sentence


def test_a_rotation_that_the_old_key_did_not_sign_is_refused(ledger, keys):
    text = f"controlproof key rotation\n{keys[0].key.encode()}\n{keys[1].key.encode()}\n"
    forged = encode({"note": sign_note(text, [keys[1]]).encode().decode(), "v": 1})
    with pytest.raises(SignatureError, match="not signed by a trusted key"):
        read_rotation(decode_object(forged, "it"), "it")
    ledger.append([Entry(Kind.KEY, NAME, Object(forged))])
    found, _ = signed(ledger, keys[0].key.fingerprint)
    assert found.exit is Exit.INTEGRITY


def test_a_rotation_from_a_key_that_was_not_the_ledgers_is_refused(rotated, keys, tmp_path):
    stranger = signer(tmp_path, file="stranger")
    rotated.append([rotation_entry(stranger, keys[0].key)])
    found, statement = signed(rotated, keys[0].key.fingerprint)
    assert found.exit is Exit.INTEGRITY
    assert "hands over from a key that was not the ledger's" in statement.sentence


def test_a_rotation_to_another_name_is_refused(keys, tmp_path):
    other = signer(tmp_path, "other.example.com", "other")
    body = decode_object(rotation_entry(keys[0], other.key).body.data, "it")
    with pytest.raises(ControlproofError, match="to another name"):
        read_rotation(body, "it")


def test_a_checkpoint_signed_by_the_old_key_after_the_handover_is_refused(tmp_path, keys):
    database = f"sqlite:///{tmp_path}/other.db"
    ledger = Ledger.create(database, "test-1", keys[0], Clock())
    ledger.append([configuration()])
    ledger.rotate(keys[1])
    ledger.append([entry(buckets(2))])
    with raw(database).connect() as connection:
        attacker = Attacker(connection, tmp_path, keys[0])
        from collector.ledger.checkpoint import SignedCheckpoint

        attacker.set_checkpoint(3, attacker.sign(SignedCheckpoint.decode(attacker.checkpoint(3), "it").checkpoint))
        connection.commit()
    found, statement = signed(ledger, keys[0].key.fingerprint)
    assert found.exit is Exit.INTEGRITY
    assert "the checkpoint of size 3 is not signed by a trusted key" in statement.sentence


@pytest.mark.parametrize("pin", ["sha256:12", "sha256:" + "A" * 64, "nonsense", "a+b+c", ""])
def test_a_malformed_pin_is_the_callers_mistake_not_a_finding(ledger, keys, pin):
    ledger.append([configuration()])
    with pytest.raises(ControlproofError), ledger.read() as reader:
        verify(reader, Trust((pin,)))


def test_without_pins_nothing_is_trusted(keys):
    history = key_history(keys[0].key.encode(), [], [])
    assert history.pinned is None
    assert not history.trusted(1)
