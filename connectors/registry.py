"""Which connector serves which settings. The SDKs are only imported when a source is used."""

from collections.abc import Callable
from datetime import datetime
from importlib import import_module
from typing import Any

from collector.config import KubernetesCluster, SourceSettings
from collector.model.errors import ConfigurationError
from connectors.base import Progress, Source
from connectors.redaction import Redaction


def connect(
    settings: SourceSettings,
    *,
    clock: Callable[[], datetime],
    progress: Progress,
    redaction: Redaction | None = None,
) -> Source:
    """Give the source behind settings; nothing is called yet.

    Args:
        settings: of the configuration; `clock` and `progress` are what the source goes by and tells.
        redaction: what values that may be secret are replaced with; a cluster is not read without it.

    Raises:
        ConfigurationError: its SDK is not installed, or the redaction key is missing.

    """
    source: Source
    if isinstance(settings, KubernetesCluster):
        if redaction is None:
            raise ConfigurationError(f"{settings.id} needs a redaction_key", "see what controlproof init writes")
        source = _module("kubernetes", settings.id).KubernetesSource(settings, clock, progress, redaction)
    else:
        source = _module("aws", settings.id).AwsSource(settings, clock, progress)
    return source


def declared_permissions(connector: str) -> frozenset[str]:
    """Give what a connector's populations need, in the source's own names.

    Raises:
        ConfigurationError: there is no such connector, or its SDK is not installed.

    """
    if connector not in CONNECTORS:
        raise ConfigurationError(f"there is no connector {connector!r}", f"connectors: {', '.join(CONNECTORS)}")
    populations = _module(connector, "the list of permissions").POPULATIONS
    return frozenset(permission for population in populations for permission in population.permissions)


def _module(connector: str, needer: str) -> Any:
    try:
        return import_module(f"connectors.{connector}.source")
    except ImportError as error:
        if error.name is None or error.name.partition(".")[0] not in CONNECTORS[connector]:
            raise
        raise ConfigurationError(
            f"{needer} needs an SDK that is not installed", f"pip install 'controlproof[{connector}]'"
        ) from None


CONNECTORS = {"aws": ("boto3", "botocore"), "kubernetes": ("kubernetes", "urllib3")}
"""Each connector's name, and the packages that its extra installs."""
