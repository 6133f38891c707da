"""What is read of answers over REST, and of which form it must be. What has its default value, JSON leaves out.

Environment variables of containers, descriptions, schemas and explanations are not read.

Source: Vertex AI REST reference, v1, `projects.locations.models` and `projects.locations.endpoints`; Cloud Monitoring
API reference, v3, `projects.timeSeries.list`.
"""

import re
from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, TypeAdapter
from pydantic.alias_generators import to_camel

_PLACE = re.compile(r"[a-z0-9-]{2,32}")
_ID = re.compile(r"[A-Za-z0-9_-]{1,128}")


class _Answer(BaseModel):
    model_config = ConfigDict(frozen=True, strict=True, extra="ignore", alias_generator=to_camel)


class Page(BaseModel):
    """One page of a list. An empty list is an empty object, so anything unknown beside the list is refused."""

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid", alias_generator=to_camel)

    next_page_token: str = ""


class Encryption(_Answer):
    """The customer's key, by its resource name."""

    kms_key_name: str = ""


class Container(_Answer):
    """What a model is served in."""

    image_uri: str = ""


class Origin(_Answer):
    """What a model was made by, such as AUTOML, CUSTOM or MODEL_GARDEN."""

    source_type: str = ""


class Garden(_Answer):
    """A model of Model Garden, `publishers/PUBLISHER/models/MODEL`."""

    public_model_name: str = ""


class Studio(_Answer):
    """A model that was tuned in the studio for generative models, by the URI of what it was tuned from."""

    base_model_uri: str = ""


class Base(_Answer):
    """What a model was made from, if that is a public one."""

    model_garden_source: Garden = Garden()
    genie_source: Studio = Studio()


class Original(_Answer):
    """The model that one was copied from."""

    model: str = ""


class Model(_Answer):
    """One version of a model; lists of models have the default version of each."""

    name: str
    version_id: Annotated[str, Field(pattern=r"^[0-9]{1,18}$")]
    display_name: str = ""
    version_aliases: tuple[str, ...] = ()
    artifact_uri: str = ""
    base_model_source: Base = Base()
    container_spec: Container = Container()
    encryption_spec: Encryption = Encryption()
    labels: Mapping[str, str] = {}
    model_source_info: Origin = Origin()
    original_model_info: Original = Original()
    pipeline_job: str = ""
    training_pipeline: str = ""
    version_create_time: AwareDatetime
    version_update_time: AwareDatetime


class ModelPage(Page):
    """Of `models.list` and `models.listVersions`."""

    models: tuple[Model, ...] = ()


class Machine(_Answer):
    """What a replica runs on."""

    machine_type: str = ""


class Dedicated(_Answer):
    """Machines of the deployment's own. A minimum that is left out is 0, a maximum is the minimum."""

    machine_spec: Machine = Machine()
    min_replica_count: int = 0
    max_replica_count: int | None = None


class Automatic(_Answer):
    """Machines that Vertex AI chooses; what is left out is its own default."""

    min_replica_count: int | None = None
    max_replica_count: int | None = None


class DeployedModel(_Answer):
    """One deployment of a model on an endpoint. `model` may end with a version or an alias."""

    id: str
    model: str
    model_version_id: str = ""
    dedicated_resources: Dedicated | None = None
    automatic_resources: Automatic | None = None
    shared_resources: str = ""
    service_account: str = ""
    disable_container_logging: bool = False
    enable_access_logging: bool = False


class Table(_Answer):
    """A table in BigQuery."""

    output_uri: str = ""


class Logging(_Answer):
    """Which requests and responses are logged: a share from 0 to 1."""

    enabled: bool = False
    sampling_rate: Annotated[float, Field(allow_inf_nan=False)] | None = None
    bigquery_destination: Table = Table()


class PrivateServiceConnect(_Answer):
    """Whether an endpoint is reached through Private Service Connect."""

    enable_private_service_connect: bool = False


class Endpoint(_Answer):
    """One endpoint with all that is deployed on it."""

    name: str
    display_name: str = ""
    deployed_models: tuple[DeployedModel, ...] = ()
    traffic_split: Mapping[str, int] = {}
    predict_request_response_logging_config: Logging | None = None
    encryption_spec: Encryption = Encryption()
    network: str = ""
    private_service_connect_config: PrivateServiceConnect = PrivateServiceConnect()
    create_time: AwareDatetime
    update_time: AwareDatetime


class EndpointPage(Page):
    """Of `endpoints.list`."""

    endpoints: tuple[Endpoint, ...] = ()


def _of_an_endpoint(labels: Mapping[str, str]) -> Mapping[str, str]:
    if not (_PLACE.fullmatch(labels.get("location", "")) and _ID.fullmatch(labels.get("endpoint_id", ""))):
        raise ValueError("needs a location and the id of an endpoint")
    return labels


class Labels(_Answer):
    """A metric or a monitored resource: of it, the labels by which counts are split."""

    labels: Mapping[str, str] = {}


class Resource(_Answer):
    """A monitored endpoint."""

    labels: Annotated[Mapping[str, str], AfterValidator(_of_an_endpoint)]


class Interval(_Answer):
    """When something was counted; the start is given or follows from the period."""

    end_time: AwareDatetime


class Count(_Answer):
    """A whole number, which JSON has as text."""

    int64_value: Annotated[str, Field(pattern=r"^[0-9]{1,15}$")]


class Point(_Answer):
    """One count."""

    interval: Interval
    value: Count


class Series(_Answer):
    """The counts of one endpoint and one value of the metric's label."""

    metric: Labels = Labels()
    resource: Resource
    points: tuple[Point, ...] = ()


class SeriesPage(Page):
    """Of `timeSeries.list`. With an execution error, it may be short of something."""

    time_series: tuple[Series, ...] = ()
    execution_errors: tuple[Mapping[str, Any], ...] = ()
    unit: str = ""


MODELS = TypeAdapter(ModelPage)
ENDPOINTS = TypeAdapter(EndpointPage)
SERIES = TypeAdapter(SeriesPage)
