import re
import shutil
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest
from support.aws import made_up_credentials
from support.commands import runner

from collector.demo.estate import seed
from collector.demo.server import moto_server


@pytest.fixture(scope="session", autouse=True)
def credentials(tmp_path_factory):
    with made_up_credentials(tmp_path_factory.mktemp("aws")) as patch:
        yield patch


@pytest.fixture(scope="session")
def flawed():
    """The demo's account with its flaws."""
    with moto_server() as url:
        seed(url)
        yield url


@pytest.fixture(scope="session")
def clean():
    """The demo's account without flaws."""
    with moto_server() as url:
        seed(url, flaws=False)
        yield url


def initialise(run, url):
    """Make configuration, key and ledger for an endpoint."""
    weights = ["--weights", "s3://acme-weights-prod/llm/", "--weights", "s3://acme-weights-research/"]
    arguments = ["--name", "controlproof.example.com/cli", "--account", "123456789012", "--region", "eu-central-1"]
    done = run("init", *arguments, *weights, "--endpoint-url", url)
    assert done.returncode == 0, done.stderr
    return done


@pytest.fixture(scope="session")
def running_in():
    """Gives what runs commands in a folder."""
    return runner


@pytest.fixture
def controlproof(tmp_path):
    """Runs commands in an empty folder."""
    return runner(tmp_path)


@pytest.fixture
def initialised(controlproof):
    """Makes configuration, key and ledger for an endpoint."""
    return partial(initialise, controlproof)


@pytest.fixture(scope="session")
def prepared(tmp_path_factory, flawed):
    """A folder with one run and its bundle, and the key's fingerprint."""
    folder = tmp_path_factory.mktemp("prepared")
    run = runner(folder)
    initialise(run, flawed)
    run("collect", "--control", "CC6.1")
    today = datetime.now(UTC).date()
    period = f"{today - timedelta(days=1)}..{today + timedelta(days=2)}"
    done = run("export", "--period", period, "-o", "bundle.zip")
    assert done.returncode == 0, done.stderr
    return folder, re.search(r"sha256:[0-9a-f]{64}", done.stdout).group()


@pytest.fixture
def exported(prepared, tmp_path):
    """A copy of that folder to work in; gives the fingerprint."""
    folder, fingerprint = prepared
    for file in folder.iterdir():
        shutil.copy2(file, tmp_path)
    return fingerprint
