"""VEN-2 to VEN-6: what is wrong with a vendor's report, with what it leaves open, and with its contract."""

from datetime import date, timedelta

import pytest
from hypothesis import given as for_all
from hypothesis import strategies as st
from support.estate import good, judge, only
from support.ledgers import START
from support.vendors import DIGEST, ENDED, organisation, report, vendor_assessment

from collector.model.outcome import Outcome
from controls.ven2 import VEN_2
from controls.ven3 import VEN_3
from controls.ven4 import VEN_4
from controls.ven5 import VEN_5
from controls.ven6 import VEN_6
from controls.vendors.months import months_after

FAIL, PASS, INCONCLUSIVE = Outcome.FAIL, Outcome.PASS, Outcome.INCONCLUSIVE
TODAY = START.date()


def assessed(**changed):
    return good(attestations=(vendor_assessment(**changed),))


def with_report(**changed):
    return assessed(report=report(**changed))


def period(end):
    return {"start": months_after(end, -12).isoformat(), "end": end.isoformat()}


@pytest.mark.parametrize("control", [VEN_2, VEN_3, VEN_4, VEN_5], ids=lambda c: c.id)
def test_a_vendor_without_a_report_deviates(control):
    deviation = only(judge(control, assessed(report=None, document=None)), FAIL)
    assert deviation.reason.startswith("Anthropic has no report in the register (record 5)")


@pytest.mark.parametrize("kind", ["SOC 2 Type 1", "SOC 1 Type 2", "SOC 3", "ISO/IEC 27001", "SOC 2", "SOC 2 Type 21"])
def test_a_report_of_another_type_deviates(kind):
    assert f"of type {kind}, and not a SOC 2 Type 2" in only(judge(VEN_2, with_report(type=kind)), FAIL).reason


@pytest.mark.parametrize("kind", ["SOC 2 Type 2", "soc 2 type ii", "SOC2 Type2", "SOC 2® – Type II + HITRUST"])
def test_spellings_of_the_type_are_one(kind):
    assert judge(VEN_2, with_report(type=kind)).outcome is PASS


def test_a_report_is_old_a_day_after_twelve_months_and_not_before():
    last = months_after(TODAY, -12)
    assert judge(VEN_2, with_report(period=period(last))).outcome is PASS
    deviation = only(judge(VEN_2, with_report(period=period(last - timedelta(days=1)))), FAIL)
    assert "ended on 2024-12-31, more than 12 months ago: get the next one" in deviation.reason


def test_a_bridge_letter_carries_a_report_three_months_and_no_further():
    letter = {"until": TODAY.isoformat(), "reference": None}
    enough = months_after(TODAY, -15)
    assert judge(VEN_2, with_report(period=period(enough), bridge_letter=letter)).outcome is PASS
    older = with_report(period=period(enough - timedelta(days=1)), bridge_letter=letter)
    assert "bridge letter, which counts for 3 months at most" in only(judge(VEN_2, older), FAIL).reason
    short = {**letter, "until": months_after(enough, 1).isoformat()}
    assert judge(VEN_2, with_report(period=period(enough), bridge_letter=short)).outcome is FAIL


def test_a_report_that_nobody_compared_is_undecided_until_the_file_was_shown_once():
    without = vendor_assessment(seq=7, document=None)
    assert "nobody compared" in only(judge(VEN_2, good(attestations=(without,))), INCONCLUSIVE).reason
    assert judge(VEN_2, good(attestations=(vendor_assessment(seq=5), without))).outcome is PASS
    another = vendor_assessment(seq=7, document=None, report=report(digest="b" * 64))
    assert judge(VEN_2, good(attestations=(vendor_assessment(seq=5), another))).outcome is INCONCLUSIVE
    of_another = vendor_assessment("openai", seq=5, document={"digest": DIGEST, "size": 1})
    assert judge(VEN_2, good(attestations=(of_another, without))).outcome is INCONCLUSIVE


def test_a_service_that_is_used_beyond_the_reports_scope_deviates():
    assert judge(VEN_3, assessed(services=["api", "CONSOLE"])).outcome is PASS
    deviation = only(judge(VEN_3, assessed(services=["API", "Batch", "Files"])), FAIL)
    assert "is used for Batch, Files, which its report does not cover" in deviation.reason
    assert "no service that is used" in only(judge(VEN_3, assessed(services=[])), FAIL).reason


def test_a_report_without_a_control_on_a_wanted_topic_of_ai_deviates():
    given = with_report(ai_controls={"model-access": "CC6.1"})
    assert "without controls on customer-data-use, model-change" in only(judge(VEN_3, given), FAIL).reason
    assert judge(VEN_3, given, ai_topics=["model-access"]).outcome is PASS
    none = with_report(ai_controls={})
    assert "without any control on AI" in only(judge(VEN_3, none, ai_topics=[]), FAIL).reason


@pytest.mark.parametrize("opinion", ["qualified", "adverse", "disclaimer"])
def test_an_opinion_that_is_not_unqualified_deviates_until_it_is_treated(opinion):
    assert opinion in only(judge(VEN_4, with_report(opinion=opinion)), FAIL).reason
    assert judge(VEN_4, with_report(opinion=opinion, opinion_treatment="limited to test data")).outcome is PASS


def test_an_exception_deviates_until_it_is_treated():
    exceptions = [
        {"control": "CC6.2.1", "description": "leavers", "treatment": "reviewed monthly"},
        {"control": "CC7.2.4", "description": "alarms", "treatment": None},
    ]
    deviation = only(judge(VEN_4, with_report(exceptions=exceptions)), FAIL)
    assert "exception to CC7.2.4 (alarms) that nobody treated" in deviation.reason
    assert "CC6.2.1" not in deviation.reason


@pytest.mark.parametrize("lacking", ["owner", "evidence"])
def test_a_control_that_the_report_takes_for_granted_and_nobody_has_deviates(lacking):
    ours = {"control": "keys are rotated", "owner": "it", "evidence": "it", lacking: None}
    deviation = only(judge(VEN_4, assessed(user_entity_controls=[ours])), FAIL)
    assert f"takes for granted that keys are rotated, which has no {lacking} here" in deviation.reason


def test_an_organisation_that_the_report_carves_out_needs_a_review_of_its_own():
    given = assessed(subservice_organisations=[organisation(reviewed_until=None)])
    assert "relies on Example Cloud (hosting), which its report carves out" in only(judge(VEN_5, given), FAIL).reason
    inclusive = assessed(subservice_organisations=[organisation("inclusive", None)])
    assert judge(VEN_5, inclusive).outcome is PASS
    assert judge(VEN_5, assessed(subservice_organisations=[])).outcome is PASS


def test_a_review_of_a_report_that_ended_more_than_a_year_ago_deviates():
    last = months_after(TODAY, -12)
    assert judge(VEN_5, assessed(subservice_organisations=[organisation(reviewed_until=last)])).outcome is PASS
    old = organisation(reviewed_until=last - timedelta(days=1))
    assert "more than 12 months ago" in only(judge(VEN_5, assessed(subservice_organisations=[old])), FAIL).reason


@pytest.mark.parametrize(
    "contract", [{"annual_report": False, "clause": "it"}, {"annual_report": True, "clause": None}]
)
def test_a_vendor_that_owes_no_new_report_each_year_deviates(contract):
    deviation = only(judge(VEN_6, assessed(contract=contract)), FAIL)
    assert "is not bound by contract to a new report each year" in deviation.reason


def test_several_faults_of_one_vendor_are_one_deviation_with_each_named():
    given = with_report(type="SOC 3", period=period(ENDED - timedelta(days=800)))
    reason = only(judge(VEN_2, given), FAIL).reason
    assert "SOC 3" in reason
    assert "more than 12 months ago" in reason


@for_all(st.dates(date(1900, 1, 1), date(2200, 1, 1)), st.integers(0, 240))
def test_months_keep_the_order_of_days_and_land_in_their_month(day, months):
    later = months_after(day, months)
    assert (later.year * 12 + later.month) - (day.year * 12 + day.month) == months
    assert later.day <= day.day
    assert months_after(day, months) <= months_after(day + timedelta(days=1), months)
