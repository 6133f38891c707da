"""How often Python looks for cycles among objects that nothing refers to any more."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager

_SELDOM = (20_000, 20, 100)


@contextmanager
def seldom_collected() -> Iterator[None]:
    """Look for cycles far less often meanwhile.

    It is for work over a whole period, which keeps a million objects in its caches and makes hardly a cycle: to look
    at all of them again and again takes a tenth of its time.
    """
    usual = gc.get_threshold()
    gc.set_threshold(*_SELDOM)
    try:
        yield
    finally:
        gc.set_threshold(*usual)
