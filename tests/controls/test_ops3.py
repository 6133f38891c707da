"""Monitoring of quality: which endpoint, which type, whether it is on, and whether and how it last ran."""

from datetime import timedelta

import pytest
from support.estate import gap, good, judge, only, partly, refused, replacing, snapshot
from support.ledgers import START
from support.operations import schedule
from support.served import endpoint

from collector.model.instant import format_instant
from collector.model.outcome import Outcome
from collector.model.snapshot import Item
from controls.ops3 import OPS_3

PASS, FAIL, INCONCLUSIVE = Outcome.PASS, Outcome.FAIL, Outcome.INCONCLUSIVE
SCHEDULES = "sagemaker.monitoring_schedules"
DAY, SECOND = timedelta(days=1), timedelta(seconds=1)


def schedules(*given):
    return good(schedules=given)


def stopped(name="quality", status="Stopped"):
    return changed(schedule(name), status=status)


def changed(item, **facets):
    return Item.of(item.id, {**item.content().value, **facets})


def test_the_population_is_every_endpoint():
    given = replacing(good(), snapshot("sagemaker.endpoints", endpoint(), endpoint("embed")))
    result = judge(OPS_3, given)
    assert only(result, PASS).id == endpoint().id
    assert only(result, FAIL).id == endpoint("embed").id


UNMONITORED = {
    "no schedule": (schedules(), "endpoint llm: no schedule monitors its DataQuality or ModelQuality: add one"),
    "a schedule of another endpoint": (schedules(schedule(endpoint="embed")), "no schedule monitors its"),
    "a schedule of no endpoint": (schedules(schedule(endpoint=None)), "no schedule monitors its"),
    "a schedule of another type": (schedules(schedule(type="ModelBias")), "no schedule monitors its"),
    "a schedule that is stopped": (schedules(stopped()), "quality is Stopped: start it again"),
    "a schedule that failed": (schedules(stopped(status="Failed")), "quality is Failed"),
    "a schedule that never ran": (schedules(schedule(last_execution=None)), "quality has never run yet"),
}


def ran(status="Completed", when=START):
    return schedule(last_execution={"created": format_instant(when), "failure_explained": False, "status": status})


UNMONITORED |= {
    f"a run that ended as {status}": (
        schedules(ran(status)),
        f"the last run of monitoring schedule quality ended as {status}",
    )
    for status in ("Failed", "Stopped", "Stopping", "Made up")
}


@pytest.mark.parametrize(("given", "words"), UNMONITORED.values(), ids=UNMONITORED.keys())
def test_an_endpoint_that_is_not_monitored_is_a_deviation_that_says_why(given, words):
    result = judge(OPS_3, given)
    assert result.outcome is FAIL
    assert words in only(result, FAIL).reason


def test_a_run_counts_for_monitoring_days_and_not_a_second_longer():
    assert judge(OPS_3, schedules(ran()), START + 8 * DAY).outcome is PASS
    late = judge(OPS_3, schedules(ran()), START + 8 * DAY + SECOND)
    assert "last ran 8 days ago, more than 8" in only(late, FAIL).reason
    assert judge(OPS_3, schedules(ran()), START + 20 * DAY, monitoring_days=20).outcome is PASS


def test_a_run_that_hangs_for_longer_than_that_is_a_deviation():
    assert judge(OPS_3, schedules(ran("InProgress")), START + 9 * DAY).outcome is FAIL


def test_a_run_with_violations_ran_and_is_said_so():
    passed = only(judge(OPS_3, schedules(ran("CompletedWithViolations"))), PASS)
    assert passed.reason == "monitoring schedule quality ran, and found violations"


def test_one_schedule_that_ran_is_enough():
    other = stopped("other")
    assert judge(OPS_3, schedules(schedule(), other)).outcome is PASS


def test_every_fault_stands_in_the_reason_when_no_schedule_ran():
    given = schedules(stopped("one"), schedule("two", last_execution=None))
    reason = only(judge(OPS_3, given), FAIL).reason
    assert "one is Stopped" in reason
    assert "two has never run" in reason


def test_the_accepted_types_are_a_parameter():
    bias = schedules(schedule(type="ModelBias"))
    assert judge(OPS_3, bias, monitoring_types=["ModelBias"]).outcome is PASS
    assert judge(OPS_3, schedules(schedule(type="ModelQuality"))).outcome is PASS


def test_a_schedule_of_an_endpoint_of_the_same_name_elsewhere_is_another_s():
    moved = Item(schedule().id.replace("eu-central-1", "eu-west-1"), schedule().body)
    assert judge(OPS_3, schedules(moved)).outcome is FAIL


@pytest.mark.parametrize("status", ["InProgress", "Pending"])
def test_a_run_under_way_is_inconclusive(status):
    result = judge(OPS_3, schedules(ran(status)))
    assert result.outcome is INCONCLUSIVE
    assert "is running" in only(result, INCONCLUSIVE).reason


@pytest.mark.parametrize("facet", ["endpoint", "type", "status", "last_execution"])
def test_a_schedule_that_was_refused_is_inconclusive_unless_another_ran(facet):
    hidden = refused(schedule(), facet)
    result = judge(OPS_3, good(schedules=partly(SCHEDULES, hidden)))
    assert result.outcome is INCONCLUSIVE
    assert f"{facet} of {schedule().id} could not be read" in only(result, INCONCLUSIVE).reason
    assert judge(OPS_3, good(schedules=partly(SCHEDULES, hidden, schedule("second")))).outcome is PASS


def test_a_schedule_that_was_not_listed_is_not_said_to_lack():
    result = judge(OPS_3, good(schedules=gap(SCHEDULES)))
    assert (result.outcome, result.deviations) == (INCONCLUSIVE, ())


def test_where_there_is_no_endpoint_it_does_not_apply():
    given = replacing(good(schedules=gap(SCHEDULES)), snapshot("sagemaker.endpoints"))
    assert judge(OPS_3, given).outcome is Outcome.NOT_APPLICABLE
    assert judge(OPS_3, good(), sources=["kubernetes:it"]).outcome is Outcome.NOT_APPLICABLE
