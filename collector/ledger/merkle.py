"""RFC 6962 Merkle trees over SHA-256: roots, inclusion proofs and consistency proofs as pure functions.

Sources: RFC 6962 section 2.1, and RFC 9162 section 2.1.3-2.1.4 for the verification algorithms.
"""

import hashlib
from collections.abc import Iterable, Sequence

from collector.model.errors import IntegrityError

HASH_SIZE = 32
EMPTY_ROOT = hashlib.sha256(b"").digest()


class ProofError(IntegrityError):
    """A Merkle proof that does not prove what it should."""


def leaf_hash(data: bytes) -> bytes:
    """Hash a leaf: SHA-256(0x00 || data)."""
    return hashlib.sha256(b"\x00" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Hash an inner node: SHA-256(0x01 || left || right)."""
    return hashlib.sha256(b"\x01" + left + right).digest()


class Frontier:
    """The compact range of a tree's first `size` leaves: the roots of its perfect subtrees, left to right.

    It is all that is needed to append to a tree and to give its root: at most 53 hashes for any ledger.
    """

    def __init__(self, size: int = 0, hashes: Iterable[bytes] = ()) -> None:
        self.size = size
        self.hashes = list(hashes)
        if size < 0 or len(self.hashes) != size.bit_count():
            raise ProofError(f"the compact range of {size} leaves has {len(self.hashes)} hashes")
        if any(len(node) != HASH_SIZE for node in self.hashes):
            raise ProofError("a hash of the compact range does not have 32 bytes")

    def append(self, leaf: bytes) -> None:
        """Add a leaf hash on the right."""
        node = leaf
        # Each trailing one bit of the size is a perfect subtree that the new leaf completes.
        carry = self.size
        while carry & 1:
            node = node_hash(self.hashes.pop(), node)
            carry >>= 1
        self.hashes.append(node)
        self.size += 1

    def root(self) -> bytes:
        """Give the tree's root hash; that of the empty tree is SHA-256 of nothing."""
        if not self.hashes:
            return EMPTY_ROOT
        node = self.hashes[-1]
        for left in reversed(self.hashes[:-1]):
            node = node_hash(left, node)
        return node


def root_hash(leaves: Iterable[bytes]) -> bytes:
    """Give the root over leaf hashes (RFC 6962 section 2.1, MTH)."""
    frontier = Frontier()
    for leaf in leaves:
        frontier.append(leaf)
    return frontier.root()


def inclusion_proof(leaves: Sequence[bytes], index: int) -> list[bytes]:
    """Prove that leaf `index` is in the tree of all `leaves` (RFC 6962 section 2.1.1, PATH).

    Args:
        leaves: the leaf hashes of the whole tree.
        index: zero-based.

    Returns:
        the sibling hashes from the leaf up to the root's child.

    """
    if not 0 <= index < len(leaves):
        raise ProofError(f"there is no leaf {index} in a tree of {len(leaves)}")
    start, stop = 0, len(leaves)
    proof: list[bytes] = []
    while stop - start > 1:
        split = start + _largest_power_below(stop - start)
        if index < split:
            proof.append(root_hash(leaves[split:stop]))
            stop = split
        else:
            proof.append(root_hash(leaves[start:split]))
            start = split
    return proof[::-1]


def verify_inclusion(leaf: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes) -> None:
    """Check an inclusion proof (RFC 9162 section 2.1.3.2).

    Raises:
        ProofError: the proof does not lead from `leaf` at `index` to `root` of the tree of `size`.

    """
    if not 0 <= index < size:
        raise ProofError(f"there is no leaf {index} in a tree of {size}")
    _check_lengths((leaf, root, *proof))
    position, last, node = index, size - 1, leaf
    for sibling in proof:
        if last == 0:
            raise ProofError("the inclusion proof is too long")
        if position & 1 or position == last:
            node = node_hash(sibling, node)
            while position and not position & 1:
                position >>= 1
                last >>= 1
        else:
            node = node_hash(node, sibling)
        position >>= 1
        last >>= 1
    if last != 0:
        raise ProofError("the inclusion proof is too short")
    if node != root:
        raise ProofError(f"the inclusion proof of leaf {index} leads to another root")


def consistency_proof(leaves: Sequence[bytes], old_size: int) -> list[bytes]:
    """Prove that the tree of all `leaves` extends that of its first `old_size` (RFC 6962 section 2.1.2)."""
    if not 0 <= old_size <= len(leaves):
        raise ProofError(f"a tree of {len(leaves)} does not extend one of {old_size}")
    if old_size in (0, len(leaves)):
        return []
    return _subproof(leaves, old_size, whole=True)


def _subproof(leaves: Sequence[bytes], old_size: int, *, whole: bool) -> list[bytes]:
    """SUBPROOF of RFC 6962: `whole` while the old tree is a complete subtree of what is left of it."""
    if old_size == len(leaves):
        return [] if whole else [root_hash(leaves)]
    split = _largest_power_below(len(leaves))
    if old_size <= split:
        return [*_subproof(leaves[:split], old_size, whole=whole), root_hash(leaves[split:])]
    return [*_subproof(leaves[split:], old_size - split, whole=False), root_hash(leaves[:split])]


def verify_consistency(old_size: int, new_size: int, old_root: bytes, new_root: bytes, proof: Sequence[bytes]) -> None:
    """Check a consistency proof (RFC 9162 section 2.1.4.2).

    A proof from the empty tree proves nothing (every tree extends it), so it is refused.

    Raises:
        ProofError: the tree of `new_size` is not shown to extend that of `old_size`.

    """
    if old_size > new_size:
        raise ProofError(f"a tree of {new_size} cannot extend one of {old_size}")
    if old_size == 0:
        raise ProofError("every tree extends the empty one: that shows nothing")
    if old_size == new_size:
        if proof or old_root != new_root:
            raise ProofError(f"two different trees of size {new_size}, or a proof where none is needed")
        return
    if not proof:
        raise ProofError("the consistency proof is empty")
    _check_lengths((old_root, new_root, *proof))
    _replay_consistency(old_size, new_size, old_root, new_root, list(proof))


def _replay_consistency(old_size: int, new_size: int, old_root: bytes, new_root: bytes, proof: list[bytes]) -> None:
    # When the old tree is perfect, its root is itself the first node, which the proof leaves out.
    if old_size.bit_count() == 1:
        proof.insert(0, old_root)
    position, last = old_size - 1, new_size - 1
    while position & 1:
        position >>= 1
        last >>= 1
    old_node = new_node = proof[0]
    for sibling in proof[1:]:
        if last == 0:
            raise ProofError("the consistency proof is too long")
        if position & 1 or position == last:
            old_node = node_hash(sibling, old_node)
            new_node = node_hash(sibling, new_node)
            while position and not position & 1:
                position >>= 1
                last >>= 1
        else:
            new_node = node_hash(new_node, sibling)
        position >>= 1
        last >>= 1
    if last != 0:
        raise ProofError("the consistency proof is too short")
    if old_node != old_root:
        raise ProofError(f"the consistency proof leads to another root of size {old_size}")
    if new_node != new_root:
        raise ProofError(f"the consistency proof leads to another root of size {new_size}")


def _largest_power_below(size: int) -> int:
    """Give the largest power of two smaller than `size` (RFC 6962's k)."""
    return 1 << ((size - 1).bit_length() - 1)


def _check_lengths(hashes: Iterable[bytes]) -> None:
    if any(len(node) != HASH_SIZE for node in hashes):
        raise ProofError("a hash of the proof does not have 32 bytes")
