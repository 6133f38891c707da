"""attest response: what it records, what it refuses, and where the answer stands."""

import csv
import io
import json
import shutil
import zipfile
from datetime import UTC, datetime, timedelta

import pytest
from support.estate import reader
from support.reviewed import collected

ITEM = "access review"


@pytest.fixture(scope="module")
def answered(tmp_path_factory):
    """A folder whose ledger has deviations of ACC-3: nothing was reviewed yet."""
    return collected(tmp_path_factory.mktemp("answered"), reader())


@pytest.fixture
def command(answered, tmp_path, running_in):
    for file in answered.iterdir():
        shutil.copy2(file, tmp_path)
    return running_in(tmp_path)


def test_an_answer_stands_beside_its_deviation_in_the_export(command, tmp_path):
    given = ("--response", "The first review is on Monday.", "--by", "head-of-ml")
    done = command("attest", "response", "--control", "ACC-3", "--item", ITEM, *given, "--json")
    assert done.returncode == 0, done.stderr
    record = json.loads(done.stdout)["record"]
    body = json.loads(command("show", str(record)).stdout)["body"]
    assert (body["type"], body["control"], body["item"], body["by"]) == (
        "management_response",
        "ACC-3",
        ITEM,
        "head-of-ml",
    )
    today = datetime.now(UTC).date()
    done = command("export", "--period", f"{today - timedelta(days=1)}..{today + timedelta(days=2)}", "-o", "b.zip")
    assert done.returncode == 0, done.stderr
    with zipfile.ZipFile(tmp_path / "b.zip") as archive:
        rows = list(csv.DictReader(io.StringIO(archive.read("deviations.csv").decode())))
    told = {row["item"]: (row["response"], row["response_record"]) for row in rows if row["control"] == "ACC-3"}
    assert told[ITEM] == ("The first review is on Monday.", str(record))
    assert all(response == ("", "") for item, response in told.items() if item != ITEM)


@pytest.mark.parametrize(
    ("control", "item", "text", "message"),
    [
        ("ACC-3", "nobody", "x", "is no deviation of ACC-3"),
        ("ACC-1", ITEM, "x", "there is no result of ACC-1"),
        ("ACC-3", ITEM, " ", "--response must have 1 to"),
    ],
)
def test_an_answer_to_nothing_is_refused(command, control, item, text, message):
    done = command("attest", "response", "--control", control, "--item", item, "--response", text, "--by", "b")
    assert done.returncode == 2
    assert message in done.stderr
