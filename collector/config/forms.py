"""What the sections of a configuration share: their base, and the forms of values."""

import re
from datetime import timedelta
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict

_CADENCE = re.compile(r"([1-9][0-9]{0,4})([mhd])")
_UNITS = {"m": timedelta(minutes=1), "h": timedelta(hours=1), "d": timedelta(days=1)}


class Model(BaseModel):
    """A section: frozen, of exactly the declared keys and types."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


def http_url(value: str) -> str:
    """Refuse what is no HTTP URL, or one that holds a password."""
    parts = urlsplit(value)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.username or parts.password:
        raise ValueError("must be a URL such as https://aws.example.com:443, without user or password")
    return value


def cadence(value: object) -> timedelta:
    """Read how often something is done, such as 30m, 1h or 1d."""
    found = _CADENCE.fullmatch(value) if isinstance(value, str) else None
    read = int(found[1]) * _UNITS[found[2]] if found else timedelta()
    if not timedelta(minutes=1) <= read <= timedelta(days=31):
        raise ValueError("must be how often, from 1m to 31d, such as 30m, 1h or 1d")
    return read
