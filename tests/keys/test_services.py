"""Keys in AWS KMS and Google Cloud KMS, behind doubles that sign with real Ed25519 keys."""

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from support import keyservices
from support.aws import made_up_credentials
from support.commands import runner
from support.ledgers import NAME, Clock, buckets, configuration, entry, signer
from support.proxy import Answer
from support.vertex import key_file

from collector.config.model import KeyService
from collector.keys.opening import open_service_key
from collector.ledger.note import VerifierKey
from collector.ledger.store import Ledger
from collector.ledger.verify import Trust, verify
from collector.model.errors import ConfigurationError, Exit, SigningError


@pytest.fixture(scope="module", autouse=True)
def credentials(tmp_path_factory):
    with made_up_credentials(tmp_path_factory.mktemp("aws")):
        yield


@pytest.fixture(params=["awskms", "gcpkms"])
def kind(request):
    return request.param


@pytest.fixture
def service(kind):
    with keyservices.served(kind) as found:
        yield found


@pytest.fixture
def settings(kind, service, tmp_path):
    given = {"credentials": str(key_file(tmp_path, service.url))} if kind == "gcpkms" else {}
    return KeyService(endpoint_url=service.url, connect_timeout=2, read_timeout=2, **given)


@pytest.fixture
def named(kind):
    return f"{kind}:{keyservices.ARN if kind == 'awskms' else keyservices.VERSION}"


@pytest.fixture
def opened(named, settings):
    return open_service_key(named, NAME, settings)


@pytest.fixture
def ledger(tmp_path, opened):
    made = Ledger.create(f"sqlite:///{tmp_path}/ledger.db", "test-1", opened, Clock())
    made.append([configuration()])
    return made


def sizes(ledger):
    with ledger.read() as reader:
        return reader.size, len(list(reader.headers())), len(list(reader.checkpoints()))


def test_a_ledger_signed_by_the_service_verifies_under_its_key(ledger, opened):
    ledger.append([entry(buckets(3))])
    with ledger.read() as reader:
        assert verify(reader, Trust((opened.key.fingerprint,))).exit is Exit.PASS


def test_the_public_key_is_asked_for_once_and_not_at_all_where_it_is_pinned(service, named, settings, opened):
    opened.sign(b"one")
    opened.sign(b"two")
    asked = [call for call in service.calls if "ublic" in call]
    assert len(asked) == 1
    again = open_service_key(named, NAME, settings, opened.key)
    assert again.sign(b"three")
    assert len([call for call in service.calls if "ublic" in call]) == 1


def test_another_key_behind_the_same_name_signs_nothing(service, ledger):
    service.private = Ed25519PrivateKey.generate()
    before = sizes(ledger)
    with pytest.raises(SigningError, match="is not by the key"):
        ledger.append([entry(buckets(3))])
    assert sizes(ledger) == before


FAULTS = {
    "denies": keyservices.denied,
    "fails": lambda _: Answer(500, b"{}"),
    "answers with a page": lambda _: Answer(200, b"<html>", {"Content-Type": "text/html"}),
    "gives no signature": lambda kind: Answer(
        200, b'{"Signature":"","signature":"AA=="}', {"Content-Type": "application/x-amz-json-1.1"}
    ),
}


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS.keys())
def test_a_service_that_fails_aborts_the_append_and_the_next_one_succeeds(service, ledger, kind, fault):
    service.refuse = fault(kind)
    before = sizes(ledger)
    with pytest.raises(SigningError, match=r"nothing was written|is not by the key"):
        ledger.append([entry(buckets(3))])
    assert sizes(ledger) == before == (1, 1, 2)
    service.refuse = None
    ledger.append([entry(buckets(3))])
    assert sizes(ledger) == (2, 2, 3)
    with ledger.read() as reader:
        assert verify(reader, Trust((reader.key,))).exit is Exit.PASS


def test_a_service_that_is_down_aborts_the_append(named, settings, opened, tmp_path):
    down = settings.model_copy(update={"endpoint_url": "http://127.0.0.1:9"})
    with pytest.raises(SigningError, match="nothing was written"):
        open_service_key(named, NAME, down, opened.key).sign(b"it")


def test_a_key_of_another_algorithm_is_refused(service, named, settings):
    service.private = ec.generate_private_key(ec.SECP256R1())
    with pytest.raises(ConfigurationError, match="not an Ed25519 key"):
        open_service_key(named, NAME, settings)


def test_a_pinned_key_of_another_ledger_is_refused(named, settings, opened):
    other = VerifierKey("other.example.com", opened.key.kind, opened.key.public)
    with pytest.raises(ConfigurationError, match=r"is of other\.example\.com"):
        open_service_key(named, NAME, settings, other)


def test_a_ledger_moves_from_a_file_to_the_service_and_back(tmp_path, opened):
    file, other = signer(tmp_path), signer(tmp_path, file="other")
    moved = Ledger.create(f"sqlite:///{tmp_path}/moved.db", "test-1", file, Clock())
    moved.append([configuration()])
    moved.rotate(opened)
    moved.append([entry(buckets(3))])
    moved.rotate(other)
    moved.append([entry(buckets(4))])
    with moved.read() as reader:
        assert verify(reader, Trust((file.key.fingerprint,))).exit is Exit.PASS


def test_the_commands_rotate_to_the_service_and_go_on_with_it(tmp_path, kind, service, named, settings):
    run = runner(tmp_path)
    key = signer(tmp_path)
    Ledger.create(f"sqlite:///{tmp_path}/ledger.db", "test-1", key).append([configuration()])
    more = f", credentials: {settings.credentials}" if settings.credentials else ""

    def configure(signing):
        (tmp_path / "controlproof.yaml").write_text(
            f"ledger:\n  name: {NAME}\n  database: sqlite:///ledger.db\n  key: {signing}\n  collector: test-1\n"
            f"  key_service: {{endpoint_url: '{service.url}'{more}}}\n"
            'sources: [{aws: {account: "123456789012", region: eu-central-1}}]\n'
        )

    configure("file:key")
    done = run("key", "rotate", "--to", named)
    assert done.returncode == 0, done.stderr
    assert f"Set ledger.key to {named}" in done.stdout
    old = run("key", "rotate", "--to", "third.key")
    assert (old.returncode, "not the ledger's current key" in old.stderr) == (2, True)
    configure(named)
    shown = run("key", "show")
    assert shown.returncode == 0, shown.stderr
    verified = run("verify", "--key", key.key.fingerprint)
    assert verified.returncode == 0, verified.stdout


@pytest.mark.parametrize(
    "key",
    [
        "awskms:alias/ledger",
        "awskms:arn:aws:kms:eu-central-1:123456789012:alias/ledger",
        "gcpkms:projects/acme/locations/eu/keyRings/a/cryptoKeys/b",
        "vault:x",
    ],
)
def test_a_key_that_could_be_moved_to_another_is_no_key(tmp_path, key):
    (tmp_path / "controlproof.yaml").write_text(
        f"ledger:\n  name: {NAME}\n  database: sqlite:///ledger.db\n  key: {key}\n  collector: test-1\n"
        'sources: [{aws: {account: "123456789012", region: eu-central-1}}]\n'
    )
    done = runner(tmp_path)("key", "show")
    assert (done.returncode, "controlproof.yaml:4: ledger.key: must be" in done.stderr) == (2, True)
