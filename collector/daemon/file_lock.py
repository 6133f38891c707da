"""The leading place on SQLite: a lock on a file beside the database, which ends with its process."""

import fcntl
import json
import os
import socket
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from threading import Event
from typing import IO

from sqlalchemy import Connection

from collector.model.errors import ConfigurationError
from collector.model.instant import format_instant

_MOST = 4096


class FileLeadership:
    """One process at a time. There is no standing by: a second one refuses to start and says who holds the place."""

    def __init__(self, database: Path, clock: Callable[[], datetime]) -> None:
        self._path = database.with_name(database.name + ".daemon.lock")
        self._clock = clock
        self._file: IO[str] | None = None

    def lead(self, stop: Event) -> bool:
        """Take the place.

        Raises:
            ConfigurationError: another process has it, or the lock's file cannot be written.

        """
        if self._file is None and not stop.is_set():
            self._file = self._take()
        return self._file is not None

    def _take(self) -> IO[str]:
        try:
            file = self._path.open("a+", encoding="utf-8")
        except OSError as error:
            raise ConfigurationError(f"{self._path} cannot be written: {error.strerror}") from None
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            with file:
                holder = _holder(file)
            raise ConfigurationError(
                f"another daemon collects into this ledger: {holder}",
                "end that one, or keep the ledger in PostgreSQL, where a second one stands by",
            ) from None
        file.truncate(0)
        since = format_instant(self._clock())
        json.dump({"host": socket.gethostname(), "pid": os.getpid(), "since": since}, file)
        file.flush()
        return file

    def held(self) -> bool:
        """Tell whether this process has the place; it is never taken away."""
        return self._file is not None

    def on_loss(self, tell: Callable[[], None]) -> None:
        """Do nothing: the place is not lost."""

    def fence(self, connection: Connection) -> None:
        """Do nothing: who holds the lock appends."""

    def release(self) -> None:
        """Give the place up."""
        if self._file is not None:
            self._file.truncate(0)
            self._file.close()
            self._file = None


def _holder(file: IO[str]) -> str:
    """Say who holds the lock, as its file tells."""
    try:
        file.seek(0)
        said = json.loads(file.read(_MOST))
        return f"process {int(said['pid'])} on {str(said['host'])[:255]!r} since {str(said['since'])[:40]}"
    except (ValueError, KeyError, TypeError):
        return f"it holds {file.name}"
