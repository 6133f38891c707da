"""`kubernetes.admission_policies`: what checks or changes objects before the cluster takes them.

Source: Kubernetes API reference, admissionregistration.k8s.io/v1.
"""

from collections.abc import Iterator
from functools import partial
from typing import Any

from collector.model.canonical import Json
from connectors.base import Draft, Population
from connectors.kubernetes.metadata import Object, item_id, labels_of, name_of, selector
from connectors.kubernetes.resource import (
    ADMISSION_POLICIES,
    ADMISSION_POLICY_BINDINGS,
    MUTATING_WEBHOOKS,
    VALIDATING_WEBHOOKS,
)
from connectors.kubernetes.session import KubernetesSession

_WEBHOOKS = (VALIDATING_WEBHOOKS, MUTATING_WEBHOOKS)


def admission_policies(cluster: KubernetesSession) -> Iterator[Draft]:
    """Yield every admission policy, binding of one, and configuration of webhooks."""
    yield from cluster.list(ADMISSION_POLICIES, _policy)
    yield from cluster.list(ADMISSION_POLICY_BINDINGS, _binding)
    for resource in _WEBHOOKS:
        yield from cluster.list(resource, partial(_webhooks, resource.kind))


def _policy(value: Object) -> Draft:
    spec = value["spec"]
    constraints = spec.get("matchConstraints") or {}
    content: dict[str, Json] = {
        **_named(value, ADMISSION_POLICIES.kind),
        **_matched(constraints),
        # What the API documents as the default; the server writes it out.
        "failure_policy": spec.get("failurePolicy", "Fail"),
        "match_conditions": _expressions(spec.get("matchConditions")),
        "rules": _rules(constraints.get("resourceRules")),
        "validations": _expressions(spec.get("validations")),
    }
    return Draft(item_id(value, ADMISSION_POLICIES.kind), content)


def _binding(value: Object) -> Draft:
    spec = value["spec"]
    resources = spec.get("matchResources") or {}
    content: dict[str, Json] = {
        **_named(value, ADMISSION_POLICY_BINDINGS.kind),
        **_matched(resources),
        "actions": list(spec["validationActions"]),
        "policy": spec["policyName"],
        "rules": _rules(resources.get("resourceRules")),
    }
    return Draft(item_id(value, ADMISSION_POLICY_BINDINGS.kind), content)


def _webhooks(kind: str, value: Object) -> Draft:
    # The address of a webhook outside the cluster may carry a credential, so it is left out.
    webhooks: list[Json] = [
        {
            **_matched(webhook),
            "failure_policy": webhook.get("failurePolicy", "Fail"),
            "match_conditions": _expressions(webhook.get("matchConditions")),
            "name": webhook["name"],
            "rules": _rules(webhook.get("rules")),
        }
        for webhook in value.get("webhooks") or ()
    ]
    return Draft(item_id(value, kind), {**_named(value, kind), "webhooks": webhooks})


def _named(value: Object, kind: str) -> dict[str, Json]:
    return {"kind": kind, "labels": labels_of(value), "name": name_of(value)}


def _matched(value: Object) -> dict[str, Json]:
    """Give the selectors of what is checked: None and an empty one alike select everything."""
    return {
        "namespace_selector": selector(value.get("namespaceSelector")),
        "object_selector": selector(value.get("objectSelector")),
    }


def _expressions(values: Any) -> Json:
    return [str(value["expression"]) for value in values or ()]


def _rules(rules: Any) -> Json:
    return [
        {
            "api_groups": list(rule.get("apiGroups") or ()),
            "operations": list(rule.get("operations") or ()),
            "resource_names": list(rule.get("resourceNames") or ()),
            "resources": list(rule.get("resources") or ()),
            "scope": rule.get("scope", "*"),
        }
        for rule in rules or ()
    ]


ADMISSION_POLICIES_POPULATION = Population(
    "kubernetes.admission_policies",
    tuple(resource.permission for resource in (ADMISSION_POLICIES, ADMISSION_POLICY_BINDINGS, *_WEBHOOKS)),
    admission_policies,
)
