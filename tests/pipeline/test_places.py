"""How many sources are under way at once, where some take long."""

import threading
import time
from datetime import timedelta

from support.daemons import PATIENCE, Polled, until

from collector.model.instant import now
from collector.pipeline.collection import Collection
from collector.pipeline.places import Errand, Limits, Places

SLOW_AFTER = 0.2


class Slow:
    """A source with so many populations that they take long, each little time."""

    def __init__(self, number):
        self.id = f"aws:{number:012d}"
        self.read_so_far = 0

    def read(self, population):
        time.sleep(SLOW_AFTER / 20)
        self.read_so_far += 1
        return Polled().read("s3.buckets")


def begin(places, source, populations):
    """Have a source read; give an event of its end."""
    ended = threading.Event()
    collection = Collection(source.id, lambda _: source, populations, now)

    def read():
        collection.read(lambda _: True, lambda _: None)
        ended.set()

    places.submit(Errand(source.id, read, lambda: False, collection.advanced))
    return ended


def test_a_source_that_gets_further_keeps_its_place_where_all_of_this_machine_is_slow():
    places = Places(Limits(1, timedelta(seconds=SLOW_AFTER)))
    first, second = Slow(0), Slow(1)
    populations = [str(number) for number in range(60)]
    ended, _ = begin(places, first, populations), begin(places, second, populations[:1])
    while not ended.wait(SLOW_AFTER / 10):
        places.attend()
        assert places.slow == 0
        assert second.read_so_far == 0 or first.read_so_far == len(populations)
    until(lambda: second.read_so_far, PATIENCE)
