"""Allow policies, deny policies and audit configurations, as Google Cloud answers them and as they are recorded.

Source: IAM REST reference v1, `Policy`; v2, `policies` (`DenyRule`); Cloud Resource Manager REST reference v3.
"""

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter
from pydantic.alias_generators import to_camel

from collector.model.canonical import Json
from connectors.gcp.answers import Page
from connectors.gcp.session import GcpSession

IAM_HOST = "iam.googleapis.com"
VERSION: Mapping[str, Json] = {"options": {"requestedPolicyVersion": 3}}
"""Without it, Google Cloud leaves conditions out."""
VERSION_QUERY: Mapping[str, str] = {"options.requestedPolicyVersion": "3"}

_LIST_DENY, _GET_DENY = "iam:policies.listPolicies", "iam:policies.get"


class Answer(BaseModel):
    """Something that is read in part; unknown members are left."""

    model_config = ConfigDict(frozen=True, strict=True, extra="ignore", alias_generator=to_camel)


class Condition(Answer):
    """A condition in CEL."""

    expression: str
    title: str = ""


class _Binding(Answer):
    role: str
    members: tuple[str, ...] = ()
    condition: Condition | None = None


class _LogConfig(Answer):
    log_type: str
    exempted_members: tuple[str, ...] = ()


class _AuditConfig(Answer):
    service: str
    audit_log_configs: tuple[_LogConfig, ...] = ()


class Policy(Answer):
    """An allow policy. It always has an etag, so an answer without one is something else."""

    etag: str
    bindings: tuple[_Binding, ...] = ()
    audit_configs: tuple[_AuditConfig, ...] = ()

    @property
    def recorded(self) -> Json:
        """Give the bindings, in an order that does not depend on the answer's."""
        bindings: list[dict[str, Json]] = [
            {
                "condition": recorded_condition(each.condition),
                "members": sorted(set(each.members)),
                "role": each.role,
            }
            for each in self.bindings
        ]
        return sorted(bindings, key=lambda each: (str(each["role"]), str(each["condition"]), str(each["members"])))

    @property
    def audit(self) -> Json:
        """Give which services log which access, and whose they leave out."""
        return [
            {"logs": _logs(each), "service": each.service}
            for each in sorted(self.audit_configs, key=lambda each: each.service)
        ]


def _logs(config: _AuditConfig) -> Json:
    return [
        {"exempted": sorted(each.exempted_members), "type": each.log_type}
        for each in sorted(config.audit_log_configs, key=lambda each: each.log_type)
    ]


class _DenyRule(Answer):
    denied_principals: tuple[str, ...] = ()
    exception_principals: tuple[str, ...] = ()
    denied_permissions: tuple[str, ...] = ()
    exception_permissions: tuple[str, ...] = ()
    denial_condition: Condition | None = None


class _Rule(Answer):
    deny_rule: _DenyRule


class _DenyPolicy(Answer):
    name: str = Field(pattern=r"^policies/[^/]+/denypolicies/[a-z][a-z0-9.-]{0,62}$")
    display_name: str = ""
    rules: tuple[_Rule, ...] = ()


class _DenyPage(Page):
    policies: tuple[_DenyPolicy, ...] = ()


POLICY = TypeAdapter(Policy)
_DENY_POLICY, _DENY_PAGE = TypeAdapter(_DenyPolicy), TypeAdapter(_DenyPage)


def recorded_condition(condition: Condition | None) -> Json:
    """Write a condition. An empty expression is none."""
    if condition is None or not condition.expression:
        return None
    return {"expression": condition.expression, "title": condition.title}


def deny_policies(gcp: GcpSession, resource: str) -> Json:
    """Read the deny policies that are attached to a project, folder or organization. Lists leave their rules out.

    Raises:
        SourceError: they are not whole.

    """
    attached = f"v2/policies/{quote(f'cloudresourcemanager.googleapis.com/{resource}', safe='')}/denypolicies"
    names = [each.name for page in gcp.listed(_LIST_DENY, IAM_HOST, attached, _DENY_PAGE) for each in page.policies]
    found = [_whole(gcp, f"{attached}/{name.rpartition('/')[2]}") for name in sorted(names)]
    return [{"name": policy.name.rpartition("/")[2], "rules": _rules(policy.rules)} for policy in found]


def _whole(gcp: GcpSession, path: str) -> _DenyPolicy:
    return gcp.answer(_GET_DENY, IAM_HOST, path, _DENY_POLICY)


def _rules(rules: Sequence[_Rule]) -> list[dict[str, Json]]:
    return [
        {
            "condition": recorded_condition(rule.denial_condition),
            "denied": sorted(rule.denied_principals),
            "excepted_permissions": sorted(rule.exception_permissions),
            "exceptions": sorted(rule.exception_principals),
            "permissions": sorted(rule.denied_permissions),
        }
        for rule in (each.deny_rule for each in rules)
    ]


def policy_of(gcp: GcpSession, operation: str, host: str, path: str, **asked: Any) -> Policy:
    """Read the allow policy of something.

    Raises:
        SourceError: it was not given.

    """
    return gcp.answer(operation, host, path, POLICY, **asked)
