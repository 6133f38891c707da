import contextlib
import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support import vectors

from collector.ledger.merkle import (
    EMPTY_ROOT,
    Frontier,
    ProofError,
    consistency_proof,
    inclusion_proof,
    leaf_hash,
    node_hash,
    root_hash,
    verify_consistency,
    verify_inclusion,
)

VECTORS = vectors.load("rfc6962.json")
LEAVES = [leaf_hash(bytes.fromhex(leaf)) for leaf in VECTORS["leaves"]]
GARBAGE = bytes(32)


def hashes(values):
    return [bytes.fromhex(value) for value in values]


def test_nodes_are_the_published_ones():
    level = LEAVES
    for published in VECTORS["nodes"]:
        assert [node.hex() for node in level] == published
        level = [node_hash(left, right) for left, right in zip(level[::2], level[1::2], strict=False)]


def largest_power_below(size):
    power = 1
    while power * 2 < size:
        power *= 2
    return power


def naive_root(leaves):
    """MTH as RFC 6962 section 2.1 writes it, without our own code."""
    if len(leaves) == 1:
        return leaves[0]
    split = largest_power_below(len(leaves))
    return hashlib.sha256(b"\x01" + naive_root(leaves[:split]) + naive_root(leaves[split:])).digest()


@pytest.mark.parametrize("size", range(1, 9))
def test_roots_are_the_published_ones(size):
    assert root_hash(LEAVES[:size]).hex() == VECTORS["roots"][size - 1]


def test_the_root_of_nothing_is_the_hash_of_nothing():
    assert root_hash([]) == EMPTY_ROOT == hashlib.sha256(b"").digest()


@pytest.mark.parametrize("case", VECTORS["inclusion"], ids=lambda c: f"{c['index']} in {c['size']}")
def test_published_inclusion_proofs_are_made_and_verified(case):
    proof = hashes(case["proof"])
    assert inclusion_proof(LEAVES[: case["size"]], case["index"]) == proof
    verify_inclusion(bytes.fromhex(case["leaf"]), case["index"], case["size"], proof, bytes.fromhex(case["root"]))


@pytest.mark.parametrize("case", VECTORS["consistency"], ids=lambda c: f"{c['old_size']} to {c['new_size']}")
def test_published_consistency_proofs_are_made_and_verified(case):
    proof = hashes(case["proof"])
    assert consistency_proof(LEAVES[: case["new_size"]], case["old_size"]) == proof
    old, new = bytes.fromhex(case["old_root"]), bytes.fromhex(case["new_root"])
    verify_consistency(case["old_size"], case["new_size"], old, new, proof)


PROOF_FAULTS = {
    "empty": lambda proof, root: [],
    "truncated": lambda proof, root: proof[:-1],
    "first hash removed": lambda proof, root: proof[1:],
    "garbage after": lambda proof, root: [*proof, GARBAGE],
    "garbage before": lambda proof, root: [GARBAGE, *proof],
    "root after": lambda proof, root: [*proof, root],
    "root before": lambda proof, root: [root, *proof],
    "a bit flipped": lambda proof, root: [bytes([proof[0][0] ^ 4]) + proof[0][1:], *proof[1:]],
    "a hash that is short": lambda proof, root: [proof[0][:31], *proof[1:]],
}


@pytest.mark.parametrize("fault", PROOF_FAULTS.values(), ids=PROOF_FAULTS.keys())
@pytest.mark.parametrize("case", VECTORS["inclusion"], ids=lambda c: f"{c['index']} in {c['size']}")
def test_an_inclusion_proof_with_a_fault_is_refused(case, fault):
    root = bytes.fromhex(case["root"])
    with pytest.raises(ProofError):
        verify_inclusion(
            bytes.fromhex(case["leaf"]), case["index"], case["size"], fault(hashes(case["proof"]), root), root
        )


@pytest.mark.parametrize("fault", PROOF_FAULTS.values(), ids=PROOF_FAULTS.keys())
@pytest.mark.parametrize("case", VECTORS["consistency"], ids=lambda c: f"{c['old_size']} to {c['new_size']}")
def test_a_consistency_proof_with_a_fault_is_refused(case, fault):
    old, new = bytes.fromhex(case["old_root"]), bytes.fromhex(case["new_root"])
    with pytest.raises(ProofError):
        verify_consistency(case["old_size"], case["new_size"], old, new, fault(hashes(case["proof"]), new))


@pytest.mark.parametrize("length", [0, 31, 33])
def test_a_hash_of_another_length_is_named_as_such(length):
    tree = LEAVES[:8]
    for position in range(3):
        inclusion, consistency = inclusion_proof(tree, 5), consistency_proof(tree, 6)
        inclusion[position] = consistency[position] = bytes(length)
        with pytest.raises(ProofError, match="does not have 32 bytes"):
            verify_inclusion(tree[5], 5, 8, inclusion, root_hash(tree))
        with pytest.raises(ProofError, match="does not have 32 bytes"):
            verify_consistency(6, 8, root_hash(tree[:6]), root_hash(tree), consistency)


@pytest.mark.parametrize("case", VECTORS["inclusion"], ids=lambda c: f"{c['index']} in {c['size']}")
def test_another_place_size_leaf_or_root_is_refused(case):
    leaf, root, proof = bytes.fromhex(case["leaf"]), bytes.fromhex(case["root"]), hashes(case["proof"])
    faults = [
        (leaf, case["index"] - 1, case["size"], root),
        (leaf, case["index"] + 1, case["size"], root),
        (leaf, case["index"] ^ 2, case["size"], root),
        (leaf, case["index"], case["size"] * 2, root),
        (leaf, case["index"], case["size"] // 2, root),
        (leaf_hash(b"wrong leaf"), case["index"], case["size"], root),
        (leaf, case["index"], case["size"], GARBAGE),
        (leaf, case["index"], case["size"], b""),
        (b"", case["index"], case["size"], root),
        (b"", case["index"], case["size"], b""),
    ]
    for wrong_leaf, index, size, wrong_root in faults:
        with pytest.raises(ProofError):
            verify_inclusion(wrong_leaf, index, size, proof, wrong_root)


def test_the_only_leaf_is_the_root_and_needs_no_proof():
    verify_inclusion(LEAVES[0], 0, 1, [], LEAVES[0])


LONE_LEAF_FAULTS = {
    "another root": (LEAVES[0], 0, 1, [], LEAVES[1]),
    "an empty root": (LEAVES[0], 0, 1, [], b""),
    "an empty leaf": (b"", 0, 1, [], LEAVES[0]),
    "neither leaf nor root": (b"", 0, 1, [], b""),
    "a proof where none is needed": (LEAVES[0], 0, 1, [GARBAGE], LEAVES[0]),
    "the root as its own proof": (LEAVES[0], 0, 1, [LEAVES[0]], LEAVES[0]),
    "an index beyond the tree": (LEAVES[0], 1, 1, [], LEAVES[0]),
    "a negative index": (LEAVES[0], -1, 1, [], LEAVES[0]),
    "an empty tree": (LEAVES[0], 0, 0, [], LEAVES[0]),
    "a larger tree": (LEAVES[0], 0, 2, [], LEAVES[0]),
}


@pytest.mark.parametrize("case", LONE_LEAF_FAULTS.values(), ids=LONE_LEAF_FAULTS.keys())
def test_a_lone_leaf_with_a_fault_is_refused(case):
    with pytest.raises(ProofError):
        verify_inclusion(*case)


@pytest.mark.parametrize("case", VECTORS["consistency"], ids=lambda c: f"{c['old_size']} to {c['new_size']}")
def test_other_sizes_and_swapped_roots_are_refused(case):
    old, new, proof = bytes.fromhex(case["old_root"]), bytes.fromhex(case["new_root"]), hashes(case["proof"])
    faults = [
        (case["old_size"] - 1, case["new_size"], old, new),
        (case["old_size"] + 1, case["new_size"], old, new),
        (case["old_size"] ^ 2, case["new_size"], old, new),
        (case["old_size"], case["new_size"] * 2, old, new),
        (case["old_size"], case["new_size"] // 2, old, new),
        (case["old_size"], case["new_size"], new, old),
        (case["old_size"], case["new_size"], GARBAGE, new),
        (case["old_size"], case["new_size"], old, GARBAGE),
    ]
    for fault in faults:
        with pytest.raises(ProofError):
            verify_consistency(*fault, proof)


EDGES = {
    "an empty tree extends to anything": (0, 1, EMPTY_ROOT, EMPTY_ROOT, [EMPTY_ROOT]),
    "two empty trees": (0, 0, EMPTY_ROOT, EMPTY_ROOT, []),
    "one size, two roots": (1, 1, LEAVES[0], LEAVES[1], []),
    "one size and a proof": (1, 1, LEAVES[0], LEAVES[0], [GARBAGE]),
    "a tree that shrinks": (2, 1, LEAVES[0], LEAVES[1], []),
    "growth without a proof": (1, 2, LEAVES[0], LEAVES[1], []),
}


@pytest.mark.parametrize("case", EDGES.values(), ids=EDGES.keys())
def test_edge_cases_that_prove_nothing_are_refused(case):
    with pytest.raises(ProofError):
        verify_consistency(*case)


def test_the_same_tree_is_consistent_with_itself():
    verify_consistency(1, 1, LEAVES[0], LEAVES[0], [])


trees = st.lists(st.binary(max_size=4).map(leaf_hash), min_size=1, max_size=70)


SEVENTY = [leaf_hash(bytes([number])) for number in range(70)]


@pytest.mark.parametrize("size", [*range(1, 34), 63, 64, 65, 70])
def test_every_leaf_and_every_prefix_of_a_tree_is_proven(size):
    tree = SEVENTY[:size]
    root = naive_root(tree)
    assert root_hash(tree) == root
    for index in range(size):
        verify_inclusion(tree[index], index, size, inclusion_proof(tree, index), root)
    for old_size in range(1, size + 1):
        proof = consistency_proof(tree, old_size)
        verify_consistency(old_size, size, naive_root(tree[:old_size]), root, proof)


def alter(data, proof):
    """Flip one bit, drop one hash, repeat one, or put a foreign one anywhere."""
    index = data.draw(st.integers(0, len(proof) - 1))
    bit = data.draw(st.integers(0, 255))
    flipped = bytearray(proof[index])
    flipped[bit // 8] ^= 1 << bit % 8
    altered = [
        [*proof[:index], bytes(flipped), *proof[index + 1 :]],
        [*proof[:index], *proof[index + 1 :]],
        [*proof[:index], proof[index], *proof[index:]],
        [*proof[:index], GARBAGE, *proof[index:]],
    ]
    return data.draw(st.sampled_from(altered))


@given(st.integers(2, 70), st.data())
def test_an_inclusion_proof_altered_anywhere_is_refused(size, data):
    index = data.draw(st.integers(0, size - 1))
    tree = SEVENTY[:size]
    altered = alter(data, inclusion_proof(tree, index))
    with pytest.raises(ProofError):
        verify_inclusion(tree[index], index, size, altered, root_hash(tree))


@given(st.integers(2, 70), st.data())
def test_a_consistency_proof_altered_anywhere_is_refused(size, data):
    old_size = data.draw(st.integers(1, size - 1))
    tree = SEVENTY[:size]
    altered = alter(data, consistency_proof(tree, old_size))
    with pytest.raises(ProofError):
        verify_consistency(old_size, size, root_hash(tree[:old_size]), root_hash(tree), altered)


def turns(index, size):
    """On which side the siblings stand, from the leaf up."""
    if size == 1:
        return ()
    split = largest_power_below(size)
    return (*turns(index, split), "right") if index < split else (*turns(index - split, size - split), "left")


def consistency_turns(old_size, new_size, start="old root"):
    """Where a consistency proof starts, and on which side each further hash stands."""
    if old_size == new_size:
        return (start,)
    split = largest_power_below(new_size)
    if old_size <= split:
        return (*consistency_turns(old_size, split, start), "right")
    return (*consistency_turns(old_size - split, new_size - split, "a hash"), "left")


# A root does not hold its tree's size (RFC 6962), so a proof fixes a size only as far as its turns do. What
# fixes it wholly is the signed checkpoint, from which sizes must therefore come.
@pytest.mark.parametrize("size", range(1, 13))
def test_an_inclusion_proof_holds_for_another_place_only_where_every_turn_is_the_same(size):
    tree = SEVENTY[:size]
    for index, leaf in enumerate(tree):
        proof, accepted = inclusion_proof(tree, index), set()
        places = [(i, n) for n in range(1, 18) for i in range(n)]
        for place in places:
            with contextlib.suppress(ProofError):
                verify_inclusion(leaf, *place, proof, root_hash(tree))
                accepted.add(place)
        assert accepted == {place for place in places if turns(*place) == turns(index, size)}
        assert [i for i, n in accepted if n == size] == [index]


@pytest.mark.parametrize("size", range(1, 13))
def test_a_consistency_proof_holds_for_other_sizes_only_where_every_turn_is_the_same(size):
    tree = SEVENTY[:size]
    for old_size in range(1, size + 1):
        proof, accepted = consistency_proof(tree, old_size), set()
        pairs = [(old, new) for new in range(1, 18) for old in range(1, new + 1)]
        for pair in pairs:
            with contextlib.suppress(ProofError):
                verify_consistency(*pair, root_hash(tree[:old_size]), root_hash(tree), proof)
                accepted.add(pair)
        assert accepted == {pair for pair in pairs if consistency_turns(*pair) == consistency_turns(old_size, size)}


@given(trees, st.data())
def test_every_leaf_is_proven_and_no_other_in_its_place(leaves, data):
    index = data.draw(st.integers(0, len(leaves) - 1))
    proof = inclusion_proof(leaves, index)
    verify_inclusion(leaves[index], index, len(leaves), proof, root_hash(leaves))
    with pytest.raises(ProofError):
        verify_inclusion(leaf_hash(b"other leaf"), index, len(leaves), proof, root_hash(leaves))
    with pytest.raises(ProofError):
        verify_inclusion(leaves[index], index, len(leaves), [*proof, GARBAGE], root_hash(leaves))


@given(trees, st.data())
def test_every_prefix_is_consistent_and_no_altered_one(leaves, data):
    size = data.draw(st.integers(1, len(leaves)))
    proof = consistency_proof(leaves, size)
    verify_consistency(size, len(leaves), root_hash(leaves[:size]), root_hash(leaves), proof)
    with pytest.raises(ProofError):
        verify_consistency(size, len(leaves), GARBAGE, root_hash(leaves), proof)


@given(trees, st.data())
def test_a_frontier_continued_from_its_hashes_gives_the_root_of_the_whole(leaves, data):
    split = data.draw(st.integers(0, len(leaves)))
    first = Frontier()
    for leaf in leaves[:split]:
        first.append(leaf)
    continued = Frontier(split, first.hashes)
    for leaf in leaves[split:]:
        continued.append(leaf)
    assert continued.root() == naive_root(leaves)


def test_a_frontier_with_the_wrong_number_or_length_of_hashes_is_refused():
    for size, nodes in ((3, [GARBAGE]), (0, [GARBAGE]), (1, [b"short"]), (-1, [])):
        with pytest.raises(ProofError):
            Frontier(size, nodes)


def test_a_proof_of_a_leaf_that_is_not_there_is_refused():
    with pytest.raises(ProofError):
        inclusion_proof(LEAVES, 8)
    with pytest.raises(ProofError):
        consistency_proof(LEAVES, 9)
