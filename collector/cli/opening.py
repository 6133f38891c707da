"""Opening what commands work on: the configured ledger, its key, and what an auditor pins."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from collector.bundle.reader import BundleReader, open_bundle
from collector.config import Configuration, KubernetesCluster, load
from collector.config.files import read_bounded
from collector.keys.opening import post_quantum_signer, signer_of
from collector.ledger.store import Ledger, LedgerReader
from collector.ledger.verify import Trust
from collector.model.instant import now
from collector.model.period import Period
from collector.period.extent import first_since
from connectors.redaction import Redaction, load_redaction

MAX_PIN_FILE = 64 * 1024
MAX_CHECKPOINT_FILE = 256 * 1024


def redaction_of(configuration: Configuration) -> Redaction | None:
    """Load the redaction key where a source needs it; the configuration then names one."""
    path = configuration.redaction_key_path
    needed = any(isinstance(settings, KubernetesCluster) for settings in configuration.sources)
    return load_redaction(path) if needed and path is not None else None


def open_ledger(configuration: Configuration, clock: Callable[[], datetime] = now) -> Ledger:
    """Open the configured ledger for appending."""
    return Ledger.open(configuration.database, configuration.ledger.collector, signer_of(configuration), clock)


def read_trust(
    keys: Sequence[str] | None,
    since: Path | None,
    tsas: Sequence[Path] | None = None,
    witnesses: Sequence[str] | None = None,
) -> Trust:
    """Read what the auditor pins: `--key` and `--witness` texts or files, `--tsa` files, the `--since` checkpoint."""
    return Trust(
        pins=tuple(read_pin(key) for key in keys or ()),
        since=read_bounded(since, MAX_CHECKPOINT_FILE) if since else None,
        tsas=tuple(read_bounded(path, MAX_PIN_FILE) for path in tsas or ()),
        witnesses=tuple(read_pin(key) for key in witnesses or ()),
    )


@contextmanager
def open_target(
    target: Path | None, configuration: Path, trust: Trust
) -> Iterator[tuple[BundleReader | LedgerReader, Trust]]:
    """Open a bundle, or without one the configured ledger, whose own keys and anchors are then the pinned ones."""
    if target is not None:
        with open_bundle(target) as bundle:
            yield bundle, trust
        return
    loaded = load(configuration)
    with Ledger.open(loaded.database).read() as ledger:
        yield ledger, _own_trust(loaded, trust)


def _own_trust(configuration: Configuration, trust: Trust) -> Trust:
    """Add to what was pinned by hand what the operator's own configuration names."""
    if not trust.pins:
        trust = replace(trust, pins=(signer_of(configuration).key.encode(),))
    if trust.tsas or trust.witnesses:
        return trust
    anchors, post_quantum = configuration.anchors, post_quantum_signer(configuration)
    return replace(
        trust,
        implied=True,
        pins=(*trust.pins, *([post_quantum.key.encode()] if post_quantum else [])),
        tsas=tuple(read_bounded(Path(tsa.root), MAX_PIN_FILE) for tsa in anchors.tsas if tsa.root),
        witnesses=tuple(witness.key for witness in anchors.witnesses),
    )


def last_of(ledger: Ledger, period: Period) -> int:
    """Give the size of the checkpoint that covers the period's last record."""
    with ledger.read() as reader:
        return first_since(reader, period.end)


def read_pin(text: str) -> str:
    """Give a pin as it was typed, or the first line of the file that it names."""
    if text.startswith("sha256:") or "+" in text:
        return text
    lines = read_bounded(Path(text), MAX_PIN_FILE).decode("utf-8", "replace").split("\n")
    return next((line for line in lines if line.strip()), "")
