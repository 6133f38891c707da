"""What is read of the rules that end objects."""

import pytest
from support.aws import client
from support.proxy import error_xml, s3

from collector.demo.estate import REGION
from collector.model.snapshot import FailureClass

NAME = "kept"
ARN = f"arn:aws:s3:::{NAME}"
RULES = [
    {"ID": "all", "Status": "Enabled", "Filter": {"Prefix": ""}, "Expiration": {"Days": 365}},
    {"ID": "drafts", "Status": "Disabled", "Filter": {"Prefix": "drafts/"}, "Expiration": {"Days": 7}},
    {
        "ID": "tagged",
        "Status": "Enabled",
        "Filter": {"And": {"Prefix": "logs/", "Tags": [{"Key": "keep", "Value": "no"}]}},
        "Expiration": {"Days": 30},
        "NoncurrentVersionExpiration": {"NoncurrentDays": 3},
    },
]


@pytest.fixture(scope="module")
def estate(blank):
    make = client(blank, "s3")
    make.create_bucket(Bucket=NAME, CreateBucketConfiguration={"LocationConstraint": REGION})
    make.put_bucket_lifecycle_configuration(Bucket=NAME, LifecycleConfiguration={"Rules": RULES})
    return blank


def rule(name, **facets):
    known = {"date": None, "days": None, "enabled": True, "narrowed": False, "noncurrent_days": None, "prefix": ""}
    return {**known, "id": name, **facets}


def test_a_rule_tells_what_it_ends_when_and_whether_it_is_about_a_part(read):
    assert read("s3.buckets").get(ARN).content().facet("lifecycle") == [
        rule("all", days=365),
        rule("drafts", days=7, enabled=False, prefix="drafts/"),
        rule("tagged", days=30, narrowed=True, noncurrent_days=3, prefix="logs/"),
    ]


def test_rules_that_are_denied_are_unknown_and_not_none(aws, read):
    aws.rules.append(s3(NAME, "lifecycle", error_xml(403, "AccessDenied")))
    gap = read("s3.buckets")
    assert gap.failure_class is FailureClass.DENIED
    assert "lifecycle" not in gap.partial.get(ARN).content().value
