"""Samples: drawn alike by anyone, of populations that were fixed before."""

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.estate import year
from support.ledgers import START, signer

from collector.bundle.export import export_bundle
from collector.bundle.reader import open_bundle
from collector.ledger.reader import fetch
from collector.ledger.verify import Trust, verify
from collector.model.canonical import decode_object
from collector.model.errors import ConfigurationError, Exit
from collector.model.period import Period
from collector.model.record import Kind
from collector.period.sample import draw, sample_entry, sample_of
from collector.period.state import newest, state_at

BUCKETS = "aws:123456789012/s3.buckets"
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("sampled")


@pytest.fixture(scope="module")
def ledger(folder):
    return year(folder)


def test_the_rank_is_sha256_of_seed_zero_byte_and_id():
    (first, *_), items = draw("seed-7", 3, [(f"item-{n}", "0" * 64) for n in range(20)]), range(20)
    ranks = {hashlib.sha256(b"seed-7\0" + f"item-{n}".encode()).hexdigest(): f"item-{n}" for n in items}
    assert (first.rank, first.id) == min(ranks.items())


@given(st.dictionaries(texts, st.just("0" * 64), max_size=30), st.integers(1, 10), st.randoms())
def test_any_order_gives_the_same_sample_and_a_larger_one_begins_with_the_smaller(items, size, random):
    shuffled = list(items.items())
    random.shuffle(shuffled)
    drawn = draw("s", size, shuffled)
    assert drawn == draw("s", size, items.items())
    assert draw("s", size + 1, items.items())[:size] == drawn
    assert len(drawn) == min(size, len(items))


@pytest.mark.parametrize(("seed", "size"), [("", 5), ("a\0b", 5), ("x" * 201, 5), ("s", 0), ("s", 10_001)])
def test_a_seed_or_size_that_cannot_be_used_is_refused(seed, size):
    with pytest.raises(ConfigurationError):
        draw(seed, size, [])


def test_a_bundle_gives_the_same_sample_as_its_ledger(ledger, folder):
    with ledger.read() as reader:
        header = newest(reader, BUCKETS, (Kind.SNAPSHOT,))
        of_ledger = sample_of(reader, header, "s", 1)
        export_bundle(reader, Period.parse("2026-01-02..2026-02-01"), None, folder / "b.zip")
    with open_bundle(folder / "b.zip") as bundle:
        assert sample_of(bundle, newest(bundle, BUCKETS, (Kind.SNAPSHOT,)), "s", 1) == of_ledger


def test_the_record_of_a_sample_comes_after_the_checkpoint_that_fixed_its_population(folder, tmp_path):
    ledger = year(tmp_path)
    with ledger.read() as reader:
        header = newest(reader, BUCKETS, (Kind.SNAPSHOT,))
        drawn = sample_of(reader, header, "s", 25)
    (recorded,) = ledger.append([sample_entry(drawn, header.controls)])
    assert header.seq < drawn.checkpoint <= recorded.seq
    with ledger.read() as reader:
        body = decode_object(fetch(reader, recorded.body), "it")
        assert (body["seed"], body["size"], body["record"], body["count"]) == ("s", 25, header.seq, 2)
        assert verify(reader, Trust((signer(tmp_path).key.encode(),))).exit is Exit.PASS


def test_what_has_no_items_gives_no_sample(ledger):
    with ledger.read() as reader, pytest.raises(ConfigurationError, match="is a config"):
        sample_of(reader, reader.header(0), "s", 1)


def test_the_state_as_of_a_moment_holds_the_results_then_in_force_and_nothing_later(ledger):
    third = START.replace(day=3)
    with ledger.read() as reader:
        now, then = state_at(reader, START.replace(month=2)), state_at(reader, third)
        assert {name: header.time.day for name, header in then.results.items()} == {"ACC-2": 2, "ACC-5": 2}
        assert {name: header.time.day for name, header in now.results.items()} == {"ACC-2": 4, "ACC-5": 4}
        assert all(header.time < third for header in then.readings.values())
        assert state_at(reader, START).results == {}
        assert newest(reader, BUCKETS, (Kind.SNAPSHOT,), third).time.day == 2
        assert newest(reader, "nothing", (Kind.SNAPSHOT,)) is None
