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


def naive_root(leaves):
    if len(leaves) == 1:
        return leaves[0]
    split = 1 << ((len(leaves) - 1).bit_length() - 1)
    return node_hash(naive_root(leaves[:split]), naive_root(leaves[split:]))


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
