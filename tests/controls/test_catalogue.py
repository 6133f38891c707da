"""The catalogue: whole frameworks, and what of them nothing tests."""

import re

import pytest

from collector.model.errors import ConfigurationError
from controls.catalogue import CRITERIA, FRAMEWORKS, framework
from controls.frameworks.mapping import MAPPING
from controls.registry import CONTROLS, select

SIZES = {"soc2": 33 + 3 + 5 + 2 + 18, "iso42001": 38, "eu-ai-act": 25, "gdpr": 8, "nist-ai-rmf": 19 + 18 + 22 + 13}
FORMS = {
    "soc2": r"(CC|A|PI|C|P)[1-9]\.[1-9]",
    "iso42001": r"ISO42001:A\.\d{1,2}\.\d(\.\d)?",
    "eu-ai-act": r"EUAIA:\d{1,2}",
    "gdpr": r"GDPR:32(\.[1-4](\.[a-d])?)?",
    "nist-ai-rmf": r"NISTAIRMF:(GOVERN|MAP|MEASURE|MANAGE)-\d\.\d{1,2}",
}
CATEGORIES = {
    "security": "CC",
    "availability": "A",
    "processing integrity": "PI",
    "confidentiality": "C",
    "privacy": "P",
}


@pytest.mark.parametrize("each", FRAMEWORKS, ids=lambda f: f.id)
def test_a_framework_is_whole_and_each_criterion_has_its_form_and_words(each):
    assert len(each.criteria) == SIZES[each.id]
    for id_, words in each.criteria.items():
        assert re.fullmatch(FORMS[each.id], id_), id_
        assert words
        assert words[0].islower() or words.startswith(("AI", "EU"))


def test_no_id_is_in_two_frameworks_and_case_tells_none_apart():
    assert len(CRITERIA) == sum(SIZES.values())
    assert len({id_.casefold() for id_ in CRITERIA}) == len(CRITERIA)


@pytest.mark.parametrize("prefix", CATEGORIES.values(), ids=CATEGORIES)
def test_each_category_of_soc_2_has_a_control(prefix):
    criteria = [id_ for id_ in FRAMEWORKS[0].criteria if re.fullmatch(rf"{prefix}\d\.\d", id_)]
    assert any(id_ in control.criteria for control in CONTROLS for id_ in criteria)


def test_every_id_of_the_mapping_is_a_criterion_of_another_framework_than_soc_2():
    others = CRITERIA.keys() - FRAMEWORKS[0].criteria.keys()
    for control, criteria in MAPPING.items():
        assert set(criteria) <= others, control


def test_what_a_control_says_of_itself_is_of_soc_2():
    for control in CONTROLS:
        own = set(control.criteria) - set(MAPPING[control.id])
        assert own
        assert own <= FRAMEWORKS[0].criteria.keys()


@pytest.mark.parametrize(
    "name", ["ISO42001:A.6.2.8", "iso42001:a.6.2.8", "EUAIA:12", "gdpr:32", "NISTAIRMF:measure-2.7", "cc6.1"]
)
def test_a_criterion_of_any_framework_stands_for_its_controls_whatever_its_case(name):
    assert select(name)


@pytest.mark.parametrize(
    "name", ["CC1.1", "cc5.3", "ISO42001:A.2.2", "EUAIA:50", "GDPR:32.3", "NISTAIRMF:MEASURE-2.12"]
)
def test_a_criterion_that_no_control_tests_says_so(name):
    with pytest.raises(ConfigurationError, match="no control tests") as caught:
        select(name)
    assert CRITERIA[next(id_ for id_ in CRITERIA if id_.casefold() == name.casefold())] in caught.value.message


def test_an_unknown_name_is_told_from_a_criterion_without_a_control():
    with pytest.raises(ConfigurationError, match=r"there is no control or criterion 'ISO42001:A\.6\.2\.9'") as caught:
        select("ISO42001:A.6.2.9")
    assert "ISO42001:A.6.2.8" in caught.value.mend
    with pytest.raises(ConfigurationError, match="there is no framework 'nist'") as caught:
        framework("nist")
    assert "nist-ai-rmf" in caught.value.mend
    assert framework("NIST-AI-RMF") is FRAMEWORKS[-1]
