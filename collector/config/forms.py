"""What the sections of a configuration share: their base, and the forms of values."""

from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict


class Model(BaseModel):
    """A section: frozen, of exactly the declared keys and types."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


def http_url(value: str) -> str:
    """Refuse what is no HTTP URL, or one that holds a password."""
    parts = urlsplit(value)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.username or parts.password:
        raise ValueError("must be a URL such as https://aws.example.com:443, without user or password")
    return value
