"""A GitHub repository as a source."""

from collections.abc import Callable, Iterator
from datetime import datetime

from collector.config import GithubRepository
from collector.model.snapshot import Gap, Snapshot
from connectors.base import Draft, Population, Progress, Reading
from connectors.github.pull_requests import MERGED_PULL_REQUESTS
from connectors.github.session import GithubSession
from connectors.github.token import token_of

POPULATIONS: tuple[Population, ...] = (MERGED_PULL_REQUESTS,)
"""All populations of GitHub. Adding one is one function in one file, and one entry here."""


class GithubSource:
    """One GitHub repository with one identity.

    Raises:
        ConfigurationError: the configured environment variable holds no token.

    """

    def __init__(self, settings: GithubRepository, clock: Callable[[], datetime], progress: Progress) -> None:
        self.id = settings.id
        self.populations = tuple(population.name for population in POPULATIONS)
        self._settings = settings
        self._token = token_of(settings)
        self._clock = clock
        self._progress = progress

    def read(self, population: str) -> Snapshot | Gap:
        """Read one population after making sure that the right repository answers."""
        wanted = next(candidate for candidate in POPULATIONS if candidate.name == population)
        session = GithubSession(self._settings, self._token, self._clock)

        def drafts() -> Iterator[Draft]:
            session.check()
            yield from wanted.read(session)

        try:
            return Reading(self.id, population, self._clock, self._progress).drain(drafts, session.provenance)
        finally:
            session.close()


SOURCE = GithubSource
