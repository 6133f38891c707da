"""The ledger's ML-DSA-44 signature on a checkpoint, which still holds when Ed25519 no longer does."""

from collections.abc import Callable
from datetime import datetime

from collector.config import Configuration
from collector.keys.opening import post_quantum_signer
from collector.ledger.anchors import Anchor, AnchorKind
from collector.ledger.checkpoint import SignedCheckpoint
from collector.ledger.cosignature import cosign
from collector.ledger.store import Ledger
from collector.model.instant import now


def sign_again(
    ledger: Ledger, configuration: Configuration, size: int, clock: Callable[[], datetime] = now
) -> Anchor | None:
    """Sign the checkpoint over `size` records under the ML-DSA-44 key too, once; None where there is no such key.

    Raises:
        ConfigurationError: the key cannot be read.

    """
    signer = post_quantum_signer(configuration)
    if signer is None or size == 0:
        return None
    with ledger.read() as reader:
        note = reader.checkpoint(size)
        held = [each for each in reader.anchors() if (each.size, each.name) == (size, ledger.origin)]
    if held or note is None:
        return held[0] if held else None
    at = clock()
    line = cosign(SignedCheckpoint.decode(note, "the checkpoint"), signer, at)
    anchor = Anchor(size, AnchorKind.COSIGNATURE, ledger.origin, at, line.encode().removesuffix("\n").encode("utf-8"))
    ledger.anchor([anchor])
    return anchor
