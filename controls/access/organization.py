"""The service control policies over an account, where its organization could be read.

Every level from the root to the account must allow; the management account is beyond them.

Source: AWS Organizations User Guide, "Service control policy evaluation".
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from collector.model.evidence import Evidence
from collector.model.snapshot import Content
from controls.access.policy import parse_policy
from controls.access.principal import Levels, Named

POPULATION = "organizations.policies"


def levels_over(evidence: Evidence, account: str) -> Levels:
    """Give the statements of each level over an account; no level where none was read.

    Not to know of a policy can only show more access than there is, never less.

    Raises:
        MalformedError: a policy does not have the documented form.
        UnreadableError: what is attached to a level, or what a policy says, was not given.

    """
    for contents in _organizations(evidence):
        if any(content.value.get("management_account") == account for content in contents):
            return ()
        found = next((content for content in contents if content.value.get("account") == account), None)
        if found is not None:
            return tuple(_levels(found, contents))
    return ()


def _organizations(evidence: Evidence) -> Sequence[Sequence[Content]]:
    """Give what was read of organizations, parsed once for all accounts."""
    if _organizations not in evidence.derived:
        read = [[item.content() for item in snapshot] for snapshot in evidence.snapshots(POPULATION)]
        evidence.derived[_organizations] = read
    found: Sequence[Sequence[Content]] = evidence.derived[_organizations]
    return found


def _levels(account: Content, contents: Sequence[Content]) -> Iterator[tuple[Named, ...]]:
    nodes = {content.value["id"]: content for content in contents if content.value["type"] != "policy"}
    policies = {content.value["id"]: content for content in contents if content.value["type"] == "policy"}
    path = account.value["path"]
    if not all(nodes[above].value.get("enabled", True) for above in path):
        return
    for node in (*path, account.value["id"]):
        yield tuple(_statements(nodes[node].facet("policies"), policies, nodes[node].value["name"]))


def _statements(attached: Sequence[str], policies: Mapping[str, Content], node: Any) -> Iterator[Named]:
    for name in attached:
        step = f"service control policy {policies[name].value['name']} of {node}"
        for statement in parse_policy(policies[name].facet("document"), step):
            yield Named((step,), statement)
