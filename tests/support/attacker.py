"""Someone who holds the ledger's database, and perhaps its key, and changes what was recorded."""

import json
from collections.abc import Callable, Sequence
from pathlib import Path

import zstandard
from sqlalchemy import Connection, delete, insert, select, text, update
from support.ledgers import raw

from collector.ledger import schema
from collector.ledger.checkpoint import Checkpoint, SignedCheckpoint
from collector.ledger.keys import FileSigner, sign_note
from collector.ledger.merkle import Frontier, leaf_hash
from collector.model.canonical import digest, encode
from collector.model.record import Kind

RECORDS, CHECKPOINTS, OBJECTS, HEAD = schema.records, schema.checkpoints, schema.objects, schema.head


class Attacker:
    """Works on one SQLite ledger below the ledger's code, its triggers dropped first."""

    def __init__(self, connection: Connection, folder: Path, signer: FileSigner) -> None:
        self.connection = connection
        self.folder = folder
        self.signer = signer
        names = connection.scalars(text("SELECT name FROM sqlite_master WHERE type = 'trigger'")).all()
        for name in names:
            connection.execute(text(f"DROP TRIGGER {name}"))

    def header(self, seq: int) -> dict:
        return json.loads(self.header_bytes(seq))

    def header_bytes(self, seq: int) -> bytes:
        return bytes(self.connection.scalar(select(RECORDS.c.header).where(RECORDS.c.seq == seq)))

    def size(self) -> int:
        return self.connection.scalar(select(HEAD.c.size))

    def set_header(self, seq: int, data: bytes) -> None:
        self.connection.execute(update(RECORDS).where(RECORDS.c.seq == seq).values(header=data))

    def alter_header(self, seq: int, **changes: object) -> None:
        self.set_header(seq, encode({**self.header(seq), **changes}))

    def rebuild_chain(self, start: int) -> None:
        """Make every prev after a changed record fit again."""
        for seq in range(start, self.size()):
            self.alter_header(seq, prev=leaf_hash(self.header_bytes(seq - 1)).hex())

    def delete_record(self, seq: int) -> None:
        self.connection.execute(delete(RECORDS).where(RECORDS.c.seq == seq))

    def insert_record(self, seq: int, data: bytes) -> None:
        """Insert a record, moving the later ones up by a place."""
        for later in range(self.size() - 1, seq - 1, -1):
            self.connection.execute(update(RECORDS).where(RECORDS.c.seq == later).values(seq=later + 1))
        self.connection.execute(insert(RECORDS).values(seq=seq, header=data))

    def swap_records(self, one: int, other: int) -> None:
        first, second = self.header_bytes(one), self.header_bytes(other)
        self.set_header(one, second)
        self.set_header(other, first)

    def object(self, address: str) -> bytes:
        row = self.connection.execute(
            select(OBJECTS.c.data, OBJECTS.c.size).where(OBJECTS.c.digest == bytes.fromhex(address))
        )
        data, size = row.one()
        return zstandard.ZstdDecompressor().decompress(bytes(data), max_output_size=size)

    def set_object(self, address: str, data: bytes, size: int | None = None) -> None:
        packed = zstandard.ZstdCompressor(write_content_size=False).compress(data)
        self.connection.execute(
            update(OBJECTS)
            .where(OBJECTS.c.digest == bytes.fromhex(address))
            .values(data=packed, size=len(data) if size is None else size)
        )

    def add_object(self, data: bytes) -> None:
        packed = zstandard.ZstdCompressor(write_content_size=False).compress(data)
        row = {"digest": bytes.fromhex(digest(data)), "size": len(data), "data": packed}
        self.connection.execute(insert(OBJECTS).values(**row))

    def delete_object(self, address: str) -> None:
        self.connection.execute(delete(OBJECTS).where(OBJECTS.c.digest == bytes.fromhex(address)))

    def body(self, seq: int) -> dict:
        return json.loads(self.object(self.header(seq)["body"]))

    def chunk_of(self, seq: int) -> str:
        return json.loads(self.object(self.body(seq)["items"]))[0]

    def item_of(self, seq: int) -> tuple[str, str]:
        first = json.loads(self.object(self.chunk_of(seq)))[0]
        return first[0], first[1]

    def checkpoint(self, size: int) -> bytes:
        return bytes(self.connection.scalar(select(CHECKPOINTS.c.note).where(CHECKPOINTS.c.size == size)))

    def set_checkpoint(self, size: int, note: bytes) -> None:
        self.connection.execute(update(CHECKPOINTS).where(CHECKPOINTS.c.size == size).values(note=note))

    def delete_checkpoints_from(self, size: int) -> None:
        self.connection.execute(delete(CHECKPOINTS).where(CHECKPOINTS.c.size >= size))

    def sign(self, checkpoint: Checkpoint, signer: FileSigner | None = None) -> bytes:
        return sign_note(checkpoint.text(), [signer or self.signer]).encode()

    def resign_everything(self, signer: FileSigner) -> None:
        for size in self.connection.scalars(select(CHECKPOINTS.c.size)).all():
            signed = SignedCheckpoint.decode(self.checkpoint(size), "it")
            self.set_checkpoint(size, self.sign(signed.checkpoint, signer))
        self.connection.execute(update(HEAD).values(key=signer.key.encode()))

    def resign_from(self, start: int, signers: Callable[[int], Sequence[FileSigner]]) -> None:
        """Make and sign anew every checkpoint over more than `start` records."""
        sizes = set(self.connection.scalars(select(CHECKPOINTS.c.size).where(CHECKPOINTS.c.size > start)))
        tree = Frontier()
        for seq in range(self.size()):
            tree.append(leaf_hash(self.header_bytes(seq)))
            if tree.size in sizes:
                origin = SignedCheckpoint.decode(self.checkpoint(tree.size), "it").checkpoint.origin
                checkpoint = Checkpoint(origin, tree.size, tree.root())
                self.set_checkpoint(tree.size, sign_note(checkpoint.text(), signers(tree.size)).encode())

    def rewind(self, size: int) -> None:
        """Make the ledger what it was at an earlier size, without a trace in the database."""
        tree = Frontier()
        for seq in range(size):
            tree.append(leaf_hash(self.header_bytes(seq)))
        for seq in range(size, self.size()):
            self.delete_record(seq)
        self.delete_checkpoints_from(size + 1)
        last = {"leaf": leaf_hash(self.header_bytes(size - 1)), "time": self.header(size - 1)["time"]}
        self.connection.execute(update(HEAD).values(size=size, frontier=b"".join(tree.hashes), **last))


def address_of(value: object) -> str:
    return digest(encode(value))


def forge_last_result(ledger, tmp_path, key, **changes):
    """With database and key: change the last result's body, chain and sign it as if it had always been so."""
    with ledger.read() as reader:
        last = reader.header(reader.size - 1)
    assert last.kind is Kind.RESULT
    with raw(f"sqlite:///{tmp_path}/ledger.db").connect() as connection:
        attacker = Attacker(connection, tmp_path, key)
        body = encode({**attacker.body(last.seq), **changes})
        attacker.set_object(last.body, body)
        objects = schema.objects
        connection.execute(
            update(objects)
            .where(objects.c.digest == bytes.fromhex(last.body))
            .values(digest=bytes.fromhex(digest(body)))
        )
        attacker.alter_header(last.seq, body=digest(body), outcome=changes.get("outcome", last.outcome.value))
        tree = Frontier()
        for seq in range(last.seq + 1):
            tree.append(leaf_hash(attacker.header_bytes(seq)))
        attacker.set_checkpoint(tree.size, attacker.sign(Checkpoint(ledger.origin, tree.size, tree.root())))
        connection.commit()
    return last
