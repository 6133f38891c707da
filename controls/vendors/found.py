"""Third-party models that are in use, each with where it was seen."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from collector.model.evidence import Evidence
from collector.model.snapshot import Content, UnreadableError
from collector.model.vendors import hosts_behind, vendor_of_host, vendor_of_key
from controls.vendors.publisher import GOOGLE, account_of_package, of_bedrock, of_gateway, of_jumpstart, of_published

_CUSTOM = "bedrock.custom_models"
_THROUGHPUTS = "bedrock.provisioned_throughputs"
_PROFILES = "bedrock.inference_profiles"
_AGENTS = "bedrock.agents"
_MODELS = "sagemaker.models"
_PACKAGES = "sagemaker.model_packages"
_VERTEX_MODELS = "vertex.models"
_VERTEX_ENDPOINTS = "vertex.endpoints"
_WORKLOADS = "kubernetes.workloads"
_SERVICES = "kubernetes.services"
_CONFIG_MAPS = "kubernetes.model_apis"
_GATEWAY = "mlflow.gateway_models"
_INVOCATIONS = "cloudwatch.invocations"

_PUBLIC_SOURCES = frozenset(("GENIE", "MODEL_GARDEN"))
"""Where Vertex AI says that a model comes from, when it is one of a publisher."""


@dataclass(frozen=True, slots=True)
class Found:
    """A third-party model in use.

    Attributes:
        name: of the model, or of the host or key of its API.
        vendor: the id of its vendor, None where its name does not tell.
        where: it was seen, for sentences.
        place: the item that it was seen in, with its source.

    """

    name: str
    vendor: str | None
    where: str
    place: str

    @property
    def id(self) -> str:
        """Give a stable id."""
        return f"{self.place} -> {self.name}"


Seen = tuple[str, str | None, str]
"""Name, vendor and where."""


def found_models(evidence: Evidence, own_accounts: Iterable[str]) -> tuple[Sequence[Found], Sequence[str]]:
    """Give every third-party model that is in use, and a sentence for each item that may be one and is not known.

    Args:
        evidence: what was read.
        own_accounts: AWS accounts whose model packages are nobody else's.

    """
    sources = {reading.source for reading in evidence.readings}
    own = {*own_accounts, *(source.partition(":")[2] for source in sources if source.startswith("aws:"))}
    found: dict[str, Found] = {}
    problems: list[str] = []
    for population, seen_in in _READERS.items():
        for snapshot in evidence.snapshots(population):
            for item in snapshot:
                place = f"{snapshot.source}/{item.id}"
                try:
                    for name, vendor, where in seen_in(item.content(), own):
                        one = Found(name, vendor, where, place)
                        found.setdefault(one.id, one)
                except UnreadableError as error:
                    problems.append(f"which model {item.id} uses is not known: {error}")
    return tuple(found.values()), tuple(problems)


def _bedrock(models: Iterable[str | None], where: str) -> Iterator[Seen]:
    for model in models:
        if model and (vendor := of_bedrock(model)):
            yield model, vendor, where


def _custom(model: Content, own: set[str]) -> Iterator[Seen]:
    del own
    return _bedrock([model.facet("base_model")], f"as the base of custom model {model.facet('name')}")


def _throughput(throughput: Content, own: set[str]) -> Iterator[Seen]:
    del own
    models = [throughput.facet(name) for name in ("foundation_model", "model", "desired_model")]
    return _bedrock(dict.fromkeys(models), f"as provisioned throughput {throughput.facet('name')}")


def _profile(profile: Content, own: set[str]) -> Iterator[Seen]:
    del own
    return _bedrock(profile.facet("models"), f"in inference profile {profile.facet('name')}")


def _agent(agent: Content, own: set[str]) -> Iterator[Seen]:
    del own
    return _bedrock([agent.facet("model")], f"by Bedrock agent {agent.facet('name')}")


def _model(model: Content, own: set[str]) -> Iterator[Seen]:
    name = model.value["name"]
    for container in model.facet("containers"):
        package = str(container.get("package") or "")
        account = account_of_package(package)
        if account is not None and account not in own:
            yield package, None, f"as the package of SageMaker model {name}"
        yield from _jumpstart(container, f"as the weights of SageMaker model {name}")


def _package(package: Content, own: set[str]) -> Iterator[Seen]:
    del own
    for container in package.facet("containers"):
        yield from _jumpstart(
            container, f"as the weights of model package {package.item.rpartition('model-package/')[2]}"
        )


def _jumpstart(container: Mapping[str, Any], where: str) -> Iterator[Seen]:
    given = [container.get("model_data"), container.get("model_data_source")]
    for uri in dict.fromkeys([*given, *(container.get("additional_model_data") or ())]):
        if uri and (vendor := of_jumpstart(uri)):
            yield uri, vendor, where


def _version(version: Content, own: set[str]) -> Iterator[Seen]:
    del own
    base, where = version.facet("base_model"), f"as the base of Vertex AI model {version.facet('display_name')}"
    if base:
        yield base, of_published(base) or GOOGLE, where
    elif version.facet("source_type") in _PUBLIC_SOURCES:
        yield version.facet("display_name"), GOOGLE, f"as Vertex AI model {version.item}, which is of Model Garden"


def _endpoint(endpoint: Content, own: set[str]) -> Iterator[Seen]:
    del own
    for deployed in endpoint.facet("deployed"):
        if vendor := of_published(deployed["model"]):
            yield deployed["model"], vendor, f"on Vertex AI endpoint {endpoint.facet('display_name') or endpoint.item}"


def _told(what: str, apis: Iterable[Mapping[str, Any]]) -> Iterator[Seen]:
    for api in apis:
        if api["host"]:
            yield api["host"], vendor_of_host(api["host"]), f"in {api['where']} of {what}"
        else:
            yield api["key"], vendor_of_key(api["key"]), f"in {api['where']} of {what}, by its name alone"


def _named(content: Content) -> str:
    return f"{content.value['namespace']}/{content.value['name']}"


def _workload(workload: Content, own: set[str]) -> Iterator[Seen]:
    del own
    return _told(f"{workload.value['kind'].lower()} {_named(workload)}", workload.facet("model_apis"))


def _config_map(config_map: Content, own: set[str]) -> Iterator[Seen]:
    del own
    return _told(f"ConfigMap {_named(config_map)}", config_map.facet("model_apis"))


def _service(service: Content, own: set[str]) -> Iterator[Seen]:
    del own
    names = [service.facet("external_name"), *(service.facet("hosts") or ())]
    for host in dict.fromkeys(host for name in names if name for host in hosts_behind(name)):
        yield host, vendor_of_host(host), f"behind {service.value['kind']} {_named(service)}"


def _gateway(model: Content, own: set[str]) -> Iterator[Seen]:
    del own
    endpoints = model.facet("endpoints")
    vendor = of_gateway(model.facet("provider"), model.facet("model"))
    if endpoints and vendor:
        yield f"{model.facet('provider')}/{model.facet('model')}", vendor, f"behind gateway endpoint {endpoints[0]}"


def _invoked(invoked: Content, own: set[str]) -> Iterator[Seen]:
    del own
    if invoked.facet("service") == "bedrock":
        yield from _bedrock(
            [invoked.facet("model")], f"as CloudWatch counts its invocations in {invoked.facet('region')}"
        )


_READERS: Mapping[str, Callable[[Content, set[str]], Iterator[Seen]]] = {
    _CUSTOM: _custom,
    _THROUGHPUTS: _throughput,
    _PROFILES: _profile,
    _AGENTS: _agent,
    _MODELS: _model,
    _PACKAGES: _package,
    _VERTEX_MODELS: _version,
    _VERTEX_ENDPOINTS: _endpoint,
    _WORKLOADS: _workload,
    _SERVICES: _service,
    _CONFIG_MAPS: _config_map,
    _GATEWAY: _gateway,
    _INVOCATIONS: _invoked,
}
NEEDS = tuple(_READERS)
"""The populations in which third-party models show."""
