"""Random policy sets, the same on every machine: each case is a request with all policies that bear on it.

Only `Random.random` is used, whose sequence for a seed Python promises not to change.
"""

import random
from collections.abc import Callable, Iterator, Sequence
from typing import Any

OWN, OTHER = "111111111111", "222222222222"
SESSION = "s1"
RESOURCES = {
    "s3:GetObject": "arn:aws:s3:::weights/llm/model.bin",
    "kms:Decrypt": "arn:aws:kms:eu-central-1:{account}:key/11111111-1111-1111-1111-111111111111",
    "sts:AssumeRole": "arn:aws:iam::{account}:role/target",
}
PATTERNS = {
    "s3:GetObject": (
        "*",
        "arn:aws:s3:::weights/*",
        "arn:aws:s3:::weights/llm/*",
        "arn:aws:s3:::weights/ll?/model.bin",
        "arn:aws:s3:::we*ts/*.bin",
        "arn:aws:s3:::weights/${aws:PrincipalTag/team}/*",
        "arn:aws:s3:::weights/${aws:username}/*",
        "arn:aws:s3:::weights/${aws:PrincipalTag/project, 'llm'}/*",
        "arn:aws:s3:::weights/${*}/*",
        "arn:aws:s3:::weights/other/*",
        "arn:aws:s3:::other/*",
    ),
    "kms:Decrypt": (
        "*",
        "arn:aws:kms:*:{account}:key/*",
        "arn:aws:kms:eu-central-1:{account}:key/1111*",
        "arn:aws:kms:eu-central-1:{account}:key/2222*",
    ),
    "sts:AssumeRole": (
        "*",
        "arn:aws:iam::{account}:role/*",
        "arn:aws:iam::{account}:role/target",
        "arn:aws:iam::*:role/t?rget",
        "arn:aws:iam::{account}:role/other",
    ),
}
ACTIONS = {
    "s3:GetObject": ("s3:GetObject", "s3:*", "*", "s3:Get*", "s3:GetO?ject", "S3:getobject", "s3:PutObject", "ec2:*"),
    "kms:Decrypt": ("kms:Decrypt", "kms:*", "*", "kms:De*", "kms:Encrypt"),
    "sts:AssumeRole": ("sts:AssumeRole", "sts:*", "*", "sts:Assume*", "sts:TagSession"),
}

Pick = Callable[[Sequence[Any]], Any]


class _Random:
    """Chooses; every choice is one call of `random`."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)

    def chance(self, probability: float) -> bool:
        return self._random.random() < probability

    def pick(self, options: Sequence[Any]) -> Any:
        return options[int(self._random.random() * len(options))]

    def some(self, options: Sequence[Any], most: int) -> list[Any]:
        count = 1 + int(self._random.random() * most)
        return list(dict.fromkeys(self.pick(options) for _ in range(count)))


# Key, values that a request may carry, values that a policy may want.
_TEXTS = {
    "aws:PrincipalTag/team": (("llm", "edge", "LLM"), ("llm", "LLM", "l*", "?lm", "edge", "${aws:PrincipalTag/project}")),
    "aws:PrincipalOrgID": (("o-acme123456",), ("o-acme123456", "o-other12345", "o-*")),
    "aws:SourceVpc": (("vpc-1", "vpc-2"), ("vpc-1", "vpc-?", "vpc-3")),
}
_LISTS = {
    "aws:TagKeys": (("team", "project", "cost"), ("team", "project", "t*", "other")),
    "aws:CalledVia": (("athena.amazonaws.com", "glue.amazonaws.com"), ("athena.amazonaws.com", "*.amazonaws.com", "x")),
}
_ARNS = (
    "arn:aws:iam::111111111111:role/reader",
    "arn:aws:iam::111111111111:user/alice",
    "arn:aws:iam::*:role/*",
    "arn:aws:iam::111111111111:*",
    "arn:aws:iam::111111111111:user/${aws:username}",
    "arn:aws:iam::333333333333:role/reader",
)
_NETWORKS = ("10.0.0.0/8", "10.1.2.3/32", "192.168.0.0/16", "10.1.2.3", "2001:db8::/32")
_ADDRESSES = ("10.1.2.3", "192.168.7.7", "203.0.113.9", "2001:db8::7")
_DATES = ("2026-01-01T00:00:00Z", "2026-06-01T00:00:00Z", "2026-12-31T23:59:59Z")
_NOWS = ("2026-06-01T00:00:00Z", "2026-03-03T14:00:00Z")
_NUMBERS = ("0", "300", "3600", "3600.5")
_AGES = ("300", "3600", "7200")
_TEXT_OPERATORS = (
    "StringEquals", "StringNotEquals", "StringEqualsIgnoreCase", "StringNotEqualsIgnoreCase", "StringLike",
    "StringNotLike",
)  # fmt: skip
_ORDERS = ("Equals", "NotEquals", "LessThan", "LessThanEquals", "GreaterThan", "GreaterThanEquals")


def _condition(random: _Random) -> tuple[str, str, list[str]]:
    kind = random.pick(("text", "text", "list", "list", "arn", "ip", "date", "number", "bool", "null"))
    if kind == "text":
        key = random.pick(tuple(_TEXTS))
        return random.pick(_TEXT_OPERATORS), key, random.some(_TEXTS[key][1], 2)
    if kind == "list":
        key = random.pick(tuple(_LISTS))
        operator = random.pick(("ForAllValues:", "ForAnyValue:")) + random.pick(_TEXT_OPERATORS)
        return operator, key, random.some(_LISTS[key][1], 2)
    if kind == "arn":
        return random.pick(("ArnEquals", "ArnLike", "ArnNotEquals", "ArnNotLike")), "aws:PrincipalArn", random.some(_ARNS, 2)
    if kind == "ip":
        return random.pick(("IpAddress", "NotIpAddress")), "aws:SourceIp", random.some(_NETWORKS, 2)
    if kind == "date":
        return "Date" + random.pick(_ORDERS), "aws:CurrentTime", random.some(_DATES, 1)
    if kind == "number":
        return "Numeric" + random.pick(_ORDERS), "aws:MultiFactorAuthAge", random.some(_NUMBERS, 1)
    if kind == "bool":
        key = random.pick(("aws:SecureTransport", "aws:MultiFactorAuthPresent"))
        return "Bool", key, [random.pick(("true", "false"))]
    key = random.pick((*_TEXTS, *_LISTS, "aws:MultiFactorAuthAge", "aws:username"))
    return "Null", key, [random.pick(("true", "false"))]


def _conditions(random: _Random) -> dict[str, dict[str, list[str]]]:
    found: dict[str, dict[str, list[str]]] = {}
    for _ in range(random.pick((1, 1, 2))):
        operator, key, values = _condition(random)
        if operator != "Null" and random.chance(0.25):
            operator += "IfExists"
        found.setdefault(operator, {})[key] = values
    return found


def _statement(random: _Random, action: str, account: str, principals: Sequence[str] | None) -> dict[str, Any]:
    deny = random.chance(0.15)
    statement: dict[str, Any] = {"Effect": "Deny" if deny else "Allow"}
    if random.chance(0.1):
        statement["NotAction"] = random.some(("iam:*", "ec2:*", ACTIONS[action][0], "sqs:*"), 2)
    else:
        statement["Action"] = random.some(ACTIONS[action], 2)
    patterns = [pattern.replace("{account}", account) for pattern in PATTERNS[action]]
    if principals is None or action != "sts:AssumeRole":
        if random.chance(0.08):
            statement["NotResource"] = random.some(patterns, 1)
        else:
            statement["Resource"] = random.some(patterns, 2)
    if principals is not None:
        if deny and random.chance(0.4):
            statement["NotPrincipal"] = {"AWS": random.some(principals[:-1], 3)}
        else:
            names = random.some(principals, 2)
            statement["Principal"] = "*" if "*" in names else {"AWS": names}
    if random.chance(0.5 if deny else 0.3):
        statement["Condition"] = _conditions(random)
    return statement


def _policy(random: _Random, action: str, account: str, principals: Sequence[str] | None = None) -> dict[str, Any]:
    count = random.pick((1, 2, 2, 3))
    version = "2008-10-17" if random.chance(0.05) else "2012-10-17"
    return {"Version": version, "Statement": [_statement(random, action, account, principals) for _ in range(count)]}


def _wide(random: _Random, action: str, account: str) -> dict[str, Any]:
    """A policy that mostly lets things pass, as boundaries and service control policies do."""
    policy = _policy(random, action, account)
    if random.chance(0.7):
        policy["Statement"].append({"Effect": "Allow", "Action": "*", "Resource": "*"})
    return policy


def _context(random: _Random, principal: str) -> dict[str, Any]:
    role = ":assumed-role/" in principal
    context: dict[str, Any] = {
        "aws:PrincipalArn": f"arn:aws:iam::{OWN}:role/reader" if role else principal,
        "aws:PrincipalAccount": OWN,
        "aws:CurrentTime": random.pick(_NOWS),
        "aws:SecureTransport": random.pick(("true", "true", "false")),
    }
    if not role:
        context["aws:username"] = "alice"
    for key, (values, _) in _TEXTS.items():
        if random.chance(0.7):
            context[key] = random.pick(values)
    for key, (values, _) in _LISTS.items():
        if random.chance(0.7):
            context[key] = random.some(values, 3)
    if random.chance(0.5):
        context["aws:PrincipalTag/project"] = random.pick(("llm", "edge", "*"))
    if random.chance(0.7):
        context["aws:SourceIp"] = random.pick(_ADDRESSES)
    if random.chance(0.5):
        context["aws:MultiFactorAuthAge"] = random.pick(_AGES)
        context["aws:MultiFactorAuthPresent"] = "true"
    return context


def _case(random: _Random) -> dict[str, Any]:
    action = random.pick(("s3:GetObject", "s3:GetObject", "s3:GetObject", "kms:Decrypt", "sts:AssumeRole"))
    role = random.chance(0.5)
    principal = f"arn:aws:sts::{OWN}:assumed-role/reader/{SESSION}" if role else f"arn:aws:iam::{OWN}:user/alice"
    owner = OTHER if random.chance(0.3) else OWN
    names = [
        principal,
        f"arn:aws:iam::{OWN}:role/reader" if role else principal,
        f"arn:aws:iam::{OWN}:root",
        OWN,
        f"arn:aws:iam::{OWN}:user/bob",
        f"arn:aws:sts::{OWN}:assumed-role/reader/s2",
        f"arn:aws:iam::{OTHER}:root",
        "*",
    ]
    needs = action != "s3:GetObject" or owner == OTHER
    return {
        "action": action,
        "resource": RESOURCES[action].replace("{account}", owner),
        "owner": owner,
        "principal": principal,
        "context": _context(random, principal),
        "identity": [_policy(random, action, owner) for _ in range(random.pick((0, 1, 1, 2)))],
        "boundary": _wide(random, action, owner) if random.chance(0.3) else None,
        "levels": [[_wide(random, action, owner)] for _ in range(random.pick((1, 2)))] if random.chance(0.3) else [],
        "session": _wide(random, action, owner) if role and random.chance(0.2) else None,
        "resource_policy": _policy(random, action, owner, names) if needs or random.chance(0.6) else None,
        "block_public_access": action == "s3:GetObject" and random.chance(0.3),
    }


def cases(seed: int, count: int) -> Iterator[dict[str, Any]]:
    """Give the cases of a seed."""
    chooser = _Random(seed)
    for _ in range(count):
        yield _case(chooser)
