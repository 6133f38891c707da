"""coverage and status over a ledger that was polled three times and then no more."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from support.estate import ACCOUNT, LOCATION, Recorded, bucket, evidence, gap, plan, reader

from collector.cli.init import create
from collector.cli.opening import open_ledger
from collector.config import load, template
from collector.pipeline.run import run
from collector.pipeline.schedule import Scheduled

HOUR = timedelta(hours=1)


@pytest.fixture(scope="module")
def polled(tmp_path_factory):
    """A folder whose ledger's three polls began five hours ago; the last of them was denied."""
    folder = tmp_path_factory.mktemp("polled")
    text = template("controlproof.example.com/c", ACCOUNT, "eu-central-1", [LOCATION])
    begun = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) - 5 * HOUR
    create(folder / "controlproof.yaml", text, lambda: begun)
    planned = plan()
    planned = replace(planned, schedule={c.id: Scheduled(HOUR, c.populations) for c in planned.controls})
    denied = gap("iam.authorization_details")
    for hour, iam in enumerate(((reader(),), (reader(),), denied)):
        now = begun + hour * HOUR
        ledger = open_ledger(load(folder / "controlproof.yaml"), lambda now=now: now)
        run(ledger, [Recorded(evidence(iam, (bucket(),)))], planned, lambda now=now: now)
    return folder


@pytest.fixture
def command(polled, running_in):
    """Runs commands in that folder."""
    return running_in(polled)


def test_coverage_names_every_window_that_is_not_complete_and_exits_with_3(command):
    done = command("coverage", "--json")
    assert done.returncode == 3, done.stderr
    found = {each["control"]: each for each in json.loads(done.stdout)["controls"]}
    assert found["ACC-5"]["windows"] == {"expected": 6, "complete": 3, "incomplete": 0, "missed": 2, "open": 1}
    assert [(gap["state"], gap["windows"]) for gap in found["ACC-2"]["gaps"]] == [("incomplete", 1), ("missed", 2)]
    printed = command("coverage", "--control", "ACC-2").stdout
    assert "for 2 h: 2 windows missed" in printed
    assert "iam.authorization_details: throttled: list iam.authorization_details: Code: the reason" in printed
    assert "ACC-5" not in printed


def test_coverage_of_a_period_that_was_whole_exits_with_0(command, polled):
    first = json.loads(command("show", "0").stdout)["header"]["time"]
    begun = datetime.fromisoformat(first)
    period = f"{begun:%Y-%m-%dT%H:%M:%SZ}..{begun + 2 * HOUR:%Y-%m-%dT%H:%M:%SZ}"
    done = command("coverage", "--period", period)
    assert (done.returncode, done.stderr) == (0, "")
    assert command("coverage", "--period", "2020-01-01..2020-02-01").returncode == 3


def test_status_says_what_is_open_and_when_the_next_is_due(command):
    done = command("status", "--json")
    assert done.returncode == 3
    found = json.loads(done.stdout)
    assert {gap["control"]: gap["state"] for gap in found["open_gaps"]} == {"ACC-2": "missed", "ACC-5": "missed"}
    assert {each["control"]: each["outcome"] for each in found["results"]} == {"ACC-2": "inconclusive", "ACC-5": "pass"}
    due = {each["control"]: datetime.fromisoformat(each["until"]) for each in found["due"]}
    assert all(timedelta() < until - datetime.now(UTC) <= HOUR for until in due.values())
    assert "2 open gaps" in command("status").stdout
