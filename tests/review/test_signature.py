"""Signatures that a real ssh-keygen made, and what it does not take."""

import subprocess
from pathlib import Path

import pytest

from collector.model.errors import ConfigurationError
from collector.review.signature import NAMESPACE, verify_signature

LEAD, OTHER = "security-lead", "somebody-else"
PACKET = "ledger: x\nnote: ünsigned\n".encode()


def ssh_keygen(*arguments):
    return subprocess.run(["ssh-keygen", *map(str, arguments)], capture_output=True, text=True, check=True).stdout


class Signers:
    """Two signers with a key each, of whom an allowed-signers file tells."""

    def __init__(self, folder: Path, kind: str = "ed25519") -> None:
        self.folder = folder
        self.allowed = folder / "allowed"
        self.packet = folder / "packet.yaml"
        self.packet.write_bytes(PACKET)
        for name in (LEAD, OTHER):
            ssh_keygen("-q", "-t", kind, "-N", "", "-C", name, "-f", folder / name)
        self.allow(LEAD)

    def public(self, name: str) -> str:
        return " ".join((self.folder / f"{name}.pub").read_text().split()[:2])

    def allow(self, name: str, options: str = "", key: str | None = None) -> None:
        self.allowed.write_text(f"{name} {options} {self.public(key or name)}\n")

    def sign(self, name: str = LEAD, namespace: str = NAMESPACE) -> Path:
        signature = self.packet.with_name("packet.yaml.sig")
        signature.unlink(missing_ok=True)
        ssh_keygen("-q", "-Y", "sign", "-n", namespace, "-f", self.folder / name, self.packet)
        return signature

    def verify(self, signature: Path, packet: bytes = PACKET, signer: str = LEAD):
        return verify_signature(packet, signature, self.allowed, signer)

    def refused(self, signature: Path, packet: bytes = PACKET, signer: str = LEAD) -> ConfigurationError:
        with pytest.raises(ConfigurationError) as caught:
            self.verify(signature, packet, signer)
        return caught.value


@pytest.fixture
def signers(tmp_path):
    return Signers(tmp_path)


def fingerprint(signers, name):
    return ssh_keygen("-l", "-f", signers.folder / f"{name}.pub").split()[1]


def test_a_good_signature_is_told_with_its_key_and_can_be_verified_again_from_what_is_attested(signers, tmp_path):
    found = signers.verify(signers.sign())
    assert (found.signer, found.key) == (LEAD, fingerprint(signers, LEAD))
    attested = found.to_json()
    (tmp_path / "again.sig").write_text(attested["signature"])
    assert signers.verify(tmp_path / "again.sig", attested["packet"].encode()) == found


@pytest.mark.parametrize("kind", ["ecdsa", "rsa"])
def test_other_kinds_of_keys_sign_too(tmp_path, kind):
    signers = Signers(tmp_path, kind)
    assert signers.verify(signers.sign()).key == fingerprint(signers, LEAD)


def test_a_byte_order_mark_and_line_ends_are_signed_and_attested_as_they_are(signers):
    data = b"\xef\xbb\xbf" + PACKET.replace(b"\n", b"\r\n")
    signers.packet.write_bytes(data)
    assert signers.verify(signers.sign(), data).packet.encode() == data


def test_anothers_key_is_refused(signers):
    error = signers.refused(signers.sign(OTHER))
    assert f"is no signature by {LEAD} over this file" in error.message
    assert error.mend == f"sign the file as it is: ssh-keygen -Y sign -n {NAMESPACE} -f KEY FILE"


def test_a_key_that_is_allowed_for_another_name_is_refused(signers):
    signers.allow(OTHER, key=LEAD)
    assert "is no signature by" in signers.refused(signers.sign()).message


def test_a_good_signature_under_another_reviewers_name_is_refused(signers):
    assert f"is no signature by {OTHER}" in signers.refused(signers.sign(), signer=OTHER).message


@pytest.mark.parametrize("changed", [PACKET + b"\n", PACKET.replace(b"x", b"y"), b"", PACKET.replace(b"\n", b"\r\n")])
def test_a_packet_altered_after_signing_is_refused(signers, changed):
    assert "is no signature by" in signers.refused(signers.sign(), changed).message


def test_a_signature_for_another_purpose_is_refused(signers):
    assert "is no signature by" in signers.refused(signers.sign(namespace="git")).message


@pytest.mark.parametrize(
    "options",
    ['valid-before="20200101Z"', 'valid-after="20990101Z"', 'namespaces="git"', "cert-authority"],
)
def test_a_signer_who_is_not_allowed_now_or_for_this_is_refused(signers, options):
    signers.allow(LEAD, options)
    assert "is no signature by" in signers.refused(signers.sign()).message


def test_a_signer_who_is_allowed_now_and_for_this_is_taken(signers):
    signers.allow(LEAD, 'namespaces="controlproof",valid-after="20200101Z",valid-before="20990101Z"')
    assert signers.verify(signers.sign()).signer == LEAD


@pytest.mark.parametrize("damage", [b"", b"-----BEGIN SSH SIGNATURE-----\n", b"hello", b"\x00" * 100])
def test_a_damaged_signature_is_refused(signers, damage):
    signature = signers.sign()
    signature.write_bytes(damage)
    assert "is no signature by" in signers.refused(signature).message


def test_a_signature_that_is_no_text_is_refused(signers):
    signature = signers.sign()
    signature.write_bytes(b"\xff\xfe")
    assert "is not an SSH signature" in signers.refused(signature).message


def test_an_endless_signature_is_not_read_whole(signers):
    signature = signers.sign()
    with signature.open("wb") as file:
        file.truncate(1 << 40)
    assert "is larger than 65536 bytes" in signers.refused(signature).message


def test_a_missing_signature_and_missing_allowed_signers_are_named(signers, tmp_path):
    assert f"{tmp_path / 'absent'} cannot be read: No such file" in signers.refused(tmp_path / "absent").message
    signature = signers.sign()
    signers.allowed.unlink()
    assert f"no allowed-signers file {signers.allowed}" in signers.refused(signature).message


def test_an_allowed_signers_file_that_says_nothing_allows_nobody(signers):
    for text in ("", "# nobody\n", "nonsense\n", "\x00"):
        signers.allowed.write_text(text)
        assert "is no signature by" in signers.refused(signers.sign()).message


def test_a_reviewers_name_is_never_an_option_or_a_pattern(signers):
    signature = signers.sign()
    assert "does not begin with a dash" in signers.refused(signature, signer="-Oprint-pubkey").message
    for name in ("*", "security-*", f"{LEAD},{OTHER}", "", "x\x00y"):
        assert signers.refused(signature, signer=name)


def test_without_ssh_keygen_it_says_what_to_install(signers, monkeypatch, tmp_path):
    signature = signers.sign()
    monkeypatch.setenv("PATH", str(tmp_path))
    error = signers.refused(signature)
    assert error.message == "ssh-keygen is not installed"
    assert "openssh-client" in error.mend


@pytest.mark.parametrize(
    "program",
    ["#!/bin/sh\nexit 0\n", "#!/bin/sh\necho 'Good \"controlproof\" signature for x with'\n", "#!/nonexistent\n"],
    ids=["silent", "another wording", "cannot be run"],
)
def test_a_program_that_does_not_say_that_it_is_good_proves_nothing(signers, monkeypatch, tmp_path, program):
    signature = signers.sign()
    (tmp_path / "bin").mkdir()
    fake = tmp_path / "bin" / "ssh-keygen"
    fake.write_text(program)
    fake.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:/bin")
    assert signers.refused(signature)
