"""The ledger itself: one append is one transaction, and its commit is the one commit point.

No record is ever stored unsigned, because the checkpoint over it is written in the same transaction; two
writers never fork it, because the head row is held while they write and moved by compare-and-swap.
Recovery after a crash is opening the database.
"""

from collections.abc import Callable, Collection, Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from copy import copy
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import islice
from typing import Any

import zstandard
from sqlalchemy import (
    Connection,
    Engine,
    Select,
    Text,
    bindparam,
    column,
    delete,
    func,
    insert,
    select,
    update,
    values,
)

from collector.ledger import migrations, schema
from collector.ledger.anchors import Anchor, AnchorKind
from collector.ledger.bodies import ATTESTATIONS
from collector.ledger.checkpoint import Checkpoint, SignedCheckpoint
from collector.ledger.database import connect, insert_rows, reclaim, select_in, size_in_bytes, transaction
from collector.ledger.entry import Entry, Object
from collector.ledger.keys import Signer, sign_note
from collector.ledger.merkle import HASH_SIZE, Frontier, leaf_hash
from collector.ledger.note import VerifierKey
from collector.ledger.reader import MAX_OBJECT, Later, decoded, of_kind
from collector.ledger.retention import PrunePlan, plan_pruning
from collector.ledger.rotation import rotation_entry
from collector.model.errors import ClockError, ConfigurationError, IntegrityError, LedgerError, MalformedError
from collector.model.instant import format_instant, now, parse_instant
from collector.model.record import NO_PREVIOUS, Header, Kind

_BATCH = 500
_COMPRESSION_LEVEL = 3
"""A higher level takes four times as long for records of a kB, which come out half a percent smaller."""
_PREFETCHED = 2_000
"""How many objects that were prefetched may wait to be asked for."""
_RESTORE = "the database was altered past this program: restore it, and run: controlproof verify"
_KNOWN = 10_000
"""How many digests of stored objects are remembered."""


@dataclass(frozen=True, slots=True)
class Head:
    """The one mutable row: where the next record goes."""

    origin: str
    key: str
    size: int
    frontier: bytes
    leaf: bytes
    time: str
    configuration: str | None

    def tree(self) -> Frontier:
        """Give the compact range of all records."""
        nodes = [self.frontier[at : at + HASH_SIZE] for at in range(0, len(self.frontier), HASH_SIZE)]
        return Frontier(self.size, nodes)


class Ledger:
    """An open ledger. `signer` may be None for one that is only read."""

    def __init__(self, engine: Engine, collector: str, signer: Signer | None, clock: Callable[[], datetime]) -> None:
        self._engine = engine
        self._collector = collector
        self._signer = signer
        self._clock = clock
        self._fence: Callable[[Connection], None] | None = None
        self._held: Connection | None = None
        self._known = _Known()
        with transaction(engine, writes=False) as connection:
            if not engine.dialect.has_table(connection, schema.head.name):
                raise ConfigurationError("the database holds no ledger", "make one with: controlproof init")
            self.origin = _read_head(connection).origin
        if signer and signer.key.name != self.origin:
            raise ConfigurationError(
                f"the ledger is called {self.origin}, not {signer.key.name}",
                "mend ledger.name in the configuration",
            )

    @classmethod
    def create(cls, database: str, collector: str, signer: Signer, clock: Callable[[], datetime] = now) -> "Ledger":
        """Make an empty ledger under the signer's name, with the signed checkpoint of size 0.

        Raises:
            ConfigurationError: there is a ledger already.

        """
        engine = connect(database, create=True)
        with transaction(engine, writes=True) as connection:
            if engine.dialect.has_table(connection, schema.head.name):
                raise ConfigurationError("the database holds a ledger already; it is never overwritten")
            migrations.migrate(connection)
            empty = Frontier()
            connection.execute(
                insert(schema.head).values(
                    id=1,
                    origin=signer.key.name,
                    key=signer.key.encode(),
                    size=0,
                    frontier=b"",
                    leaf=bytes.fromhex(NO_PREVIOUS),
                    time=format_instant(clock()),
                )
            )
            _insert_checkpoint(connection, Checkpoint(signer.key.name, 0, empty.root()), [signer])
        return cls(engine, collector, signer, clock)

    @classmethod
    def open(
        cls,
        database: str,
        collector: str = "reader",
        signer: Signer | None = None,
        clock: Callable[[], datetime] = now,
        *,
        durable: bool = True,
    ) -> "Ledger":
        """Open an existing ledger; without a signer it can only be read. See `connect` for `durable`.

        With one, a schema of an older version is brought up to date first.

        Raises:
            ConfigurationError: there is none, or it is another's or another version's.

        """
        engine = connect(database, durable=durable)
        if signer is not None:
            _bring_up_to_date(engine)
        return cls(engine, collector, signer, clock)

    @contextmanager
    def read(self, size: int | None = None) -> Iterator["LedgerReader"]:
        """Read one state of the ledger, whatever is appended meanwhile; with a size, no record from there on."""
        with self._transaction(writes=False) as connection:
            yield LedgerReader(connection, self._head(connection), size)

    def _head(self, connection: Connection, *, lock: bool = False) -> Head:
        return self._written_head or _read_head(connection, lock=lock)

    @property
    def _written_head(self) -> Head | None:
        """Give the head if it was written in the transaction that is under way: it can be no other."""
        return self._known.head if self._held else None

    @contextmanager
    def _transaction(self, *, writes: bool) -> Iterator[Connection]:
        if self._held is None:
            with transaction(self._engine, writes=writes) as connection:
                yield connection
            return
        try:
            yield self._held
        except BaseException:
            # It may have written a part, so nothing can follow it.
            if failed := self._held.get_transaction():
                failed.rollback()
            raise

    @contextmanager
    def together(self) -> Iterator["Ledger"]:
        """Give this ledger for many appends at once: all are one transaction, and it reads what it wrote so far.

        It is for what can be made again, as a played period. Whoever else appends waits until the end. What fails in
        between, an append or what is done with a reader, undoes everything.

        Raises:
            LedgerError: as `append`.

        """
        with transaction(self._engine, writes=True) as connection:
            before = _read_head(connection, lock=True)
            held = copy(self)
            held._held, held._known = connection, _Known()  # noqa: SLF001 - of the same class
            yield held
            if not connection.in_transaction():
                raise LedgerError("an append failed, so nothing of what was to be appended together with it was")
            if after := held._written_head:  # noqa: SLF001 - as above
                _move_head(connection, before, after)
        self._known, self._signer = held._known, held._signer  # noqa: SLF001 - as above

    def append(self, entries: Sequence[Entry]) -> tuple[Header, ...]:
        """Append entries as one transaction: chained, signed, all or nothing, all at one time.

        Raises:
            ClockError: the clock is behind the last record.
            IntegrityError: the head is not what its signed checkpoint says; nothing is built on it.
            LedgerError: the database failed or is busy; nothing was written.

        """
        signer = self._writer()
        return self._append(entries, [signer], signer) if entries else ()

    def fenced(self, fence: Callable[[Connection], None]) -> "Ledger":
        """Give this ledger for a writer that may lose its right to write.

        Every append through it calls `fence`, in the append's transaction and while the head is held; what that
        raises is raised, and nothing is written.
        """
        fenced = copy(self)
        fenced._fence = fence  # noqa: SLF001 - of the same class
        return fenced

    def await_appends(self) -> None:
        """Wait until every append that is under way has ended, so that what is read next holds all that it wrote.

        Raises:
            LedgerError: as `append`.

        """
        with transaction(self._engine, writes=True) as connection:
            _read_head(connection, lock=True)

    def size_in_bytes(self) -> int:
        """Give how much room the database takes."""
        with transaction(self._engine, writes=False) as connection:
            return size_in_bytes(connection)

    def rotate(self, successor: Signer) -> Header:
        """Hand the ledger to another key: a `key` record under a checkpoint that both sign.

        Raises:
            LedgerError: as `append`.

        """
        signer = self._writer()
        (header,) = self._append([rotation_entry(signer, successor.key)], [signer, successor], successor)
        self._signer = successor
        return header

    def prune(self, cutoff: datetime, *, dry: bool = False) -> PrunePlan:
        """Drop the content that only records older than `cutoff` name, and append the record that says so.

        Both are one transaction. Headers and checkpoints stay, so the ledger verifies as before. With `dry`, only say
        what would be dropped. Nothing is appended where there is nothing to drop.

        Raises:
            IntegrityError: the ledger is not sound; nothing was dropped.
            LedgerError: as `append`.

        """
        signer = self._writer()
        with transaction(self._engine, writes=True) as connection:
            head = _read_head(connection, lock=True)
            _check_head(connection, head, signer.key)
            plan = plan_pruning(LedgerReader(connection, head), cutoff)
            if plan.objects and not dry:
                self._write(connection, head, [plan.entry(head.origin)], [signer], signer, _Known())
                _delete_objects(connection, sorted(plan.objects))
        if plan.objects and not dry:
            reclaim(self._engine)
        return plan

    def anchor(self, anchors: Sequence[Anchor]) -> None:
        """Keep what vouches for checkpoints from outside. It is beside the records: no record is made.

        Raises:
            LedgerError: the database failed; nothing was written.

        """
        rows = [
            {"size": a.size, "kind": a.kind.value, "name": a.name, "time": format_instant(a.time), "data": a.data}
            for a in anchors
        ]
        if rows:
            with transaction(self._engine, writes=True) as connection:
                connection.execute(insert(schema.anchors), rows)

    def _writer(self) -> Signer:
        if self._signer is None:
            raise LedgerError("this ledger was opened for reading")
        return self._signer

    def _append(self, entries: Sequence[Entry], signers: Sequence[Signer], next_signer: Signer) -> tuple[Header, ...]:
        with self._transaction(writes=True) as connection:
            head = self._head(connection, lock=True)
            if self._fence is not None:
                self._fence(connection)
            known = self._known.at(head)
            if head is not self._written_head:
                _check_head(connection, head, signers[0].key, known.checkpoint)
            headers, known = self._write(connection, head, entries, signers, next_signer, known)
        self._known = known
        return headers

    def _write(
        self,
        connection: Connection,
        head: Head,
        entries: Sequence[Entry],
        signers: Sequence[Signer],
        next_signer: Signer,
        known: "_Known",
    ) -> "tuple[tuple[Header, ...], _Known]":
        tree = head.tree()
        headers, rows, leaf = self._chain(head, tree, entries)
        digests = _insert_objects(connection, [entry.body for entry in entries], known.digests)
        insert_rows(connection, schema.records, rows)
        checkpoint = _insert_checkpoint(connection, Checkpoint(head.origin, tree.size, tree.root()), signers)
        after = _advance(head, tree, headers, leaf, next_signer.key)
        if self._held is None:
            _move_head(connection, head, after)
        return headers, _Known(after, checkpoint, digests)

    def _chain(
        self, head: Head, tree: Frontier, entries: Sequence[Entry]
    ) -> tuple[tuple[Header, ...], Sequence[tuple[int, bytes]], bytes]:
        """Give headers, the rows they are stored in, and the last one's leaf hash; the tree grows by them."""
        time = self._clock()
        last = parse_instant(head.time, "the time of the last record")
        if time < last:
            behind = (last - time).total_seconds()
            raise ClockError(
                f"the clock is {behind:.6f} s behind the ledger's last record ({head.time})",
                "set the clock right; records are never dated back",
            )
        previous = head.leaf
        headers = []
        rows = []
        for offset, entry in enumerate(entries):
            header = Header(
                body=entry.body.address,
                collector=self._collector,
                controls=entry.controls,
                kind=entry.kind,
                outcome=entry.outcome,
                prev=previous.hex(),
                seq=head.size + offset,
                subject=entry.subject,
                time=time,
            )
            data = header.encode()
            previous = leaf_hash(data)
            tree.append(previous)
            headers.append(header)
            rows.append((header.seq, data))
        return tuple(headers), rows, previous


@dataclass(frozen=True, slots=True)
class _Known:
    """What an append knows of the ledger from the one before it, as long as nobody else appended in between.

    Attributes:
        head: which that append left.
        checkpoint: which it signed, its bytes.
        digests: of objects that are stored for certain: whoever drops objects appends a record that says so.

    """

    head: Head | None = None
    checkpoint: bytes | None = None
    digests: frozenset[bytes] = frozenset()

    def at(self, head: Head) -> "_Known":
        """Give what is known of the ledger with this head."""
        return self if self.head == head else _Known()


# Statements that are run for each record or append are made once: making one takes longer than running it.
_VERSION = select(schema.version.c.version_num).scalar_subquery()
_HEAD = select(*(column for column in schema.head.c if column.name != "id"), _VERSION.label("version")).where(
    schema.head.c.id == 1
)
_LOCKED_HEAD = _HEAD.with_for_update(of=schema.head)
_MOVE_HEAD = (
    update(schema.head)
    .where(
        schema.head.c.id == 1, schema.head.c.size == bindparam("old_size"), schema.head.c.leaf == bindparam("old_leaf")
    )
    .values({name: bindparam(f"new_{name}") for name in ("size", "frontier", "leaf", "time", "key", "configuration")})
)
_CHECKPOINT = select(schema.checkpoints.c.note).where(schema.checkpoints.c.size == bindparam("size"))
_STORED = select(schema.objects.c.digest)
_OBJECTS = select(schema.objects.c.digest, schema.objects.c.size, schema.objects.c.data)
# What follows the slash in ASCII ends the range of subjects that begin with "attestation/".
_ATTESTATIONS = select(schema.records).where(
    schema.HeaderSubject() >= f"{ATTESTATIONS}/", schema.HeaderSubject() < f"{ATTESTATIONS}0"
)
_ONE_OBJECT = select(schema.objects.c.size, schema.objects.c.data).where(schema.objects.c.digest == bindparam("digest"))
_ONE_HEADER = select(schema.records.c.header).where(schema.records.c.seq == bindparam("seq"))


class LedgerReader:
    """The `Reader` of a ledger, within one read transaction."""

    def __init__(self, connection: Connection, head: Head, size: int | None = None) -> None:
        self._connection = connection
        # Without a size, also records that stand after those that the head counts are read, to be found.
        self._end = size
        self.origin = head.origin
        self.key = head.key
        self.first = 0
        self.absence = "is missing"
        self.size = head.size if size is None else min(size, head.size)
        self.configuration = head.configuration
        self._prefetched: dict[bytes, tuple[int, bytes]] = {}
        # Making one takes longer than most objects take it.
        self._decompressor = zstandard.ZstdDecompressor()

    def frontier(self) -> Frontier:
        """Give the empty range: a ledger starts at record 0."""
        return Frontier()

    def headers(self, start: int = 0, stop: int | None = None) -> Iterator[tuple[int, bytes]]:
        """Stream (seq, header) in order of seq."""
        records = schema.records
        query = select(records.c.seq, records.c.header).where(records.c.seq >= start).order_by(records.c.seq)
        ends = [each for each in (stop, self._end) if each is not None]
        if ends:
            query = query.where(records.c.seq < min(ends))
        for seq, header in self._stream(query):
            yield seq, _blob(header)

    def header(self, seq: int) -> Header | None:
        """Give one header, or None when there is no such record."""
        data = self._connection.scalar(_ONE_HEADER, {"seq": seq})
        return None if data is None else Header.decode(_blob(data), f"the header of record {seq}")

    def key_headers(self) -> Iterator[tuple[int, bytes]]:
        """Stream the headers of `key` records."""
        return of_kind(self.headers(), Kind.KEY)

    def config_headers(self) -> Iterator[tuple[int, bytes]]:
        """Stream the headers of `config` records."""
        return of_kind(self.headers(), Kind.CONFIG)

    def attestation_headers(self) -> Iterator[Header]:
        """Stream the headers of `attestation` records, oldest first."""
        rows = self._connection.execute(_ATTESTATIONS)
        found = (Header.decode(_blob(data), f"the header of record {seq}") for seq, data in rows)
        yield from sorted((each for each in found if each.kind is Kind.ATTESTATION), key=lambda each: each.seq)

    def headers_of(self, subject: str, before: int) -> Generator[Header, None, None]:
        """Stream the headers with one subject and a seq lower than `before`, newest first."""
        records = schema.records
        query = select(records).where(schema.HeaderSubject() == subject, records.c.seq < before)
        for seq, data in self._stream(query.order_by(records.c.seq.desc())):
            yield Header.decode(_blob(data), f"the header of record {seq}")

    def headers_since(self, start: int, kinds: Collection[Kind]) -> Sequence[Header]:
        """Give the headers of some kinds from a seq on, oldest first."""
        return [header for *_, header in decoded(self.headers(start, self.size), kinds)]

    def newest_headers(self, subjects: Iterable[str]) -> Iterator[Header]:
        """Stream the newest header of each subject that has any, in no order; many subjects cost few queries."""
        records, remaining = schema.records, iter(subjects)
        while some := [(subject,) for subject in islice(remaining, _BATCH)]:
            asked = values(column("subject", Text), name="asked").data(some).cte("asked")
            newest = select(func.max(records.c.seq)).where(schema.HeaderSubject() == asked.c.subject)
            found = self._connection.scalars(select(newest.scalar_subquery()).select_from(asked))
            query = select(records).where(records.c.seq.in_([seq for seq in found if seq is not None]))
            for seq, data in self._connection.execute(query):
                yield Header.decode(_blob(data), f"the header of record {seq}")

    def checkpoints(self) -> Iterator[bytes]:
        """Stream the signed checkpoints in order of size, that of the empty ledger first."""
        for (note,) in self._stream(select(schema.checkpoints.c.note).order_by(schema.checkpoints.c.size)):
            yield _blob(note)

    def checkpoint(self, size: int) -> bytes | None:
        """Give the signed checkpoint of exactly this size, if an append ended there."""
        note = self._connection.scalar(_CHECKPOINT, {"size": size})
        return None if note is None else _blob(note)

    def anchors(self) -> Iterator[Anchor]:
        """Stream what vouches for checkpoints from outside, in order of size.

        Raises:
            MalformedError: one was altered so that it cannot be read.

        """
        table = schema.anchors
        for row in self._stream(select(table).order_by(table.c.size, table.c.id)):
            what = f"an anchor of the checkpoint of size {row.size}"
            try:
                kind = AnchorKind(row.kind)
            except ValueError:
                raise MalformedError(f"{what} is of an unknown kind, {row.kind!r}") from None
            if not isinstance(row.size, int) or not isinstance(row.name, str):
                raise MalformedError(f"{what} has no size or no name")
            yield Anchor(row.size, kind, row.name, parse_instant(row.time, f"the time of {what}"), _blob(row.data))

    def later(self) -> Iterator[Later]:
        """Give nothing: a ledger holds all its records."""
        return iter(())

    def object(self, address: str) -> bytes | None:
        """Give the bytes stored under a digest.

        Raises:
            IntegrityError: what is stored there cannot be decompressed.

        """
        digest = bytes.fromhex(address)
        row = self._prefetched.pop(digest, None)
        if row is None:
            row = self._connection.execute(_ONE_OBJECT, {"digest": digest}).one_or_none()
        return None if row is None else _expand(self._decompressor, _blob(row[1]), row[0], address)

    def prefetch(self, addresses: Sequence[str]) -> None:
        """Read objects in one query for the calls of `object` that follow, each of which forgets one."""
        if len(self._prefetched) > _PREFETCHED:
            self._prefetched.clear()
        digests = dict.fromkeys(bytes.fromhex(address) for address in addresses)
        missing = [digest for digest in digests if digest not in self._prefetched]
        for at in range(0, len(missing), _BATCH):
            self._prefetched |= self._rows(missing[at : at + _BATCH])

    def _rows(self, digests: Sequence[bytes]) -> dict[bytes, tuple[int, bytes]]:
        rows = select_in(self._connection, _OBJECTS, schema.objects.c.digest, digests)
        return {bytes(digest): (size, _blob(data)) for digest, size, data in rows}

    def _stream(self, query: Select[Any]) -> Iterator[Any]:
        """Read rows some at a time; the cursor is closed also when the caller stops early."""
        with self._connection.execute(query, execution_options={"yield_per": _BATCH}) as rows:
            yield from rows

    def withheld(self, header: Header) -> bool:
        """Tell that a ledger holds every body."""
        return False

    @property
    def withholds_items(self) -> bool:
        """Tell that a ledger holds every item."""
        return False


def _blob(stored: object) -> bytes:
    """Give bytes that were stored, and none for what somebody put in their place: SQLite keeps any type in any column.

    Whoever reads them says what is wrong, as of other bytes that are not what was stored.
    """
    return stored if isinstance(stored, bytes) else b""


def _expand(decompressor: zstandard.ZstdDecompressor, data: bytes, size: object, address: str) -> bytes:
    try:
        # A frame that states its own size would override the bound given to the decompressor.
        stated = zstandard.frame_content_size(data)
        bound = size if isinstance(size, int) and 0 <= size <= MAX_OBJECT and stated in (-1, size) else None
        expanded = None if bound is None else decompressor.decompress(data, max_output_size=bound)
    except zstandard.ZstdError:
        expanded = None
    if expanded is None:
        raise IntegrityError(f"the object {address} cannot be decompressed: it was altered")
    return expanded


def _read_head(connection: Connection, *, lock: bool = False) -> Head:
    row = connection.execute(_LOCKED_HEAD if lock else _HEAD).one_or_none()
    if row is None:
        raise IntegrityError("the ledger's head row is missing")
    if row.version != migrations.REVISION:
        raise ConfigurationError(
            f"the ledger's schema is version {row.version}; this program reads {migrations.REVISION}",
            "run collect or another command that appends: it brings the schema up to date"
            if row.version in migrations.OLDER
            else "use the version of controlproof that wrote it",
        )
    if not isinstance(row.size, int) or not all(isinstance(each, str) for each in (row.origin, row.key, row.time)):
        raise IntegrityError("the ledger's head holds what no head holds: it was altered", _RESTORE)
    return Head(row.origin, row.key, row.size, _blob(row.frontier), _blob(row.leaf), row.time, row.configuration)


def _revision(connection: Connection) -> object:
    return connection.scalar(select(schema.version.c.version_num))


def _bring_up_to_date(engine: Engine) -> None:
    """Migrate a ledger of an older version; records and checkpoints stay as they are."""
    with transaction(engine, writes=False) as connection:
        there = engine.dialect.has_table(connection, schema.head.name)
        old = there and _revision(connection) in migrations.OLDER
    if old:
        with transaction(engine, writes=True) as connection:
            # Held as an append holds it, so that no writer is in the middle of something.
            connection.execute(select(schema.head.c.id).with_for_update())
            if _revision(connection) in migrations.OLDER:
                migrations.migrate(connection)


def _check_head(connection: Connection, head: Head, key: VerifierKey, known: bytes | None = None) -> None:
    """Refuse to build on a head that its own signed checkpoint contradicts.

    `known` are the bytes of the checkpoint that this writer signed over this very head: they need no second look.
    """
    if head.key != key.encode():
        current = VerifierKey.decode(head.key).fingerprint
        raise ConfigurationError(
            f"the configured key {key.fingerprint} is not the ledger's current key {current}",
            "configure the key that the ledger was made with, or last rotated to",
        )
    note = connection.scalar(_CHECKPOINT, {"size": head.size})
    what = f"the checkpoint of size {head.size}"
    if note is None:
        raise IntegrityError(f"{what} is missing", "run: controlproof verify")
    if note == known:
        return
    signed = SignedCheckpoint.decode(_blob(note), what)
    if signed.checkpoint != Checkpoint(head.origin, head.size, head.tree().root()):
        raise IntegrityError(f"the ledger's head is not what {what} says", _RESTORE)
    signed.note.verify([key], what)
    # The checkpoint says nothing of these two, and what is built on others would be refuted for ever.
    if head.size and (head.leaf, head.time) != _last(connection, head.size - 1):
        raise IntegrityError(f"the ledger's head is not what record {head.size - 1} says", _RESTORE)


def _last(connection: Connection, seq: int) -> tuple[bytes, str]:
    """Give the leaf hash and the time of the last record."""
    stored = connection.scalar(_ONE_HEADER, {"seq": seq})
    if stored is None:
        raise IntegrityError(f"record {seq}, the ledger's last, is missing", _RESTORE)
    data = _blob(stored)
    return leaf_hash(data), format_instant(Header.decode(data, f"the header of record {seq}").time)


def _advance(head: Head, tree: Frontier, headers: Sequence[Header], leaf: bytes, key: VerifierKey) -> Head:
    configuration = head.configuration
    for header in headers:
        if header.kind is Kind.CONFIG:
            configuration = header.body
    last = headers[-1]
    return replace(
        head,
        key=key.encode(),
        size=tree.size,
        frontier=b"".join(tree.hashes),
        leaf=leaf,
        time=format_instant(last.time),
        configuration=configuration,
    )


def _move_head(connection: Connection, old: Head, new: Head) -> None:
    """Compare-and-swap: the database must still hold the head that was read under the lock."""
    moved = connection.execute(
        _MOVE_HEAD,
        {
            "old_size": old.size,
            "old_leaf": old.leaf,
            "new_size": new.size,
            "new_frontier": new.frontier,
            "new_leaf": new.leaf,
            "new_time": new.time,
            "new_key": new.key,
            "new_configuration": new.configuration,
        },
    )
    if moved.rowcount != 1:
        raise LedgerError("the ledger's head moved during an append; nothing was written")


def _insert_checkpoint(connection: Connection, checkpoint: Checkpoint, signers: Sequence[Signer]) -> bytes:
    note = sign_note(checkpoint.text(), signers).encode()
    insert_rows(connection, schema.checkpoints, [(checkpoint.size, note)])
    return note


def _insert_objects(connection: Connection, bodies: Sequence[Object], known: frozenset[bytes]) -> frozenset[bytes]:
    """Store object trees level by level, going below what bodies name only where it is new.

    Bodies are nearly always new, so nobody asks. What they name hardly ever is, so that is remembered.

    Returns:
        digests of what is stored by now, those that are known among them while there are not too many.

    """
    compress = zstandard.ZstdCompressor(level=_COMPRESSION_LEVEL, write_content_size=False).compress
    _insert(connection, _by_digest(bodies), compress)
    named = _below(bodies)
    level = {digest: each for digest, each in named.items() if digest not in known}
    while level:
        level = _below(_insert_new(connection, level, compress))
    return known if named.keys() <= known else frozenset((*named, *(known if len(known) < _KNOWN else ())))


def _insert_new(
    connection: Connection, objects: Mapping[bytes, Object], compress: Callable[[bytes], bytes]
) -> Sequence[Object]:
    """Store what is not stored yet, and give that."""
    digests = list(objects)
    stored: set[bytes] = set()
    for at in range(0, len(digests), _BATCH):
        found = select_in(connection, _STORED, schema.objects.c.digest, digests[at : at + _BATCH])
        stored.update(bytes(digest) for (digest,) in found)
    new = {digest: each for digest, each in objects.items() if digest not in stored}
    _insert(connection, new, compress)
    return list(new.values())


def _insert(connection: Connection, objects: Mapping[bytes, Object], compress: Callable[[bytes], bytes]) -> None:
    """Store objects, each unless it is stored already."""
    rows = (_object_row(digest, each, compress) for digest, each in objects.items())
    while batch := list(islice(rows, _BATCH)):
        insert_rows(connection, schema.objects, batch, on_conflict="DO NOTHING")


def _below(objects: Iterable[Object]) -> dict[bytes, Object]:
    return _by_digest(child for each in objects for child in each.children)


def _by_digest(objects: Iterable[Object]) -> dict[bytes, Object]:
    return {bytes.fromhex(each.address): each for each in objects}


def _delete_objects(connection: Connection, digests: Sequence[bytes]) -> None:
    for at in range(0, len(digests), _BATCH):
        connection.execute(delete(schema.objects).where(schema.objects.c.digest.in_(digests[at : at + _BATCH])))


def _object_row(digest: bytes, stored: Object, compress: Callable[[bytes], bytes]) -> tuple[bytes, int, bytes]:
    if len(stored.data) > MAX_OBJECT:
        raise LedgerError(f"an object of {len(stored.data)} bytes is larger than the ledger keeps ({MAX_OBJECT})")
    return digest, len(stored.data), compress(stored.data)
