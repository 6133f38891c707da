"""Putting a daemon together from its configuration, and running it until it is told to end."""

import gc
import logging
import os
import signal
import sys
from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import partial
from pathlib import Path

from sqlalchemy.engine import make_url

from collector.config import AwsAccount, Configuration, GithubRepository, MlflowServer, Settings, address_of, load
from collector.daemon.file_lock import FileLeadership
from collector.daemon.health import serving
from collector.daemon.leadership import Leadership
from collector.daemon.log import log_as_json
from collector.daemon.metrics import Metrics
from collector.daemon.pages import pages
from collector.daemon.periodic import periodic_jobs
from collector.daemon.reload import Watch
from collector.daemon.service import Service, Setup
from collector.daemon.shift import Assignment, Pace
from collector.ledger.store import Ledger
from collector.model.errors import ConfigurationError
from collector.model.instant import now
from collector.pipeline.plan import limits_of, make_plan
from connectors.base import Progress, Source

_log = logging.getLogger(__name__)

_THRESHOLDS = (10_000, 10, 1_000_000)
"""When Python looks for garbage: in what is new after so many objects, in what is older after so many looks at that."""

_TURN = 0.001
"""Seconds that a thread computes while others wait. An append waits for its turn after each word of the database."""

Connect = Callable[[Settings, Progress], Source]
"""Gives the source behind settings."""


def serve(
    path: Path,
    collector: str | None,
    listen: str | None,
    open_ledger: Callable[[Configuration, str], Ledger],
    connecting: Callable[[Configuration], Connect],
) -> None:
    """Run the daemon of a configuration file until SIGTERM or SIGINT.

    Args:
        path: the file, which is read again when it changes.
        collector: which collector this is, if not the main one.
        listen: the address and port to serve at, if not the configured one.
        open_ledger: opens the ledger for a collector.
        connecting: gives what connects the sources of a configuration.

    Raises:
        ConfigurationError: something must be changed by a person first.
        IntegrityError: the ledger is not what was signed.

    """
    configuration = load(path)
    log_as_json(secrets_of(configuration))
    address = address_of(listen or configuration.daemon.listen)
    name = collector or configuration.ledger.collector
    metrics = Metrics()
    ledger = open_ledger(configuration, name)

    def prepare(loaded: Configuration) -> Setup:
        return setup_of(loaded, name, connecting(loaded), ledger, metrics)

    watch = Watch(path, configuration, prepare, metrics)
    setup = prepare(configuration)
    service = Service(ledger, _leadership(configuration, name), setup, reload=watch, metrics=metrics, clock=now)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: service.stop())
    signal.signal(signal.SIGHUP, lambda *_: service.wake())
    # What is there by now stays: looking through it for what can be thrown away would take most of that work's time.
    gc.freeze()
    # The rest of what is old is looked through on a cadence (see `periodic`), and not each time that so much was made.
    gc.set_threshold(*_THRESHOLDS)
    sys.setswitchinterval(_TURN)
    with serving(address, pages(service, ledger, metrics, name)) as (host, port):
        _log.info("%s serves health and metrics at %s port %s", name, host, port)
        service.run()
    _log.info("ended")


def setup_of(configuration: Configuration, collector: str, connect: Connect, ledger: Ledger, metrics: Metrics) -> Setup:
    """Give what one collector does under a configuration.

    Raises:
        ConfigurationError: it names no such collector, a control or parameter is wrong, or a source's SDK is missing.

    """
    known = (configuration.ledger.collector, *configuration.daemon.collectors)
    if collector not in known:
        raise ConfigurationError(
            f"{configuration.place('daemon')}: there is no collector {collector!r}", f"collectors: {', '.join(known)}"
        )
    settings = {each.id: each for each in configuration.sources}
    own = [source for source in settings if configuration.collector_of(source) == collector]
    daemon, main = configuration.daemon, collector == configuration.ledger.collector
    assignment = Assignment(
        plan=make_plan(configuration),
        sources={source: connect(each, lambda *_: None) for source, each in settings.items()},
        opened={source: partial(connect, settings[source]) for source in own},
        tests=main,
        periodic=periodic_jobs(ledger, configuration, metrics, anchors=main),
    )
    pace = Pace(
        limits=limits_of(configuration),
        jitter=timedelta(seconds=daemon.jitter),
        patience=timedelta(seconds=daemon.patience),
    )
    return Setup(assignment, pace)


def secrets_of(configuration: Configuration) -> Iterator[str]:
    """Give the values that a configuration and its environment hold and that no log line may."""
    yield make_url(configuration.database).password or ""
    for settings in configuration.sources:
        if isinstance(settings, AwsAccount):
            yield settings.external_id or ""
        elif isinstance(settings, (MlflowServer, GithubRepository)) and settings.token_variable:
            yield os.environ.get(settings.token_variable, "")


def _leadership(configuration: Configuration, collector: str) -> Leadership:
    if configuration.database.startswith("sqlite"):
        return FileLeadership(Path(configuration.database.removeprefix("sqlite:///")), now)
    from collector.daemon.advisory_lock import AdvisoryLeadership  # noqa: PLC0415 - psycopg is an extra of its own

    return AdvisoryLeadership(configuration.database, collector, configuration.daemon.lease)
