"""Condition operators and keys with several values: IAM User Guide, "Condition operators" and the pages around it."""

from typing import Any

from support.documented.example import IAM, OWN, Example, allow, deny, identity, no, policy, yes

_OPERATORS = f"{IAM}/reference_policies_elements_condition_operators.html"
_SETS = f"{IAM}/reference_policies_condition-single-vs-multi-valued-context-keys.html"
_SET_EXAMPLES = f"{IAM}/reference_policies_condition_examples-multi-valued-context-keys.html"
_LOGIC = f"{IAM}/reference_policies_condition-logic-multiple-context-keys-or-values.html"
_TABLE = f"arn:aws:dynamodb:eu-west-1:{OWN}:table/Thread"
_TAGGED = {"ForAllValues:StringLike": {"aws:TagKeys": ["key1*"]}}
_ARN = "arn:aws:someservice:us-east-2:999999999999:store/abc:111122223333:finance/document.txt"


def _if(condition: Any) -> dict[str, Any]:
    return identity(allow("*", "*", condition))


def _unless(condition: Any) -> dict[str, Any]:
    return identity(allow("*"), deny("*", "*", condition))


CONDITIONS = {
    "a tag of the principal": Example(
        f"{_OPERATORS}#Conditions_String",
        _if({"StringEquals": {"aws:PrincipalTag/job-category": "iamuser-admin"}}),
        {
            "with the value is allowed": yes(context={"aws:PrincipalTag/job-category": "iamuser-admin"}),
            "in other letters is not": no(context={"aws:PrincipalTag/job-category": "IAMUser-Admin"}),
            "without the tag is not": no(),
        },
    ),
    "a home folder": Example(
        f"{_OPERATORS}#Conditions_String",
        identity(
            allow(
                "s3:ListBucket",
                "arn:aws:s3:::example-bucket",
                {"StringLike": {"s3:prefix": ["", "home/", "home/${aws:username}/"]}},
            ),
            allow(
                "s3:*",
                [
                    "arn:aws:s3:::example-bucket/home/${aws:username}",
                    "arn:aws:s3:::example-bucket/home/${aws:username}/*",
                ],
            ),
        ),
        {
            f"listing {prefix!r}": answer(
                "s3:ListBucket",
                "arn:aws:s3:::example-bucket",
                context={"aws:username": "amara", "s3:prefix": prefix},
            )
            for prefix, answer in {"": yes, "home/": yes, "home/amara/": yes, "home/bruno/": no, "other/": no}.items()
        }
        | {
            "the own object": yes(
                resource="arn:aws:s3:::example-bucket/home/amara/file", context={"aws:username": "amara"}
            ),
            "another's object": no(
                resource="arn:aws:s3:::example-bucket/home/bruno/file", context={"aws:username": "amara"}
            ),
        },
    ),
    "up to ten keys": Example(
        f"{_OPERATORS}#Conditions_Numeric",
        _if({"NumericLessThanEquals": {"s3:max-keys": "10"}}),
        {
            "ten": yes(context={"s3:max-keys": "10"}),
            "nine": yes(context={"s3:max-keys": "9"}),
            "eleven": no(context={"s3:max-keys": "11"}),
            "no number": no(),
        },
    ),
    "credentials of this year": Example(
        f"{_OPERATORS}#Conditions_Date",
        _if({"DateGreaterThan": {"aws:TokenIssueTime": "2020-01-01T00:00:01Z"}}),
        {
            "issued later": yes(context={"aws:TokenIssueTime": "2020-06-01T00:00:00Z"}),
            "issued in that second": no(context={"aws:TokenIssueTime": "2020-01-01T00:00:01Z"}),
            "not temporary": no(),
        },
    ),
    "dates as the W3C writes them": Example(
        f"{_OPERATORS}#Conditions_Date",
        _if({"DateGreaterThanEquals": {"aws:CurrentTime": "2026-07"}}),
        {
            "a month begins on its first day": yes(context={"aws:CurrentTime": "2026-07-01T00:00:00Z"}),
            "and not before": no(context={"aws:CurrentTime": "2026-06-30T23:59:59Z"}),
            "a year begins with January": yes(
                context={"aws:CurrentTime": "2026-01-01T00:00:00Z"},
                more=_if({"DateGreaterThanEquals": {"aws:CurrentTime": "2026"}}),
            ),
            "a year is no number of seconds": no(
                context={"aws:CurrentTime": "2025-12-31T23:59:59Z"},
                more=_if({"DateGreaterThanEquals": {"aws:CurrentTime": "2026"}}),
            ),
        },
    ),
    "no request without TLS": Example(
        f"{_OPERATORS}#Conditions_Boolean",
        _unless({"Bool": {"aws:SecureTransport": "false"}}),
        {
            "with TLS": yes(context={"aws:SecureTransport": "true"}),
            "without TLS": no(context={"aws:SecureTransport": "false"}),
        },
    ),
    "bytes": Example(
        f"{_OPERATORS}#Conditions_BinaryEquals",
        _if({"BinaryEquals": {"key": "QmluYXJ5VmFsdWVJbkJhc2U2NA=="}}),
        {
            "the same": yes(context={"key": "QmluYXJ5VmFsdWVJbkJhc2U2NA=="}),
            "others": no(context={"key": "QmluYXJ5"}),
            "none": no(),
        },
    ),
    "networks": Example(
        f"{_OPERATORS}#Conditions_IPAddress",
        _if({"IpAddress": {"aws:SourceIp": ["203.0.113.0/24", "2001:DB8:1234:5678::/64"]}}),
        {
            "the first address": yes(context={"aws:SourceIp": "203.0.113.0"}),
            "the last address": yes(context={"aws:SourceIp": "203.0.113.255"}),
            "one address further": no(context={"aws:SourceIp": "203.0.114.0"}),
            "IPv6": yes(context={"aws:SourceIp": "2001:db8:1234:5678::1"}),
            "through a VPC endpoint there is no address": no(),
            "an address without a prefix is that one": no(
                context={"aws:SourceIp": "203.0.113.8"}, more=_if({"IpAddress": {"aws:SourceIp": "203.0.113.7"}})
            ),
        },
    ),
    "parts of an ARN": Example(
        f"{_OPERATORS}#Conditions_ARN",
        _if({"ArnLike": {"aws:SourceArn": "arn:aws:someservice:*:111122223333:finance/*"}}),
        {
            "a star stays between colons": no(context={"aws:SourceArn": _ARN}),
            "a string's star does not": yes(
                context={"aws:SourceArn": _ARN},
                more=_if({"StringLike": {"aws:SourceArn": "arn:aws:someservice:*:111122223333:finance/*"}}),
            ),
            "the ARN that is meant": yes(
                context={"aws:SourceArn": "arn:aws:someservice:us-east-2:111122223333:finance/document.txt"}
            ),
            "ArnEquals behaves as ArnLike": yes(
                context={"aws:SourceArn": "arn:aws:someservice:us-east-2:111122223333:finance/document.txt"},
                more=_if({"ArnEquals": {"aws:SourceArn": "arn:aws:someservice:*:111122223333:finance/*"}}),
            ),
            "a direct call has none": no(),
        },
    ),
    "if the key exists": Example(
        f"{_OPERATORS}#Conditions_IfExists",
        _if({"StringLikeIfExists": {"ec2:InstanceType": ["t1.*", "t2.*", "m3.*"]}}),
        {
            "a type that is listed": yes("ec2:RunInstances", "*", context={"ec2:InstanceType": "t2.micro"}),
            "one that is not": no("ec2:RunInstances", "*", context={"ec2:InstanceType": "p4.large"}),
            "a resource without the key": yes("ec2:RunInstances", "*"),
            "without IfExists such a resource is refused": no(
                "ec2:RunInstances", "*", more=_if({"StringLike": {"ec2:InstanceType": ["t1.*", "t2.*", "m3.*"]}})
            ),
            "a deny of what is not equal holds for a missing key": no(
                more=_unless({"StringNotEqualsIfExists": {"aws:RequestTag/team": "blue"}})
            ),
        },
    ),
    "no temporary credentials": Example(
        f"{_OPERATORS}#Conditions_Null",
        _if({"Null": {"aws:TokenIssueTime": "true"}}),
        {
            "lasting ones": yes("ec2:StartInstances", "*"),
            "temporary ones": no("ec2:StartInstances", "*", context={"aws:TokenIssueTime": "2026-01-01T00:00:00Z"}),
        },
    ),
    "a key that is missing": Example(
        _OPERATORS,
        _if({"StringNotLike": {"aws:PrincipalTag/team": "blue*"}}),
        {
            "satisfies what must not match": yes(),
            "also for ARNs": yes(more=_if({"ArnNotLike": {"aws:SourceArn": "arn:aws:sns:*:*:topic"}})),
            "but nothing that must": no(more=_if({"StringLike": {"aws:PrincipalTag/team": "*"}})),
        },
    ),
    "several operators, keys and values": Example(
        _LOGIC,
        _if(
            {
                "StringEqualsIgnoreCase": {
                    "aws:PrincipalTag/department": ["finance", "hr", "legal"],
                    "aws:PrincipalTag/role": ["audit", "security"],
                },
                "StringEquals": {"aws:PrincipalAccount": OWN},
            }
        ),
        {
            "one value of each key": yes(
                context={
                    "aws:PrincipalTag/department": "HR",
                    "aws:PrincipalTag/role": "audit",
                    "aws:PrincipalAccount": OWN,
                }
            ),
            "one key with another value": no(
                context={
                    "aws:PrincipalTag/department": "hr",
                    "aws:PrincipalTag/role": "sales",
                    "aws:PrincipalAccount": OWN,
                }
            ),
            "one key missing": no(context={"aws:PrincipalTag/department": "hr", "aws:PrincipalAccount": OWN}),
            "what is not equal must equal none of the values": no(
                context={"aws:PrincipalAccount": OWN},
                more=_if({"StringNotEquals": {"aws:PrincipalAccount": [OWN, "999999999999"]}}),
            ),
        },
    ),
    "only these attributes": Example(
        _SETS,
        identity(
            allow(
                "dynamodb:GetItem",
                "arn:aws:dynamodb:*:*:table/Thread",
                {"ForAllValues:StringEquals": {"dynamodb:Attributes": ["ID", "Message", "Tags"]}},
            )
        ),
        {
            "all of them listed": yes("dynamodb:GetItem", _TABLE, context={"dynamodb:Attributes": ["ID", "Message"]}),
            "one of them not": no("dynamodb:GetItem", _TABLE, context={"dynamodb:Attributes": ["ID", "UserName"]}),
            "no attribute": yes("dynamodb:GetItem", _TABLE),
            "an empty value": yes("dynamodb:GetItem", _TABLE, context={"dynamodb:Attributes": [""]}),
            "none, where there must be one": no(
                "dynamodb:GetItem",
                _TABLE,
                more=_if(
                    {
                        "ForAllValues:StringEquals": {"dynamodb:Attributes": ["ID"]},
                        "Null": {"dynamodb:Attributes": "false"},
                    }
                ),
            ),
        },
    ),
    "none of these attributes": Example(
        _SETS,
        identity(
            allow("dynamodb:*"),
            deny(
                "dynamodb:PutItem",
                "arn:aws:dynamodb:*:*:table/Thread",
                {"ForAnyValue:StringEquals": {"dynamodb:Attributes": ["ID", "PostDateTime"]}},
            ),
        ),
        {
            "one of them listed": no(
                "dynamodb:PutItem", _TABLE, context={"dynamodb:Attributes": ["PostDateTime", "Message"]}
            ),
            "another alone": yes("dynamodb:PutItem", _TABLE, context={"dynamodb:Attributes": ["UserName"]}),
            "no attribute": yes("dynamodb:PutItem", _TABLE),
            "an empty value": yes("dynamodb:PutItem", _TABLE, context={"dynamodb:Attributes": [""]}),
        },
    ),
    "a deny for tags of which all begin so": Example(
        _SET_EXAMPLES,
        identity(allow("iam:*"), deny("iam:TagUser", "*", _TAGGED)),
        {
            "all do": no("iam:TagUser", "*", context={"aws:TagKeys": ["key1", "key1-b"]}),
            "one does not": yes("iam:TagUser", "*", context={"aws:TagKeys": ["key1", "key2"]}),
            "no tag at all": no("iam:TagUser", "*"),
            "no tag at all, where Null asks for one": yes(
                "iam:TagUser",
                "*",
                more={
                    "identity": [
                        policy(allow("iam:*"), deny("iam:TagUser", "*", {**_TAGGED, "Null": {"aws:TagKeys": "false"}}))
                    ]
                },
            ),
        },
    ),
}
