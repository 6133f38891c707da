"""A timestamp authority: `openssl ts -reply` behind a small HTTP server, with certificates of its own."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from support.listener import listening
from support.proxy import Answer

_CONFIGURATION = """\
[tsa]
default_tsa = authority
[authority]
serial = {folder}/serial
signer_digest = sha256
default_policy = 1.2.3.4
digests = sha256
accuracy = secs:1
ordering = no
tsa_name = no
ess_cert_id_chain = no
ess_cert_id_alg = sha256
"""


class Authority:
    """Its files, and how it answers: `status` of HTTP, `body` in place of an answer, `chain` in the answer."""

    def __init__(self, folder: Path, days: tuple[int, int] = (-1, 100)) -> None:
        folder.mkdir()
        self.folder, self.days = folder, days
        self.root = folder / "root.pem"
        self.url = ""
        self.status, self.body, self.chain, self.asked = 200, None, False, 0
        root_key, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
        pem = serialization.Encoding.PEM
        self.root.write_bytes(self._certificate("Root", root_key, root_key).public_bytes(pem))
        (folder / "leaf.pem").write_bytes(self._certificate("TSA", key, root_key).public_bytes(pem))
        (folder / "key.pem").write_bytes(
            key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        )
        (folder / "serial").write_text("01")
        (folder / "tsa.cnf").write_text(_CONFIGURATION.format(folder=folder))

    def _certificate(self, subject, key, signer) -> x509.Certificate:
        now = datetime.now(UTC)
        root = subject == "Root"
        # The root's name holds the folder's, so that two authorities are not mixed up.
        names = {
            who: x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"{self.folder.name} {who}")])
            for who in ("Root", "TSA")
        }
        first, last = (-3650, 3650) if root else self.days
        builder = (
            x509.CertificateBuilder()
            .subject_name(names[subject])
            .issuer_name(names["Root"])
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now + timedelta(days=first))
            .not_valid_after(now + timedelta(days=last))
            .add_extension(x509.BasicConstraints(ca=root, path_length=None), critical=True)
        )
        if not root:
            usage = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING])
            builder = builder.add_extension(usage, critical=True)
        return builder.sign(signer, hashes.SHA256())

    def reply(self, query: bytes) -> bytes:
        """Answer a query as OpenSSL does."""
        (self.folder / "query").write_bytes(query)
        command = ["openssl", "ts", "-reply", "-config", self.folder / "tsa.cnf", "-queryfile", self.folder / "query"]
        command += ["-signer", self.folder / "leaf.pem", "-inkey", self.folder / "key.pem"]
        if self.chain:
            command += ["-chain", self.root]
        subprocess.run([*command, "-out", self.folder / "reply"], check=True, capture_output=True)
        return (self.folder / "reply").read_bytes()


@contextmanager
def authority(folder: Path, **how: object) -> Iterator[Authority]:
    """Serve an authority on a free port."""
    found = Authority(folder, **how)

    def answered(handler: BaseHTTPRequestHandler) -> Answer:
        query = handler.rfile.read(int(handler.headers["Content-Length"]))
        found.asked += 1
        body = found.body if found.body is not None else found.reply(query)
        return Answer(found.status, body, {"Content-Type": "application/timestamp-reply"})

    with listening(answered) as url:
        found.url = f"{url}/tsr"
        yield found
