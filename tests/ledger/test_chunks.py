import contextlib
import hashlib
import random
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collector.ledger.chunks import MAX_CHUNK, check_order, chunk, read_chunk, read_index
from collector.ledger.entry import Object
from collector.model.canonical import encode
from collector.model.errors import IntegrityError, MalformedError

contents = st.dictionaries(
    st.text(st.characters(exclude_categories=["Cs"]), max_size=6), st.binary(max_size=3).map(bytes.hex), max_size=40
)


def build(items):
    return chunk((item, encode(items[item])) for item in sorted(items))


def entries(index):
    return [pair for part in index.children for pair in read_chunk(part.data, "it")]


@given(contents)
def test_a_list_holds_each_item_once_in_order(items):
    index = build(items)
    assert [item for item, _ in entries(index)] == sorted(items)
    assert read_index(index.data, "it") == [part.address for part in index.children]


@given(contents, contents)
def test_the_address_depends_on_the_content_alone(one, other):
    assert (build(one).address == build(other).address) == (one == other)


def new_objects(before, after):
    def walk(node):
        yield node.address, len(node.data)
        for child in node.children:
            yield from walk(child)

    return set(walk(after)) - set(walk(before))


@pytest.mark.parametrize("seed", range(5))
def test_one_changed_item_writes_itself_one_chunk_and_the_index(seed):
    items = {f"arn:aws:s3:::bucket-{number:06d}": number for number in range(2_000)}
    changed = {**items, random.Random(seed).choice(sorted(items)): "new"}
    assert len(new_objects(build(items), build(changed))) == 3


def expected_chunks(ids):
    """Cut as the format says, without our own code: after a hash with six low zero bits, or 192 entries."""
    parts, part = [], []
    for item in ids:
        part.append(item)
        if int(hashlib.sha256(item.encode()).hexdigest(), 16) % 64 == 0 or len(part) == 192:
            parts.append(part)
            part = []
    return [*parts, part] if part else parts


@pytest.mark.parametrize("step", [1, 3, 7])
def test_chunks_are_cut_where_the_format_says(step):
    items = {f"item-{number:06d}": number for number in range(0, 3_000, step)}
    found = [[item for item, _ in read_chunk(part.data, "it")] for part in build(items).children]
    assert found == expected_chunks(sorted(items))


# These 1,500 ids have 31 cuts of their own and no run over 165, so that the bound on chunks plays no part.
QUIET = {f"arn:aws:s3:::f-{number:05d}": number for number in range(1_500)}
PARTS = expected_chunks(sorted(QUIET))
WHOLE = build(QUIET)


def new_chunks_and_items(before, after):
    """How many chunks and items are new; the index always is."""
    chunks = {part.address for part in after.children} - {part.address for part in before.children}
    return len(chunks), len(new_objects(before, after)) - len(chunks) - 1


@pytest.mark.parametrize("item", [part[len(part) // 2] for part in PARTS[:-1] if len(part) > 1][::4])
def test_an_item_put_in_or_taken_out_writes_its_own_chunk_only(item):
    fewer = build({key: value for key, value in QUIET.items() if key != item})
    assert new_chunks_and_items(fewer, WHOLE) == (1, 1)
    assert new_chunks_and_items(WHOLE, fewer) == (1, 0)


@pytest.mark.parametrize("item", [one[-1] for one, two in pairwise(PARTS) if len(one + two) <= MAX_CHUNK][::4])
def test_an_item_that_ends_a_chunk_splits_one_or_joins_two(item):
    fewer = build({key: value for key, value in QUIET.items() if key != item})
    assert new_chunks_and_items(fewer, WHOLE) == (2, 1)
    assert new_chunks_and_items(WHOLE, fewer) == (1, 0)


def test_a_run_without_cuts_is_cut_at_the_bound_and_settles_at_the_next_cut():
    run = [item for item in (f"a{number:04d}" for number in range(600)) if len(expected_chunks([item, "~"])) == 1][:500]
    before = build(dict.fromkeys(run, 0) | QUIET)
    after = build(dict.fromkeys(run[1:], 0) | QUIET)
    sizes = [len(list(read_chunk(part.data, "it"))) for part in before.children]
    assert sizes[:2] == [MAX_CHUNK, MAX_CHUNK]
    new, _ = new_chunks_and_items(before, after)
    assert new <= 4, "the run itself, and not what follows its end"


@pytest.mark.parametrize("seed", range(5))
def test_one_item_more_or_less_writes_at_most_the_chunks_up_to_the_next_cut(seed):
    items = {f"arn:aws:s3:::bucket-{number:06d}": number for number in range(2_000)}
    fewer = dict(items)
    del fewer[random.Random(seed).choice(sorted(items))]
    assert len(new_objects(build(items), build(fewer))) <= 5


def test_no_chunk_is_larger_than_the_bound():
    items = {f"item-{number:06d}": number for number in range(5_000)}
    sizes = [len(list(read_chunk(part.data, "it"))) for part in build(items).children]
    assert max(sizes) <= MAX_CHUNK
    assert sum(sizes) == 5_000


def test_an_empty_list_is_an_index_of_no_chunks():
    assert chunk([]) == Object(b"[]")


def test_an_id_that_is_not_unicode_text_is_refused():
    with pytest.raises(MalformedError, match="lone surrogate"):
        chunk([("\ud800", b"1")])


@given(st.lists(st.tuples(st.text(max_size=3), st.just("a" * 64)), max_size=6))
def test_only_a_sorted_list_without_repeats_passes_the_check_of_order(pairs):
    ids = [item for item, _ in pairs]
    if ids == sorted(set(ids)):
        assert list(check_order(pairs, "it")) == pairs
    else:
        with pytest.raises(IntegrityError, match="it is not sorted by id"):
            list(check_order(pairs, "it"))


@given(st.binary(max_size=80))
def test_arbitrary_bytes_are_no_list(data):
    for read in (read_index, read_chunk):
        with contextlib.suppress(MalformedError):
            assert list(read(data, "it")) == [], "the one list that so few bytes can hold"


@given(
    st.lists(
        st.lists(st.none() | st.booleans() | st.integers(0, 9) | st.text(max_size=3) | st.just("a" * 64), max_size=3),
        max_size=3,
    )
)
def test_lists_of_other_things_are_refused(document):
    well_formed = all(len(pair) == 2 and isinstance(pair[0], str) and pair[1] == "a" * 64 for pair in document)
    if well_formed:
        assert list(read_chunk(encode(document), "it")) == [tuple(pair) for pair in document]
    else:
        with pytest.raises(MalformedError):
            list(read_chunk(encode(document), "it"))


@pytest.mark.parametrize("pair", [("b", "a"), ("a", "a")], ids=["out of order", "twice"])
def test_unsorted_ids_are_refused(pair):
    with pytest.raises(MalformedError, match="sorted by id"):
        chunk((item, b"1") for item in pair)


@pytest.mark.parametrize("data", [b"{}", b"[1]", b'["x"]', b"[[]]", b'[["a","b"]]', b'[["a"]]', b"nonsense"])
def test_malformed_lists_are_refused(data):
    with pytest.raises(MalformedError):
        read_index(data, "it")
    with pytest.raises(MalformedError):
        list(read_chunk(data, "it"))
