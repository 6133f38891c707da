"""Model APIs that a cluster is set up to call: what is recognised, and that nothing else is kept."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.kubernetes import INSTANTS, Answer, error

from collector.model.snapshot import FailureClass, Gap
from collector.model.vendors import (
    NAMES,
    VENDORS,
    host_class,
    hosts_in,
    vendor_of_base,
    vendor_of_host,
    vendor_of_key,
    vendor_of_publisher,
)
from connectors.kubernetes.model_apis import of_container

CONFIG_MAPS = "/api/v1/configmaps"
OPENAI = {"host": "api.openai.com", "key": None, "where": "environment OPENAI_BASE_URL of container main"}
BY_KEY = {"host": None, "key": "OPENAI_API_KEY", "where": "environment OPENAI_API_KEY of container main"}


def told(*environment, **more):
    """What a container with these variables tells."""
    env = [{"name": name, **({"value": value} if isinstance(value, str) else value)} for name, value in environment]
    return list(of_container({"name": "main", "env": env, **more}))


@pytest.mark.parametrize("instant", INSTANTS)
def test_the_recorded_cluster_tells_of_each_model_api_that_it_is_set_up_to_call(kubernetes, read_cluster, instant):
    kubernetes.instant = instant
    (item,) = read_cluster("kubernetes.model_apis")
    assert item.id == "configmap/inference/gateway-routes"
    assert item.content().value == {
        "model_apis": [{"host": "api.anthropic.com", "key": None, "where": "key routes.yaml"}],
        "name": "gateway-routes",
        "namespace": "inference",
    }
    workloads = {item.id: item.content().value for item in read_cluster("kubernetes.workloads")}
    found = {name: content["model_apis"] for name, content in workloads.items() if content["model_apis"]}
    assert found == {"deployment/inference/summarizer": [OPENAI, BY_KEY]}


def test_a_host_is_found_in_a_url_with_user_path_and_query_of_which_nothing_is_kept():
    assert told(("OPENAI_BASE_URL", "https://me:secret@API.openai.com:443/v1?key=secret")) == [OPENAI]


@pytest.mark.parametrize(
    ("host", "known"),
    [
        ("acme-prod.openai.azure.com", "*.openai.azure.com"),
        ("bedrock-runtime.eu-central-1.amazonaws.com", "bedrock-runtime.*.amazonaws.com"),
        ("europe-west4-aiplatform.googleapis.com", "*-aiplatform.googleapis.com"),
        ("api.mistral.ai.", "api.mistral.ai"),
    ],
)
def test_what_a_customer_chose_of_a_host_is_not_kept(host, known):
    assert host_class(host) == known
    assert list(hosts_in(f"x={host};")) == [known]


@pytest.mark.parametrize(
    "host",
    ["api.openai.com.evil.example", "my-api.openai.com", "xapi.openai.com", "openai.com", "openai.azure.com",
     "api-openai.com", "a.b.c.d.e.openai.azure.com"],
)  # fmt: skip
def test_another_host_that_looks_alike_is_none(host):
    assert host_class(host) is None
    assert not list(hosts_in(f"https://{host}/v1"))


def test_a_key_from_a_secret_tells_of_its_vendor_by_the_variables_name():
    secret = {"valueFrom": {"secretKeyRef": {"name": "openai", "key": "token"}}}
    assert told(("OPENAI_API_KEY", secret)) == [BY_KEY]
    assert told(("OPENAI_API_KEY", secret), ("OPENAI_BASE_URL", {"valueFrom": {"configMapKeyRef": {}}})) == [BY_KEY]


def test_a_key_for_a_server_of_the_clusters_own_that_speaks_the_protocol_is_not_the_vendors():
    assert not told(("OPENAI_API_KEY", "none"), ("OPENAI_BASE_URL", "http://llm-chat.inference.svc/v1"))
    # Of another vendor it says nothing.
    other = told(("ANTHROPIC_API_KEY", "it"), ("OPENAI_BASE_URL", "http://llm-chat.inference.svc/v1"))
    assert [api["key"] for api in other] == ["ANTHROPIC_API_KEY"]


def test_a_host_in_a_command_line_is_found():
    (found,) = told(command=["sh", "-c"], args=["curl -H x:secret https://api.cohere.com/v2/chat"])
    assert found == {"host": "api.cohere.com", "key": None, "where": "arguments of container main"}


def test_a_config_map_that_may_not_be_listed_is_a_gap(kubernetes, read_cluster):
    refused = Answer(403, error("403-deployments.json"), {"Content-Type": "application/json"})
    kubernetes.rules.append(lambda request: refused if request.path == CONFIG_MAPS else None)
    gap = read_cluster("kubernetes.model_apis")
    assert isinstance(gap, Gap)
    assert gap.failure_class is FailureClass.DENIED


def test_large_config_maps_come_in_small_pages(kubernetes, read_cluster):
    metadata = {"namespace": "it", "creationTimestamp": "2026-11-23T16:20:34Z"}
    for number in range(60):
        data = {"OPENAI_API_KEY": ""} if number % 20 == 0 else {"x": "y"}
        kubernetes.plant(CONFIG_MAPS, {"metadata": {**metadata, "name": f"it-{number}"}, "data": data})
    assert len(read_cluster("kubernetes.model_apis").items) == 1 + 3
    pages = [request for request in kubernetes.requests if request.path == CONFIG_MAPS]
    assert [page.query["limit"] for page in pages] == ["25"] * 3


@given(st.text(max_size=300))
def test_only_known_hosts_are_ever_kept_of_any_text(text):
    known = {host for vendor in VENDORS for host in vendor.hosts}
    assert set(hosts_in(text)) <= known
    for api in told(("IT", text), command=[text]):
        assert api["host"] in known


@pytest.mark.parametrize("text", ["a" * 1_000_000, "a." * 500_000, "-." * 500_000, "a-" * 500_000])
def test_a_text_made_to_be_slow_is_searched_in_time(text):
    started = time.monotonic()
    assert not list(hosts_in(text))
    assert time.monotonic() - started < 5


def test_every_host_key_and_name_of_the_table_is_one_vendors():
    for column in ("hosts", "keys", "bases", "clouds"):
        names = [name for vendor in VENDORS for name in getattr(vendor, column)]
        assert len(set(names)) == len(names)
    assert len(NAMES) == len(VENDORS)
    for vendor in VENDORS:
        assert {vendor_of_host(host) for host in vendor.hosts} <= {vendor.id}
        assert {vendor_of_key(key) for key in vendor.keys} <= {vendor.id}
        assert {vendor_of_base(base) for base in vendor.bases} <= {vendor.id}
        assert {vendor_of_publisher(name) for name in vendor.clouds} <= {vendor.id}
    assert vendor_of_publisher("NewCo") == "newco"
