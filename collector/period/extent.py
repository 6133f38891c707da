"""Which records a period holds."""

from bisect import bisect_left
from datetime import datetime

from collector.ledger.reader import Reader
from collector.model.errors import IntegrityError


def first_since(reader: Reader, moment: datetime) -> int:
    """Give the seq of the first record that is not older than a moment; the size if there is none.

    The times of records never run backwards.

    Raises:
        IntegrityError: a record is missing.

    """

    def time(seq: int) -> datetime:
        header = reader.header(seq)
        if header is None:
            raise IntegrityError(f"record {seq} is missing", "run: controlproof verify")
        return header.time

    return reader.first + bisect_left(range(reader.first, reader.size), moment, key=time)
