"""Who collects: of all replicas of one collector, one."""

from collections.abc import Callable
from threading import Event
from typing import Protocol

from sqlalchemy import Connection

from collector.model.errors import LedgerError


class LostError(LedgerError):
    """This replica does not lead any more; nothing was written."""


class Leadership(Protocol):
    """The one leading place of a collector, as one replica sees it."""

    def lead(self, stop: Event) -> bool:
        """Wait until this replica leads; False when `stop` came first.

        Raises:
            ConfigurationError: it never can.

        """
        ...

    def held(self) -> bool:
        """Tell whether it leads for sure at this moment."""
        ...

    def on_loss(self, tell: Callable[[], None]) -> None:
        """Have `tell` called, from another thread, as soon as it is known that the place was lost."""
        ...

    def fence(self, connection: Connection) -> None:
        """Make sure, within an append's transaction, that nobody else can have begun to lead.

        Raises:
            LostError: somebody can.

        """
        ...

    def release(self) -> None:
        """Give the place up."""
        ...
