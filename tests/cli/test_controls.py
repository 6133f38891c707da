"""`controls` as users run it: what is tested, by what, how often, and what nothing tests."""

import json

import pytest

from controls.catalogue import FRAMEWORKS
from controls.registry import CONTROLS


def test_a_control_is_listed_with_its_test_evidence_cadence_and_limits(controlproof):
    done = controlproof("controls", "--control", "ven-2")
    assert (done.returncode, done.stderr) == (0, "")
    for said in (
        "VEN-2",
        "SOC 2 Type 2 report",
        "CC9.2",
        "bedrock.agents",
        "attested vendor_assessment",
        "1d",
        "does not show",
    ):
        assert said in done.stdout
    (told,) = json.loads(controlproof("controls", "--control", "VEN-2", "--json").stdout)
    assert (told["cadence"], told["attestations"]) == (86400, ["vendor_assessment"])
    assert {"CC9.2", "ISO42001:A.10.3", "EUAIA:25", "GDPR:32", "NISTAIRMF:GOVERN-6.1"} <= set(told["criteria"])


@pytest.mark.parametrize("each", FRAMEWORKS, ids=lambda f: f.id)
def test_a_framework_is_listed_whole_and_what_no_control_tests_says_so(controlproof, each):
    done = controlproof("controls", "--framework", each.id)
    assert (done.returncode, done.stderr) == (0, "")
    rows = {row.split()[0]: row for row in done.stdout.splitlines() if row.split()}
    tested = {id_ for control in CONTROLS for id_ in control.criteria}
    for id_ in each.criteria:
        assert ("no control" in rows[id_]) == (id_ not in tested)
    missing = len(each.criteria.keys() - tested)
    assert (
        f"{len(each.criteria) - missing} of {len(each.criteria)} criteria have a control, {missing} have none"
        in done.stdout
    )


def test_a_framework_as_json_and_narrowed_to_a_control(controlproof):
    document = json.loads(controlproof("controls", "--framework", "soc2", "--json").stdout)
    by_id = {criterion["id"]: criterion["controls"] for criterion in document["criteria"]}
    assert (by_id["CC1.1"], by_id["CC6.2"][:2]) == ([], ["ACC-3", "ACC-4"])
    assert [control["id"] for control in document["controls"]] == [control.id for control in CONTROLS]
    narrowed = json.loads(controlproof("controls", "--framework", "gdpr", "--control", "ACC-5", "--json").stdout)
    assert [criterion["id"] for criterion in narrowed["criteria"]] == ["GDPR:32", "GDPR:32.1.a", "GDPR:32.1.b"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--framework", "hipaa"), "frameworks: soc2, iso42001, eu-ai-act, gdpr, nist-ai-rmf"),
        (("--control", "ISO42001:A.2.2"), "no control tests ISO42001:A.2.2 (a policy"),
        (("--framework", "soc2", "--control", "CC4.1"), "no control tests CC4.1"),
    ],
)
def test_what_is_unknown_or_untested_exits_with_2(controlproof, arguments, said):
    done = controlproof("controls", *arguments)
    assert done.returncode == 2
    assert said in done.stderr
