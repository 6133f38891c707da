"""Items of which parts are read by calls of their own: what is refused is unknown, and the rest is read."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from collector.model.canonical import Json, JsonObject
from collector.model.snapshot import Failure, FailureClass
from connectors.base import Draft, SourceError

_ENDING = (FailureClass.THROTTLED, FailureClass.UNREACHABLE)
"""What one call fails with and the next would too."""


@dataclass
class Facets:
    """One item while it is read: what is known of it, and what could not be read."""

    item: str
    content: dict[str, Json]
    failures: list[Failure] = field(default_factory=list)

    def read(self, names: tuple[str, ...], call: Callable[[], JsonObject]) -> None:
        """Read some facets by one call; if it is refused, each of them is unknown.

        Raises:
            SourceError: the call failed in a way in which all others would.

        """
        try:
            self.content.update(call())
        except SourceError as error:
            if error.failure.failure_class in _ENDING:
                raise
            self.failures += [replace(error.failure, item=self.item, facet=name) for name in names]

    @property
    def draft(self) -> Draft:
        """Give the draft."""
        return Draft(self.item, self.content, tuple(self.failures))
