"""Copies of closed periods: the bundle of a period, in the bucket with Object Lock, read back with its lock."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from collector.anchors.run import locked_bucket
from collector.bundle.beside import beside
from collector.bundle.export import export_bundle
from collector.bundle.reader import manifest_of
from collector.config import Configuration
from collector.config.anchors import ObjectLock
from collector.ledger.anchors import Anchor, AnchorKind
from collector.ledger.store import Ledger
from collector.model.errors import ConfigurationError, ControlproofError, ExportError
from collector.model.period import Period
from collector.period.extent import first_since


def copy_bundle(configuration: Configuration, bundle: Path, clock: Callable[[], datetime]) -> Anchor:
    """Copy a bundle, once, and give the anchor that says where it is and how long it is locked.

    Raises:
        AnchorGap: the bucket cannot be used, or does not lock what it takes.
        BundleError: the file is no bundle.
        ConfigurationError: no bucket is configured, or the bundle is of another ledger.

    """
    lock = configuration.anchors.object_lock
    if lock is None:
        raise ConfigurationError("there is nowhere to copy to", "name anchors.object_lock in the configuration")
    manifest = manifest_of(bundle)
    if manifest.origin != configuration.ledger.name:
        raise ConfigurationError(f"{bundle} is of {manifest.origin}, not of {configuration.ledger.name}")
    with bundle.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    name = f"{_folder(configuration, manifest.first, manifest.size)}{digest}.zip"
    copy = locked_bucket(configuration.anchors, lock, clock).copy_file(bundle, name)
    return Anchor(manifest.size, AnchorKind.COPY, copy.url, clock(), copy.encode())


def copy_period(
    ledger: Ledger, configuration: Configuration, lock: ObjectLock, period: Period, clock: Callable[[], datetime]
) -> Anchor | None:
    """Export a closed period and copy its bundle, unless that is done already or the period holds no records.

    It is exported by another process: it takes minutes of a core for a large ledger.

    Raises:
        AnchorGap: the bucket did not take it; it may, the next time.
        ExportError: the period cannot be exported.
        LedgerError: the ledger's database failed.

    """
    with ledger.read() as reader:
        first, size = first_since(reader, period.start), first_since(reader, period.end)
        start = f"{lock.name}{_folder(configuration, first, size)}"
        held = any(each.kind is AnchorKind.COPY and each.name.startswith(start) for each in reader.anchors())
    if held or first == size:
        return None
    with TemporaryDirectory() as folder:
        bundle = Path(folder) / "bundle.zip"
        with beside(_export, _Wanted(configuration.database, period, bundle)) as answer:
            wrong = answer()
        if wrong != "":
            raise ExportError(wrong or "the process that exported it ended before it was done")
        copied = copy_bundle(configuration, bundle, clock)
    ledger.anchor([copied])
    return copied


@dataclass(frozen=True, slots=True)
class _Wanted:
    database: str
    period: Period
    target: Path


def _export(wanted: _Wanted) -> str:
    """Export; give what went wrong, or nothing."""
    try:
        with Ledger.open(wanted.database).read() as reader:
            export_bundle(reader, wanted.period, None, wanted.target)
    except ControlproofError as error:
        return error.message
    return ""


def _folder(configuration: Configuration, first: int, size: int) -> str:
    """Give what the names of a period's bundles begin with: builds may write them differently."""
    return f"{configuration.ledger.name}/periods/{first}-{size}-"
