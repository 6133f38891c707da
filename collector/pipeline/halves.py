"""Replay on two cores: another process replays the later half of the records.

What it finds counts only if it reproduced every result, of exactly the records that were verified here. Anything else
is replayed here once more, so that no difference is reported, and none missed, for what another process saw.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from collector.bundle.beside import WORTH_IT, beside, seen
from collector.bundle.reader import BundleReader, open_bundle
from collector.bundle.replay import Replay, replay
from collector.ledger.store import Ledger, LedgerReader
from controls.registry import CONTROLS
from controls.source import source_files

INSTALLED = {control.id: control for control in CONTROLS}
"""The controls that are installed here, by id."""

_EARLIER = 0.55
"""Which part of the records is replayed here: the other process must open them first."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where records can be opened once more: the file of a bundle, or the URL of a ledger's database."""

    bundle: Path | None = None
    database: str = ""

    @contextmanager
    def open(self, size: int) -> Iterator[BundleReader | LedgerReader]:
        """Open the records up to before `size`, as a ledger may have more by now."""
        if self.bundle is not None:
            with open_bundle(self.bundle) as bundle:
                yield bundle
        else:
            with Ledger.open(self.database).read(size) as ledger:
                yield ledger


@dataclass(frozen=True, slots=True)
class _Half:
    """What the other process is to do."""

    place: Place
    size: int
    within: range
    each: bool


def replay_in_halves(
    reader: BundleReader | LedgerReader,
    place: Place,
    progress: Callable[[int], None] = lambda _: None,
    *,
    each: bool = False,
    worth_it: int = WORTH_IT,
) -> Replay:
    """Run every recorded test again, on two cores where there are many.

    Args:
        reader: verified records, open in this process, and `place`, where they were opened.
        progress: called with the number of results replayed since the last call.
        each: see `collector.bundle.replay.replay`.
        worth_it: from how many records on another process is started.

    """
    if reader.size - reader.first < worth_it:
        return replay(reader, INSTALLED, source_files(), progress, each=each)
    middle = reader.first + int((reader.size - reader.first) * _EARLIER)
    later = range(middle, reader.size)
    with beside(_replay, _Half(place, reader.size, later, each)) as answer:
        found = replay(reader, INSTALLED, source_files(), progress, each=each, within=range(reader.first, middle))
        read, other = answer() or (b"", None)
    if other is None or not other.faultless or read != seen(reader):
        other = replay(reader, INSTALLED, source_files(), progress, each=each, within=later)
    else:
        progress(other.reproduced + other.withheld + other.pruned)
    return found.and_then(other)


def _replay(half: _Half) -> tuple[bytes, Replay]:
    with half.place.open(half.size) as reader:
        return seen(reader), replay(reader, INSTALLED, source_files(), each=half.each, within=half.within)
