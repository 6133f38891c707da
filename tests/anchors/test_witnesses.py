"""Cosignatures by witnesses: got over HTTP, kept, exported, checked; rollbacks and second histories that they find."""

import base64
import re
import sqlite3

import pytest
from sqlalchemy import select, update
from support.attacker import Attacker
from support.ledgers import NAME, Clock, buckets, entry, fill, raw, signer
from support.witness import Witness, served
from support.zips import rewritten

from collector.anchors.outcome import AnchorState
from collector.anchors.run import anchor_now
from collector.bundle.export import export_bundle
from collector.bundle.reader import open_bundle
from collector.bundle.verify import verify_bundle
from collector.ledger import schema
from collector.ledger.checkpoint import SignedCheckpoint
from collector.ledger.cosignature import cosign, verify_cosignature
from collector.ledger.note import Signature, VerifierKey
from collector.ledger.store import Ledger
from collector.ledger.verification import WITNESSED, Verdict
from collector.ledger.verify import Trust, verify
from collector.model.errors import ConfigurationError, Exit, MalformedError
from collector.model.period import Period


@pytest.fixture(params=["Ed25519", "ML-DSA-44"])
def witness(request, tmp_path, key):
    made = Witness(tmp_path, "witness.example.com/w1", post_quantum=request.param == "ML-DSA-44")
    made.logs[NAME] = key.key
    with served(made) as found:
        yield found


@pytest.fixture
def ed25519(tmp_path, key):
    made = Witness(tmp_path, "witness.example.com/w1")
    made.logs[NAME] = key.key
    with served(made) as found:
        yield found


def section(*witnesses):
    entries = "".join(f"\n    - {{url: '{each.url}', key: '{each.vkey}'}}" for each in witnesses)
    return f"anchors:\n  witnesses:{entries}"


def checked(ledger, key, *witnesses):
    with ledger.read() as reader:
        found = verify(reader, Trust((key.key.encode(),), witnesses=tuple(each.vkey for each in witnesses)))
    return found, next(statement for statement in found.statements if statement.name == WITNESSED)


def test_records_that_a_witness_cosigned_are_told_apart_from_those_that_it_did_not(ledger, key, witness, configured):
    (outcome,) = anchor_now(ledger, configured(section(witness)))
    assert (outcome.state, outcome.size, witness.size()) == (AnchorState.DONE, 6, 6)
    ledger.append([entry(buckets(7))])
    found, statement = checked(ledger, key, witness)
    assert (found.exit, statement.verdict) == (Exit.PASS, Verdict.PARTLY)
    assert "shown to witness.example.com/w1 up to record 5" in statement.sentence
    assert "record 6 rests on the key alone" in statement.sentence


def test_the_next_checkpoint_comes_with_a_proof_from_the_last_one(ledger, key, witness, configured):
    configuration = configured(section(witness))
    for count in (7, 8, 9):
        anchor_now(ledger, configuration)
        ledger.append([entry(buckets(count))])
    (outcome,) = anchor_now(ledger, configuration)
    assert (outcome.state, witness.size(), witness.asked) == (AnchorState.DONE, 9, [0, 6, 7, 8])
    assert checked(ledger, key, witness)[1].verdict is Verdict.PROVEN


def test_a_witness_that_has_seen_more_than_was_known_says_so_and_is_asked_again(ledger, witness, configured, database):
    anchor_now(ledger, configured(section(witness)))
    ledger.append([entry(buckets(7))])
    with raw(database).begin() as connection:
        connection.exec_driver_sql("DROP TRIGGER anchors_no_delete")
        connection.execute(schema.anchors.delete())
    (outcome,) = anchor_now(ledger, configured(section(witness)))
    assert (outcome.state, witness.asked) == (AnchorState.DONE, [0, 0, 6])


def test_a_restored_older_copy_is_named_as_rolled_back(ledger, database, key, ed25519, configured, tmp_path):
    older = tmp_path / "older.db"
    with sqlite3.connect(tmp_path / "ledger.db") as source, sqlite3.connect(older) as target:
        source.backup(target)
    ledger.append([entry(buckets(7))])
    anchor_now(ledger, configured(section(ed25519)))
    restored = Ledger.open(f"sqlite:///{older}", "test-1", key)
    (outcome,) = anchor_now(restored, configured(section(ed25519)))
    assert outcome.state is AnchorState.REFUSED
    assert (
        "this ledger was rolled back: witness.example.com/w1 has seen 7 records of it, and it ends at 6"
        in outcome.reason
    )
    # As many records as before, but other ones.
    restored.append([entry(buckets(8))])
    (outcome,) = anchor_now(restored, configured(section(ed25519)))
    assert (outcome.state, "another history" in outcome.reason) == (AnchorState.REFUSED, True)
    # And more of them.
    restored.append([entry(buckets(9))])
    (outcome,) = anchor_now(restored, configured(section(ed25519)))
    assert (outcome.state, "another history" in outcome.reason) == (AnchorState.REFUSED, True)


def test_a_checkpoint_that_another_collector_anchored_meanwhile_is_no_rollback(ledger, ed25519, configured):
    anchor_now(ledger, configured(section(ed25519)))
    real = ed25519.add_checkpoint

    def meanwhile(body):
        # Between our reading of the ledger and our asking, someone appends and anchors.
        ed25519.add_checkpoint = real
        ledger.append([entry(buckets(8))])
        anchor_now(ledger, configured(section(ed25519)))
        return real(body)

    ledger.append([entry(buckets(7))])
    ed25519.add_checkpoint = meanwhile
    (outcome,) = anchor_now(ledger, configured(section(ed25519)))
    assert (outcome.state, "newer checkpoint meanwhile" in outcome.reason) == (AnchorState.GAP, True)


BAD = {
    "an error": ((500, "text/plain", b""), "HTTP status 500"),
    "an unknown ledger": ((404, "text/plain", b""), "does not know this ledger"),
    "an unknown key": ((403, "text/plain", b""), "does not know the ledger's key"),
    "no line": ((200, "text/plain", b""), "no cosignature by the configured key"),
    "a line of another key": (
        (200, "text/plain", "— other.example.com AAAAAAAAAAAAAAAA\n".encode()),
        "no cosignature by",
    ),
    "no signature line": ((200, "text/plain", b"hello\n"), "a bad answer"),
    "no text": ((200, "text/plain", b"\xff\xfe"), "not UTF-8"),
    "a size that is none": ((409, "text/x.tlog.size", b"-1\n"), "a bad answer"),
}


@pytest.mark.parametrize(("answer", "said"), BAD.values(), ids=BAD.keys())
def test_a_witness_that_answers_badly_is_a_gap_and_asked_again(ledger, ed25519, configured, answer, said):
    ed25519.override = answer
    (outcome,) = anchor_now(ledger, configured(section(ed25519)))
    assert outcome.state is AnchorState.GAP
    assert said in outcome.reason
    ed25519.override = None
    assert anchor_now(ledger, configured(section(ed25519)))[0].state is AnchorState.DONE


def test_a_cosignature_that_does_not_verify_is_not_kept(ledger, ed25519, configured):
    signature = Signature(ed25519.signer.key.name, ed25519.signer.key.id, bytes(7) + b"\x01" + bytes(64))
    ed25519.override = (200, "text/plain", signature.encode().encode())
    (outcome,) = anchor_now(ledger, configured(section(ed25519)))
    assert (outcome.state, "does not verify" in outcome.reason) == (AnchorState.GAP, True)
    with ledger.read() as reader:
        assert list(reader.anchors()) == []


def test_a_cosignature_by_a_key_that_nobody_pinned_proves_nothing(ledger, key, ed25519, configured, tmp_path):
    anchor_now(ledger, configured(section(ed25519)))
    found, statement = checked(ledger, key)
    assert (found.exit, statement.verdict) == (Exit.PASS, Verdict.UNPROVEN)
    assert (
        f"There is 1 cosignature, by witness.example.com/w1+{ed25519.signer.key.id.hex()}, but nobody vouches"
        in statement.sentence
    )
    stranger = Witness(tmp_path, "witness.example.com/stranger")
    found, statement = checked(ledger, key, stranger)
    assert (found.exit, statement.verdict) == (Exit.INCONCLUSIVE, Verdict.UNPROVEN)


def tamper(database, tmp_path, key, change):
    with raw(database).connect() as connection:
        attacker = Attacker(connection, tmp_path, key)
        change(attacker.connection)
        connection.commit()


def flip(connection):
    line = bytes(connection.scalar(select(schema.anchors.c.data))).decode()
    name, encoded = line.removeprefix("— ").split(" ")
    data = bytearray(base64.b64decode(encoded))
    data[-1] ^= 1
    connection.execute(update(schema.anchors).values(data=f"— {name} {base64.b64encode(data).decode()}".encode()))


TAMPERED = {
    "the signature": flip,
    "the checkpoint it is of": lambda c: c.execute(update(schema.anchors).values(size=5)),
    "a checkpoint that is not there": lambda c: c.execute(update(schema.anchors).values(size=99)),
    "the name it is kept under": lambda c: c.execute(update(schema.anchors).values(name="witness.example.com/w2")),
    "the line": lambda c: c.execute(update(schema.anchors).values(data=b"\xff")),
    "the kind": lambda c: c.execute(update(schema.anchors).values(kind="hearsay")),
}


@pytest.mark.parametrize("change", TAMPERED.values(), ids=TAMPERED.keys())
def test_a_cosignature_of_which_something_was_altered_is_refuted(ledger, key, ed25519, configured, tmp_path, change):
    anchor_now(ledger, configured(section(ed25519)))
    tamper(f"sqlite:///{tmp_path}/ledger.db", tmp_path, key, change)
    found, statement = checked(ledger, key, ed25519)
    assert (found.exit, statement.verdict) == (Exit.INTEGRITY, Verdict.REFUTED)


def test_a_ledger_is_no_witness_of_itself(ledger, key, tmp_path):
    itself = Witness(tmp_path, NAME)
    with pytest.raises(ConfigurationError, match="cannot be a witness of itself"):
        checked(ledger, key, itself)


def test_a_second_history_shown_to_the_auditor_lacks_the_witness(ledger, key, ed25519, configured, database, tmp_path):
    """The operator rewrites the last record, and takes the cosignature along: it is of the first history."""
    anchor_now(ledger, configured(section(ed25519)))

    with raw(database).connect() as connection:
        attacker = Attacker(connection, tmp_path, key)
        attacker.rewind(5)
        connection.commit()
    Ledger.open(database, "test-1", key).append([entry(buckets(5, n1="another history"))])
    found, statement = checked(ledger, key, ed25519)
    assert (found.exit, statement.verdict) == (Exit.INTEGRITY, Verdict.REFUTED)
    assert "it is of another checkpoint, or was altered" in statement.sentence


def test_a_bundle_carries_its_cosignatures_and_those_of_a_later_checkpoint(ledger, key, witness, configured, tmp_path):
    anchor_now(ledger, configured(section(witness)))
    with ledger.read() as reader:
        period = Period(reader.header(0).time, reader.header(4).time)
        export_bundle(reader, period, None, tmp_path / "b.zip")
    trust = Trust((key.key.encode(),), witnesses=(witness.vkey,))
    with open_bundle(tmp_path / "b.zip") as bundle:
        assert {"ledger/cosignatures.jsonl", "ledger/later.jsonl"} <= bundle.archive.names
        found = verify_bundle(bundle, trust)
    statement = next(each for each in found.statements if each.name == WITNESSED)
    assert (found.exit, statement.verdict) == (Exit.PASS, Verdict.PROVEN)
    for broken in (b'{"line":"x","name":"y","size":0}\n', b"{}\n", b'{"line":1,"name":"y","size":3}\n'):
        path = rewritten(tmp_path / "b.zip", "ledger/cosignatures.jsonl", lambda _, broken=broken: broken)
        with pytest.raises(MalformedError), open_bundle(path):
            pass


def test_cosignatures_are_those_of_the_specification():
    """The example of c2sp.org/tlog-cosignature: its form and key id; its key is not published."""
    line = Signature.decode(
        "— witness.example.com/w1 jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9DYn/zXcrtPHeolMI5OWXEhZCB9dlrDJsX3b2oyin1nPZqhf5nNo0xUe+mbIUBkBIfZ+qnA==",
        "it",
    )
    assert line.key_id.hex() == "8d66cf3f"
    assert int.from_bytes(line.signature[:8]) == 1679315147
    assert len(line.signature) == 72


def test_the_signed_messages_are_spelled_as_the_specification_says(tmp_path, ledger):
    seen = []

    class Recorder:
        def __init__(self, kind):
            self.key = VerifierKey("witness.example.com/w1", kind, bytes({4: 32, 6: 1312}[kind]))

        def sign(self, message):
            seen.append(message)
            return b""

    with ledger.read() as reader:
        signed = SignedCheckpoint.decode(reader.checkpoint(6), "it")
    at = Clock().time
    for kind in (4, 6):
        cosign(signed, Recorder(kind), at)
    root = base64.b64encode(signed.checkpoint.root).decode()
    assert seen[0] == f"cosignature/v1\ntime 1767225600\n{NAME}\n6\n{root}\n".encode()
    name, origin = b"witness.example.com/w1", NAME.encode()
    time = (1767225600).to_bytes(8)
    assert seen[1] == (
        b"subtree/v1\n\x00"
        + bytes([len(name)]) + name + time + bytes([len(origin)]) + origin + bytes(8) + (6).to_bytes(8) + signed.checkpoint.root
    )  # fmt: skip


@pytest.mark.parametrize("data", [b"", bytes(7), bytes(72), b"\xff" * 72])
def test_a_cosignature_without_a_time_is_malformed(ledger, ed25519, data):
    key = ed25519.signer.key
    with ledger.read() as reader:
        signed = SignedCheckpoint.decode(reader.checkpoint(6), "it")
    with pytest.raises(MalformedError, match="no time"):
        verify_cosignature(key, signed, Signature(key.name, key.id, data))


class TestByHand:
    """`anchor request`, `cosign`, `anchor import`: a witness reached by e-mail or git."""

    @pytest.fixture
    def run(self, tmp_path, configured, ledger):
        from support.commands import runner

        configured()
        return runner(tmp_path)

    @pytest.fixture
    def cosigned(self, run, tmp_path, key):
        """Asks, cosigns, and gives the file that goes back to the operator, and the witness's key."""

        def ask(old=0, request="request.txt", **more):
            if request == "request.txt":
                asked = run("anchor", "request", "--old", old)
                assert asked.returncode == 0, asked.stderr
                (tmp_path / request).write_text(asked.stdout)
            options = [part for name, value in more.items() for part in (f"--{name}", value)]
            done = run(
                "cosign",
                request,
                "--name",
                "auditor.example.com",
                "--with",
                "auditor.key",
                "--key",
                key.key.encode(),
                *options,
            )
            (tmp_path / "cosigned.txt").write_text(done.stdout)
            return done

        return ask

    def vkey(self, done):
        return re.search(r"auditor\.example\.com\+\S+", done.stderr).group()

    def test_a_checkpoint_goes_to_the_auditor_and_comes_back_cosigned(self, run, cosigned, ledger, key):
        done = cosigned()
        assert done.returncode == 0, done.stderr
        assert "Cosigned 6 records" in done.stderr
        vkey = self.vkey(done)
        unknown = run("anchor", "import", "cosigned.txt")
        assert (unknown.returncode, "by a witness that is known" in unknown.stderr) == (2, True)
        back = run("anchor", "import", "cosigned.txt", "--witness", vkey)
        assert (back.returncode, back.stderr) == (0, "")
        verified = run("verify", "--witness", vkey)
        assert verified.returncode == 0, verified.stdout
        assert (
            "Witnessed: proven. These records are the one history that was shown to auditor.example.com"
            in verified.stdout
        )
        again = run("anchor", "import", "cosigned.txt", "--witness", vkey)
        assert again.returncode == 0
        status = run("anchor", "status")
        assert "cosignature  auditor.example.com: 6 of 6 records" in status.stdout

    def test_the_next_one_needs_the_proof_from_the_last_one(self, cosigned, ledger):
        cosigned()
        ledger.append([entry(buckets(7))])
        refused = cosigned(old=0)
        assert refused.returncode == 2
        assert "mend: ask the operator for: controlproof anchor request --old 6" in refused.stderr
        assert cosigned(old=6).returncode == 0

    def test_a_rolled_back_ledger_is_not_cosigned(self, cosigned, run, ledger, database, tmp_path, key):
        cosigned()
        with raw(database).connect() as connection:
            Attacker(connection, tmp_path, key).rewind(4)
            connection.commit()
        refused = cosigned(old=0)
        assert (refused.returncode, refused.stdout) == (4, "")
        assert "rolled back: request.txt covers 4 records, and one over 6 was cosigned before" in refused.stderr
        asked = run("anchor", "request", "--old", "6")
        assert (asked.returncode, "this ledger was rolled back" in asked.stderr) == (4, True)

    def test_a_second_history_is_not_cosigned(self, cosigned, ledger, database, tmp_path, key):
        cosigned()
        with raw(database).connect() as connection:
            Attacker(connection, tmp_path, key).rewind(5)
            connection.commit()
        Ledger.open(database, "test-1", key).append([entry(buckets(5, n1="another history"))])
        refused = cosigned(old=0)
        assert (refused.returncode, "another history" in refused.stderr) == (4, True)
        Ledger.open(database, "test-1", key).append([entry(buckets(9))])
        refused = cosigned(old=6)
        assert (refused.returncode, "another history" in refused.stderr) == (4, True)

    def test_a_checkpoint_of_another_key_is_not_cosigned(self, cosigned, tmp_path):
        stranger = signer(tmp_path, file="stranger")
        refused = cosigned(key=stranger.key.encode())
        assert (refused.returncode, "is not signed by a trusted key" in refused.stderr) == (4, True)

    def test_a_cosigned_checkpoint_of_another_ledger_is_not_imported(self, cosigned, run, tmp_path, key):
        other = Ledger.create(f"sqlite:///{tmp_path}/other.db", "test-2", key, Clock())
        fill(other, 4)
        with other.read() as reader:
            (tmp_path / "other.txt").write_bytes(reader.checkpoint(4))
        done = cosigned(request="other.txt")
        assert done.returncode == 0, done.stderr
        back = run("anchor", "import", "cosigned.txt", "--witness", self.vkey(done))
        # The same records; made by another collector, so another history.
        assert (back.returncode, "another history" in back.stderr) == (4, True)

    @pytest.mark.parametrize("state", ["nonsense", '{"ledgers":[{"key":"x"}],"v":1}', '{"v":1}', "[]"])
    def test_a_state_that_was_damaged_is_never_started_afresh(self, cosigned, tmp_path, state):
        (tmp_path / "cosigned.json").write_text(state)
        refused = cosigned()
        assert (refused.returncode, "is not a state that cosign wrote" in refused.stderr) == (2, True)

    @pytest.mark.parametrize(
        "request_", ["old x\n\nnote", "old 1\nAAAA\n\nnote", "nonsense", "", "old 1\n" + "A\n" * 99 + "\n"]
    )
    def test_a_request_that_is_none_is_a_clear_error(self, cosigned, tmp_path, request_):
        (tmp_path / "bad.txt").write_text(request_)
        assert cosigned(request="bad.txt").returncode == 4
