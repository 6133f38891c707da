"""Taking over a changed configuration: validated first, and the old one stays where the new one is wrong."""

import logging
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

from collector.config import Configuration, load
from collector.config.files import read_bounded
from collector.config.load import MAX_SIZE
from collector.daemon.metrics import Metrics
from collector.daemon.service import Setup
from collector.model.errors import ConfigurationError, ControlproofError

_log = logging.getLogger(__name__)


class Watch:
    """One configuration file, and what it last held."""

    def __init__(
        self, path: Path, in_force: Configuration, prepare: Callable[[Configuration], Setup], metrics: Metrics
    ) -> None:
        """Take the file, what was loaded of it, and what makes a setup of a configuration."""
        self._path = path
        self._in_force = in_force
        self._prepare = prepare
        self._metrics = metrics
        self._seen = self._look()

    def __call__(self) -> Setup | None:
        """Give the setup of a changed and valid configuration, once; None otherwise."""
        found = self._look()
        if found == self._seen:
            return None
        self._seen = found
        try:
            changed = load(self._path)
            _check_fixed(self._in_force, changed)
            setup = self._prepare(changed)
        except ControlproofError as error:
            _log.error("the changed configuration is not taken over, the old one stays: %s", error.message)
            self._metrics.configuration_ok.set(0)
            self._metrics.reloads.labels("refused").inc()
            return None
        self._metrics.configuration_ok.set(1)
        if changed == self._in_force:
            return None
        _log.info("the configuration has changed, and is taken over")
        self._metrics.reloads.labels("taken").inc()
        self._in_force = changed
        return setup

    def _look(self) -> bytes | None:
        """Give the digest of what the file holds: a ConfigMap is replaced by a link, with any time of change."""
        try:
            return sha256(read_bounded(self._path, MAX_SIZE)).digest()
        except ConfigurationError:
            return None


def _check_fixed(old: Configuration, new: Configuration) -> None:
    """Refuse to change what a running daemon cannot.

    Raises:
        ConfigurationError: naming the place.

    """
    if new.ledger != old.ledger:
        raise ConfigurationError(f"{new.place('ledger')}: a running daemon keeps its ledger", "start it anew")
    if new.daemon.listen != old.daemon.listen or new.daemon.lease != old.daemon.lease:
        raise ConfigurationError(
            f"{new.place('daemon')}: listen and lease of a running daemon stay as they are", "start it anew"
        )
