"""What is read of MLflow's answers, and of which form it must be.

Source: MLflow REST API (`mlflow/protos/model_registry.proto`, `service.proto`). Protobuf's JSON leaves out a list
that is empty, so `{}` is the documented answer of an empty registry. Parameters, metrics, descriptions and the tags
of runs are not read.
"""

from typing import Generic, TypeVar

from pydantic import BaseModel, ConfigDict, Field, model_validator


class _Answer(BaseModel):
    model_config = ConfigDict(frozen=True, strict=True, extra="ignore", protected_namespaces=())


class Entry(_Answer):
    """One entry of a list; no two of one list have the same `key`."""

    @property
    def key(self) -> str:
        """Tell it from the others."""
        raise NotImplementedError


E = TypeVar("E", bound=Entry)


class Page(_Answer, Generic[E]):
    """One page of a list, which each subclass has under another name."""

    model_config = ConfigDict(extra="allow")
    entries: tuple[E, ...] = ()
    next_page_token: str = ""

    @model_validator(mode="after")
    def _is_a_page(self) -> "Page[E]":
        """Refuse a stranger's object, which would read as an empty list."""
        known = self.model_fields_set & {"entries", "next_page_token"}
        if self.model_extra and not known:
            raise ValueError("it is no page of a list")
        return self


class Tag(_Answer):
    """A name and a value that somebody gave; MLflow records neither who nor when."""

    key: str
    value: str = ""


class Alias(_Answer):
    """A name that points to one version of a model."""

    alias: str
    version: str


class VersionName(Entry):
    """Which version of which model."""

    name: str
    version: str

    @property
    def key(self) -> str:
        """Name it in the list of versions."""
        return f"{self.name}/{self.version}"


class RegisteredModel(Entry):
    """A model of the registry. Times are milliseconds since 1970, UTC."""

    name: str
    creation_timestamp: int
    last_updated_timestamp: int
    tags: tuple[Tag, ...] = ()
    aliases: tuple[Alias, ...] = ()
    latest_versions: tuple[VersionName, ...] = ()

    @property
    def key(self) -> str:
        """Name it in the list of models."""
        return self.name


class ModelVersion(VersionName):
    """A version of a model. `run_id` is empty when no run made it, and absent when it is withheld."""

    creation_timestamp: int
    last_updated_timestamp: int
    status: str
    source: str = ""
    current_stage: str = ""
    user_id: str = ""
    run_id: str | None = None
    tags: tuple[Tag, ...] = ()


class Experiment(Entry):
    """What runs belong to."""

    experiment_id: str

    @property
    def key(self) -> str:
        """Name it in the list of experiments."""
        return self.experiment_id


class Dataset(_Answer):
    """Data that a run read; `source` is JSON whose form depends on `source_type`."""

    name: str
    digest: str
    source_type: str
    source: str


class DatasetInput(_Answer):
    """A dataset and what the run used it for, in the tag `mlflow.data.context`."""

    dataset: Dataset
    tags: tuple[Tag, ...] = ()


class RunInputs(_Answer):
    """What a run read."""

    dataset_inputs: tuple[DatasetInput, ...] = ()


class RunInfo(_Answer):
    """What a run is; `lifecycle_stage` is `active`, or `deleted` as long as it can be restored."""

    run_id: str
    lifecycle_stage: str
    user_id: str = ""


class Run(Entry):
    """A run: one execution of training code."""

    info: RunInfo
    inputs: RunInputs = RunInputs()

    @property
    def key(self) -> str:
        """Name it in the list of runs."""
        return self.info.run_id


class RegisteredModels(Page[RegisteredModel]):
    """A page of `registered-models/search`."""

    entries: tuple[RegisteredModel, ...] = Field(default=(), alias="registered_models")


class ModelVersions(Page[ModelVersion]):
    """A page of `model-versions/search`."""

    entries: tuple[ModelVersion, ...] = Field(default=(), alias="model_versions")


class Experiments(Page[Experiment]):
    """A page of `experiments/search`."""

    entries: tuple[Experiment, ...] = Field(default=(), alias="experiments")


class Runs(Page[Run]):
    """A page of `runs/search`."""

    entries: tuple[Run, ...] = Field(default=(), alias="runs")


class OneRun(_Answer):
    """The answer of `runs/get`."""

    run: Run


class ModelDefinition(_Answer):
    """A vendor's model as the gateway knows it; the secret that signs calls in is named in it, and not read."""

    model_definition_id: str
    name: str
    provider: str
    model_name: str


class ModelMapping(_Answer):
    """That an endpoint of the gateway leads to a model; the definition is absent when it is withheld."""

    model_definition: ModelDefinition | None = None


class GatewayEndpoint(_Answer):
    """An endpoint of the gateway."""

    endpoint_id: str
    name: str
    model_mappings: tuple[ModelMapping, ...] = ()


class GatewayEndpoints(_Answer):
    """The answer of `gateway/endpoints/list`, which comes in one piece."""

    model_config = ConfigDict(extra="forbid")
    endpoints: tuple[GatewayEndpoint, ...] = ()


class ModelDefinitions(_Answer):
    """The answer of `gateway/model-definitions/list`, which comes in one piece."""

    model_config = ConfigDict(extra="forbid")
    model_definitions: tuple[ModelDefinition, ...] = ()


class Grant(_Answer):
    """That a user may do something with what a pattern names; `*` is all of that type."""

    resource_type: str
    resource_pattern: str
    permission: str


class Grants(_Answer):
    """The answer of `users/current/permissions`."""

    permissions: tuple[Grant, ...]


class User(_Answer):
    """Who asks; an administrator is shown everything."""

    is_admin: bool


class CurrentUser(_Answer):
    """The answer of `users/current`, which only a server with MLflow's own authentication gives."""

    user: User
