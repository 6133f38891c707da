"""`permissions`: the least privilege that reading needs, generated from what the connectors declare."""

from collections.abc import Callable
from typing import Annotated, Any

import typer
import yaml

from collector.cli import console
from connectors.registry import declared_permissions


def permissions(
    connector: Annotated[str, typer.Argument(help="The connector: aws or kubernetes.")] = "aws",
) -> None:
    """Print the policy that the collector's identity needs, and no more: JSON for AWS, YAML for Kubernetes."""
    document = policy(connector)
    if connector == "kubernetes":
        console.out.print(yaml.safe_dump(document, sort_keys=False), markup=False, highlight=False, end="")
    else:
        console.print_json(document)


def policy(connector: str) -> dict[str, Any]:
    """Give the connector's policy with exactly the declared permissions.

    Raises:
        ConfigurationError: there is no such connector, or its SDK is not installed.

    """
    declared = declared_permissions(connector)
    return _FORMS[connector](declared)


def _iam_policy(declared: frozenset[str]) -> dict[str, Any]:
    statement = {
        "Action": sorted(declared),
        "Effect": "Allow",
        # Each of these actions reads settings of the whole account; none reads data.
        "Resource": "*",
        "Sid": "ControlproofReadsSettings",
    }
    return {"Statement": [statement], "Version": "2012-10-17"}


def _cluster_role(declared: frozenset[str]) -> dict[str, Any]:
    """Give a ClusterRole; a permission reads `list deployments.apps`."""
    resources: dict[tuple[str, str], list[str]] = {}
    for permission in sorted(declared):
        verb, _, of = permission.partition(" ")
        name, _, group = of.partition(".")
        resources.setdefault((group, verb), []).append(name)
    return {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "ClusterRole",
        "metadata": {"name": "controlproof-read-only"},
        "rules": [
            {"apiGroups": [group], "resources": names, "verbs": [verb]}
            for (group, verb), names in sorted(resources.items())
        ],
    }


_FORMS: dict[str, Callable[[frozenset[str]], dict[str, Any]]] = {"aws": _iam_policy, "kubernetes": _cluster_role}
