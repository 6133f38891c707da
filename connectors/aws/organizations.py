"""`organizations.policies`: the organization's tree, and the service control policies attached anywhere in it.

Source: AWS Organizations API Reference. Only the management account and a delegated administrator may read it:
in any other account the answer is a refusal, and so is this population.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from collector.model.canonical import Json, JsonObject
from collector.model.snapshot import Failure
from connectors.aws.documents import policy_document
from connectors.aws.facets import Facets, Writers, described, draft
from connectors.aws.session import AwsSession
from connectors.base import Draft, Population, SourceError

_SCP = "SERVICE_CONTROL_POLICY"
_NOT_IN_USE = frozenset(("AWSOrganizationsNotInUseException",))
_PAGE = 20


@dataclass(frozen=True, slots=True)
class Target:
    """What a policy can be attached to: a root, a unit or an account, with the ids above it, root first."""

    arn: str
    id: str
    content: JsonObject
    path: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Attached:
    """A policy as the list of what is attached to a target tells it."""

    arn: str
    id: str
    name: str
    aws_managed: bool


def policies(aws: AwsSession) -> Iterator[Draft]:
    """Yield the organization, its roots, units and accounts, and the policies attached to them."""
    organization = _organization(aws)
    yield Draft("organization", {"type": "organization", **organization})
    if not organization["in_use"]:
        return
    found: dict[str, Attached] = {}
    for target, attached in aws.each(lambda target: (target, _attached(aws, target)), _targets(aws)):
        yield _target_draft(target, attached)
        if not isinstance(attached, Failure):
            found |= {policy.arn: policy for policy in attached}
    yield from aws.each(partial(_policy, aws), found.values())


def _organization(aws: AwsSession) -> dict[str, Json]:
    """Ask whether there is an organization; "not in use" is an answer, and every other fault is none."""
    answer = aws.facet(
        "", "", lambda: aws.call("organizations", "describe_organization", _organization_content), _NOT_IN_USE
    )
    if isinstance(answer, Failure):
        raise SourceError(replace(answer, item=None, facet=None))
    return answer or {"id": None, "in_use": False, "management_account": None}


def _organization_content(answer: Mapping[str, Any]) -> dict[str, Json]:
    organization = answer["Organization"]
    return {"id": organization["Id"], "in_use": True, "management_account": organization["MasterAccountId"]}


def _targets(aws: AwsSession) -> Iterator[Target]:
    """Walk the tree from its roots; each unit comes before what is in it."""
    waiting = list(aws.pages("organizations", "list_roots", _PAGE, lambda page: map(_root, page["Roots"])))
    while waiting:
        parent = waiting.pop()
        yield parent
        path = (*parent.path, parent.id)
        waiting += _children(aws, parent.id, "list_organizational_units_for_parent", partial(_units, path))
        yield from _children(aws, parent.id, "list_accounts_for_parent", partial(_accounts, path))


def _children(aws: AwsSession, parent: str, operation: str, write: Any) -> Iterator[Target]:
    return aws.pages("organizations", operation, _PAGE, write, ParentId=parent)


def _root(root: Mapping[str, Any]) -> Target:
    # A policy that is attached binds only where its type is enabled (Enabling and disabling policy types).
    enabled = any(kind["Type"] == _SCP and kind["Status"] == "ENABLED" for kind in root.get("PolicyTypes") or [])
    content: JsonObject = {"enabled": enabled, "id": root["Id"], "name": root.get("Name"), "type": "root"}
    return Target(root["Arn"], root["Id"], content)


def _units(path: tuple[str, ...], page: Mapping[str, Any]) -> Iterable[Target]:
    for unit in page["OrganizationalUnits"]:
        content: JsonObject = {"id": unit["Id"], "name": unit["Name"], "path": path, "type": "unit"}
        yield Target(unit["Arn"], unit["Id"], content, path)


def _accounts(path: tuple[str, ...], page: Mapping[str, Any]) -> Iterable[Target]:
    for account in page["Accounts"]:
        content: JsonObject = {"account": account["Id"], "name": account.get("Name"), "path": path, "type": "account"}
        yield Target(account["Arn"], account["Id"], content, path)


def _attached(aws: AwsSession, target: Target) -> list[Attached] | Failure:
    listed = partial(
        aws.pages, "organizations", "list_policies_for_target", _PAGE, lambda page: map(_entry, page["Policies"])
    )
    # Never None: no code of this call is taken for "there is none".
    return aws.facet(target.arn, "policies", lambda: list(listed(TargetId=target.id, Filter=_SCP))) or []


def _entry(policy: Mapping[str, Any]) -> Attached:
    return Attached(policy["Arn"], policy["Id"], policy["Name"], bool(policy["AwsManaged"]))


def _target_draft(target: Target, attached: list[Attached] | Failure) -> Draft:
    ids = attached if isinstance(attached, Failure) else sorted(policy.id for policy in attached)
    return draft(target.arn, target.content, {"policies": ids})


def _policy(aws: AwsSession, policy: Attached) -> Draft:
    known: JsonObject = {"aws_managed": policy.aws_managed, "id": policy.id, "name": policy.name, "type": "policy"}
    facets: Facets = described(aws, policy.arn, _DOCUMENT, "organizations", "describe_policy", PolicyId=policy.id)
    return draft(policy.arn, known, facets)


_DOCUMENT: Writers = {"document": lambda answer: policy_document(answer["Policy"]["Content"])}

POLICIES = Population(
    "organizations.policies",
    (
        "organizations:DescribeOrganization",
        "organizations:ListRoots",
        "organizations:ListOrganizationalUnitsForParent",
        "organizations:ListAccountsForParent",
        "organizations:ListPoliciesForTarget",
        "organizations:DescribePolicy",
    ),
    policies,
)
