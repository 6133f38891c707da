"""What Amazon S3 counts as a public bucket policy, and what blocking public access then does.

Source: Amazon S3 User Guide, "Blocking public access to your Amazon S3 storage", "The meaning of public".
"""

import ipaddress
from collections.abc import Iterable, Mapping

from collector.model.snapshot import Content
from controls.access.policy import Condition, Statement
from controls.access.principal import account_of
from controls.access.truth import Truth, every, some

_LISTED = frozenset(
    (
        "aws:sourceaccount",
        "aws:sourcearn",
        "aws:sourceip",
        "aws:sourceowner",
        "aws:sourcevpc",
        "aws:sourcevpce",
        "s3:dataaccesspointaccount",
        "s3:dataaccesspointarn",
        "s3:x-amz-server-side-encryption-aws-kms-key-id",
    )
)
"""The keys that the documentation lists: a value with a wildcard or a variable fixes nothing."""

_PRINCIPAL = frozenset(
    (
        "aws:principalaccount",
        "aws:principalarn",
        "aws:principalorgid",
        "aws:principalorgpaths",
        "aws:sourceorgid",
        "aws:userid",
    )
)
"""The keys that name a principal. What S3 makes of a wildcard in their values is documented for none of them."""

_POSITIVE = frozenset(("stringequals", "stringlike", "arnequals", "arnlike", "ipaddress"))
_NARROW = {4: 8, 6: 32}
"""The shortest prefix of a range of addresses that is not public, by the version of the protocol."""

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
    return some(_is_public(statement) for statement in statements if statement.allow and _may_be_public(statement))


def _may_be_public(statement: Statement) -> bool:
    # An identity provider lets in whom it likes.
    return for_everyone(statement) or any(kind == "Federated" for kind, _ in statement.principals or ())


def _is_public(statement: Statement) -> Truth:
    # A statement for everyone is public unless a condition holds it to fixed values.
    return every(_fixes(condition).negate() for condition in statement.conditions)


def _fixes(condition: Condition) -> Truth:
    key = condition.key.lower()
    if key not in _LISTED | _PRINCIPAL:
        return Truth.NO
    if condition.operator.lower() not in _POSITIVE:
        return Truth.UNKNOWN
    return every(_is_fixed(key, value) for value in condition.values)


def _is_fixed(key: str, value: str) -> Truth:
    if key == "aws:sourceip":
        return Truth.YES if _is_narrow(value) else Truth.NO
    # The name of an access point may be a pattern as long as its account is fixed.
    fixed = account_of(value) if key == "s3:dataaccesspointarn" else value
    if fixed and not any(mark in fixed for mark in ("*", "?", "${")):
        return Truth.YES
    return Truth.NO if key in _LISTED else Truth.UNKNOWN


def _is_narrow(value: str) -> bool:
    try:
        network = ipaddress.ip_network(value, strict=False)
    except ValueError:
        return False
    return network.prefixlen >= _NARROW[network.version]
