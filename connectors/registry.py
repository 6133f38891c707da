"""Which connector serves which settings. The SDKs are only imported when a source is used."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from importlib import import_module
from typing import Any

from collector.config import KubernetesCluster, Settings
from collector.model.errors import ConfigurationError
from connectors.base import Population, Progress, Source
from connectors.redaction import Redaction


@dataclass(frozen=True, slots=True)
class Connector:
    """One connector: the module that holds its `SOURCE` class and its `POPULATIONS`, and the SDK that it needs.

    Attributes:
        module: imported when a source of this kind is used.
        sdk: the top-level packages of its SDK.
        extra: what `pip install 'controlproof[…]'` calls the SDK.

    """

    module: str
    sdk: tuple[str, ...]
    extra: str

    def load(self, needer: str) -> Any:
        """Import it.

        Raises:
            ConfigurationError: its SDK is not installed.

        """
        try:
            return import_module(self.module)
        except ImportError as error:
            if error.name is None or error.name.split(".")[0] not in self.sdk:
                raise
            raise ConfigurationError(
                f"{needer} needs {self.sdk[0]}, which is not installed", f"pip install 'controlproof[{self.extra}]'"
            ) from None


CONNECTORS: Mapping[str, Connector] = {
    "aws": Connector("connectors.aws.source", ("boto3", "botocore"), "aws"),
    "gcp": Connector("connectors.gcp.source", ("google", "requests"), "gcp"),
    "github": Connector("connectors.github.source", ("requests",), "github"),
    "kubernetes": Connector("connectors.kubernetes.source", ("kubernetes", "urllib3"), "kubernetes"),
    "mlflow": Connector("connectors.mlflow.source", ("urllib3",), "mlflow"),
}
"""By the name that the configuration's `sources` and the ids of sources begin with."""


def connect(
    settings: Settings,
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
    connector = CONNECTORS[settings.id.partition(":")[0]].load(settings.id)
    if isinstance(settings, KubernetesCluster):
        if redaction is None:
            raise ConfigurationError(f"{settings.id} needs a redaction_key", "see what controlproof init writes")
        cluster: Source = connector.SOURCE(settings, clock, progress, redaction)
        return cluster
    source: Source = connector.SOURCE(settings, clock, progress)
    return source


def populations_of(connector: str) -> Mapping[str, Population]:
    """Give what a connector can read, by name.

    Raises:
        ConfigurationError: there is no such connector, or its SDK is not installed.

    """
    if connector not in CONNECTORS:
        raise ConfigurationError(f"there is no connector {connector!r}", f"connectors: {', '.join(sorted(CONNECTORS))}")
    return {each.name: each for each in CONNECTORS[connector].load("the list of permissions").POPULATIONS}


def declared_permissions(connector: str, *, on_request: bool = False) -> frozenset[str]:
    """Give what a connector's populations need, in the source's own names.

    Args:
        connector: its name.
        on_request: whether what is read only on request counts too.

    Raises:
        ConfigurationError: there is no such connector, or its SDK is not installed.

    """
    wanted = (
        population for population in populations_of(connector).values() if on_request or not population.on_request
    )
    return frozenset(permission for population in wanted for permission in population.permissions)
