"""Bucket policies: Amazon S3 User Guide, "Bucket policy examples" and "The meaning of public"."""

from typing import Any

from support.documented.example import (
    NO,
    OTHER,
    OWN,
    S3,
    SESSION,
    YES,
    Example,
    allow,
    deny,
    identity,
    named,
    no,
    policy,
    yes,
)

_EXAMPLES = f"{S3}/example-bucket-policies.html"
_BUCKET = ["arn:aws:s3:::example-bucket", "arn:aws:s3:::example-bucket/*"]
_TAXES = "arn:aws:s3:::example-bucket/taxdocuments/*"
_TAX = "arn:aws:s3:::example-bucket/taxdocuments/2025"
_SOMEONE = {"Principal": "*"}
_NO_MFA = {"Null": {"aws:MultiFactorAuthAge": True}}


def _closed(condition: Any) -> dict[str, Any]:
    """A bucket that denies everyone under a condition, before someone who may otherwise do all."""
    return {**identity(allow("s3:*")), "resource_policy": policy(deny("s3:*", _BUCKET, condition, **_SOMEONE))}


BUCKETS = {
    "everyone of an organization": Example(
        f"{_EXAMPLES}#example-bucket-policies-global-condition-keys-2",
        {
            "resource_policy": policy(
                allow(
                    "s3:GetObject",
                    "arn:aws:s3:::example-bucket/*",
                    {"StringEquals": {"aws:PrincipalOrgID": ["o-aa111bb222"]}},
                    **named("*"),
                )
            ),
            "identity": [policy(allow("s3:GetObject"))],
            "owner": OTHER,
        },
        {
            "a member": yes(context={"aws:PrincipalOrgID": "o-aa111bb222"}),
            "another organization's member": no(context={"aws:PrincipalOrgID": "o-zz999yy888"}),
            "who is in no organization": no(),
        },
    ),
    "only from some addresses": Example(
        f"{_EXAMPLES}#example-bucket-policies-IP-1",
        _closed({"NotIpAddress": {"aws:SourceIp": "192.0.2.0/24"}}),
        {
            "from there": yes(context={"aws:SourceIp": "192.0.2.1"}),
            "from elsewhere": no(context={"aws:SourceIp": "203.0.113.1"}),
        },
    ),
    "IPv4 and IPv6 together": Example(
        f"{_EXAMPLES}#example-bucket-policies-IP-2",
        {
            "resource_policy": policy(
                allow(
                    "s3:*",
                    _BUCKET,
                    {
                        "IpAddress": {"aws:SourceIp": ["192.0.2.0/24", "2001:DB8:1234:5678::/64"]},
                        "NotIpAddress": {"aws:SourceIp": ["203.0.113.0/24", "2001:DB8:1234:5678:ABCD::/80"]},
                    },
                    **_SOMEONE,
                )
            )
        },
        {
            address: answer(context={"aws:SourceIp": address})
            for address, answer in {
                "192.0.2.1": yes,
                "2001:DB8:1234:5678::1": yes,
                "203.0.113.1": no,
                "2001:DB8:1234:5678:ABCD::1": no,
            }.items()
        },
    ),
    "only over TLS": Example(
        f"{_EXAMPLES}#example-bucket-policies-HTTP-HTTPS",
        _closed({"Bool": {"aws:SecureTransport": "false"}}),
        {
            "with it": yes(context={"aws:SecureTransport": "true"}),
            "without it": no(context={"aws:SecureTransport": "false"}),
        },
    ),
    "a referring page": Example(
        f"{_EXAMPLES}#example-bucket-policies-HTTP-HTTPS-2",
        {
            "resource_policy": policy(
                allow(
                    ["s3:GetObject", "s3:GetObjectVersion"],
                    "arn:aws:s3:::example-bucket/*",
                    {"StringLike": {"aws:Referer": ["http://www.example.com/*", "http://example.com/*"]}},
                    **_SOMEONE,
                )
            )
        },
        {
            "that is listed": yes(context={"aws:Referer": "http://example.com/photos"}),
            "another": no(context={"aws:Referer": "http://example.org/photos"}),
            "none": no(),
        },
    ),
    "objects with a tag": Example(
        f"{_EXAMPLES}#example-bucket-policies-object-tags",
        {
            "resource_policy": policy(
                allow(
                    ["s3:GetObject", "s3:GetObjectVersion"],
                    "arn:aws:s3:::example-bucket/*",
                    {"StringEquals": {"s3:ExistingObjectTag/environment": "production"}},
                    **named(f"arn:aws:iam::{OWN}:role/reader"),
                )
            )
        },
        {
            "with it": yes(principal=SESSION, context={"s3:ExistingObjectTag/environment": "production"}),
            "with another value": no(principal=SESSION, context={"s3:ExistingObjectTag/environment": "test"}),
            "without it": no(principal=SESSION),
            "another user": no(context={"s3:ExistingObjectTag/environment": "production"}),
        },
    ),
    "uploads that give the owner full control": Example(
        f"{_EXAMPLES}#example-bucket-policies-acl-2",
        {
            **identity(allow("s3:PutObject")),
            "owner": OTHER,
            "resource_policy": policy(
                allow(
                    "s3:PutObject",
                    "arn:aws:s3:::example-bucket/*",
                    {"StringEquals": {"s3:x-amz-acl": "bucket-owner-full-control"}},
                    **named(OWN),
                )
            ),
        },
        {
            "with the canned ACL": yes("s3:PutObject", context={"s3:x-amz-acl": "bucket-owner-full-control"}),
            "with another": no("s3:PutObject", context={"s3:x-amz-acl": "public-read"}),
            "with none": no("s3:PutObject"),
        },
    ),
    "uploads under a key": Example(
        f"{_EXAMPLES}#example-bucket-policies-encryption",
        {
            **identity(allow("s3:*")),
            "resource_policy": policy(
                deny(
                    "s3:PutObject",
                    "arn:aws:s3:::example-bucket/*",
                    {"Null": {"s3:x-amz-server-side-encryption-aws-kms-key-id": "true"}},
                    **_SOMEONE,
                )
            ),
        },
        {
            "with a key": yes(
                "s3:PutObject",
                context={"s3:x-amz-server-side-encryption-aws-kms-key-id": f"arn:aws:kms:us-east-2:{OWN}:key/1"},
            ),
            "without one": no("s3:PutObject"),
            "a read is not meant": yes(),
        },
    ),
    "MFA for one folder": Example(
        f"{_EXAMPLES}#example-bucket-policies-MFA",
        {
            "resource_policy": policy(
                deny("s3:*", _TAXES, _NO_MFA, **_SOMEONE),
                deny("s3:*", _TAXES, {"NumericGreaterThan": {"aws:MultiFactorAuthAge": 3600}}, **_SOMEONE),
                allow("s3:GetObject", "arn:aws:s3:::example-bucket/*", **_SOMEONE),
            )
        },
        {
            "without it another folder is open": yes(),
            "without it that folder is not": no(resource=_TAX),
            "with it the folder is open": yes(resource=_TAX, context={"aws:MultiFactorAuthAge": "60"}),
            "after an hour it is not": no(resource=_TAX, context={"aws:MultiFactorAuthAge": "3601"}),
        },
    ),
    "only through a VPC endpoint": Example(
        f"{S3}/example-bucket-policies-vpc-endpoint.html",
        _closed({"StringNotEquals": {"aws:SourceVpce": "vpce-1a2b3c4d"}}),
        {
            "through it": yes(context={"aws:SourceVpce": "vpce-1a2b3c4d"}),
            "through another": no(context={"aws:SourceVpce": "vpce-99999999"}),
            "from the console, which comes through none": no(),
        },
    ),
    "deliveries of server access logs only": Example(
        f"{_EXAMPLES}#example-bucket-policies-global-condition-keys-1",
        {
            **identity(allow("s3:*")),
            "resource_policy": policy(
                deny(
                    "s3:PutObject",
                    "arn:aws:s3:::example-bucket/*",
                    {"ForAllValues:StringNotEquals": {"aws:PrincipalServiceNamesList": "logging.s3.amazonaws.com"}},
                    **_SOMEONE,
                )
            ),
        },
        {"a user, who is no service, is denied": no("s3:PutObject"), "but may read": yes()},
    ),
    "a public bucket that is restricted": Example(
        f"{S3}/access-control-block-public-access.html#access-control-block-public-access-policy-example",
        {
            **identity(allow("s3:*")),
            "owner": OTHER,
            "block_public_access": True,
            "resource_policy": policy(
                allow("s3:GetObject", "*", **named(f"arn:aws:iam::{OWN}:root")), allow("s3:GetObject", **_SOMEONE)
            ),
        },
        {
            "shuts out even the account that it names": no(),
            "and no longer once the public statement is gone": yes(
                more={"resource_policy": policy(allow("s3:GetObject", "*", **named(f"arn:aws:iam::{OWN}:root")))}
            ),
        },
    ),
}

MEANING_OF_PUBLIC = f"{S3}/access-control-block-public-access.html#access-control-block-public-access-policy-status"
_POINT = "arn:aws:s3:us-west-2:123456789012:accesspoint/*"


def _everyone(operator: str, key: str, value: str) -> dict[str, Any]:
    return allow("s3:PutObject", condition={operator: {key: value}}, **_SOMEONE)


PUBLIC = {
    "everyone": (allow("s3:PutObject", **_SOMEONE), YES),
    "an identity provider of the internet": (
        allow("s3:PutObject", Principal={"Federated": "graph.example.com"}),
        YES,
    ),
    "a VPC by a pattern": (_everyone("StringLike", "aws:SourceVpc", "vpc-*"), YES),
    "a VPC by a variable": (_everyone("StringEquals", "aws:SourceVpc", "${aws:PrincipalTag/vpc}"), YES),
    "half of all IPv4 addresses": (_everyone("IpAddress", "aws:SourceIp", "0.0.0.0/1"), YES),
    "a range that is broader than /8": (_everyone("IpAddress", "aws:SourceIp", "16.0.0.0/7"), YES),
    "an IPv6 range that is broader than /32": (_everyone("IpAddress", "aws:SourceIp", "2001::/31"), YES),
    "one VPC": (_everyone("StringEquals", "aws:SourceVpc", "vpc-91237329"), NO),
    "one organization": (_everyone("StringEquals", "aws:PrincipalOrgID", "o-aa111bb222"), NO),
    "a range of /8": (_everyone("IpAddress", "aws:SourceIp", "16.0.0.0/8"), NO),
    "private addresses": (_everyone("IpAddress", "aws:SourceIp", "172.16.0.0/12"), NO),
    "any access point of an account": (_everyone("ArnLike", "s3:DataAccessPointArn", _POINT), NO),
    "an account": (allow("s3:PutObject", **named(OTHER)), NO),
    "a service": (allow("s3:PutObject", Principal={"Service": "cloudtrail.amazonaws.com"}), NO),
}
"""Statements that are alone in a bucket's policy, and whether S3 counts it as public."""
