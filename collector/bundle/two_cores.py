"""Verification of a bundle on two cores: while records are verified here, another process derives page and tables.

What it finds counts only if it confirms the bundle, from exactly the records that were verified here. Anything else is
found here once more, so that nothing is reported, and nothing missed, for what another process saw.
"""

from collections.abc import Callable
from pathlib import Path

from collector.bundle.beside import WORTH_IT, beside, seen
from collector.bundle.reader import BundleReader, open_bundle
from collector.bundle.verify import Following, verify_bundle
from collector.ledger.verification import Verification
from collector.ledger.verify import Trust


def verify_on_two_cores(
    reader: BundleReader,
    trust: Trust,
    progress: Callable[[int], None] = lambda _: None,
    *,
    worth_it: int = WORTH_IT,
) -> Verification:
    """Verify a bundle, as `verify_bundle` does, with another process from `worth_it` records on.

    Raises:
        ConfigurationError: as `verify_bundle`.

    """
    if reader.size - reader.first < worth_it:
        return verify_bundle(reader, trust, progress)
    with beside(_follow, reader.archive.path) as answer:

        def following() -> Following | None:
            read, found = answer() or (b"", None)
            return found if read == seen(reader) else None

        return verify_bundle(reader, trust, progress, following)


def _follow(path: Path) -> tuple[bytes, Following]:
    with open_bundle(path) as reader:
        return seen(reader), Following.of(reader)
