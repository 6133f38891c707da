"""Which connector serves which settings. The SDKs are only imported when a source is used."""

from collections.abc import Callable
from datetime import datetime
from importlib import import_module
from typing import Any

from collector.config import AwsAccount
from collector.model.errors import ConfigurationError
from connectors.base import Progress, Source


def connect(settings: AwsAccount, *, clock: Callable[[], datetime], progress: Progress) -> Source:
    """Give the source behind settings; nothing is called yet.

    Raises:
        ConfigurationError: its SDK is not installed.

    """
    source: Source = _aws(settings.id).AwsSource(settings, clock, progress)
    return source


def declared_permissions() -> dict[str, frozenset[str]]:
    """Give what each connector's populations need, in the source's own names.

    Raises:
        ConfigurationError: a connector's SDK is not installed.

    """
    populations = _aws("the list of permissions").POPULATIONS
    return {"aws": frozenset(permission for population in populations for permission in population.permissions)}


def _aws(needer: str) -> Any:
    try:
        return import_module("connectors.aws.source")
    except ImportError as error:
        if error.name not in ("boto3", "botocore"):
            raise
        raise ConfigurationError(
            f"{needer} needs the AWS SDK, which is not installed", "pip install 'controlproof[aws]'"
        ) from None
