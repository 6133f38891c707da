"""A witness as c2sp.org/tlog-witness describes it: it checks, remembers, and only then cosigns."""

import base64
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from pathlib import Path

from support.ledgers import NAME
from support.listener import listening
from support.proxy import Answer

from collector.ledger.checkpoint import SignedCheckpoint
from collector.ledger.cosignature import cosign
from collector.ledger.keys import FileSigner, create_key_file, load_cosigner_file
from collector.ledger.merkle import ProofError, verify_consistency
from collector.ledger.note import SignatureError, VerifierKey
from collector.model.instant import now


class Witness:
    """Its key, whom it knows, what it cosigned last by ledger, and `override`: an answer in place of its own."""

    def __init__(self, folder: Path, name: str, *, post_quantum: bool = False) -> None:
        path = folder / name.replace("/", "-")
        create_key_file(path, post_quantum=post_quantum)
        self.signer: FileSigner = load_cosigner_file(path, name)
        self.logs: dict[str, VerifierKey] = {}
        self.last: dict[str, SignedCheckpoint] = {}
        self.override: tuple[int, str, bytes] | None = None
        self.asked: list[int] = []
        self.url = ""

    @property
    def vkey(self) -> str:
        return self.signer.key.encode()

    def size(self, origin: str = NAME) -> int:
        return self.last[origin].size if origin in self.last else 0

    def add_checkpoint(self, body: bytes) -> tuple[int, str, bytes]:
        head, _, note = body.partition(b"\n\n")
        first, *lines = head.decode().split("\n")
        old = int(first.removeprefix("old "))
        self.asked.append(old)
        if self.override:
            return self.override
        signed = SignedCheckpoint.decode(note, "the checkpoint")
        refusal = self._refuse(signed, old, [base64.b64decode(line) for line in lines])
        if refusal:
            return refusal
        self.last[signed.checkpoint.origin] = signed
        return 200, "text/plain", cosign(signed, self.signer, now()).encode().encode()

    def _refuse(self, signed: SignedCheckpoint, old: int, proof: list[bytes]) -> tuple[int, str, bytes] | None:
        origin, answer = signed.checkpoint.origin, None
        root = self.last[origin].checkpoint.root if origin in self.last else b""
        try:
            if origin not in self.logs:
                answer = 404, "text/plain", b"unknown"
            elif signed.note.verify([self.logs[origin]], "the checkpoint") and old > signed.size:
                answer = 400, "text/plain", b"old"
            elif old != self.size(origin):
                answer = 409, "text/x.tlog.size", f"{self.size(origin)}\n".encode()
            elif old == signed.size and root != signed.checkpoint.root:
                answer = 409, "text/plain", b"another root"
            elif old:
                verify_consistency(old, signed.size, root, signed.checkpoint.root, proof)
        except SignatureError:
            answer = 403, "text/plain", b"not signed"
        except ProofError:
            answer = 422, "text/plain", b"inconsistent"
        return answer


@contextmanager
def served(witness: Witness) -> Iterator[Witness]:
    def answered(handler: BaseHTTPRequestHandler) -> Answer:
        body = handler.rfile.read(int(handler.headers["Content-Length"]))
        known = handler.path == "/prefix/add-checkpoint"
        status, form, answer = witness.add_checkpoint(body) if known else (404, "text/plain", b"")
        return Answer(status, answer, {"Content-Type": form})

    with listening(answered) as url:
        witness.url = f"{url}/prefix"
        yield witness
