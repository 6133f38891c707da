"""One request with all policies that bear on it, asked of our own evaluation."""

from collections.abc import Mapping
from typing import Any

from controls.access.context import Context
from controls.access.evaluate import Target, evaluate
from controls.access.pattern import Resources
from controls.access.policy import parse_policy
from controls.access.principal import Named, Principal, account_of
from controls.access.public import is_public
from controls.access.truth import Truth


def decide(case: Mapping[str, Any]) -> Truth:
    """Say whether a request is allowed, all keys that its context does not name being absent."""
    principal, owner = _principal(case), case["owner"]
    policy = _statements(case.get("resource_policy"), "resource")
    delegated = case["action"].lower().startswith(("kms:", "sts:"))
    target = Target(case["action"], Resources(case["resource"]), owner, Context(), delegated)
    access = max((grant.access for grant in evaluate(principal, target, policy)), default=Truth.NO)
    if case.get("block_public_access") and principal.account != owner:
        return min(access, is_public(named.statement for named in policy).negate())
    return access


def _principal(case: Mapping[str, Any]) -> Principal:
    arn, session = case["principal"], None
    if ":assumed-role/" in arn:
        name, _, session = arn.split(":assumed-role/", 1)[1].partition("/")
        arn = f"arn:aws:iam::{account_of(arn)}:role/{name}"
    return Principal(
        arn=arn,
        kind="role" if ":role/" in arn else "user",
        account=account_of(arn),
        identity=tuple(each for document in case["identity"] for each in _statements(document, "identity")),
        boundary=None if case.get("boundary") is None else _statements(case["boundary"], "boundary"),
        trust=(),
        context=Context(
            {key.lower(): value if isinstance(value, list) else [value] for key, value in case["context"].items()},
            ("",),
        ),
        levels=tuple(
            tuple(each for document in level for each in _statements(document, "level"))
            for level in case.get("levels", [])
        ),
        session=None if case.get("session") is None else _statements(case["session"], "session"),
        session_name=session,
    )


def _statements(document: Any, where: str) -> tuple[Named, ...]:
    return tuple(Named((where,), statement) for statement in parse_policy(document, where))
