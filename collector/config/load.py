"""Reading the configuration file: every problem at once, each with its line and its mend."""

from collections.abc import Mapping
from pathlib import Path

from pydantic import BaseModel, ValidationError

from collector.config import yaml
from collector.config.anchors import Anchors, ObjectLock, Tsa, Witness
from collector.config.explanation import explain
from collector.config.files import decode_utf8, read_bounded
from collector.config.model import (
    AwsAccount,
    Configuration,
    Daemon,
    GcpProject,
    GithubRepository,
    KeyService,
    KubernetesCluster,
    Ledger,
    MlflowServer,
    Serving,
    SourceEntry,
    Tenant,
)
from collector.model.errors import ConfigurationError

_MODELS: Mapping[str, type[BaseModel]] = {
    "": Configuration,
    "ledger": Ledger,
    "aws": AwsAccount,
    "kubernetes": KubernetesCluster,
    "mlflow": MlflowServer,
    "github": GithubRepository,
    "gcp": GcpProject,
    "serving": Serving,
    "daemon": Daemon,
    "anchors": Anchors,
    "object_lock": ObjectLock,
    "key_service": KeyService,
}
_ENTRIES: Mapping[yaml.Path, type[BaseModel]] = {("tsas",): Tsa, ("witnesses",): Witness}
"""What the entries of a list are, other than sources."""
MAX_SIZE = 1024 * 1024
"""The largest configuration that is read, in bytes."""
_MAKE = "make one with: controlproof init"
_EXAMPLE = "see the comments that controlproof init writes"


def load(path: Path) -> Configuration:
    """Read and validate a configuration.

    Raises:
        ConfigurationError: all problems, in order of their lines.

    """
    document = yaml.parse(_read(path), str(path), _MAKE)
    if not isinstance(document.value, dict):
        raise ConfigurationError(f"{path}: must be a mapping with ledger, sources and weights")
    try:
        configuration = Configuration.model_validate(document.value)
    except ValidationError as error:
        raise explain(str(path), document, error.errors(), _known_names, _EXAMPLE) from None
    return configuration.located(path, document.places)


def _read(path: Path) -> str:
    if not path.exists():
        raise ConfigurationError(f"there is no configuration {path}", _MAKE)
    return decode_utf8(read_bounded(path, MAX_SIZE), path)


def _known_names(place: yaml.Path) -> list[str]:
    last = place[-1] if place else ""
    inside = Tenant if place[:1] == ("tenants",) and len(place) == 2 else _MODELS.get(str(last), Configuration)
    model = _ENTRIES.get(place[-2:-1], SourceEntry) if isinstance(last, int) else inside
    return [field.alias or name for name, field in model.model_fields.items()]
