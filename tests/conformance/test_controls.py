"""What every registered control owes, whoever writes it."""

import pytest
from support import google
from support.estate import access_review, gap, good, parameters_of
from support.ledgers import START

from collector.model.canonical import encode
from collector.model.evidence import Evidence
from collector.model.outcome import Outcome
from connectors.registry import CONNECTORS
from controls.catalogue import CRITERIA, FRAMEWORKS
from controls.registry import CONTROLS, select
from controls.source import source_files

POPULATIONS = {each.name for connector in CONNECTORS.values() for each in connector.load("it").POPULATIONS}
every_control = pytest.mark.parametrize("control", CONTROLS, ids=lambda c: c.id)


@every_control
def test_it_passes_on_an_estate_that_is_as_it_should_be(control):
    assert control.test(good(), parameters_of(control), START).outcome is Outcome.PASS


IN_CLOUD_STORAGE = {
    "weights": [google.LOCATION],
    "tenants": google.TENANTS,
    "allowed_domains": ["acme.example"],
    "sources": [google.SOURCE],
}
READ_THERE = {
    "ACC-2": google.POPULATIONS[:4],
    "ACC-3": google.POPULATIONS[:4],
    "ACC-4": google.POPULATIONS[:4],
    "ACC-5": (google.BUCKET,),
    "ACC-6": google.POPULATIONS[:4],
    "SEG-1": google.POPULATIONS[:4],
    "SEG-3": google.POPULATIONS,
}
in_cloud_storage = pytest.mark.parametrize("name", READ_THERE)


def judge_there(name, given):
    (control,) = select(name)
    told = {key: value for key, value in IN_CLOUD_STORAGE.items() if key in control.defaults}
    return control.test(given, {**control.defaults, **told}, START)


def of_google(**parts):
    entry = {"decision": "keep", "location": google.LOCATION, "note": "", "principal": google.INFERENCE}
    return google.evidence(access_review({}, entries=[entry]), **parts)


@in_cloud_storage
def test_it_passes_on_a_project_of_google_cloud_alone_that_is_as_it_should_be(name):
    assert judge_there(name, of_google()).outcome is Outcome.PASS


@in_cloud_storage
def test_no_list_of_google_cloud_that_it_needs_can_be_lost_without_it_saying_so(name):
    for population in READ_THERE[name]:
        whole = of_google()
        readings = tuple(google.lost(population) if r.population == population else r for r in whole.readings)
        for given in (Evidence(readings, whole.attestations), google.without(whole, population)):
            assert judge_there(name, given).outcome is Outcome.INCONCLUSIVE, population


@every_control
def test_equal_inputs_give_equal_results(control):
    given = good()
    assert control.test(given, parameters_of(control), START) == control.test(given, parameters_of(control), START)


@every_control
def test_no_evidence_is_no_verdict(control):
    assert control.test(Evidence(()), parameters_of(control), START).outcome is Outcome.INCONCLUSIVE


@every_control
def test_gaps_alone_are_no_verdict(control):
    given = Evidence(tuple(gap(population) for population in control.populations))
    assert control.test(given, parameters_of(control), START).outcome is Outcome.INCONCLUSIVE


@every_control
def test_any_one_gap_is_never_a_verdict_that_needs_it(control):
    for missing in control.populations:
        whole = good()
        readings = tuple(gap(missing) if r.population == missing else r for r in whole.readings)
        given = Evidence(readings, whole.attestations)
        assert control.test(given, parameters_of(control), START).outcome is Outcome.INCONCLUSIVE


@every_control
def test_its_populations_exist_and_its_criteria_are_in_the_catalogue(control):
    assert set(control.reads) <= POPULATIONS
    assert set(control.criteria) <= CRITERIA.keys()
    assert len(set(control.criteria)) == len(control.criteria)


@every_control
@pytest.mark.parametrize("framework", FRAMEWORKS, ids=lambda f: f.id)
def test_it_maps_to_each_framework(control, framework):
    assert set(control.criteria) & framework.criteria.keys()


@every_control
def test_it_is_found_by_its_id_and_each_of_its_criteria(control):
    assert select(control.id) == (control,)
    assert all(control in select(criterion) for criterion in control.criteria)
    assert select(control.id.lower()) == (control,)


@every_control
def test_its_defaults_can_be_recorded_and_its_limits_are_said(control):
    encode(control.defaults)
    assert control.title
    assert control.limits


@every_control
def test_its_source_is_among_what_is_recorded(control):
    assert f"{control.test.__module__.replace('.', '/')}.py" in source_files()


def test_ids_are_unique():
    assert len({control.id for control in CONTROLS}) == len(CONTROLS)
