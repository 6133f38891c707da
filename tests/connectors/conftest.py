import pytest
import requests
from support.aws import account, made_up_credentials
from support.kubernetes import REDACTION, api_server, cluster
from support.proxy import proxy

from collector.demo.estate import seed
from collector.demo.server import moto_server
from collector.model import instant
from connectors.registry import connect


@pytest.fixture(scope="session", autouse=True)
def credentials(tmp_path_factory):
    with made_up_credentials(tmp_path_factory.mktemp("aws")) as patch:
        yield patch


@pytest.fixture(scope="session")
def estate():
    """The demo's account on a real HTTP server. Tests do not change it."""
    with moto_server() as url:
        seed(url)
        yield url


@pytest.fixture(scope="session")
def local_aws():
    """A local AWS in which modules take turns."""
    with moto_server() as url:
        yield url


@pytest.fixture(scope="module")
def blank(local_aws):
    """An account in which nothing is but what a test's module seeds, as its `estate`."""
    requests.post(f"{local_aws}/moto-api/reset", timeout=30).raise_for_status()
    return local_aws


@pytest.fixture
def aws(estate):
    """The estate behind a proxy, in which a test plants faults."""
    with proxy(estate) as faulty:
        yield faulty


@pytest.fixture
def read(aws):
    """Reads a population through the proxy."""

    def read_one(population, **settings):
        source = connect(account(aws.url, **settings), clock=instant.now, progress=lambda *_: None)
        return source.read(population)

    return read_one


@pytest.fixture
def kubernetes():
    """A double of an API server that serves the recordings of the last instant."""
    with api_server() as server:
        yield server


@pytest.fixture
def read_cluster(kubernetes, tmp_path):
    """Reads a population of the double."""

    def read_one(population, **settings):
        given = cluster(kubernetes.url, tmp_path, **settings)
        return connect(given, clock=instant.now, progress=lambda *_: None, redaction=REDACTION).read(population)

    return read_one
