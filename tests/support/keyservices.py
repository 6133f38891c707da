"""Doubles of AWS KMS and Google Cloud KMS over HTTP, which sign with real Ed25519 keys."""

import base64
import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from support.listener import listening
from support.proxy import Answer
from support.vertex import TOKEN, refusal
from support.vertex import answer as documented

ARN = "arn:aws:kms:eu-central-1:123456789012:key/11111111-2222-3333-4444-555555555555"
VERSION = "projects/acme-prod/locations/europe-west4/keyRings/audit/cryptoKeys/ledger/cryptoKeyVersions/1"


class KeyService:
    """Its key, every call that it had, and `refuse`: an answer in place of its own."""

    def __init__(self) -> None:
        self.private = Ed25519PrivateKey.generate()
        self.calls: list[str] = []
        self.refuse: Answer | None = None
        self.url = ""

    def public(self, encoding: serialization.Encoding) -> bytes:
        return self.private.public_key().public_bytes(encoding, serialization.PublicFormat.SubjectPublicKeyInfo)

    def aws(self, handler: BaseHTTPRequestHandler, body: bytes) -> Answer:
        call = handler.headers["X-Amz-Target"].removeprefix("TrentService.")
        self.calls.append(call)
        if self.refuse:
            return self.refuse
        asked = json.loads(body)
        assert asked["KeyId"] == ARN
        if call == "GetPublicKey":
            return _amz({"KeyId": ARN, "PublicKey": _text(self.public(serialization.Encoding.DER))})
        assert (asked["MessageType"], asked["SigningAlgorithm"]) == ("RAW", "ED25519_SHA_512")
        return _amz({"KeyId": ARN, "Signature": _text(self.private.sign(base64.b64decode(asked["Message"])))})

    def gcp(self, handler: BaseHTTPRequestHandler, body: bytes) -> Answer:
        if handler.path == "/token":
            return documented({"access_token": TOKEN, "expires_in": 3600, "token_type": "Bearer"})
        if handler.headers.get("Authorization") != f"Bearer {TOKEN}":
            return refusal(401, "UNAUTHENTICATED", "Request had invalid authentication credentials.")
        call = handler.path.removeprefix(f"/v1/{VERSION}")
        self.calls.append(call)
        if self.refuse:
            return self.refuse
        if call == "/publicKey":
            pem = self.public(serialization.Encoding.PEM).decode()
            return documented({"pem": pem, "algorithm": "EC_SIGN_ED25519", "name": VERSION})
        assert call == ":asymmetricSign"
        return documented(
            {"name": VERSION, "signature": _text(self.private.sign(base64.b64decode(json.loads(body)["data"])))}
        )


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _amz(document: dict[str, str], status: int = 200) -> Answer:
    return Answer(status, json.dumps(document).encode(), {"Content-Type": "application/x-amz-json-1.1"})


def denied(kind: str) -> Answer:
    if kind == "awskms":
        return _amz({"__type": "AccessDeniedException", "message": "not authorized"}, 400)
    return refusal(403, "PERMISSION_DENIED", "Permission denied.")


@contextmanager
def served(kind: str) -> Iterator[KeyService]:
    service = KeyService()

    def answered(handler: BaseHTTPRequestHandler) -> Answer:
        body = handler.rfile.read(int(handler.headers.get("Content-Length", "0")))
        return (service.aws if kind == "awskms" else service.gcp)(handler, body)

    with listening(answered) as url:
        service.url = url
        yield service
