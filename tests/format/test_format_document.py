"""The worked example of collector/FORMAT.md: recomputed from its own text, and made again by the product."""

import base64
import hashlib
import json
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from collector.bundle.anchors import anchor_files
from collector.ledger.anchors import Anchor, AnchorKind
from collector.ledger.bodies import configuration_entry, snapshot_entry
from collector.ledger.checkpoint import SignedCheckpoint
from collector.ledger.cosignature import cosign
from collector.ledger.keys import FileSigner
from collector.ledger.note import COSIGNATURE
from collector.ledger.store import Ledger
from collector.model.canonical import digest, encode
from collector.model.snapshot import Item, Operation, Provenance, Snapshot

DOCUMENT = (Path(__file__).parents[2] / "collector" / "FORMAT.md").read_text("utf-8")
EXAMPLE = dict(re.findall(r"<!-- example: ([\w -]+) -->\n```\n(.*?)\n```", DOCUMENT, re.DOTALL))


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def stated(name: str) -> str:
    return EXAMPLE[name]


def test_item_chunk_index_and_body_are_named_by_their_digests():
    item, chunk, index, body = (stated(name) for name in ("item", "chunk", "index", "snapshot body"))
    assert json.loads(chunk) == [["arn:aws:s3:::weights", sha256(item.encode())]]
    assert json.loads(index) == [sha256(chunk.encode())]
    assert json.loads(body)["items"] == sha256(index.encode())
    assert json.loads(body)["configuration"] == sha256(stated("configuration body").encode())
    assert json.loads(stated("header 1"))["body"] == sha256(body.encode())
    assert json.loads(stated("header 0"))["body"] == sha256(stated("configuration body").encode())


def test_headers_are_chained_and_make_the_root():
    leaves = [hashlib.sha256(b"\x00" + stated(f"header {n}").encode()).digest() for n in (0, 1)]
    assert json.loads(stated("header 0"))["prev"] == "0" * 64
    assert json.loads(stated("header 1"))["prev"] == leaves[0].hex() == stated("leaf 0")
    root = hashlib.sha256(b"\x01" + leaves[0] + leaves[1]).digest()
    assert base64.b64encode(root).decode() == stated("root") == stated("checkpoint").split("\n")[2]


def test_the_checkpoint_is_signed_by_the_stated_key():
    name, key_id, material = stated("verifier key").split("+", 2)
    public = base64.b64decode(material)[1:]
    text, line = stated("checkpoint").split("\n\n")
    signature = base64.b64decode(line.split(" ")[2])
    assert line.split(" ")[1] == name
    assert signature[:4].hex() == key_id == sha256(name.encode() + b"\n\x01" + public)[:8]
    Ed25519PublicKey.from_public_bytes(public).verify(signature[4:], f"{text}\n".encode())
    assert stated("fingerprint") == f"sha256:{sha256(public)}"


def test_the_witness_cosigned_the_checkpoint():
    name, key_id, material = stated("witness key").split("+", 2)
    public = base64.b64decode(material)[1:]
    value = json.loads(stated("cosignature"))
    data = base64.b64decode(value["line"].split(" ")[2])
    assert value["line"].split(" ")[1] == value["name"] == name
    assert data[:4].hex() == key_id == sha256(name.encode() + b"\n\x04" + public)[:8]
    text = stated("checkpoint").split("\n\n", maxsplit=1)[0] + "\n"
    message = f"cosignature/v1\ntime {int.from_bytes(data[4:12])}\n{text}"
    Ed25519PublicKey.from_public_bytes(public).verify(data[12:], message.encode())


def test_a_timestamp_is_over_the_whole_note():
    assert stated("imprint") == sha256(f"{stated('checkpoint')}\n".encode())


def make(folder):
    """The example, made by the product: the key is that of RFC 8032 section 7.1, test 1."""
    seed = bytes.fromhex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60")
    signer = FileSigner(Ed25519PrivateKey.from_private_bytes(seed), "controlproof.example.com/prod")
    time = datetime(2026, 11, 23, 16, 10, 0, 123456, UTC)
    ledger = Ledger.create(f"sqlite:///{folder}/l.db", "prod-eu-1", signer, lambda: time)
    configuration = {"ledger": "controlproof.example.com/prod", "v": 1}
    item = Item.of("arn:aws:s3:::weights", {"name": "weights", "policy": None})
    caller = "arn:aws:sts::123456789012:assumed-role/controlproof/controlproof"
    operations = (Operation("s3:GetBucketPolicy", {}, 1), Operation("s3:ListBuckets", {}, 1))
    provenance = Provenance("aws/0.1.0", caller, "aws:eu-central-1", operations, "4A1F", "4A20", 0)
    snapshot = Snapshot("aws:123456789012", "s3.buckets", time, time, provenance, (item,))
    entry = snapshot_entry(snapshot, ["ACC-2", "ACC-5"], digest(encode(configuration)))
    ledger.append([configuration_entry(configuration, ledger.origin), entry])
    with ledger.read() as reader:
        headers = [data.decode() for _, data in reader.headers()]
        note = reader.checkpoint(2)
        checkpoint = note.decode().rstrip("\n")
    index = entry.body.children[0]
    # The witness's key is that of RFC 8032 section 7.1, test 2.
    seed = bytes.fromhex("4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb")
    witness = FileSigner(Ed25519PrivateKey.from_private_bytes(seed), "witness.example.com/w1", COSIGNATURE)
    line = cosign(SignedCheckpoint.decode(note, "it"), witness, datetime(2026, 11, 23, 16, 20, tzinfo=UTC))
    data = line.encode().rstrip("\n").encode()
    anchor = Anchor(2, AnchorKind.COSIGNATURE, line.name, time, data)
    ledger.anchor([anchor])
    with ledger.read() as reader:
        ((cosignature,),) = anchor_files(reader, 0, 2).lines.values()
    return {
        "configuration body": encode(configuration).decode(),
        "item": item.body.decode(),
        "chunk": index.children[0].data.decode(),
        "index": index.data.decode(),
        "snapshot body": entry.body.data.decode(),
        "header 0": headers[0],
        "leaf 0": json.loads(headers[1])["prev"],
        "header 1": headers[1],
        "root": checkpoint.split("\n")[2],
        "checkpoint": checkpoint,
        "verifier key": signer.key.encode(),
        "fingerprint": signer.key.fingerprint,
        "imprint": sha256(note),
        "cosignature": cosignature.decode(),
        "witness key": witness.key.encode(),
    }


def test_the_product_makes_exactly_the_example(tmp_path):
    assert make(tmp_path) == EXAMPLE


@pytest.mark.parametrize(
    "name",
    [
        "records.jsonl",
        "checkpoints.jsonl",
        "earlier.jsonl",
        "timestamps.jsonl",
        "cosignatures.jsonl",
        "later.jsonl",
        "objects.jsonl",
        "bundle.json",
    ],
)
def test_every_part_of_a_bundle_is_described(name):
    assert name in DOCUMENT
