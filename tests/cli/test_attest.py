"""`attest access`: what it records, what it refuses, and that ACC-4 rests on it."""

import json
import shutil
from datetime import datetime, timedelta

import pytest
from support.estate import ACCOUNT, LOCATION, allow, reader, user
from support.reviewed import collect_again, collected, records
from support.reviews import edited

from collector.model.instant import now

ONCALL = f"arn:aws:iam::{ACCOUNT}:user/oncall"
GIVEN = {
    "principal": ONCALL,
    "location": LOCATION,
    "requested-by": "engineer-1",
    "approved-by": "owner-1",
    "reason": "on call for the release",
}


@pytest.fixture(scope="session")
def collected_once(tmp_path_factory):
    """A ledger with one result about one reader."""
    return collected(tmp_path_factory.mktemp("collected"), reader())


@pytest.fixture
def ledger(collected_once, tmp_path):
    """A copy of it to work in; gives its folder."""
    for file in collected_once.iterdir():
        shutil.copy2(file, tmp_path)
    return tmp_path


@pytest.fixture
def attest(ledger, controlproof):
    """Attests a request; options are added or, with None, left out."""

    def run(*flags, **changes):
        options = {**GIVEN, **{name.replace("_", "-"): text for name, text in changes.items()}}
        pairs = [f"--{name}={text}" for name, text in options.items() if text is not None]
        return controlproof("attest", "access", *pairs, *flags)

    return run


def body(controlproof, seq):
    return json.loads(controlproof("show", seq, "--json").stdout)["body"]


def test_a_request_is_recorded_as_it_was_given_with_the_time_of_the_clock(attest, controlproof, ledger):
    before, earliest = records(ledger), now()
    done = attest(reference=" CHG-7 ")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == f"record {before}: {ONCALL} may read {LOCATION}, approved by owner-1\n"
    recorded = body(controlproof, before)
    assert timedelta(0) <= datetime.fromisoformat(recorded.pop("approved")) - earliest < timedelta(minutes=5)
    assert recorded == {
        "approved_by": "owner-1",
        "location": LOCATION,
        "principal": ONCALL,
        "reason": "on call for the release",
        "reference": "CHG-7",
        "requested_by": "engineer-1",
        "type": "access_request",
        "v": 1,
    }


def test_it_answers_in_json(attest, ledger):
    before = records(ledger)
    assert json.loads(attest("--json").stdout) == {"record": before}


def test_nobody_can_say_when_it_was_approved(attest, ledger):
    """No past time, no future one, none without a zone: the record's own time is the only one."""
    before = records(ledger)
    assert attest(approved="2020-01-01T00:00:00").returncode == 2
    assert records(ledger) == before


def refused(done, words, ledger, before):
    assert (done.returncode, done.stdout) == (2, "")
    assert words in done.stderr
    assert "\x1b" not in done.stderr
    assert records(ledger) == before


@pytest.mark.parametrize("name", GIVEN)
def test_each_option_is_needed(attest, ledger, name):
    before = records(ledger)
    assert attest(**{name: None}).returncode == 2
    assert records(ledger) == before


TEXTS = ["", "  ", "a\x1b[2Jb", "a\nb", "a\udcffb", "a\u202eb", "x" * 2001]


@pytest.mark.parametrize(("name", "text"), [*((name, "\x1b") for name in GIVEN), *(("reason", text) for text in TEXTS)])
def test_an_empty_endless_or_unprintable_text_is_refused(attest, ledger, name, text):
    refused(attest(**{name: text}), f"--{name} must have 1 to 2000 printable characters", ledger, records(ledger))


def test_an_unprintable_reference_is_refused(attest, ledger):
    refused(attest(reference="\x07"), "--reference must have 0 to 2000 printable", ledger, records(ledger))


@pytest.mark.parametrize("location", ["s3://weights/llm", "s3://weights/", "s3://other/", "S3://weights/llm/"])
def test_a_location_that_is_not_declared_is_refused_and_those_that_are_are_named(attest, ledger, location):
    done = attest(location=location)
    refused(done, f"{location} is not a declared weight location", ledger, records(ledger))
    assert f"declared: {LOCATION}" in done.stderr


@pytest.mark.parametrize(
    "changes",
    [
        {"approved_by": "engineer-1"},
        {"approved_by": " Engineer-1 "},
        {"approved_by": "oncall"},
        {"approved_by": ONCALL},
        {"approved_by": f"arn:aws:iam::{ACCOUNT}:user/engineer-1"},
        {"requested_by": f"arn:aws:iam::{ACCOUNT}:user/owner-1"},
    ],
)
def test_whoever_asks_or_gets_access_cannot_approve_it_under_any_name(attest, ledger, changes):
    refused(attest(**changes), "self-approved", ledger, records(ledger))


def test_access_gained_after_the_review_passes_with_the_attestation_and_not_without(attest, controlproof, ledger):
    path = json.loads(controlproof("review", "open", "--json").stdout)["files"][0]
    edited(ledger / path, {'decision: ""': "decision: keep"})
    assert controlproof("review", "submit", path, "--reviewer", "security-lead").returncode == 0
    gained = (reader(), user("oncall", allow(), allow("kms:Decrypt", "*")))
    assert collect_again(ledger, *gained)["ACC-4"].outcome == "fail"
    assert attest().returncode == 0
    assert collect_again(ledger, *gained)["ACC-4"].outcome == "pass"
