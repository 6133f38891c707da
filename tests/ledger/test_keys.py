import os
import stat
import subprocess

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from support import vectors

from collector.ledger.keys import create_key_file, load_key_file, sign_note
from collector.model.errors import ConfigurationError


def write(path, key, encryption=serialization.NoEncryption(), form=serialization.PrivateFormat.PKCS8):
    path.write_bytes(key.private_bytes(serialization.Encoding.PEM, form, encryption))
    path.chmod(0o600)
    return path


@pytest.mark.parametrize(
    "case", vectors.load("notes.json")["ed25519_rfc8032"], ids=["test 1", "test 2", "test 3", "SHA(abc)"]
)
def test_signatures_are_those_of_rfc8032(tmp_path, case):
    path = write(tmp_path / "k", Ed25519PrivateKey.from_private_bytes(bytes.fromhex(case["seed"])))
    signer = load_key_file(path, "example.com/log")
    assert signer.key.public.hex() == case["public"]
    assert signer.sign(bytes.fromhex(case["message"])).hex() == case["signature"]


def test_a_new_key_can_be_read_by_its_owner_only_whatever_the_umask(tmp_path):
    before = os.umask(0)
    try:
        create_key_file(tmp_path / "k")
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "k").stat().st_mode) == 0o600


def test_an_existing_key_is_never_overwritten(tmp_path):
    create_key_file(tmp_path / "k")
    before = (tmp_path / "k").read_bytes()
    with pytest.raises(ConfigurationError, match="never overwritten"):
        create_key_file(tmp_path / "k")
    assert (tmp_path / "k").read_bytes() == before


def test_a_link_in_the_way_is_not_followed(tmp_path):
    (tmp_path / "k").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(ConfigurationError, match="never overwritten"):
        create_key_file(tmp_path / "k")
    assert not (tmp_path / "elsewhere").exists()


def test_a_key_in_a_folder_that_is_not_there_is_a_clear_error(tmp_path):
    with pytest.raises(ConfigurationError, match="cannot be written: No such file"):
        create_key_file(tmp_path / "none" / "k")


@pytest.mark.parametrize("mode", [0o600, 0o400])
def test_a_key_of_its_owner_alone_is_read(tmp_path, mode):
    create_key_file(tmp_path / "k")
    (tmp_path / "k").chmod(mode)
    signer = load_key_file(tmp_path / "k", "example.com/log")
    assert sign_note("text\n", [signer]).verify([signer.key], "it") == signer.key


def test_every_new_key_is_another_one(tmp_path):
    for name in ("a", "b"):
        create_key_file(tmp_path / name)
    one, other = (load_key_file(tmp_path / name, "example.com/log") for name in ("a", "b"))
    assert one.key.fingerprint != other.key.fingerprint


def test_a_signer_shows_no_key_material(tmp_path):
    create_key_file(tmp_path / "k")
    signer = load_key_file(tmp_path / "k", "example.com/log")
    secret = serialization.load_pem_private_key((tmp_path / "k").read_bytes(), None).private_bytes_raw()
    shown = f"{signer!r} {signer.key!r} {signer.__dict__!r}"
    assert secret.hex() not in shown
    assert repr(secret) not in shown


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o602, 0o610, 0o777])
def test_a_key_that_others_can_reach_is_refused_with_the_mend(tmp_path, mode):
    create_key_file(tmp_path / "k")
    (tmp_path / "k").chmod(mode)
    with pytest.raises(ConfigurationError, match=f"{mode:04o}") as caught:
        load_key_file(tmp_path / "k", "example.com/log")
    assert caught.value.mend == f"chmod 600 {tmp_path / 'k'}"


WRONG = {
    "an RSA key": lambda p: write(p, rsa.generate_private_key(65537, 2048)),
    "a P-256 key": lambda p: write(p, ec.generate_private_key(ec.SECP256R1())),
    "an encrypted key": lambda p: write(
        p, Ed25519PrivateKey.generate(), serialization.BestAvailableEncryption(b"pass")
    ),
    "an OpenSSH key": lambda p: write(p, Ed25519PrivateKey.generate(), form=serialization.PrivateFormat.OpenSSH),
    "a public key": lambda p: (
        p.write_bytes(
            Ed25519PrivateKey.generate()
            .public_key()
            .public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
        ),
        p.chmod(0o600),
    ),
    "a key cut short": lambda p: (write(p, Ed25519PrivateKey.generate()), p.write_bytes(p.read_bytes()[:60])),
    "garbage": lambda p: (p.write_bytes(b"\x00SECRET-CANARY"), p.chmod(0o600)),
    "nothing": lambda p: (p.write_bytes(b""), p.chmod(0o600)),
    "a hundred kilobytes": lambda p: (p.write_bytes(b"SECRET-CANARY" * 10_000), p.chmod(0o600)),
}


@pytest.mark.parametrize("make", WRONG.values(), ids=WRONG.keys())
def test_what_is_no_ed25519_key_is_refused_without_showing_any_of_it(tmp_path, make):
    path = tmp_path / "k"
    make(path)
    with pytest.raises(ConfigurationError) as caught:
        load_key_file(path, "example.com/log")
    text = f"{caught.value.message} {caught.value.mend}"
    assert "CANARY" not in text
    # A traceback shows the errors behind this one, so there must be none.
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None
    assert not any(len(line) > 20 and line in text for line in path.read_bytes().decode("latin-1").splitlines())


def test_a_key_made_by_the_command_in_the_mend_is_accepted(tmp_path):
    subprocess.run(["openssl", "genpkey", "-algorithm", "ed25519", "-out", tmp_path / "k"], check=True)
    (tmp_path / "k").chmod(0o600)
    assert load_key_file(tmp_path / "k", "example.com/log").key.name == "example.com/log"


def test_a_missing_key_is_a_clear_error(tmp_path):
    with pytest.raises(ConfigurationError, match="cannot be read"):
        load_key_file(tmp_path / "none", "example.com/log")
