"""`daemon`: collect on schedule, until told to end."""

import logging
import os
import sys
from typing import Annotated

import typer

from collector.cli import console
from collector.cli.opening import redaction_of
from collector.cli.options import DEFAULT_CONFIGURATION, ConfigurationOption
from collector.config import Configuration, Settings
from collector.keys.opening import signer_of
from collector.ledger.store import Ledger
from collector.model.errors import ConfigurationError, ControlproofError, Exit
from collector.model.instant import now
from connectors.base import Progress, Source
from connectors.registry import connect

_EXTRA = ("apscheduler", "prometheus_client")


def daemon(
    config: ConfigurationOption = DEFAULT_CONFIGURATION,
    collector: Annotated[
        str | None, typer.Option(help="Which of daemon.collectors this is; without it, the main one.")
    ] = None,
    listen: Annotated[
        str | None, typer.Option(help="Where to serve health and metrics, instead of daemon.listen: 0.0.0.0:9464.")
    ] = None,
) -> None:
    """Collect on schedule, test, and serve health and metrics, until SIGTERM."""
    try:
        from collector.daemon.start import serve  # noqa: PLC0415 - what it needs is an extra
    except ImportError as error:
        if error.name is None or error.name.split(".")[0] not in _EXTRA:
            raise
        raise ConfigurationError(
            f"the daemon needs {error.name}, which is not installed", "pip install 'controlproof[daemon]'"
        ) from None
    code = Exit.PASS
    try:
        serve(config, collector, listen, _open_ledger, _Connecting)
    except ControlproofError as error:
        console.print_error(error)
        code = error.exit
    logging.shutdown()
    sys.stderr.flush()
    # Python would wait for the threads of SDKs, which a call to a source that hangs holds up.
    os._exit(int(code))


def _open_ledger(configuration: Configuration, collector: str) -> Ledger:
    return Ledger.open(configuration.database, collector, signer_of(configuration), now)


class _Connecting:
    """Connects the sources of one configuration."""

    def __init__(self, configuration: Configuration) -> None:
        self._redaction = redaction_of(configuration)

    def __call__(self, settings: Settings, progress: Progress) -> Source:
        return connect(settings, clock=now, progress=progress, redaction=self._redaction)
