"""A cache that forgets what was not asked for the longest, so that memory stays bounded however long a period is."""

from collections import OrderedDict
from collections.abc import Iterable
from threading import Lock
from typing import Generic, TypeVar

K = TypeVar("K")
V = TypeVar("V")


class Cache(Generic[K, V]):
    """Values up to a total weight, in whatever unit the caller weighs them; one that weighs more is not kept.

    Several threads may use it.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._weight = 0
        self._values: OrderedDict[K, tuple[V, int]] = OrderedDict()
        self._lock = Lock()

    def __contains__(self, key: K) -> bool:
        return key in self._values

    def get(self, key: K) -> V | None:
        """Give a value if it is still here."""
        with self._lock:
            found = self._values.get(key)
            if found is None:
                return None
            self._values.move_to_end(key)
            return found[0]

    def get_all(self, keys: Iterable[K]) -> list[V | None]:
        """Give the values of several keys, as `get` gives each."""
        with self._lock:
            found = [(key, self._values.get(key)) for key in keys]
            for key, kept in found:
                if kept is not None:
                    self._values.move_to_end(key)
            return [None if kept is None else kept[0] for _, kept in found]

    def put(self, key: K, value: V, weight: int = 1) -> None:
        """Keep a value, in place of an earlier one of its key, and forget old ones if it needs their room."""
        with self._lock:
            _, before = self._values.pop(key, (None, 0))
            self._weight += weight - before
            self._values[key] = (value, weight)
            while self._weight > self._limit:
                _, (_, forgotten) = self._values.popitem(last=False)
                self._weight -= forgotten
