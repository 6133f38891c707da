"""Whether reads of the weights are logged, by what a trail's selectors say."""

import pytest
from support.estate import LOCATION, bucket, gap, good, judge, moved, only, partly, refused, snapshot, trail

from collector.model.evidence import Evidence
from collector.model.outcome import Outcome
from controls.acc6 import ACC_6

PASS, FAIL, INCONCLUSIVE = Outcome.PASS, Outcome.FAIL, Outcome.INCONCLUSIVE
STRANGER = "999988887777"
WEIGHTS = "arn:aws:s3:::weights/"
CONDITIONS = ("equals", "starts_with", "ends_with", "not_equals", "not_starts_with", "not_ends_with")


def field(name, **conditions):
    return {"field": name, **{each: conditions.get(each, []) for each in CONDITIONS}}


DATA = (field("eventCategory", equals=["Data"]), field("resources.type", equals=["AWS::S3::Object"]))


def advanced(*fields, of=DATA):
    """A trail with one advanced selector."""
    return trail(selectors=[], advanced_selectors=[{"name": None, "fields": [*of, *fields]}])


def selecting(read_write, *prefixes):
    resources = [{"type": "AWS::S3::Object", "values": list(prefixes)}]
    return trail(
        selectors=[{"data_resources": resources, "excluded_sources": [], "management": True, "read_write": read_write}]
    )


LOGGED = {
    "data events of the bucket": trail(WEIGHTS),
    "data events of the folder": trail(f"{WEIGHTS}llm/"),
    "data events of all buckets": trail("arn:aws:s3"),
    "data events of all buckets, spelled out": trail("arn:aws:s3:::"),
    "read events only": selecting("ReadOnly", WEIGHTS),
    "a trail of one region, the bucket's": trail(WEIGHTS, multi_region=False),
    "a trail of the organization": trail(WEIGHTS, organization=True),
    "an advanced selector of all objects": advanced(),
    "an advanced selector of reads": advanced(field("readOnly", equals=["true"])),
    "an advanced selector of GetObject": advanced(field("eventName", equals=["GetObject", "PutObject"])),
    "an advanced selector of the bucket": advanced(field("resources.ARN", starts_with=[WEIGHTS])),
}


@pytest.mark.parametrize("item", LOGGED.values(), ids=LOGGED.keys())
def test_a_trail_that_logs_every_read_is_enough(item):
    result = judge(ACC_6, good(trails=(item,)))
    assert result.outcome is PASS
    (passed,) = result.assessments
    assert (passed.id, passed.detail["trail"]) == (LOCATION, item.id)


NOT_LOGGED = {
    "no data events": trail(),
    "data events of another bucket": trail("arn:aws:s3:::other/"),
    "data events of a bucket whose name only begins alike": trail("arn:aws:s3:::weights-copy/"),
    "data events of a part of the location": trail(f"{WEIGHTS}llm/v1/"),
    "write events only": selecting("WriteOnly", WEIGHTS),
    "data events of functions": trail(selectors=[{
        "data_resources": [{"type": "AWS::Lambda::Function", "values": ["arn:aws:lambda"]}],
        "excluded_sources": [], "management": True, "read_write": "All",
    }]),
    "a trail that is off": trail(WEIGHTS, logging=False),
    "a trail of another region": trail(WEIGHTS, multi_region=False, home_region="us-east-1"),
    "an advanced selector of management events": advanced(of=[field("eventCategory", equals=["Management"])]),
    "an advanced selector of tables": advanced(
        of=[field("eventCategory", equals=["Data"]), field("resources.type", equals=["AWS::DynamoDB::Table"])]
    ),
    "an advanced selector of writes": advanced(field("readOnly", equals=["false"])),
    "an advanced selector of PutObject": advanced(field("eventName", equals=["PutObject"])),
    "an advanced selector of another bucket": advanced(field("resources.ARN", starts_with=["arn:aws:s3:::other/"])),
    "an advanced selector of one object": advanced(field("resources.ARN", equals=[f"{WEIGHTS}llm/model.tar.gz"])),
    "an advanced selector of reads of another bucket": advanced(
        field("readOnly", equals=["true"]), field("resources.ARN", starts_with=["arn:aws:s3:::other/"])
    ),
}  # fmt: skip


@pytest.mark.parametrize("item", NOT_LOGGED.values(), ids=NOT_LOGGED.keys())
def test_a_trail_that_leaves_reads_out_is_a_deviation_that_says_what_to_log(item):
    result = judge(ACC_6, good(trails=(item,)))
    assert result.outcome is FAIL
    deviation = only(result, FAIL)
    assert deviation.id == LOCATION
    assert deviation.reason == (
        f"reads of {LOCATION} are not logged: log read data events of AWS::S3::Object for {WEIGHTS}llm/ in trail main"
    )


UNDECIDED = {
    "all but some objects": advanced(field("resources.ARN", not_starts_with=[f"{WEIGHTS}llm/v1/"])),
    "all but some events": advanced(field("eventName", not_equals=["HeadObject"])),
    "events by the beginning of their name": advanced(field("eventName", starts_with=["Get"])),
    "events of some identities": advanced(field("userIdentity.arn", starts_with=["arn:aws:sts"])),
    "a bucket without the slash that ends its name": trail("arn:aws:s3:::weights"),
    "the beginning of a bucket's name": trail("arn:aws:s3:::we"),
}


@pytest.mark.parametrize("item", UNDECIDED.values(), ids=UNDECIDED.keys())
def test_a_selector_that_narrows_in_a_way_that_is_not_decided_is_inconclusive(item):
    result = judge(ACC_6, good(trails=(item,)))
    assert result.outcome is INCONCLUSIVE
    assert "narrows them in a way that is not decided here" in only(result, INCONCLUSIVE).reason


def test_without_any_trail_the_reason_asks_for_a_new_one():
    result = judge(ACC_6, good(trails=()))
    assert result.outcome is FAIL
    assert only(result, FAIL).reason.endswith(" in a new trail")


def test_one_trail_of_several_is_enough():
    off = trail(WEIGHTS, name="a-trail-that-is-off", logging=False)
    hidden = refused(trail(WEIGHTS, name="a-trail-that-is-hidden"), "selectors")
    result = judge(ACC_6, good(trails=partly("cloudtrail.trails", off, hidden, trail(WEIGHTS))))
    assert result.outcome is PASS


@pytest.mark.parametrize("facet", ["logging", "selectors", "advanced_selectors", "multi_region"])
def test_a_trail_that_was_refused_in_part_is_inconclusive(facet):
    result = judge(ACC_6, good(trails=partly("cloudtrail.trails", refused(trail(), facet))))
    assert result.outcome is INCONCLUSIVE
    assert f"{facet} of {trail().id} could not be read" in only(result, INCONCLUSIVE).reason


def test_a_trail_of_another_account_does_not_count():
    elsewhere = snapshot("cloudtrail.trails", moved(trail(WEIGHTS), STRANGER), source=f"aws:{STRANGER}")
    given = good(trails=())
    assert judge(ACC_6, Evidence((*given.readings, elsewhere))).outcome is FAIL


def test_a_list_of_trails_that_failed_is_inconclusive():
    result = judge(ACC_6, good(trails=gap("cloudtrail.trails")))
    assert result.outcome is INCONCLUSIVE
    assert "cloudtrail.trails is incomplete" in result.reason


def test_the_bucket_s_region_is_needed():
    result = judge(ACC_6, good(buckets=partly("s3.buckets", bucket(unreadable=("region",)))))
    assert result.outcome is INCONCLUSIVE
    assert "region of arn:aws:s3:::weights could not be read" in only(result, INCONCLUSIVE).reason


def test_a_bucket_that_is_not_listed_is_inconclusive():
    result = judge(ACC_6, good(buckets=(bucket("other"),)))
    assert result.outcome is INCONCLUSIVE
    assert "none of the bucket lists" in only(result, INCONCLUSIVE).reason


def test_each_location_is_a_member():
    more = [LOCATION, "s3://other/"]
    result = judge(ACC_6, good(buckets=(bucket(), bucket("other"))), weights=more)
    assert result.outcome is FAIL
    assert only(result, FAIL).id == "s3://other/"
    assert only(result, PASS).id == LOCATION


def test_without_declared_locations_it_does_not_apply():
    assert judge(ACC_6, good(), weights=[]).outcome is Outcome.NOT_APPLICABLE
