"""Which records a period holds."""

from bisect import bisect_left
from datetime import datetime

from collector.ledger.store import LedgerReader
from collector.model.errors import IntegrityError


def size_before(reader: LedgerReader, end: datetime) -> int:
    """Give how many records are older than a moment: the times of records never run backwards.

    Raises:
        IntegrityError: a record is missing.

    """

    def time(seq: int) -> datetime:
        header = reader.header(seq)
        if header is None:
            raise IntegrityError(f"record {seq} is missing", "run: controlproof verify")
        return header.time

    return bisect_left(range(reader.size), end, key=time)
