"""OSCAL, OCSF and CSV: what other tools read from a bundle, and that silence is never success in it."""

import csv
import io
import json
import re
import zipfile
from pathlib import Path

import jsonschema
import pytest
from support.estate import bucket, collect, evidence, gap, reader
from trestle.oscal.assessment_results import AssessmentResults, Model

from collector.ledger.bodies import attestation_entry

SCHEMA = Path(__file__).parents[1] / "vectors" / "oscal_assessment-results_schema-1.2.1.json"
ENCRYPTION = "s3://weights/llm/ encryption"


def matches(_validator, pattern, text, _schema):
    """The keyword `pattern`, with the classes of Unicode letters and digits that Python's `re` has no names for."""
    spelled = pattern.replace(r"\p{L}", r"[^\W\d_]").replace(r"\p{N}", r"\d")
    if isinstance(text, str) and not re.search(spelled, text):
        yield jsonschema.ValidationError(f"{text!r} does not match {pattern!r}")


OSCAL = jsonschema.validators.extend(jsonschema.Draft7Validator, {"pattern": matches})


@pytest.fixture
def files(ledger, export):
    """A bundle with a pass, a deviation that was answered and ended, one that stands, and a gap at the end."""
    collect(ledger, evidence((reader(),), (bucket(encryption=None),)), ledger._clock)
    answer = {"control": "ACC-5", "item": ENCRYPTION, "response": "a key is ordered", "by": "ops", "time": "-"}
    ledger.append([attestation_entry("management_response", answer, ["ACC-5"])])
    collect(ledger, evidence((reader(),), gap("s3.buckets")), ledger._clock)
    with zipfile.ZipFile(export()) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


@pytest.fixture
def oscal(files):
    return json.loads(files["oscal/assessment-results.json"])["assessment-results"]


def property_of(element, name):
    return next(each["value"] for each in element["props"] if each["name"] == name)


def test_compliance_trestle_reads_the_assessment_results_back(files, tmp_path):
    path = tmp_path / "assessment-results.json"
    path.write_bytes(files["oscal/assessment-results.json"])
    (result,) = AssessmentResults.oscal_read(path).results
    assert {finding.target.target_id for finding in result.findings} == {"ACC-2", "ACC-5"}


def test_the_assessment_results_fit_the_schema_of_the_model(files):
    schema = jsonschema.Draft202012Validator(Model.model_json_schema())
    schema.validate(json.loads(files["oscal/assessment-results.json"]))


def test_the_assessment_results_fit_the_schema_that_nist_publishes(files):
    schema = json.loads(SCHEMA.read_text("utf-8"))
    document = json.loads(files["oscal/assessment-results.json"])
    validator = OSCAL(schema)
    validator.validate(document)
    document["assessment-results"]["results"][0]["start"] = "yesterday"
    assert not validator.is_valid(document)


def test_what_management_answered_stands_beside_the_deviation(oscal, files):
    (result,) = oscal["results"]
    (risk,) = [each for each in result["risks"] if "risk-log" in each]
    (entry,) = risk["risk-log"]["entries"]
    assert (property_of(risk, "member"), risk["status"]) == (ENCRYPTION, "closed")
    assert (entry["description"], property_of(entry, "by")) == ("a key is ordered", "ops")
    lines = [json.loads(line) for line in files["ocsf/findings.jsonl"].splitlines()]
    (line,) = [line for line in lines if "comment" in line]
    response = line["unmapped"]["controlproof"]["response"]
    assert (line["comment"], response["by"], response["record"]) == (
        "a key is ordered",
        "ops",
        int(property_of(entry, "record")),
    )
    (row,) = [row for row in csv.DictReader(io.StringIO(files["deviations.csv"].decode())) if row["response"]]
    assert (row["item"], row["response"], row["response_by"]) == (ENCRYPTION, "a key is ordered", "ops")


def test_a_control_without_evidence_is_not_satisfied_and_not_failed(oscal):
    (result,) = oscal["results"]
    finding = next(each for each in result["findings"] if each["target"]["target-id"] == "ACC-5")
    status = finding["target"]["status"]
    assert (status["state"], status["reason"]) == ("not-satisfied", "other")
    assert "does not show that the control failed" in status["remarks"]
    gaps = [each for each in result["observations"] if each["types"] == ["gap"]]
    assert [property_of(each, "gap-class") for each in gaps] == ["throttled"]


def test_a_deviation_is_an_open_risk_until_a_result_no_longer_has_it(oscal, files):
    (result,) = oscal["results"]
    risks = {property_of(each, "member"): each["status"] for each in result["risks"]}
    assert risks["s3://weights/llm/ encryption"] == "closed"
    lines = [json.loads(line) for line in files["ocsf/findings.jsonl"].splitlines()]
    statuses = {line["resources"][0]["uid"]: line["status"] for line in lines if "resources" in line}
    assert statuses["s3://weights/llm/ encryption"] == "Resolved"


def test_every_reference_in_the_assessment_results_leads_somewhere(oscal):
    (result,) = oscal["results"]
    observations = {each["uuid"] for each in result["observations"]}
    risks = {each["uuid"] for each in result["risks"]}
    assert len(observations) == len(result["observations"])
    for finding in (*result["findings"], *result["risks"]):
        assert {each["observation-uuid"] for each in finding.get("related-observations", ())} <= observations
        assert {each["risk-uuid"] for each in finding.get("related-risks", ())} <= risks


def test_identifiers_name_the_records_they_are_of(oscal, files):
    (result,) = oscal["results"]
    headers = {h["seq"]: h for h in map(json.loads, files["ledger/records.jsonl"].splitlines())}
    for finding in result["findings"]:
        assert headers[int(property_of(finding, "record"))]["body"] == property_of(finding, "body-sha-256")
    assert all(each["uuid"][14] == "5" for each in (*result["findings"], *result["observations"]))


def test_a_compliance_finding_has_what_its_class_requires_and_names_its_record(files):
    lines = [json.loads(line) for line in files["ocsf/findings.jsonl"].splitlines()]
    headers = {h["seq"]: h for h in map(json.loads, files["ledger/records.jsonl"].splitlines())}
    for line in lines:
        assert (line["class_uid"], line["category_uid"]) == (2003, 2)
        assert line["type_uid"] == 200300 + line["activity_id"]
        assert line["compliance"]["standards"]
        assert line["finding_info"]["uid"]
        assert line["metadata"]["version"]
        assert line["severity_id"] == 0
        last = line["unmapped"]["controlproof"]["last_record"]
        assert headers[last["seq"]]["body"] == last["body"]
    assert {line["compliance"]["status"] for line in lines if "resources" not in line} == {"Warning"}
    assert len({line["finding_info"]["uid"] for line in lines}) == len(lines)


def test_the_criteria_that_a_control_maps_to_come_along(oscal, files):
    (result,) = oscal["results"]
    assert any(each["name"] == "criterion" and each["value"] == "CC6.1" for each in result["findings"][0]["props"])
    assert "CC6.1" in json.loads(files["ocsf/findings.jsonl"].splitlines()[0])["compliance"]["requirements"]


def test_the_tests_own_source_is_in_the_bundle(files):
    objects = files["objects.jsonl"].splitlines()
    assert any(b'"controls/acc5.py"' in line and b"def " in line for line in objects)


def test_the_table_opens_with_one_line_a_result(files):
    rows = list(csv.reader(io.StringIO(files["results.csv"].decode())))
    assert len({len(row) for row in rows}) == 1
    results = [line for line in files["ledger/records.jsonl"].splitlines() if b'"kind":"result"' in line]
    assert len(rows) == len(results) + 1
