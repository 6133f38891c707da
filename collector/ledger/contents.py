"""Verification of what headers name: bodies, lists, items, parameters. Each object is hashed once."""

from collections.abc import Callable
from itertools import islice

from collector.ledger.bodies import read_list, read_sampled, referenced
from collector.ledger.reader import ForeignObjectError, MissingObjectError, Reader, batches, fetch
from collector.ledger.retention import Pruning, boundary, is_pruned, prunings
from collector.ledger.verification import Problem
from collector.model.canonical import decode_object
from collector.model.errors import IntegrityError, MalformedError
from collector.model.record import Header, Kind

_BATCH = 256
"""How many items are read in one query."""


class Contents:
    """One pass over the bodies of all records and everything below them; it stops at the first problem.

    Attributes:
        problem: the first one, or None.
        records, withheld: bodies checked, and left out by the declared narrowing.
        pruned: bodies that retention dropped, as a record says (see `collector.ledger.retention`).
        prunings: what those records say.
        objects: distinct objects hashed.
        withheld_items: distinct items of which only the digest was exported.

    """

    def __init__(self, reader: Reader, progress: Callable[[int], None]) -> None:
        self.problem: Problem | None = None
        self.records = 0
        self.withheld = 0
        self.pruned = 0
        self.prunings: tuple[Pruning, ...] = ()
        self._reader = reader
        self._progress = progress
        self._seen: set[bytes] = set()
        self._absent: set[bytes] = set()
        self._sampled: list[tuple[int, str, str]] = []

    @property
    def withheld_items(self) -> int:
        """Count the distinct items that the export withholds."""
        return len(self._absent)

    @property
    def objects(self) -> int:
        """Count the distinct objects that were hashed."""
        return len(self._seen)

    def check(self) -> "Contents":
        """Do the pass."""
        try:
            self.prunings = prunings(self._reader)
        except (IntegrityError, MalformedError) as error:
            self.problem = Problem(error.message)
            return self
        place = self._reader.first
        try:
            for batch in batches(self._reader, self._reader.first):
                self._reader.prefetch([header.body for header in batch])
                for header in batch:
                    place = header.seq
                    self._check_record(header)
                    self._progress(1)
        except (IntegrityError, MalformedError) as error:
            self.problem = Problem(error.message, place)
            return self
        for seq, member, address in self._sampled:
            if bytes.fromhex(address) in self._absent:
                self.problem = Problem(f"item {member}, which record {seq} sampled, {self._reader.absence}", seq)
                return self
        return self

    def _check_record(self, header: Header) -> None:
        if self._reader.withheld(header):
            self.withheld += 1
            return
        if is_pruned(header, boundary(self.prunings)) and self._reader.object(header.body) is None:
            self.pruned += 1
            return
        what = f"record {header.seq} ({header.subject})"
        body = self._body(header, what)
        index, singles = referenced(header.kind, body, what)
        for address in singles:
            self._once(address, f"an object of {what}")
        if index is not None:
            self._check_list(index, what, items=header.kind is Kind.SNAPSHOT)
        if header.kind is Kind.SAMPLE and self._reader.withholds_items:
            self._sampled += [(header.seq, *each) for each in read_sampled(body, what)]
        self.records += 1

    def _body(self, header: Header, what: str) -> dict[str, object]:
        try:
            data = fetch(self._reader, header.body)
        except MissingObjectError:
            raise IntegrityError(f"the body of {what} {self._reader.absence}") from None
        except ForeignObjectError as error:
            raise IntegrityError(f"the body of {what} was {self._fate(error.actual)}") from None
        self._seen.add(bytes.fromhex(header.body))
        return decode_object(data, f"the body of {what}")

    def _fate(self, actual: str) -> str:
        """Tell a body that was swapped with another record's from one that was altered."""
        for place, data in self._reader.headers(self._reader.first):
            if Header.decode(data, f"the header of record {place}").body == actual:
                return f"swapped: what is stored is the body of record {place}"
        return f"altered: its digest is {actual}"

    def _check_list(self, index: str, what: str, *, items: bool) -> None:
        if bytes.fromhex(index) in self._seen:
            return
        try:
            pairs = read_list(self._reader, index, f"the items of {what}")
            while batch := list(islice(pairs, _BATCH)):
                new = [(member, address) for member, address in batch if bytes.fromhex(address) not in self._seen]
                self._reader.prefetch([address for _, address in new])
                for member, address in new:
                    if items and self._reader.withholds_items and self._reader.object(address) is None:
                        self._absent.add(bytes.fromhex(address))
                    else:
                        self._once(address, f"item {member} of {what}")
        except MissingObjectError:
            raise IntegrityError(f"a part of the list of items of {what} {self._reader.absence}") from None
        except ForeignObjectError as error:
            raise IntegrityError(f"the list of items of {what} was altered: {error.message}") from None
        self._seen.add(bytes.fromhex(index))

    def _once(self, address: str, what: str) -> None:
        if bytes.fromhex(address) in self._seen:
            return
        try:
            fetch(self._reader, address)
        except MissingObjectError:
            raise IntegrityError(f"{what} {self._reader.absence}") from None
        except ForeignObjectError as error:
            raise IntegrityError(f"{what} was altered: its digest is {error.actual}") from None
        self._seen.add(bytes.fromhex(address))
