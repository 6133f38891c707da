"""What a local AWS does not implement of CloudWatch Logs, as rules of the proxy: protection, masks, whole lists.

What it holds is set by a test; what it is not asked for is the local AWS's.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from support.proxy import Answer, Request
from support.serving import answered

from collector.demo.account import ACCOUNT, REGION
from collector.demo.front import Answers

JSON = {"Content-Type": "application/x-amz-json-1.1", "x-amzn-RequestId": "R1"}
OPERATIONS = ("DescribeAccountPolicies", "DescribeLogGroups", "GetDataProtectionPolicy")


def arn(name: str, region: str = REGION) -> str:
    return f"arn:aws:logs:{region}:{ACCOUNT}:log-group:{name}"


def described(name: str, **facets: Any) -> dict[str, Any]:
    """A log group as DescribeLogGroups gives it."""
    known = {"arn": f"{arn(name)}:*", "creationTime": 1, "logGroupArn": arn(name), "logGroupName": name}
    return {**known, "metricFilterCount": 0, "storedBytes": 1, **facets}


def masking(*identifiers: str, operation: str = "Deidentify") -> dict[str, Any]:
    """A data protection policy that masks kinds of data."""
    names = [f"arn:aws:dataprotection::aws:data-identifier/{name}" for name in identifiers]
    audit = {"Sid": "audit", "DataIdentifier": names, "Operation": {"Audit": {"FindingsDestination": {}}}}
    statement = {"Sid": "mask", "DataIdentifier": names, "Operation": {operation: {"MaskConfig": {}}}}
    return {"Name": "it", "Version": "2021-06-01", "Statement": [audit, statement]}


@dataclass
class Logs:
    """The double: its `answer` is a rule of the proxy. `page` is how many groups a page has at most."""

    groups: list[dict[str, Any]] = field(default_factory=list)
    policies: Mapping[str, Any] = field(default_factory=dict)
    account: list[dict[str, Any]] = field(default_factory=list)
    page: int = 50

    def answer(self, request: Request) -> Answer | None:
        if request.operation not in OPERATIONS:
            return None
        if request.operation == "DescribeAccountPolicies":
            policies = [{"policyName": "it", "policyDocument": json.dumps(each)} for each in self.account]
            return Answer(200, json.dumps({"accountPolicies": policies}).encode(), JSON)
        protections = [
            {"logGroupIdentifier": arn(name), "policyDocument": json.dumps(policy)}
            for name, policy in self.policies.items()
        ]
        return answered(Answers(page=self.page, groups=self.groups, protections=protections), request)


def one_of_each() -> Logs:
    """Give a double with a group that makes every call about a group necessary."""
    group = described("/it", dataProtectionStatus="ACTIVATED", inheritedProperties=["ACCOUNT_DATA_PROTECTION"])
    return Logs([group], {"/it": masking("EmailAddress")}, [masking("Name")])
