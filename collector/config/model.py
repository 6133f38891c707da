"""What a configuration holds, as frozen pydantic models. Nothing here reads a file."""

import re
from collections.abc import Mapping
from datetime import timedelta
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, PrivateAttr, field_validator, model_validator

from collector.config.anchors import Anchors
from collector.config.forms import Model as _Model
from collector.config.forms import cadence
from collector.config.forms import http_url as _http_url
from collector.model.canonical import Json
from collector.model.errors import ConfigurationError

_ORIGIN = re.compile(r"[^\s+\x00-\x1f]{1,200}")
_OBJECTS = re.compile(r"gs://[a-z0-9][a-z0-9._-]{1,220}[a-z0-9](/.*)?", re.DOTALL)
_LOCATION = re.compile(r"s3://([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(/.*)?", re.DOTALL)
_IDENTITY = re.compile(r"arn:aws[a-z-]*:iam::[0-9]{12}:(role|user)/[\w+=,.@/-]{1,576}")
_SERVICE_ACCOUNT = re.compile(
    r"serviceAccount:([a-z][a-z0-9-]{4,28}[a-z0-9]@[a-z][a-z0-9-]{4,28}[a-z0-9]\.iam|"
    r"[0-9]{1,20}-compute@developer|[a-z][a-z0-9-]{4,28}[a-z0-9]@appspot)\.gserviceaccount\.com"
)
_CLAIM = re.compile(r"pvc://[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?/[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?(/.*)?", re.DOTALL)
_NAME = r"^[a-z0-9]([a-z0-9.-]{0,61}[a-z0-9])?$"
_NAMESPACE = r"^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$"
_VARIABLE = r"^[A-Za-z_][A-Za-z0-9_]{0,127}$"
_LISTEN = re.compile(r"(\[[0-9a-fA-F:]{2,45}\]|[A-Za-z0-9.-]{1,253}):([0-9]{1,5})")
_LOG_GROUP = r"^[.\-_/#A-Za-z0-9]{1,512}$"
_KMS_KEY = re.compile(r"arn:aws[a-z-]*:kms:[a-z0-9-]{2,32}:[0-9]{12}:key/[A-Za-z0-9-]{1,64}")
_CRYPTO_KEY = re.compile(
    r"projects/[a-z][a-z0-9-]{4,28}[a-z0-9]/locations/[a-z0-9-]{2,32}"
    r"/keyRings/[A-Za-z0-9_-]{1,63}/cryptoKeys/[A-Za-z0-9_-]{1,63}"
)


def _origin(value: str) -> str:
    if not _ORIGIN.fullmatch(value) or "://" in value:
        raise ValueError("must be a name such as controlproof.example.com/prod: no scheme, spaces or plus signs")
    return value


def _host_url(value: str) -> str:
    parts = urlsplit(_http_url(value))
    if parts.path.strip("/") or parts.query or parts.fragment:
        raise ValueError("must be a URL without a path, such as https://logging.example.com:443")
    return value


def _key(value: str) -> str:
    if not value.startswith("file:") or value == "file:":
        raise ValueError("must be file: and a path, such as file:controlproof.key")
    return value


def _database(value: str) -> str:
    for short in ("postgresql://", "postgres://"):
        if value.startswith(short):
            return "postgresql+psycopg://" + value.removeprefix(short)
    if value.startswith("postgresql+psycopg://") or (value.startswith("sqlite:///") and value != "sqlite:///"):
        return value
    raise ValueError("must be sqlite:///FILE or postgresql+psycopg://USER@HOST/NAME")


_AWS_KEY = re.compile(r"awskms:arn:aws[a-z-]*:kms:[a-z0-9-]{2,32}:[0-9]{12}:key/[A-Za-z0-9-]{1,64}")
_GCP_KEY = re.compile(
    r"gcpkms:projects/[^/\s]+/locations/[^/\s]+/keyRings/[^/\s]+/cryptoKeys/[^/\s]+/cryptoKeyVersions/[0-9]+"
)


def _signing_key(value: str) -> str:
    if _AWS_KEY.fullmatch(value) or _GCP_KEY.fullmatch(value):
        return value
    if value.startswith(("awskms:", "gcpkms:")):
        raise ValueError(
            "must be awskms: and the ARN of a key, not of an alias, or gcpkms: and the name of a key's version"
        )
    return _key(value)


class KeyService(_Model):
    """How to reach the service of an `awskms:` or `gcpkms:` key otherwise than the SDK would by itself."""

    endpoint_url: Annotated[str, AfterValidator(_http_url)] | None = None
    profile: Annotated[str, Field(min_length=1)] | None = None
    credentials: Annotated[str, Field(min_length=1)] | None = None
    connect_timeout: Annotated[int, Field(ge=1, le=60)] = 5
    read_timeout: Annotated[int, Field(ge=1, le=60)] = 10


class Ledger(_Model):
    """Where the ledger is, what it is called, and which key signs it.

    `retention_days` is how long `prune` keeps the content of records, at least the year that an audit looks back on.
    `public_key` pins the verifier key of a key service, so that it is not asked for it. `passphrase_variable` names the
    environment variable with the passphrase of the key files. `post_quantum_key` is an ML-DSA-44 key that signs daily.
    """

    name: Annotated[str, AfterValidator(_origin)]
    database: Annotated[str, AfterValidator(_database)]
    key: Annotated[str, AfterValidator(_signing_key)]
    public_key: Annotated[str, Field(min_length=1)] | None = None
    key_service: Annotated[KeyService, Field(default_factory=KeyService)]
    passphrase_variable: Annotated[str, Field(pattern=_VARIABLE)] | None = None
    post_quantum_key: Annotated[str, AfterValidator(_key)] | None = None
    retention_days: Annotated[int, Field(ge=366)] | None = None
    collector: Annotated[str, Field(min_length=1, max_length=100)]


class AwsAccount(_Model):
    """One AWS account with one identity.

    `log_groups` names groups that outputs of models go to, beside the one that Bedrock names. `inspect_log_events` is
    how many newest events of each such group are looked at for personal data; of them only counts are kept.
    """

    account: Annotated[str, Field(pattern=r"^[0-9]{12}$")]
    region: Annotated[str, Field(pattern=r"^[a-z0-9-]{2,32}$")]
    more_regions: Annotated[tuple[Annotated[str, Field(pattern=r"^[a-z0-9-]{2,32}$")], ...], Field(strict=False)] = ()
    profile: Annotated[str, Field(min_length=1)] | None = None
    role_arn: Annotated[str, Field(pattern=r"^arn:[a-z0-9-]+:iam::[0-9]{12}:role/.+$")] | None = None
    external_id: Annotated[str, Field(min_length=2, max_length=1224)] | None = None
    log_groups: Annotated[tuple[Annotated[str, Field(pattern=_LOG_GROUP)], ...], Field(strict=False)] = ()
    inspect_log_events: Annotated[int, Field(ge=0, le=1000)] = 0
    endpoint_url: Annotated[str, AfterValidator(_http_url)] | None = None
    max_attempts: Annotated[int, Field(ge=1, le=10)] = 5
    connect_timeout: Annotated[int, Field(ge=1, le=60)] = 5
    read_timeout: Annotated[int, Field(ge=1, le=300)] = 20

    @property
    def id(self) -> str:
        """Name the source: `aws:123456789012`."""
        return f"aws:{self.account}"

    @property
    def regions(self) -> tuple[str, ...]:
        """Give every region that is read, each once, the main one first."""
        return tuple(dict.fromkeys((self.region, *self.more_regions)))


class KubernetesCluster(_Model):
    """One Kubernetes cluster with one identity: of a kubeconfig, or of the pod that the collector runs in."""

    name: Annotated[str, Field(pattern=r"^[a-z0-9]([a-z0-9.-]{0,61}[a-z0-9])?$")]
    kubeconfig: Annotated[str, Field(min_length=1)] | None = None
    context: Annotated[str, Field(min_length=1)] | None = None
    in_cluster: bool = False
    cluster_uid: Annotated[str, Field(pattern=r"^[0-9a-f-]{36}$")] | None = None
    audit_log: Annotated[str, Field(min_length=1)] | None = None
    max_attempts: Annotated[int, Field(ge=1, le=10)] = 5
    connect_timeout: Annotated[int, Field(ge=1, le=60)] = 5
    read_timeout: Annotated[int, Field(ge=1, le=300)] = 20

    @model_validator(mode="after")
    def _one_way_in(self) -> "KubernetesCluster":
        if self.in_cluster == (self.kubeconfig is not None):
            raise ValueError("needs either kubeconfig: PATH or in_cluster: true")
        if self.in_cluster and self.context is not None:
            raise ValueError("context belongs to a kubeconfig, not to in_cluster")
        return self

    @property
    def id(self) -> str:
        """Name the source: `kubernetes:prod`."""
        return f"kubernetes:{self.name}"


def _place(value: str) -> str:
    if not _LOCATION.fullmatch(value) and not _OBJECTS.fullmatch(value):
        raise ValueError(
            "must be s3://bucket/prefix or gs://bucket/prefix; this version reads no other kind of location"
        )
    return value


def _weights(value: str) -> str:
    if not any(kind.fullmatch(value) for kind in (_LOCATION, _OBJECTS, _CLAIM)):
        raise ValueError("must be s3://bucket/prefix, gs://bucket/prefix or pvc://namespace/claim")
    return value


def _identity(value: str) -> str:
    if not _IDENTITY.fullmatch(value) and not _SERVICE_ACCOUNT.fullmatch(value):
        raise ValueError(
            "must be the ARN of a role or user, such as arn:aws:iam::123456789012:role/training-blue, or a service "
            "account, such as serviceAccount:training-blue@acme-prod.iam.gserviceaccount.com"
        )
    return value


def _kms_key(value: str) -> str:
    if not _KMS_KEY.fullmatch(value) and not _CRYPTO_KEY.fullmatch(value):
        raise ValueError(
            "must be the ARN of a KMS key, not of an alias, which can be moved to another key, or the name of a key in "
            "Cloud KMS, such as projects/acme-prod/locations/europe-west4/keyRings/training/cryptoKeys/blue, without "
            "a version"
        )
    return value


class Tenant(_Model):
    """What is one customer's: its training data, who may work on it, the keys that it is under, its namespaces."""

    data: Annotated[tuple[Annotated[str, AfterValidator(_place)], ...], Field(min_length=1, strict=False)]
    identities: Annotated[tuple[Annotated[str, AfterValidator(_identity)], ...], Field(default=(), strict=False)]
    keys: Annotated[tuple[Annotated[str, AfterValidator(_kms_key)], ...], Field(default=(), strict=False)]
    namespaces: Annotated[tuple[Annotated[str, Field(pattern=_NAMESPACE)], ...], Field(default=(), strict=False)]


class MlflowServer(_Model):
    """One MLflow tracking server.

    `token_variable` names the environment variable that holds its token, or the password of `user` where there is one.
    """

    name: Annotated[str, Field(pattern=_NAME)]
    url: Annotated[str, AfterValidator(_http_url)]
    user: Annotated[str, Field(pattern=r"^[\x21-\x39\x3b-\x7e]{1,128}$")] | None = None
    token_variable: Annotated[str, Field(pattern=_VARIABLE)] | None = None
    max_attempts: Annotated[int, Field(ge=1, le=10)] = 5
    connect_timeout: Annotated[int, Field(ge=1, le=60)] = 5
    read_timeout: Annotated[int, Field(ge=1, le=300)] = 20

    @model_validator(mode="after")
    def _signs_in(self) -> "MlflowServer":
        if self.user is not None and self.token_variable is None:
            raise ValueError("user needs token_variable: the environment variable that holds the password")
        return self

    @property
    def id(self) -> str:
        """Name the source: `mlflow:main`."""
        return f"mlflow:{self.name}"


class GithubRepository(_Model):
    """One GitHub repository. `token_variable` names the environment variable that holds its token."""

    repository: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9-]{0,38}/[A-Za-z0-9._-]{1,100}$")]
    api_url: Annotated[str, AfterValidator(_http_url)] = "https://api.github.com"
    token_variable: Annotated[str, Field(pattern=_VARIABLE)] | None = None
    max_attempts: Annotated[int, Field(ge=1, le=10)] = 5
    connect_timeout: Annotated[int, Field(ge=1, le=60)] = 5
    read_timeout: Annotated[int, Field(ge=1, le=300)] = 20

    @property
    def id(self) -> str:
        """Name the source: `github:acme/serving`."""
        return f"github:{self.repository}"


class GcpProject(_Model):
    """One Google Cloud project with one identity.

    `credentials` is the file of a service account's key; without it, Application Default Credentials are used.
    `api_url` stands for the addresses of all of Google's REST services, `logging_url` for that of Cloud Logging's gRPC.
    """

    project: Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{4,28}[a-z0-9]$")]
    location: Annotated[str, Field(pattern=r"^[a-z0-9-]{2,32}$")]
    more_locations: Annotated[tuple[Annotated[str, Field(pattern=r"^[a-z0-9-]{2,32}$")], ...], Field(strict=False)] = ()
    credentials: Annotated[str, Field(min_length=1)] | None = None
    api_url: Annotated[str, AfterValidator(_http_url)] | None = None
    logging_url: Annotated[str, AfterValidator(_host_url)] | None = None
    max_attempts: Annotated[int, Field(ge=1, le=10)] = 5
    connect_timeout: Annotated[int, Field(ge=1, le=60)] = 5
    read_timeout: Annotated[int, Field(ge=1, le=300)] = 20

    @property
    def id(self) -> str:
        """Name the source: `gcp:acme-prod`."""
        return f"gcp:{self.project}"

    @property
    def locations(self) -> tuple[str, ...]:
        """Give every location that is read, each once, the main one first."""
        return tuple(dict.fromkeys((self.location, *self.more_locations)))


Settings = AwsAccount | KubernetesCluster | MlflowServer | GithubRepository | GcpProject
"""What one source of any kind is configured with; each has an `id`."""


class SourceEntry(_Model):
    """One entry of `sources`: its one key says which connector."""

    aws: AwsAccount | None = None
    kubernetes: KubernetesCluster | None = None
    mlflow: MlflowServer | None = None
    github: GithubRepository | None = None
    gcp: GcpProject | None = None

    @model_validator(mode="after")
    def _one(self) -> "SourceEntry":
        if len(self.model_fields_set) != 1:
            raise ValueError(f"must have one of {', '.join(SourceEntry.model_fields)}")
        return self

    @property
    def connector(self) -> str:
        """Give the connector's name, such as `aws`."""
        return next(iter(self.model_fields_set))

    @property
    def settings(self) -> Settings:
        """Give the settings of the one source."""
        settings: Settings = getattr(self, self.connector)
        return settings


class Serving(_Model):
    """What serves models besides what names one, who may change it, and which images log what models put out."""

    namespaces: Annotated[tuple[Annotated[str, Field(pattern=_NAME)], ...], Field(default=(), strict=False)]
    deployers: Annotated[
        tuple[Annotated[str, Field(min_length=1, max_length=2048)], ...], Field(default=(), strict=False)
    ]
    logging_images: Annotated[
        tuple[Annotated[str, Field(min_length=1, max_length=2048)], ...], Field(default=(), strict=False)
    ]


def address_of(listen: str) -> tuple[str, int]:
    """Give the host and port of an address such as `127.0.0.1:9464`.

    Raises:
        ConfigurationError: it is none.

    """
    found = _LISTEN.fullmatch(listen)
    if not found or int(found[2]) > 65535:
        raise ConfigurationError(f"not an address and a port: {listen[:80]!r}", "for example 127.0.0.1:9464")
    return found[1].strip("[]"), int(found[2])


def _listen(value: str) -> str:
    try:
        address_of(value)
    except ConfigurationError:
        raise ValueError("must be an address and a port, such as 127.0.0.1:9464 or [::]:9464") from None
    return value


class Daemon(_Model):
    """How the collector runs as a service. All times are in seconds.

    Attributes:
        listen: where health, metrics and the newest checkpoint are served; port 0 takes a free one.
        jitter: a source's readings begin up to so long after their window does, always equally long after it.
        patience: what was not read so long after its window began is a gap.
        sources_at_once: so many sources are read at once, not counting slow ones.
        slow_after: a source that gets no further for so long no longer counts, so that others go on.
        lease: of several replicas, another one leads at most so long after the leader was cut off.
        collectors: further collectors that append to the same ledger, each with patterns of the ids of the sources
            that it reads instead of `ledger.collector`, such as `aws:1*`.

    """

    listen: Annotated[str, AfterValidator(_listen)] = "127.0.0.1:9464"
    jitter: Annotated[int, Field(ge=0, le=3600)] = 60
    patience: Annotated[int, Field(ge=10, le=86400)] = 1800
    sources_at_once: Annotated[int, Field(ge=1, le=256)] = 16
    slow_after: Annotated[int, Field(ge=1, le=3600)] = 30
    lease: Annotated[int, Field(ge=1, le=60)] = 12
    collectors: Annotated[
        Mapping[
            Annotated[str, Field(pattern=_NAME)],
            Annotated[
                tuple[Annotated[str, Field(min_length=1, max_length=256)], ...], Field(min_length=1, strict=False)
            ],
        ],
        Field(default_factory=dict, strict=False),
    ]


class Configuration(_Model):
    """The whole configuration. Paths in it are relative to the file's folder."""

    ledger: Ledger
    redaction_key: Annotated[str, AfterValidator(_key)] | None = None
    sources_: Annotated[tuple[SourceEntry, ...], Field(alias="sources", strict=False)]
    weights: Annotated[tuple[Annotated[str, AfterValidator(_weights)], ...], Field(default=(), strict=False)]
    tenants: Annotated[Mapping[str, Tenant], Field(default_factory=dict, strict=False)]
    serving: Annotated[Serving, Field(default_factory=Serving)]
    controls: Annotated[Mapping[str, Mapping[str, Any]], Field(default_factory=dict, strict=False)]
    anchors_: Annotated[Anchors, Field(alias="anchors", default_factory=Anchors)]
    schedule: Annotated[
        Mapping[str, Annotated[timedelta, BeforeValidator(cadence)]], Field(default_factory=dict, strict=False)
    ]
    daemon: Annotated[Daemon, Field(default_factory=Daemon)]
    version: Literal[1] = 1

    _path: Path = PrivateAttr(default=Path())
    _places: Mapping[tuple[str | int, ...], tuple[int, int]] = PrivateAttr(default_factory=dict)

    @field_validator("sources_")
    @classmethod
    def _unique(cls, entries: tuple[SourceEntry, ...]) -> tuple[SourceEntry, ...]:
        if not entries:
            raise ValueError("must name at least one source")
        ids = [entry.settings.id for entry in entries]
        for source in ids:
            if ids.count(source) > 1:
                raise ValueError(f"{source} is configured twice")
        return entries

    @model_validator(mode="after")
    def _redacted(self) -> "Configuration":
        if self.redaction_key is None and any(entry.kubernetes for entry in self.sources_):
            raise ValueError("redaction_key: is missing; a kubernetes source needs it for values that may be secret")
        return self

    @model_validator(mode="after")
    def _shared_ledger(self) -> "Configuration":
        if self.ledger.collector in self.daemon.collectors:
            raise ValueError(f"daemon.collectors: {self.ledger.collector} is ledger.collector; name further ones only")
        if self.daemon.collectors and self.ledger.database.startswith("sqlite"):
            raise ValueError("daemon.collectors: several collectors share a ledger in PostgreSQL, not in SQLite")
        return self

    def collector_of(self, source: str) -> str:
        """Name the collector that reads a source: the first of `daemon.collectors` that claims it, or the main one."""
        claims = (
            name
            for name, patterns in self.daemon.collectors.items()
            if any(fnmatchcase(source, pattern) for pattern in patterns)
        )
        return next(claims, self.ledger.collector)

    def located(self, path: Path, places: Mapping[tuple[str | int, ...], tuple[int, int]]) -> "Configuration":
        """Say which file this was read from, and where in it each value stands."""
        self._path, self._places = path, places
        return self

    @property
    def sources(self) -> tuple[Settings, ...]:
        """Give the settings of the sources in order, their paths from the configuration's folder."""
        return tuple(self._from_folder(entry.settings) for entry in self.sources_)

    def _from_folder(self, settings: Settings) -> Settings:
        paths: dict[str, str | None] = {}
        if isinstance(settings, KubernetesCluster):
            paths = {"audit_log": settings.audit_log, "kubeconfig": settings.kubeconfig}
        elif isinstance(settings, GcpProject):
            paths = {"credentials": settings.credentials}
        absolute = {name: str(self.folder / Path(path).expanduser()) for name, path in paths.items() if path}
        return settings.model_copy(update=absolute)

    @property
    def tenant_map(self) -> dict[str, Json]:
        """Give each tenant's data locations, identities, keys and namespaces, as tests get it."""
        return {
            name: {
                "data": list(tenant.data),
                "identities": list(tenant.identities),
                "keys": list(tenant.keys),
                "namespaces": list(tenant.namespaces),
            }
            for name, tenant in self.tenants.items()
        }

    @field_validator("tenants")
    @classmethod
    def _apart(cls, tenants: Mapping[str, Tenant]) -> Mapping[str, Tenant]:
        """Refuse a map in which two tenants share anything: nothing could be told apart by it."""
        owners: dict[str, str] = {}
        for name, tenant in tenants.items():
            for thing in (*tenant.data, *tenant.identities, *tenant.keys, *tenant.namespaces):
                other = owners.setdefault(thing.rstrip("/"), name)
                if other != name:
                    raise ValueError(f"{thing} belongs to {other} and to {name}; each thing belongs to one tenant")
        return tenants

    @property
    def folder(self) -> Path:
        """Give the folder that relative paths start from."""
        return self._path.parent

    @property
    def anchors(self) -> Anchors:
        """Give who vouches for checkpoints, the paths of certificates from the configuration's folder."""
        tsas = tuple(
            tsa.model_copy(update={"root": str(self.folder / Path(tsa.root).expanduser())}) if tsa.root else tsa
            for tsa in self.anchors_.tsas
        )
        return self.anchors_.model_copy(update={"tsas": tsas})

    @property
    def key_path(self) -> Path:
        """Give the path of the key file, where the key is one."""
        return self.folder / self.ledger.key.removeprefix("file:")

    @property
    def post_quantum_key_path(self) -> Path | None:
        """Give the path of the ML-DSA-44 key's file, None where there is none."""
        key = self.ledger.post_quantum_key
        return self.folder / key.removeprefix("file:") if key else None

    @property
    def redaction_key_path(self) -> Path | None:
        """Give the path of the redaction key's file, None where the sources need none."""
        return self.folder / self.redaction_key.removeprefix("file:") if self.redaction_key else None

    @property
    def database(self) -> str:
        """Give the database URL, an SQLite path made absolute."""
        path = self.ledger.database.removeprefix("sqlite:///")
        if path == self.ledger.database:
            return self.ledger.database
        return f"sqlite:///{(self.folder / path).absolute()}"

    def place(self, *path: str | int) -> str:
        """Name the place of a value for errors: `controlproof.yaml:14`."""
        found = self._places.get(path)
        return f"{self._path}:{found[0]}" if found else str(self._path)

    def recorded(self) -> dict[str, Json]:
        """Give what the ledger's `config` record holds: everything but where the ledger and its key are.

        A database URL may hold a password, so it is left out; an external id is replaced by whether it is set.
        """
        return {
            "collector": self.ledger.collector,
            "controls": {name: dict(parameters) for name, parameters in self.controls.items()},
            "ledger": self.ledger.name,
            "sources": [_recorded_source(entry) for entry in self.sources_],
            "serving": {name: list(value) for name, value in self.serving.model_dump().items()},
            "tenants": self.tenant_map,
            "v": self.version,
            "weights": list(self.weights),
        }


def _recorded_source(entry: SourceEntry) -> dict[str, Json]:
    fields: dict[str, Json] = entry.settings.model_dump()
    if isinstance(entry.settings, AwsAccount):
        fields["external_id"] = "set" if entry.settings.external_id else None
    return {entry.connector: fields}
