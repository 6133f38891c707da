"""What is read of CloudTrail: which trails log what, where to, and whether they do."""

import json

import pytest
from support.aws import client
from support.proxy import Answer, json_error, operation

from collector.demo.estate import ACCOUNT, REGION
from collector.model.snapshot import FailureClass, Gap, Snapshot

KEY = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/11111111-1111-1111-1111-111111111111"
ELSEWHERE = "us-west-2"
MAIN = f"arn:aws:cloudtrail:{REGION}:{ACCOUNT}:trail/main"
ASIDE = f"arn:aws:cloudtrail:{ELSEWHERE}:{ACCOUNT}:trail/aside"


@pytest.fixture(scope="module")
def estate(blank):
    client(blank, "s3").create_bucket(Bucket="trails", CreateBucketConfiguration={"LocationConstraint": REGION})
    trails = client(blank, "cloudtrail")
    trails.create_trail(
        Name="main", S3BucketName="trails", IsMultiRegionTrail=True, EnableLogFileValidation=True, KmsKeyId=KEY
    )
    trails.start_logging(Name="main")
    objects = {"Type": "AWS::S3::Object", "Values": ["arn:aws:s3:::weights/", "arn:aws:s3:::data/"]}
    trails.put_event_selectors(
        TrailName="main",
        EventSelectors=[{"ReadWriteType": "All", "IncludeManagementEvents": True, "DataResources": [objects]}],
    )
    other = client(blank, "cloudtrail", ELSEWHERE)
    other.create_trail(Name="aside", S3BucketName="trails")
    fields = [
        {"Field": "eventCategory", "Equals": ["Data"]},
        {"Field": "resources.ARN", "StartsWith": ["arn:aws:s3:::weights/"], "NotEndsWith": ["b", "a"]},
    ]
    other.put_event_selectors(TrailName="aside", AdvancedEventSelectors=[{"Name": "weights", "FieldSelectors": fields}])
    return blank


@pytest.fixture
def everywhere(aws):
    """The account's list of the trails of all regions, which the local AWS gives of one, in two pages."""
    pages = [
        {"Trails": [{"TrailARN": MAIN, "Name": "main", "HomeRegion": REGION}], "NextToken": "next"},
        {"Trails": [{"TrailARN": ASIDE, "Name": "aside", "HomeRegion": ELSEWHERE}]},
    ]
    answers = [Answer(200, json.dumps(page).encode()) for page in pages]
    aws.rules.append(operation("ListTrails", answers[1], lambda request: b'"next"' in request.body))
    aws.rules.append(operation("ListTrails", answers[0]))
    return aws


def content(snapshot, item):
    return snapshot.get(item).content().value


def test_a_trail_tells_where_it_logs_what_and_that_it_does(read):
    snapshot = read("cloudtrail.trails")
    assert isinstance(snapshot, Snapshot)
    assert content(snapshot, MAIN) == {
        "advanced_selectors": [],
        "bucket": "trails",
        "home_region": REGION,
        "key": KEY,
        "logging": True,
        "multi_region": True,
        "name": "main",
        "organization": False,
        "selectors": [
            {
                "data_resources": [
                    {"type": "AWS::S3::Object", "values": ["arn:aws:s3:::data/", "arn:aws:s3:::weights/"]}
                ],
                "excluded_sources": [],
                "management": True,
                "read_write": "All",
            }
        ],
        "validation": True,
    }


@pytest.mark.usefixtures("everywhere")
def test_a_trail_of_one_other_region_is_asked_for_there(read):
    snapshot = read("cloudtrail.trails")
    trail = content(snapshot, ASIDE)
    assert (trail["home_region"], trail["logging"], trail["multi_region"]) == (ELSEWHERE, False, False)
    assert (trail["validation"], trail["key"], trail["selectors"]) == (False, None, [])
    calls = {operation.name: operation.calls for operation in snapshot.provenance.operations}
    assert calls["cloudtrail:GetTrail"] == 2


@pytest.mark.usefixtures("everywhere")
def test_the_conditions_of_advanced_selectors_are_all_there(read):
    (selector,) = content(read("cloudtrail.trails"), ASIDE)["advanced_selectors"]
    assert selector["name"] == "weights"
    conditions = ("equals", "starts_with", "ends_with", "not_equals", "not_starts_with", "not_ends_with")
    none = {condition: [] for condition in conditions}
    assert selector["fields"] == [
        {**none, "field": "eventCategory", "equals": ["Data"]},
        {
            **none,
            "field": "resources.ARN",
            "starts_with": ["arn:aws:s3:::weights/"],
            "not_ends_with": ["a", "b"],
        },
    ]


def test_every_page_of_trails_is_read(everywhere, read):
    assert len(read("cloudtrail.trails").items) == 2
    assert sum(request.operation == "ListTrails" for request in everywhere.requests) == 2


@pytest.mark.parametrize(
    ("denied", "facets"),
    [
        ("GetTrail", {"bucket", "key", "multi_region", "organization", "validation"}),
        ("GetTrailStatus", {"logging"}),
        ("GetEventSelectors", {"advanced_selectors", "selectors"}),
    ],
)
def test_what_is_denied_of_a_trail_is_unknown_and_the_rest_read(aws, read, denied, facets):
    aws.rules.append(operation(denied, json_error(400, "AccessDeniedException")))
    gap = read("cloudtrail.trails")
    assert isinstance(gap, Gap)
    assert gap.failure_class is FailureClass.DENIED
    assert gap.partial.listed
    for item in gap.partial:
        assert item.content().value["unreadable"].keys() == facets
        assert not item.content().value.keys() & facets


def test_trails_that_cannot_be_listed_are_a_gap_not_an_account_without_trails(aws, read):
    aws.rules.append(operation("ListTrails", json_error(400, "AccessDeniedException")))
    gap = read("cloudtrail.trails")
    assert gap.failure_class is FailureClass.DENIED
    assert gap.partial is None
