import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collector.ledger.chunks import MAX_CHUNK, chunk, read_chunk, read_index
from collector.model.canonical import encode
from collector.model.errors import MalformedError

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
