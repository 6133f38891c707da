"""Key files under a passphrase, and the ledger's ML-DSA-44 signatures."""

import pytest
from sqlalchemy import update
from support.attacker import Attacker
from support.commands import runner
from support.ledgers import NAME, Clock, fill, raw, signer

from collector.bundle.reader import open_bundle
from collector.bundle.verify import verify_bundle
from collector.ledger import schema
from collector.ledger.keys import create_key_file, load_cosigner_file, load_key_file
from collector.ledger.note import VerifierKey
from collector.ledger.store import Ledger
from collector.ledger.verification import SIGNED, Verdict
from collector.ledger.verify import Trust, verify
from collector.model.errors import ConfigurationError, Exit

VARIABLE = "CONTROLPROOF_TEST_PASSPHRASE"


@pytest.fixture
def run(tmp_path):
    return runner(tmp_path)


def configure(folder, more=""):
    (folder / "controlproof.yaml").write_text(
        f"ledger:\n  name: {NAME}\n  database: sqlite:///ledger.db\n  key: file:key\n  collector: test-1\n{more}"
        'sources: [{aws: {account: "123456789012", region: eu-central-1}}]\n'
    )


def test_a_key_under_a_passphrase_opens_with_it_alone(tmp_path):
    create_key_file(tmp_path / "k", b"correct horse")
    assert load_key_file(tmp_path / "k", NAME, b"correct horse").key.name == NAME
    for wrong in (None, b"battery staple"):
        with pytest.raises(ConfigurationError) as caught:
            load_key_file(tmp_path / "k", NAME, wrong)
        assert "horse" not in str(caught.value)
        assert "battery" not in str(caught.value)
        assert caught.value.__context__ is None


def test_the_passphrase_comes_from_the_environment_that_the_configuration_names(tmp_path, run, monkeypatch):
    create_key_file(tmp_path / "key", b"correct horse")
    configure(tmp_path, f"  passphrase_variable: {VARIABLE}\n")
    missing = run("key", "show")
    assert (missing.returncode, f"{VARIABLE}, which holds the passphrase of the key, is not set" in missing.stderr) == (
        2,
        True,
    )
    monkeypatch.setenv(VARIABLE, "battery staple")
    wrong = run("key", "show")
    assert (wrong.returncode, "under the passphrase that is configured" in wrong.stderr) == (2, True)
    assert "battery" not in wrong.stderr
    monkeypatch.setenv(VARIABLE, "correct horse")
    assert run("key", "show").returncode == 0


def test_a_passphrase_in_the_configuration_is_refused(tmp_path, run):
    configure(tmp_path, "  passphrase_variable: correct horse\n")
    done = run("key", "show")
    assert (done.returncode, "passphrase_variable" in done.stderr) == (2, True)


def test_a_rotation_to_a_key_under_a_passphrase(tmp_path, run, monkeypatch):
    fill(Ledger.create(f"sqlite:///{tmp_path}/ledger.db", "test-1", signer(tmp_path)), 1)
    configure(tmp_path)
    monkeypatch.setenv(VARIABLE, "correct horse")
    done = run("key", "rotate", "--to", "next.key", "--passphrase-variable", VARIABLE)
    assert done.returncode == 0, done.stderr
    assert b"ENCRYPTED" in (tmp_path / "next.key").read_bytes()


class TestPostQuantum:
    @pytest.fixture
    def ledger(self, tmp_path):
        made = Ledger.create(f"sqlite:///{tmp_path}/ledger.db", "test-1", signer(tmp_path), Clock())
        fill(made, 6)
        return made

    @pytest.fixture
    def exported(self, tmp_path, run, ledger):
        """Exports five of six records, and gives the pins."""
        done = run("key", "create", "--post-quantum", "pq.key")
        assert done.returncode == 0, done.stderr
        configure(tmp_path, "  post_quantum_key: file:pq.key\n")
        with ledger.read() as reader:
            end = reader.header(5).time.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        done = run("export", "--period", f"2025-01-01..{end}", "-o", "b.zip")
        assert done.returncode == 0, done.stderr
        return signer(tmp_path).key.fingerprint, load_cosigner_file(tmp_path / "pq.key", NAME).key.encode()

    def signed(self, tmp_path, *pins):
        with open_bundle(tmp_path / "b.zip") as bundle:
            found = verify_bundle(bundle, Trust(pins))
        return found, next(each for each in found.statements if each.name == SIGNED)

    def test_an_exported_checkpoint_is_signed_twice(self, tmp_path, exported):
        found, statement = self.signed(tmp_path, *exported)
        assert (found.exit, statement.verdict) == (Exit.PASS, Verdict.PROVEN)
        assert "Up to record 4 they are signed by the pinned ML-DSA-44 key too." in statement.sentence

    def test_without_its_pin_the_second_signature_counts_for_nothing(self, tmp_path, exported):
        found, statement = self.signed(tmp_path, exported[0])
        assert found.exit is Exit.PASS
        assert "ML-DSA" not in statement.sentence
        alone, statement = self.signed(tmp_path, exported[1])
        assert (alone.exit, statement.verdict) == (Exit.INCONCLUSIVE, Verdict.UNPROVEN)

    def test_a_pinned_key_that_signed_nothing_is_a_failure(self, tmp_path, exported):
        create_key_file(tmp_path / "other", post_quantum=True)
        other = load_cosigner_file(tmp_path / "other", NAME).key.encode()
        found, statement = self.signed(tmp_path, exported[0], other)
        assert (found.exit, statement.verdict) == (Exit.INTEGRITY, Verdict.REFUTED)
        assert "signed none of the checkpoints: a missing signature is a failure" in statement.sentence

    def test_a_signature_moved_to_another_checkpoint_is_refuted(self, tmp_path, exported, ledger):
        with raw(f"sqlite:///{tmp_path}/ledger.db").connect() as connection:
            attacker = Attacker(connection, tmp_path, signer(tmp_path))
            attacker.connection.execute(update(schema.anchors).values(size=4))
            connection.commit()
        with ledger.read() as reader:
            found = verify(reader, Trust(exported))
        assert found.exit is Exit.INTEGRITY
        assert any("does not verify" in problem.message for problem in found.problems)

    def test_the_second_export_signs_nothing_again(self, tmp_path, run, exported, ledger):
        before = (tmp_path / "b.zip").read_bytes()
        with ledger.read() as reader:
            end = reader.header(5).time.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        run("export", "--period", f"2025-01-01..{end}", "-o", "b.zip")
        assert (tmp_path / "b.zip").read_bytes() == before

    def test_the_verifier_key_is_shown_and_pinned_from_a_file(self, tmp_path, run, exported):
        shown = run("key", "show").stdout.splitlines()
        assert VerifierKey.decode(shown[2], (6,)).encode() == exported[1]
        (tmp_path / "pq.vkey").write_text(shown[2] + "\n")
        done = run("verify", "b.zip", "--key", exported[0], "--key", "pq.vkey")
        assert (done.returncode, "pinned ML-DSA-44 key too" in done.stdout) == (0, True)

    def test_verifying_the_ledger_before_its_first_second_signature_is_no_failure(self, tmp_path, run, ledger):
        run("key", "create", "--post-quantum", "pq.key")
        configure(tmp_path, "  post_quantum_key: file:pq.key\n")
        assert run("verify").returncode == 0

    def test_an_ed25519_key_is_no_second_key(self, tmp_path, run, ledger):
        create_key_file(tmp_path / "pq.key")
        configure(tmp_path, "  post_quantum_key: file:pq.key\n")
        done = run("key", "show")
        assert (done.returncode, "is not an ML-DSA-44 key" in done.stderr) == (2, True)
