import tracemalloc

from collector.model.snapshot import Item


def test_an_item_holds_no_more_memory_than_its_bytes_and_a_little():
    content = {"text": "x" * 1100}
    tracemalloc.start()
    try:
        items = [Item.of(str(number), content) for number in range(500)]
        held, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert held < 2 * sum(len(item.body) for item in items)
