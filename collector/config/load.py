"""Reading the configuration file: every problem at once, each with its line and its mend."""

import difflib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from collector.config import yaml
from collector.config.files import all_problems, decode_utf8, read_bounded
from collector.config.model import (
    AwsAccount,
    Configuration,
    Daemon,
    GcpProject,
    GithubRepository,
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
}
MAX_SIZE = 1024 * 1024
"""The largest configuration that is read, in bytes."""
_MAKE = "make one with: controlproof init"


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
        raise _explain(path, document, error.errors()) from None
    return configuration.located(path, document.places)


def _read(path: Path) -> str:
    if not path.exists():
        raise ConfigurationError(f"there is no configuration {path}", _MAKE)
    return decode_utf8(read_bounded(path, MAX_SIZE), path)


def _explain(path: Path, document: yaml.Document, errors: Iterable[Any]) -> ConfigurationError:
    problems = []
    for error in errors:
        place = tuple(part for part in error["loc"] if isinstance(part, (str, int)))
        line = _line(document.places, place)
        what, mend = _say(error, place)
        problems.append((line, f"{path}:{line}: {_spell(place)}: {what}", mend))
    problems.sort(key=lambda problem: problem[0])
    return all_problems(str(path), [(message, mend) for _, message, mend in problems])


def _line(places: Mapping[yaml.Path, tuple[int, int]], place: yaml.Path) -> int:
    """Give the line of the value, or of what should hold it."""
    while place not in places:
        place = place[:-1]
    return places[place][0]


def _spell(place: yaml.Path) -> str:
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in place).removeprefix(".") or "file"


def _say(error: Any, place: yaml.Path) -> tuple[str, str]:
    kind, last = error["type"], str(place[-1]) if place else ""
    if kind == "extra_forbidden":
        known = _known_names(place[:-1])
        near = difflib.get_close_matches(last, known, 1)
        return f"unknown key {last!r}", f"did you mean {near[0]!r}?" if near else f"known keys: {', '.join(known)}"
    if kind == "missing":
        return "is missing", f"add {last}: (see the comments that controlproof init writes)"
    if kind == "string_type" and isinstance(error["input"], int):
        return "must be a string", f'quote it: "{error["input"]}"'
    message = str(error["msg"]).removeprefix("Value error, ")
    if isinstance(error["input"], Mapping):
        # A whole section: quoting it could quote a password.
        return message[:1].lower() + message[1:], "see the comments that controlproof init writes"
    return message[:1].lower() + message[1:], f"change it; it is {str(error['input'])[:80]!r}"


def _known_names(place: yaml.Path) -> list[str]:
    last = place[-1] if place else ""
    inside = Tenant if place[:1] == ("tenants",) and len(place) == 2 else _MODELS.get(str(last), Configuration)
    model = SourceEntry if isinstance(last, int) else inside
    return [field.alias or name for name, field in model.model_fields.items()]
