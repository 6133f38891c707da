import base64

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import assume, given
from hypothesis import strategies as st
from support import vectors

from collector.ledger.checkpoint import Checkpoint, SignedCheckpoint
from collector.ledger.keys import FileSigner, sign_note
from collector.ledger.merkle import leaf_hash
from collector.ledger.note import SignatureError
from collector.model.canonical import MAX_INTEGER
from collector.model.errors import MalformedError

ROOT = base64.b64encode(bytes(32)).decode()
TREE = vectors.load("notes.json")["go_tree"]
EXAMPLE = vectors.load("notes.json")["tlog_checkpoint_example"]

origins = st.text(st.characters(exclude_categories=["Cc", "Cs"]), min_size=1, max_size=20)
checkpoints = st.builds(Checkpoint, origins, st.integers(0, MAX_INTEGER), st.binary(min_size=32, max_size=32))


def test_the_example_of_the_specification_reads_and_writes_the_same():
    signed = SignedCheckpoint.decode(EXAMPLE["note"].encode(), "it")
    assert (signed.checkpoint.origin, signed.size) == (EXAMPLE["origin"], EXAMPLE["size"])
    assert signed.note.signatures[0].name == EXAMPLE["origin"]
    assert signed.note.encode() == EXAMPLE["note"].encode()


@given(checkpoints)
def test_a_checkpoint_survives_signing_writing_and_reading(checkpoint):
    signer = FileSigner(Ed25519PrivateKey.from_private_bytes(bytes(32)), "example.com/log")
    data = sign_note(checkpoint.text(), [signer]).encode()
    signed = SignedCheckpoint.decode(data, "it")
    assert signed.checkpoint == checkpoint
    assert signed.note.verify([signer.key], "it") == signer.key


@given(st.data())
def test_an_altered_checkpoint_is_malformed_or_not_signed_by_the_key(data):
    signer = FileSigner(Ed25519PrivateKey.from_private_bytes(bytes(32)), "example.com/log")
    good = sign_note(Checkpoint("example.com/log", 41, bytes(32)).text(), [signer]).encode()
    start = data.draw(st.integers(0, len(good) - 1))
    length, put = data.draw(st.integers(0, 3)), data.draw(st.binary(max_size=3) | st.sampled_from([b"\n", b"\n\n"]))
    altered = good[:start] + put + good[start + length :]
    assume(altered != good)
    with pytest.raises((MalformedError, SignatureError)):
        SignedCheckpoint.decode(altered, "it").note.verify([signer.key], "it")


def test_the_empty_tree_has_size_zero():
    assert Checkpoint.parse(f"o\n0\n{ROOT}\n", "it").size == 0


def test_a_published_tree_head_reads_and_writes_the_same():
    checkpoint = Checkpoint.parse(TREE["text"], "it")
    assert checkpoint == Checkpoint("go.sum database tree", 123456789012, leaf_hash(TREE["leaf"].encode()))
    assert checkpoint.text() == TREE["text"]


def test_extension_lines_are_allowed():
    assert Checkpoint.parse(f"example.com/log\n5\n{ROOT}\nmore\n", "it").size == 5


REFUSED = {
    "a leading zero": f"o\n05\n{ROOT}\n",
    "two zeros": f"o\n00\n{ROOT}\n",
    "no size": f"o\n\n{ROOT}\n",
    "an underscore": f"o\n1_000\n{ROOT}\n",
    "an exponent": f"o\n1e3\n{ROOT}\n",
    "a carriage return": f"o\n5\r\n{ROOT}\r\n",
    "a plus sign": f"o\n+5\n{ROOT}\n",
    "a minus sign": f"o\n-5\n{ROOT}\n",
    "hex": f"o\n0x5\n{ROOT}\n",
    "other digits": f"o\n٥\n{ROOT}\n",
    "a space": f"o\n5 \n{ROOT}\n",
    "a size beyond 2^53-1": f"o\n9007199254740992\n{ROOT}\n",
    "a size of a thousand digits": f"o\n{'9' * 1000}\n{ROOT}\n",
    "a short root": f"o\n5\n{ROOT[:-4]}\n",
    "a root with stray bits": f"o\n5\n{ROOT[:-2]}B=\n",
    "a root in URL-safe base64": f"o\n5\n{'_' * 43}=\n",
    "a long root": f"o\n5\n{base64.b64encode(bytes(33)).decode()}\n",
    "a root without padding": f"o\n5\n{ROOT[:-1]}\n",
    "a root that is hex": f"o\n5\n{'00' * 32}\n",
    "a published tree with its size in hex": TREE["text"].replace("123456789012", "0xabcdef"),
    "nothing": "",
    "no root": "o\n5\n",
    "no origin": f"\n5\n{ROOT}\n",
    "an empty extension line": f"o\n5\n{ROOT}\n\n",
    "no newline at the end": f"o\n5\n{ROOT}",
}


@pytest.mark.parametrize("text", REFUSED.values(), ids=REFUSED.keys())
def test_a_malformed_checkpoint_is_refused(text):
    with pytest.raises(MalformedError, match=r"\bit\b"):
        Checkpoint.parse(text, "it")


@given(st.binary(max_size=200))
def test_arbitrary_bytes_are_malformed(data):
    with pytest.raises(MalformedError):
        SignedCheckpoint.decode(data, "it")
