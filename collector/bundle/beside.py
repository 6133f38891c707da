"""Work in another process, for what would keep a core busy for minutes."""

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from hashlib import sha256
from multiprocessing import get_context
from multiprocessing.connection import Connection
from typing import TypeVar

from collector.bundle.reader import BundleReader
from collector.ledger.store import LedgerReader

WORTH_IT = 50_000
"""Records: what is done with fewer takes hardly longer than to start a process does."""

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


def seen(reader: BundleReader | LedgerReader) -> bytes:
    """Give a digest of all headers, by which a process tells whether another one read the same records.

    A body is what its header says, which whoever reads it checks.
    """
    digest = sha256()
    if isinstance(reader, BundleReader):
        digest.update(reader.manifest.encode())
        for seq in sorted(reader.earlier):
            digest.update(reader.earlier[seq].data)
    for _, data in reader.headers(reader.first):
        digest.update(data)
    return digest.digest()
