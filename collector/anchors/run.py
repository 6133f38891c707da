"""Anchoring one checkpoint everywhere: what is there already is not made again, what is down is a gap."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING

from collector.anchors.outcome import AnchorGap, AnchorOutcome, AnchorRefused, AnchorState
from collector.anchors.tsa import timestamp
from collector.anchors.witness import cosignature
from collector.config import Configuration
from collector.config.anchors import Anchors, ObjectLock
from collector.keys.postquantum import sign_again
from collector.ledger.anchors import Anchor, AnchorKind
from collector.ledger.store import Ledger
from collector.model.errors import ConfigurationError, IntegrityError
from collector.model.instant import now

if TYPE_CHECKING:
    from collector.anchors.objectlock import LockedBucket


@dataclass(frozen=True, slots=True)
class _Place:
    """One place to anchor at, and how: gives the data of the anchor."""

    kind: AnchorKind
    name: str
    get: Callable[[], bytes]


def anchor_now(
    ledger: Ledger, configuration: Configuration, clock: Callable[[], datetime] = now, size: int | None = None
) -> list[AnchorOutcome]:
    """Anchor the newest checkpoint, or an earlier one, at everything that the section `anchors` names.

    One call is one attempt at each place; what fails is a gap in the answer, to be tried again by the next call. Places
    that have the checkpoint already are not asked again, so calling it twice costs nothing.

    Args:
        ledger: open; its key is not used.
        configuration: what `anchors` and `ledger.post_quantum_key` say.
        clock: stamps when an anchor was taken in.
        size: of the checkpoint; the newest without it. Witnesses are only asked for the newest.

    Returns:
        an outcome for each place, in the order of the configuration; empty without records or places.

    Raises:
        ConfigurationError: a key or certificate that the configuration names cannot be used.
        IntegrityError: there is no checkpoint of that size.
        LedgerError: the ledger's database failed.

    """
    with ledger.read() as reader:
        newest = reader.size
        size = newest if size is None else size
        note = reader.checkpoint(size)
        held = {(anchor.kind, anchor.name) for anchor in reader.anchors() if anchor.size == size}
    if note is None:
        raise IntegrityError(f"there is no checkpoint over {size} records", "run: controlproof verify")
    if size == 0:
        return []
    outcomes = []
    if sign_again(ledger, configuration, size, clock) is not None:
        outcomes.append(_done(AnchorKind.COSIGNATURE, ledger.origin, size))
    for place in _places(ledger, configuration, note, size, clock, newest=size == newest):
        if (place.kind, place.name) in held:
            outcomes.append(AnchorOutcome(place.kind, place.name, size, AnchorState.DONE, "it was there already"))
            continue
        outcomes.append(_attempt(ledger, place, size, clock))
    return outcomes


def newest_anchor(ledger: Ledger) -> datetime | None:
    """Give when the ledger was last anchored outside our own hands, by the collector's clock; None for never."""
    with ledger.read() as reader:
        times = (anchor.time for anchor in reader.anchors() if anchor.name != reader.origin)
        return max(times, default=None)


def _places(
    ledger: Ledger,
    configuration: Configuration,
    note: bytes,
    size: int,
    clock: Callable[[], datetime],
    *,
    newest: bool,
) -> Iterator[_Place]:
    settings = configuration.anchors
    for tsa in settings.tsas:
        yield _Place(AnchorKind.TIMESTAMP, tsa.name, partial(timestamp, settings, tsa, note))
    for witness in settings.witnesses:
        # A witness goes forward only: it cosigns no checkpoint but the newest.
        if newest and witness.url is not None:
            get = partial(cosignature, settings, witness, ledger, size, note)
            yield _Place(AnchorKind.COSIGNATURE, witness.verifier.name, get)
    if settings.object_lock is not None:
        bucket = locked_bucket(settings, settings.object_lock, clock)
        get = partial(bucket.copy_checkpoint, ledger, size, note)
        yield _Place(AnchorKind.COPY, settings.object_lock.name, get)


def locked_bucket(settings: Anchors, lock: ObjectLock, clock: Callable[[], datetime]) -> "LockedBucket":
    """Give the bucket for locked copies; the SDK is only imported where one is configured.

    Raises:
        ConfigurationError: the SDK is not installed, or its profile is not there.

    """
    try:
        from collector.anchors.objectlock import LockedBucket  # noqa: PLC0415
    except ImportError as error:
        raise ConfigurationError(
            f"object_lock needs {error.name}, which is not installed", "pip install 'controlproof[aws]'"
        ) from None
    return LockedBucket(settings, lock, clock)


def _attempt(ledger: Ledger, place: _Place, size: int, clock: Callable[[], datetime]) -> AnchorOutcome:
    try:
        data = place.get()
    except AnchorGap as gap:
        return AnchorOutcome(place.kind, place.name, size, AnchorState.GAP, str(gap))
    except AnchorRefused as refused:
        return AnchorOutcome(place.kind, place.name, size, AnchorState.REFUSED, str(refused))
    ledger.anchor([Anchor(size, place.kind, place.name, clock(), data)])
    return _done(place.kind, place.name, size)


def _done(kind: AnchorKind, name: str, size: int) -> AnchorOutcome:
    return AnchorOutcome(kind, name, size, AnchorState.DONE, f"the checkpoint over {size} records")
