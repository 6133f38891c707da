"""Work in another process, for what would keep a core busy for minutes."""

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing import get_context
from multiprocessing.connection import Connection
from typing import TypeVar

A = TypeVar("A")
G = TypeVar("G")


@contextmanager
def beside(work: Callable[[G], A], given: G) -> Iterator[Callable[[], A | None]]:
    """Have another process do something, and give what waits for its answer: None if it failed, however it did.

    Leaving this ends the process. `work` is a function of a module, and what it is given and answers can be pickled.
    """
    # Not forked: neither connections to databases nor positions in files can be shared.
    context = get_context("spawn")
    ours, theirs = context.Pipe(duplex=False)
    process = context.Process(target=_do, args=(work, given, theirs), daemon=True)
    process.start()
    theirs.close()

    def answer() -> A | None:
        try:
            found: A = ours.recv()
        except EOFError:
            return None
        return found

    try:
        yield answer
    finally:
        process.kill()
        process.join()
        ours.close()


def _do(work: Callable[[G], A], given: G, answer: Connection) -> None:
    # Whoever interrupts the command ends this process.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        answer.send(work(given))
    except Exception:  # noqa: BLE001 - that there is no answer says so, and nothing of it belongs on a terminal
        answer.close()
