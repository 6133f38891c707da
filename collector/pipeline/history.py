"""Earlier readings of a population: what a test of changes compares the present one with."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from collector.ledger.bodies import Input
from collector.ledger.reader import fetch
from collector.ledger.store import LedgerReader
from collector.model.canonical import decode_object
from collector.model.record import Header, Kind


def earlier(reader: LedgerReader, reading: Input, now: datetime, window: timedelta) -> tuple[Input, ...]:
    """Give the complete snapshots that bound each change of a population within the window before now, oldest first.

    Of consecutive snapshots with equal items the first and the last are enough: a change lies between the last one
    with the old items and the first one with the new. The last snapshot before the window is where the comparison
    starts, so a change while nothing was read is not lost.
    """
    newest_first = list(_within(reader, reading, now - window))
    groups: list[list[tuple[Header, str]]] = []
    for header, items in reversed(newest_first):
        if not groups or groups[-1][-1][1] != items:
            groups.append([])
        groups[-1].append((header, items))
    bounds = {header.seq: header for group in groups for header, _ in (group[0], group[-1])}
    return tuple(Input(seq, header.body, header.subject) for seq, header in sorted(bounds.items()))


def _within(reader: LedgerReader, reading: Input, since: datetime) -> Iterator[tuple[Header, str]]:
    for header in reader.headers_of(reading.subject, reading.seq):
        if header.kind is not Kind.SNAPSHOT:
            continue
        body = decode_object(fetch(reader, header.body), f"the body of record {header.seq}")
        if not body.get("complete"):
            continue
        yield header, str(body.get("items"))
        if header.time <= since:
            return


def with_history(
    reader: LedgerReader, inputs: Sequence[Input], populations: Sequence[str], now: datetime, window: timedelta
) -> tuple[Input, ...]:
    """Give inputs with the earlier snapshots of the populations whose changes are tested, in order of seq."""
    found = {each.seq: each for each in inputs}
    for each in inputs:
        if each.subject.partition("/")[2] in populations:
            found |= {past.seq: past for past in earlier(reader, each, now, window)}
    return tuple(found[seq] for seq in sorted(found))
