"""Verification of headers: form, place, time, links, and the Merkle root under every checkpoint."""

from collections.abc import Sequence
from datetime import datetime

from collector.ledger.checkpoint import Checkpoint
from collector.ledger.merkle import leaf_hash
from collector.ledger.reader import Reader
from collector.ledger.verification import Problem
from collector.model.errors import IntegrityError, MalformedError
from collector.model.instant import format_instant
from collector.model.record import NO_PREVIOUS, Header


class ChainError(IntegrityError):
    """The chain is broken; `seq` is the first bad record."""

    def __init__(self, message: str, seq: int) -> None:
        super().__init__(message)
        self.seq = seq


class Chain:
    """One walk over all headers, comparing the tree with every checkpoint; it stops at the first problem.

    Attributes:
        problem: what broke the chain, or None.
        tree: the Merkle tree over the headers that were read.
        compared: the checkpoints whose root was found to be that of the records.
        roots: the root at each size of `watch` that was reached.

    """

    def __init__(self, reader: Reader, checkpoints: Sequence[Checkpoint], watch: frozenset[int]) -> None:
        self.tree = reader.frontier()
        self.problem: Problem | None = None
        self.compared = 0
        self.roots: dict[int, bytes] = {}
        self._reader = reader
        self._watch = watch
        self._pending = list(reversed(checkpoints))
        self._covered = self.tree.size
        self._previous = NO_PREVIOUS if self.tree.size == 0 else None
        self._time: datetime | None = None

    def walk(self) -> "Chain":
        """Do the walk."""
        try:
            self._compare()
            for _, data in self._reader.headers(self._reader.first):
                self._follow(data)
                self._compare()
            self._check_end()
        except ChainError as error:
            self.problem = Problem(error.message, error.seq)
        return self

    def _follow(self, data: bytes) -> None:
        """Take the next header: its form, its seq, its time, its link to the record before."""
        seq = self.tree.size
        try:
            header = Header.decode(data, f"the header of record {seq}")
        except MalformedError as error:
            raise ChainError(f"{error.message}: it was altered", seq) from None
        if header.seq != seq:
            raise self._out_of_place(seq, header.seq)
        if self._previous is not None and header.prev != self._previous:
            raise self._broken_link(seq)
        if self._time is not None and header.time < self._time:
            raise ChainError(
                f"record {seq} is dated {format_instant(header.time)}, before the record that it follows", seq
            )
        leaf = leaf_hash(data)
        self.tree.append(leaf)
        self._previous = leaf.hex()
        self._time = header.time

    def _compare(self) -> None:
        """Compare the root with that of the checkpoints over exactly the records read so far."""
        size = self.tree.size
        if size in self._watch:
            self.roots[size] = self.tree.root()
        while self._pending and self._pending[-1].size <= size:
            checkpoint = self._pending.pop()
            if checkpoint.root != self.tree.root():
                raise self._wrong_root(size)
            self._covered = size
            self.compared += 1

    def _check_end(self) -> None:
        """Every checkpoint must have been reached, and the last one must cover the last record."""
        size = self.tree.size
        signed = max((checkpoint.size for checkpoint in self._pending), default=self._reader.size)
        if signed > size:
            raise ChainError(
                f"the tail is cut: {signed} records were signed, but only {size} are left "
                f"(record {size} is the first that is missing)",
                size,
            )
        if self._covered != size:
            raise ChainError(
                f"no checkpoint covers records {self._covered} to {size - 1}: they are unsigned",
                self._covered,
            )

    def _wrong_root(self, size: int) -> ChainError:
        """Name the record behind a wrong root: one since the last right root, told apart by what follows it."""
        first, last = self._covered, size - 1
        which = f"record {first}" if first == last else f"a record from {first} to {last}"
        root = f"the records do not give the root of the checkpoint of size {size}"
        following = next((data for _, data in self._reader.headers(size, size + 1)), None)
        if following is None:
            return ChainError(f"{which} was altered: {root}", first)
        if _claimed_seq(following) == last:
            return ChainError(f"a record was inserted: two records say that they are record {last}", last)
        if str(self._previous) not in following.decode("utf-8", "replace"):
            return ChainError(f"{which} was altered: record {size} continues a record with another hash", first)
        return ChainError(f"{which} was altered and the chain rebuilt over it: {root}", first)

    def _broken_link(self, seq: int) -> ChainError:
        # A checkpoint right before this record vouches for everything up to there, so this one is the stranger.
        if self._covered == seq:
            return ChainError(
                f"record {seq} does not continue this ledger: its prev is not the hash of record {seq - 1}, which "
                "a checkpoint confirms; it was altered, or grafted from another ledger",
                seq,
            )
        return ChainError(f"record {seq - 1} was altered: record {seq} continues a record with another hash", seq - 1)

    def _out_of_place(self, place: int, found: int) -> ChainError:
        """Tell deletion, insertion and reordering apart by looking at all the seqs that are there."""
        seqs = [_claimed_seq(data) for _, data in self._reader.headers(self._reader.first)]
        if place not in seqs:
            return ChainError(f"record {place} is missing: it was deleted (record {found} follows)", place)
        if found < place or seqs.count(found) > 1:
            return ChainError(
                f"a record was inserted: the one after record {place - 1} says it is record {found} again",
                place,
            )
        return ChainError(f"records were reordered: where record {place} should stand is record {found}", place)


def _claimed_seq(data: bytes) -> int | None:
    try:
        return Header.decode(data, "header").seq
    except MalformedError:
        return None
