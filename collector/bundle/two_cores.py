"""Verification of a bundle on two cores: while records are verified here, another process derives page and tables.

What it says counts only if it confirms the bundle, from exactly the records that were verified here. Otherwise they are
derived here once more, so that nothing is reported, and nothing missed, for what another process saw.
"""

from collections.abc import Callable, Mapping
from pathlib import Path

from collector.bundle.beside import WORTH_IT, beside, seen
from collector.bundle.reader import BundleReader, open_bundle
from collector.bundle.verify import derived_digests, is_comparable, verify_bundle
from collector.ledger.verification import Verification
from collector.ledger.verify import Trust


def verify_on_two_cores(
    reader: BundleReader,
    trust: Trust,
    progress: Callable[[int], None] = lambda _: None,
    *,
    worth_it: int = WORTH_IT,
) -> Verification:
    """Verify a bundle, as `verify_bundle` does, and have another process derive from `worth_it` records on.

    Raises:
        ConfigurationError: as `verify_bundle`.

    """
    if reader.size - reader.first < worth_it or not is_comparable(reader):
        return verify_bundle(reader, trust, progress)
    with beside(_derived, reader.archive.path) as answer:

        def derived() -> Mapping[str, str]:
            read, found = answer() or (b"", {})
            return found if read == seen(reader) else {}

        return verify_bundle(reader, trust, progress, derived)


def _derived(path: Path) -> tuple[bytes, Mapping[str, str]]:
    with open_bundle(path) as reader:
        return seen(reader), derived_digests(reader)
