"""The service control policies over an account, where its organization could be read.

Every level from the root to the account must allow; the management account is beyond them.

Source: AWS Organizations User Guide, "Service control policy evaluation".
"""

from collections.abc import Mapping
from typing import Any

from collector.model.evidence import Evidence
from controls.access.policy import parse_policy
from controls.access.principal import Levels, Named

POPULATION = "organizations.policies"


def levels_over(evidence: Evidence, account: str) -> Levels:
    """Give the statements of each level over an account; no level where none was read.

    Not to know of a policy can only show more access than there is, never less.

    Raises:
        MalformedError: a policy does not have the documented form.

    """
    for snapshot in evidence.snapshots(POPULATION):
        contents = {item.id: item.content() for item in snapshot}
        found = next((c for c in contents.values() if c.value["type"] == "account" and c.value["id"] == account), None)
        if found is None or found.value.get("management"):
            continue
        nodes = {content.value["id"]: content for content in contents.values() if content.value["type"] != "policy"}
        policies = {c.value["id"]: c.value for c in contents.values() if c.value["type"] == "policy"}
        path = (*found.facet("path"), account)
        return tuple(_statements(nodes[node].facet("policies"), policies, node) for node in path)
    return ()


def _statements(attached: list[str], policies: Mapping[str, Any], node: str) -> tuple[Named, ...]:
    return tuple(
        Named((f"service control policy {policies[name]['name']} of {node}",), statement)
        for name in attached
        for statement in parse_policy(policies[name]["document"], f"service control policy {name}")
    )
