"""sample and replay --at over a ledger with one run."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from support.estate import READER, reader
from support.reviewed import collected


@pytest.fixture(scope="module")
def command(tmp_path_factory, running_in):
    return running_in(collected(tmp_path_factory.mktemp("sampled"), reader()))


def test_a_sample_is_recorded_with_its_seed_and_drawn_again_alike(command):
    wanted = ("--population", "aws:123456789012/s3.buckets", "--seed", "2026-Q1", "--json")
    done = command("sample", *wanted)
    assert done.returncode == 0, done.stderr
    first, second = json.loads(done.stdout), json.loads(command("sample", *wanted).stdout)
    assert first["items"] == second["items"]
    assert first["sample_record"] >= first["checkpoint"] > first["record"]
    body = json.loads(command("show", str(first["sample_record"])).stdout)["body"]
    assert (body["seed"], body["items"]) == ("2026-Q1", first["items"])
    assert command("verify").returncode == 0


def test_what_was_not_sampled_is_exported_as_digests_and_said(command):
    assert command("sample", "--population", "aws:123456789012/s3.buckets", "--seed", "s").returncode == 0
    today = datetime.now(UTC).date()
    period = ("--period", f"{today - timedelta(days=1)}..{today + timedelta(days=2)}")
    done = command("export", *period, "--items", "sampled", "-o", "sampled.zip")
    assert done.returncode == 0, done.stderr
    assert "Items that were not sampled are withheld" in done.stdout
    told = json.loads(command("verify", "sampled.zip", "--json").stdout)
    assert "items withheld: only their digests are here" in told["steps"][2]["detail"]
    replayed = json.loads(command("replay", "sampled.zip", "--json").stdout)
    assert (replayed["differences"], replayed["exit"]) == ([], 3)
    assert replayed["without_items"] > 0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--seed", "s"), "name what to draw from"),
        (("--seed", "s", "--population", "changes:aws:123456789012/s3.buckets"), "there are not two complete"),
        (("--seed", "s", "--record", "99999"), "there is no record 99999"),
        (("--seed", "s", "--population", "aws:1/none"), "there is no snapshot or result"),
        (("--record", "1"), "the seed must have"),
    ],
)
def test_a_sample_of_nothing_is_refused(command, arguments, message):
    done = command("sample", *arguments)
    assert (done.returncode, message in done.stderr) == (2, True)


def test_replay_at_a_time_shows_who_could_read_the_weights_then(command):
    later, earlier = datetime.now(UTC) + timedelta(hours=1), datetime.now(UTC) - timedelta(days=1)
    done = command("replay", "--at", f"{later:%Y-%m-%dT%H:%M:%SZ}", "--control", "ACC-3")
    assert done.returncode == 0, done.stderr
    assert "Who can read the model weights, and why" in done.stdout
    assert READER in done.stdout
    assert "1 results reproduced" in done.stdout
    nothing = command("replay", "--at", f"{earlier:%Y-%m-%dT%H:%M:%SZ}", "--json")
    assert (nothing.returncode, json.loads(nothing.stdout)["state"]) == (3, [])


def test_a_demo_of_a_period_that_cannot_be_played_is_refused(command):
    for period in ("13mo", "0mo", "1y", "mo"):
        assert command("demo", "--period", period).returncode == 2
