"""What Amazon S3 counts as a public bucket policy, and what blocking public access then does.

Source: Amazon S3 User Guide, "Blocking public access to your Amazon S3 storage", "The meaning of public".
"""

from collections.abc import Iterable, Mapping

from collector.model.snapshot import Content
from controls.access.policy import Condition, Statement
from controls.access.truth import Truth, every, some

_FIXING = frozenset(
    (
        "aws:principalaccount",
        "aws:principalarn",
        "aws:principalorgid",
        "aws:principalorgpaths",
        "aws:sourceaccount",
        "aws:sourcearn",
        "aws:sourceip",
        "aws:sourceorgid",
        "aws:sourceowner",
        "aws:sourcevpc",
        "aws:sourcevpce",
        "aws:userid",
        "s3:dataaccesspointaccount",
        "s3:dataaccesspointarn",
        "s3:x-amz-server-side-encryption-aws-kms-key-id",
    )
)
_SETTINGS = ("block_public_acls", "block_public_policy", "ignore_public_acls", "restrict_public_buckets")


def blocks(bucket: Content) -> Mapping[str, bool]:
    """Give the public access block in force: what the bucket's or its account's says, whichever is stricter."""
    levels = [bucket.facet("public_access_block"), bucket.facet("account_public_access_block")]
    return {name: any(level[name] for level in levels if level) for name in _SETTINGS}


def for_everyone(statement: Statement) -> bool:
    """Tell whether a statement's principals are everyone, whatever its conditions."""
    return statement.excluded is not None or ("AWS", "*") in (statement.principals or ())


def is_public(statements: Iterable[Statement]) -> Truth:
    """Tell whether S3 counts a bucket policy as public; UNKNOWN where its documentation does not settle it."""
    return some(_is_public(statement) for statement in statements if statement.allow and for_everyone(statement))


def _is_public(statement: Statement) -> Truth:
    # A statement for everyone is public unless a condition holds it to fixed values.
    return every(_fixes(condition).negate() for condition in statement.conditions)


def _fixes(condition: Condition) -> Truth:
    if condition.key.lower() not in _FIXING:
        return Truth.NO
    operator = condition.operator.lower()
    positive = operator in ("stringequals", "stringlike", "arnequals", "arnlike", "ipaddress")
    plain = not any(mark in value for value in condition.values for mark in ("*", "?", "${", "/0"))
    return Truth.YES if positive and plain else Truth.UNKNOWN
