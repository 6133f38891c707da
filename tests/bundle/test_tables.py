"""The tables of a bundle: what they say, and that nobody can add or alter one."""

import csv
import io
import json
import zipfile

import pytest
from support.zipping import rewritten

from collector.bundle.populations import file_names
from collector.bundle.reader import open_bundle
from collector.bundle.verify import verify_bundle
from collector.ledger.verify import Trust
from collector.model.canonical import digest, encode

POPULATION = "populations/aws-123456789012-s3.buckets.csv"


def table(path, name):
    with zipfile.ZipFile(path) as archive:
        return list(csv.DictReader(io.StringIO(archive.read(name).decode())))


def test_the_table_of_a_population_says_from_when_until_when_each_content_was_seen(export):
    rows = table(export(), POPULATION)
    weights = [row for row in rows if row["item"] == "arn:aws:s3:::weights"]
    assert [(row["first_seen"][:10], row["last_seen"][:10]) for row in weights] == [
        ("2026-01-02", "2026-01-03"),
        ("2026-01-04", "2026-01-04"),
    ]
    assert len({row["digest"] for row in weights}) == 2
    (other,) = [row for row in rows if row["item"] == "arn:aws:s3:::other"]
    assert (other["first_seen"][:10], other["last_seen"][:10]) == ("2026-01-02", "2026-01-04")


def test_changes_are_dated_by_the_snapshots_that_bound_them(export):
    (change,) = table(export(), "changes.csv")
    assert (change["population"], change["item"], change["change"]) == (
        "aws:123456789012/s3.buckets",
        "arn:aws:s3:::weights",
        "changed",
    )
    assert (change["not_before"][:10], change["not_after"][:10]) == ("2026-01-03", "2026-01-04")


def test_each_reading_comes_with_what_shows_that_it_is_complete(export):
    rows = table(export(), "readings.csv")
    assert len(rows) == 9
    assert {(row["kind"], row["complete"], row["caller"]) for row in rows} == {
        ("snapshot", "yes", "arn:aws:iam::123456789012:role/controlproof")
    }
    assert {row["count"] for row in rows if row["population"].endswith("s3.buckets")} == {"2"}


def manifest_with(data, name, content):
    value = json.loads(data)
    value["files"][name] = {"digest": digest(content), "size": len(content)}
    return encode(value)


@pytest.mark.parametrize("name", ["populations/aws-1-s3.buckets.csv", POPULATION, "changes.csv", "coverage.csv"])
def test_a_table_that_was_added_or_altered_is_refused_although_the_manifest_names_it(export, key, tmp_path, name):
    forged = b"item,digest\r\n"
    path = export()
    with zipfile.ZipFile(path) as archive:
        manifest = manifest_with(archive.read("bundle.json"), name, forged)
    changed = rewritten(path, tmp_path / "forged.zip", {name: forged, "bundle.json": manifest})
    with open_bundle(changed) as bundle:
        found = verify_bundle(bundle, Trust((key.key.fingerprint,)))
    assert found.exit == 4
    assert f"{name} does not follow from the records" in found.problems[0].message


def test_populations_whose_names_files_do_not_tell_apart_have_a_table_each():
    found = file_names(["A/1", "a/1", "a:1", "a:1/x", ":"])
    assert found == {"A/1": "A-1", "a/1": "a-1-1", "a:1": "a-1-2", "a:1/x": "a-1-x", ":": "population"}
