"""A worked example of AWS's documentation: policies, requests, and the answer that the page gives to each."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from controls.access.truth import Truth

YES, NO = Truth.YES, Truth.NO

IAM = "https://docs.aws.amazon.com/IAM/latest/UserGuide"
KMS = "https://docs.aws.amazon.com/kms/latest/developerguide"
ORGANIZATIONS = "https://docs.aws.amazon.com/organizations/latest/userguide"
S3 = "https://docs.aws.amazon.com/AmazonS3/latest/userguide"

OWN, OTHER = "111122223333", "444455556666"
USER = f"arn:aws:iam::{OWN}:user/amara"
ROLE = f"arn:aws:iam::{OWN}:role/reader"
SESSION = f"arn:aws:sts::{OWN}:assumed-role/reader/morning"
STRANGER = f"arn:aws:iam::{OTHER}:user/bruno"
FILE = "arn:aws:s3:::example-bucket/file"


@dataclass(frozen=True)
class Request:
    """What is asked, and the documented answer; `more` is what only this request's policies say otherwise."""

    answer: Truth
    action: str = "s3:GetObject"
    resource: str = FILE
    principal: str = USER
    context: Mapping[str, str | list[str]] = field(default_factory=dict)
    more: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Example:
    """The page that it is on, the policies as `support.requests.decide` takes them, and requests by what they are."""

    page: str
    policies: Mapping[str, Any]
    requests: Mapping[str, Request]

    def case(self, request: Request) -> dict[str, Any]:
        """Give a request with all policies that bear on it."""
        asked = {name: getattr(request, name) for name in ("action", "resource", "principal", "context")}
        return {"identity": [], "owner": OWN, **self.policies, **asked, **request.more}


def yes(action: str = "s3:GetObject", resource: str = FILE, **more: Any) -> Request:
    return Request(YES, action, resource, **more)


def no(action: str = "s3:GetObject", resource: str = FILE, **more: Any) -> Request:
    return Request(NO, action, resource, **more)


def statement(effect: str, action: Any, resource: Any = "*", condition: Any = None, **more: Any) -> dict[str, Any]:
    conditions = {} if condition is None else {"Condition": condition}
    return {"Effect": effect, "Action": action, "Resource": resource, **conditions, **more}


def allow(action: Any = "s3:*", resource: Any = "*", condition: Any = None, **more: Any) -> dict[str, Any]:
    return statement("Allow", action, resource, condition, **more)


def deny(action: Any = "s3:*", resource: Any = "*", condition: Any = None, **more: Any) -> dict[str, Any]:
    return statement("Deny", action, resource, condition, **more)


def policy(*statements: Mapping[str, Any]) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": list(statements)}


def identity(*statements: Mapping[str, Any]) -> dict[str, Any]:
    """Policies of which there is one, an identity policy."""
    return {"identity": [policy(*statements)]}


def named(*arns: str) -> dict[str, Any]:
    return {"Principal": {"AWS": list(arns)}}
