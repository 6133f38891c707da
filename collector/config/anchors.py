"""Where checkpoints are anchored outside our own hands: the section `anchors`."""

from datetime import datetime, timedelta
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, field_validator

from collector.config.forms import Model, http_url
from collector.config.forms import cadence as _cadence
from collector.ledger.note import VerifierKey
from collector.ledger.trust import witness_pin
from collector.model.errors import ConfigurationError
from collector.model.period import Period

_BUCKET = r"^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$"
_PREFIX = r"^[A-Za-z0-9!_.*'()/-]{0,500}$"


def _vkey(value: str) -> str:
    try:
        witness_pin(value)
    except ConfigurationError as error:
        raise ValueError(error.message) from None
    return value


class Tsa(Model):
    """An RFC 3161 timestamp authority; `root` is the PEM file of the certificate that its tokens are checked under."""

    url: Annotated[str, AfterValidator(http_url)]
    root: Annotated[str, Field(min_length=1)] | None = None

    @property
    def name(self) -> str:
        """Name it for people: its URL without a query, which may hold what others should not see."""
        parts = urlsplit(self.url)
        return f"{parts.scheme}://{parts.netloc}{parts.path}"


class Witness(Model):
    """A C2SP witness: its verifier key, and its submission prefix unless it cosigns by e-mail or git."""

    key: Annotated[str, AfterValidator(_vkey)]
    url: Annotated[str, AfterValidator(http_url)] | None = None

    @property
    def verifier(self) -> VerifierKey:
        """Give the key, read."""
        return witness_pin(self.key)


class ObjectLock(Model):
    """A bucket with Object Lock, to which checkpoints and closed periods are copied in compliance mode."""

    bucket: Annotated[str, Field(pattern=_BUCKET)]
    region: Annotated[str, Field(pattern=r"^[a-z0-9-]{2,32}$")]
    prefix: Annotated[str, Field(pattern=_PREFIX)] = ""
    retention_days: Annotated[int, Field(ge=1, le=36_500)] = 2557
    endpoint_url: Annotated[str, AfterValidator(http_url)] | None = None
    profile: Annotated[str, Field(min_length=1)] | None = None

    @property
    def name(self) -> str:
        """Name it for people: `s3://bucket/prefix`."""
        return f"s3://{self.bucket}/{self.prefix}"


def _period(value: str) -> str:
    try:
        Period.parse(value)
    except ConfigurationError as error:
        raise ValueError(error.message) from None
    return value


class Anchors(Model):
    """Who vouches for checkpoints, and how often each newest one is anchored.

    Of each of `periods`, such as `2026-01-01..2026-07-01`, the last checkpoint is anchored as soon as it has ended, and
    the bundle is copied to `object_lock`.
    """

    tsas: Annotated[tuple[Tsa, ...], Field(default=(), strict=False)]
    witnesses: Annotated[tuple[Witness, ...], Field(default=(), strict=False)]
    object_lock: ObjectLock | None = None
    cadence: Annotated[timedelta, BeforeValidator(_cadence)] = timedelta(days=1)
    periods: Annotated[tuple[Annotated[str, AfterValidator(_period)], ...], Field(default=(), strict=False)]
    connect_timeout: Annotated[int, Field(ge=1, le=60)] = 5
    read_timeout: Annotated[int, Field(ge=1, le=300)] = 20

    def ended(self, now: datetime) -> tuple[Period, ...]:
        """Give the periods that have ended."""
        return tuple(period for text in self.periods if (period := Period.parse(text)).end <= now)

    @field_validator("tsas", "witnesses")
    @classmethod
    def _once(cls, entries: tuple[Tsa | Witness, ...]) -> tuple[Tsa | Witness, ...]:
        names = [entry.name if isinstance(entry, Tsa) else entry.verifier.name for entry in entries]
        for name in names:
            if names.count(name) > 1:
                raise ValueError(f"{name} is configured twice")
        return entries
